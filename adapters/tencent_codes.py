"""What Tencent Cloud's codes say in our words: refusals at submission, and the carriers' reports on mainland texts.

Sources: the error codes of the short message service (sms 2021-01-11, as in its library 3.1.153), those that all of its
services share, and the carriers' own receipt codes (CMPP and SGIP), which it passes on. A code that is not here is a
refusal or a failure whose cause we do not know.
"""

import hashlib
import re
from datetime import UTC, datetime

from adapters.faults import NUMBER_LIMITED, Fault, Meaning
from adapters.hints import meaning_of_answer
from delivery.domain.event import EventKind, Report

_CODE = re.compile(r"[A-Za-z0-9:_-]{1,40}")
REFUSED = Meaning(Fault.UNKNOWN, "refused")
UNEXPLAINED = Meaning(Fault.UNKNOWN, "undeliverable")

STATUSES = {"SUCCESS": EventKind.DELIVERED, "FAIL": EventKind.FAILED}

REFUSALS = {
    # The account, its registrations, its money.
    "AuthFailure": Meaning(Fault.OURS, "credentials_refused"),  # and whatever stands behind its point
    "UnauthorizedOperation": Meaning(Fault.OURS, "credentials_refused"),  # likewise
    "UnauthorizedOperation.ServiceSuspendDueToArrears": Meaning(Fault.OURS, "balance_too_low"),
    "UnauthorizedOperation.SdkAppIdIsDisabled": Meaning(Fault.OURS, "account_suspended"),
    "FailedOperation.NotEnterpriseCertification": Meaning(Fault.OURS, "account_on_trial"),
    "FailedOperation.InsufficientBalanceInSmsPackage": Meaning(Fault.OURS, "balance_too_low"),
    "FailedOperation.ProhibitSubAccountUse": Meaning(Fault.OURS, "credentials_refused"),
    "FailedOperation.SignatureIncorrectOrUnapproved": Meaning(Fault.OURS, "sender_not_allowed"),
    "FailedOperation.MissingSignature": Meaning(Fault.OURS, "sender_not_allowed"),
    "FailedOperation.TemplateIncorrectOrUnapproved": Meaning(Fault.OURS, "template_not_allowed"),
    "FailedOperation.TemplateUnapprovedOrNotExist": Meaning(Fault.OURS, "template_not_allowed"),
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": Meaning(Fault.OURS, "template_not_allowed"),
    "InvalidParameterValue.UnsupportedTemplateVariable": Meaning(Fault.OURS, "template_not_allowed"),
    "InvalidParameterValue.SdkAppIdNotExist": Meaning(Fault.OURS, "account_suspended"),
    "InternalError.RequestTimeException": Meaning(Fault.OURS, "clock_wrong"),  # more than ten minutes off
    "InternalError.SigFieldMissing": Meaning(Fault.OURS, "credentials_refused"),
    "InternalError.SigVerificationFail": Meaning(Fault.OURS, "credentials_refused"),
    "InternalError.RestApiInterfaceNotExist": Meaning(Fault.OURS, "address_unusable"),
    "UnsupportedRegion": Meaning(Fault.OURS, "region_not_enabled"),
    "UnsupportedOperation.UnsupportedRegion": Meaning(Fault.OURS, "region_not_enabled"),
    "MissingParameter": Meaning(Fault.OURS, "request_malformed"),
    "InvalidParameter": Meaning(Fault.OURS, "request_malformed"),
    "FailedOperation.JsonParseFail": Meaning(Fault.OURS, "request_malformed"),
    "FailedOperation.FailResolvePacket": Meaning(Fault.OURS, "request_malformed"),
    "LimitExceeded.PhoneNumberCountLimit": Meaning(Fault.OURS, "request_malformed"),  # we name one number
    # This one message.
    "InvalidParameterValue.IncorrectPhoneNumber": Meaning(Fault.ADDRESS, "address_invalid"),
    "FailedOperation.PhoneNumberParseFail": Meaning(Fault.ADDRESS, "address_invalid"),
    "FailedOperation.PhoneNumberInBlacklist": Meaning(Fault.RECIPIENT, "blocked"),
    "FailedOperation.ContainSensitiveWord": Meaning(Fault.CONTENT, "filtered"),
    "InvalidParameter.DirtyWordFound": Meaning(Fault.CONTENT, "filtered"),
    "InvalidParameterValue.ContentLengthLimit": Meaning(Fault.CONTENT, "too_big"),
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": Meaning(Fault.CONTENT, "variable_refused"),
    "InvalidParameterValue.TemplateParameterFormatError": Meaning(Fault.CONTENT, "variable_refused"),
    "InvalidParameterValue.TemplateParameterLengthLimit": Meaning(Fault.CONTENT, "variable_refused"),
    "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone": Meaning(Fault.ROUTE, "not_routable"),
    # Later. All kinds of `LimitExceeded` and `RequestLimitExceeded` are limits of frequency, but for the one above:
    # some of one number, the others of the account.
    "LimitExceeded": Meaning(Fault.PASSING, "rate_limited"),
    "LimitExceeded.DeliveryFrequencyLimit": Meaning(Fault.PASSING, NUMBER_LIMITED),  # a rule of the account
    "LimitExceeded.PhoneNumberDailyLimit": Meaning(Fault.PASSING, NUMBER_LIMITED),
    "LimitExceeded.PhoneNumberOneHourLimit": Meaning(Fault.PASSING, NUMBER_LIMITED),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": Meaning(Fault.PASSING, NUMBER_LIMITED),
    "LimitExceeded.PhoneNumberThirtySecondLimit": Meaning(Fault.PASSING, NUMBER_LIMITED),
    "RequestLimitExceeded": Meaning(Fault.PASSING, "rate_limited"),
    "FailedOperation.MarketingSendTimeConstraint": Meaning(Fault.PASSING, "rate_limited"),
    # Documented as "try again": the service itself says that it gave up before it took anything.
    "InternalError.Timeout": Meaning(Fault.PASSING, "queue_overflow"),
    "InternalError.SendAndRecvFail": Meaning(Fault.PASSING, "queue_overflow"),
}

# The carriers' receipts. UNDELIV is both "switched off" and "no such number", so it does not lower a number.
RECEIPTS = {
    "EXPIRED": Meaning(Fault.PASSING, "expired"),
    "UNDELIV": Meaning(Fault.PASSING, "handset_unreachable"),
    "DELETED": Meaning(Fault.PASSING, "expired"),
    "REJECTD": Meaning(Fault.UNKNOWN, "undeliverable"),
    "UNKNOWN": Meaning(Fault.PASSING, "carrier_error"),
    "NOROUTE": Meaning(Fault.ROUTE, "not_routable"),
    "MBBLACK": Meaning(Fault.RECIPIENT, "blocked"),
}


def meaning_of_refusal(code: str) -> Meaning | None:
    """Look a code up, then its class before the point; None for one that nothing documents."""
    if code in REFUSALS:
        return REFUSALS[code]
    group = code.partition(".")[0]
    return REFUSALS.get(group) if code != group else None


def report_on(
    *, serial: str, status: str, code: str, received: int | None, now: datetime, key: str = "", number: str = ""
) -> Report:
    """One fact about a text, from a pushed report or from an answer to our question: both give the same `event_id`."""
    kind = STATUSES.get(status, EventKind.UNRECOGNISED)
    args, reason = {"key": key} if key else {}, ""
    if kind is EventKind.FAILED:
        meaning = RECEIPTS.get(code, UNEXPLAINED)
        reason, args["fault"] = meaning.reason, meaning.fault.value
    if _CODE.fullmatch(code):  # some carriers write a sentence there
        args["code"] = code
    said = "" if kind is not EventKind.UNRECOGNISED else f"|{status[:40]}"
    return Report(
        kind=kind,
        event_id=f"{serial}|{kind}{said}"[:200],
        occurred_at=now if received is None else datetime.fromtimestamp(received, UTC),
        reference=serial,
        raw_code=status[:40],
        reason=reason,
        args=args,
        detail={"to": number} if number else {},
    )


def answer_from(number: str, text: str, said_at: int) -> Report:
    """What a person wrote back: one fact, whether it was pushed to us or asked for."""
    kind, choice = meaning_of_answer(text)
    name = hashlib.sha256(f"{number}|{said_at}|{text}".encode("utf-8", "replace")).hexdigest()[:40]
    return Report(
        kind=kind,
        event_id=f"reply|{name}",
        occurred_at=datetime.fromtimestamp(said_at, UTC),
        raw_code="reply",
        args={"choice": choice} if choice else {},
        detail={"from": number, "text": text.strip()},
    )
