"""What Aliyun's codes say in our words: refusals at submission, and the carriers' reports on mainland texts.

Sources: the error codes and receipt codes of the short message service (dysmsapi 2017-05-25, help pages 101346 and
116206), and the gateway's own (ACS3 signature, access keys). A code that is not here is a refusal or a failure whose
cause we do not know.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from adapters.faults import NUMBER_LIMITED, Fault, Meaning
from delivery.domain.event import EventKind, Report

BEIJING = ZoneInfo("Asia/Shanghai")
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
_CODE = re.compile(r"[A-Za-z0-9:_.-]{1,40}")
REFUSED = Meaning(Fault.UNKNOWN, "refused")
UNEXPLAINED = Meaning(Fault.UNKNOWN, "undeliverable")

# `SendStatus` of QuerySendDetails; None says nothing yet.
STATUSES = {"1": None, "2": EventKind.FAILED, "3": EventKind.DELIVERED}
ARRIVED = {"DELIVERED", "DELIVRD"}

REFUSALS = {
    # The account, its registrations, its money.
    "isv.SMS_SIGNATURE_ILLEGAL": Meaning(Fault.OURS, "sender_not_allowed"),
    "isv.SMS_SIGN_ILLEGAL": Meaning(Fault.OURS, "sender_not_allowed"),
    "isv.SMS_TEMPLATE_ILLEGAL": Meaning(Fault.OURS, "template_not_allowed"),
    "isv.OUT_OF_SERVICE": Meaning(Fault.OURS, "account_suspended"),
    "isv.AMOUNT_NOT_ENOUGH": Meaning(Fault.OURS, "balance_too_low"),
    "isv.ACCOUNT_NOT_EXISTS": Meaning(Fault.OURS, "account_suspended"),
    "isv.ACCOUNT_ABNORMAL": Meaning(Fault.OURS, "account_suspended"),
    "isv.PRODUCT_UN_SUBSCRIPT": Meaning(Fault.OURS, "account_suspended"),
    "isv.PRODUCT_UNSUBSCRIBE": Meaning(Fault.OURS, "account_suspended"),
    "isp.RAM_PERMISSION_DENY": Meaning(Fault.OURS, "credentials_refused"),
    "InvalidAccessKeyId.NotFound": Meaning(Fault.OURS, "credentials_refused"),
    "InvalidAccessKeyId.Inactive": Meaning(Fault.OURS, "credentials_refused"),
    "SignatureDoesNotMatch": Meaning(Fault.OURS, "credentials_refused"),
    "IncompleteSignature": Meaning(Fault.OURS, "credentials_refused"),
    "InvalidTimeStamp.Expired": Meaning(Fault.OURS, "clock_wrong"),  # more than 15 minutes off
    # What the registered template and what we put into it do not agree on.
    "isv.TEMPLATE_MISSING_PARAMETERS": Meaning(Fault.OURS, "template_not_allowed"),
    "isv.TEMPLATE_PARAMS_ILLEGAL": Meaning(Fault.OURS, "template_not_allowed"),
    "isv.INVALID_JSON_PARAM": Meaning(Fault.OURS, "request_malformed"),
    "isv.INVALID_PARAMETERS": Meaning(Fault.OURS, "request_malformed"),
    "isv.MOBILE_COUNT_OVER_LIMIT": Meaning(Fault.OURS, "request_malformed"),  # we name one number
    # This one message.
    "isv.MOBILE_NUMBER_ILLEGAL": Meaning(Fault.ADDRESS, "address_invalid"),
    "isv.BLACK_KEY_CONTROL_LIMIT": Meaning(Fault.CONTENT, "filtered"),
    "isv.PARAM_LENGTH_LIMIT": Meaning(Fault.CONTENT, "variable_refused"),
    "isv.PARAM_NOT_SUPPORT_URL": Meaning(Fault.CONTENT, "variable_refused"),
    "isv.SMS_CONTENT_ILLEGAL": Meaning(Fault.CONTENT, "filtered"),
    # Later.
    "isv.BUSINESS_LIMIT_CONTROL": Meaning(Fault.PASSING, NUMBER_LIMITED),  # a minute's, an hour's or a rolling day's
    "isv.DAY_LIMIT_CONTROL": Meaning(Fault.PASSING, "rate_limited"),  # the limit that the account set for itself
    "Throttling": Meaning(Fault.PASSING, "rate_limited"),
    "Throttling.User": Meaning(Fault.PASSING, "rate_limited"),
    "Throttling.Api": Meaning(Fault.PASSING, "rate_limited"),
    "SignatureNonceUsed": Meaning(Fault.PASSING, "asked_to_repeat"),
    "isp.SYSTEM_ERROR": Meaning(Fault.PASSING, "queue_overflow"),  # documented as "try again": nothing was taken
}

# Only codes that speak of nothing else lower a number: "停机、空号、关机、不在服务区" is one code for dead and for
# switched off, so it says less than it seems to.
RECEIPTS = {
    "MOBILE_NOT_ON_SERVICE": Meaning(Fault.PASSING, "handset_unreachable"),
    "MOBILE_ACCOUNT_ABNORMAL": Meaning(Fault.PASSING, "handset_unreachable"),  # in arrears, or moved to another carrier
    "MOBLLE_TERMINAL_ERROR": Meaning(Fault.PASSING, "handset_unreachable"),  # misspelt by the carrier; memory full
    "MOBILE_TERMINAL_ERROR": Meaning(Fault.PASSING, "handset_unreachable"),
    "MOBILE_SEND_LIMIT": Meaning(Fault.PASSING, NUMBER_LIMITED),
    "MOBILE_IN_BLACK": Meaning(Fault.RECIPIENT, "blocked"),
    "USER_REJECT": Meaning(Fault.RECIPIENT, "opted_out"),
    "INVALID_NUMBER": Meaning(Fault.ADDRESS, "address_invalid"),
    "CONTENT_KEYWORD": Meaning(Fault.CONTENT, "filtered"),
    "CONTENT_ERROR": Meaning(Fault.CONTENT, "filtered"),  # taken for advertising without a way to leave
    "SIGNATURE_BLACKLIST": Meaning(Fault.OURS, "sender_not_allowed"),
    "PORT_NOT_REGISTERED": Meaning(Fault.OURS, "sender_not_allowed"),
    "PARAMS_ILLEGAL": Meaning(Fault.OURS, "request_malformed"),
    "NO_ROUTE": Meaning(Fault.ROUTE, "not_routable"),
    "IS_CLOSE": Meaning(Fault.ROUTE, "not_routable"),  # the channel was closed; the next message takes another
    "SP_UNKNOWN_ERROR": Meaning(Fault.PASSING, "carrier_error"),
    "REQUEST_SUCCESS": Meaning(Fault.PASSING, "expired"),  # sent on, and no carrier ever reported
    "EXPIRED": Meaning(Fault.PASSING, "expired"),
    "UNDELIV": Meaning(Fault.PASSING, "handset_unreachable"),
    "REJECTD": Meaning(Fault.UNKNOWN, "undeliverable"),
}


def report_on(key: str, reference: str, kind: EventKind, code: str, occurred_at: datetime) -> Report:
    """One fact about a text, from a pushed report or from an answer to our question: both give the same `event_id`."""
    args = {"key": key}
    reason = ""
    if kind is EventKind.FAILED:
        meaning = RECEIPTS.get(code, UNEXPLAINED)
        reason, args["fault"] = meaning.reason, meaning.fault.value
    if _CODE.fullmatch(code):
        args["code"] = code
    # A success is one fact, however it is spelt; failures differ by their code.
    said = "" if kind is EventKind.DELIVERED else f"|{code}"
    return Report(
        kind=kind,
        event_id=f"{reference}|{kind}{said}"[:200],
        occurred_at=occurred_at,
        reference=reference,
        raw_code=(code or str(kind))[:40],
        reason=reason,
        args=args,
    )


def answer_id(number: str, said_at: str, text: str) -> str:
    """Name an answer by what the carrier says of it; the digest keeps number and words out of the name."""
    return f"reply|{hashlib.sha256(f'{number}|{said_at}|{text}'.encode()).hexdigest()[:40]}"


def moment(said: Mapping[str, object], name: str) -> datetime | None:
    """Read one of the carrier's times, Beijing's without a zone; None when it is absent or unreadable."""
    try:
        return datetime.strptime(str(said.get(name) or ""), TIME_FORMAT).replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter for the first day of the first year, many a program's "no date"
        return None
