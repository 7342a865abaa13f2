"""What Twilio tells us: how far a message got, and what people answer to it."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.faults import Meaning
from adapters.hints import meaning_of_answer
from adapters.twilio import KEY_PARAMETER, NAME, SIGNATURE_HEADER, Algorithm, Settings, verify
from adapters.twilio_codes import CANCELLED, ERRORS, STATUSES, UNEXPLAINED
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import EventKind, Report
from webhooks.receiver import Answer, InboundRequest, form, public_url

_INBOUND = {"received", "receiving"}


@dataclass(frozen=True, slots=True)
class TwilioReceiver:
    """Message status callbacks and inbound replies, both forms signed over our own address.

    The algorithm is pinned by configuration: a header that names another one, or a weaker one, changes nothing.
    """

    base_url: str
    secrets: tuple[str, ...] = field(repr=False)
    algorithm: Algorithm = Algorithm.HMAC_SHA1
    name = NAME

    @classmethod
    def configured(cls, settings: Settings, base_url: str) -> "TwilioReceiver":
        """Build the receiver of an account; `base_url` is where Twilio reaches us."""
        return cls(base_url, settings.callback_secrets, settings.algorithm)

    def verify(self, request: InboundRequest) -> None:
        """Check the signature with every active secret."""
        url = public_url(self.base_url, request)
        params = self._signed_fields(request)
        given = request.header(SIGNATURE_HEADER)
        if not any(verify(url, params, secret, given, self.algorithm) for secret in self.secrets):
            raise InvalidSignature("signature")

    @staticmethod
    def _signed_fields(request: InboundRequest) -> list[tuple[str, str]]:
        """Give the fields that are signed with the address; any other body is signed by its hash in the query."""
        if request.header("Content-Type").lower().startswith("application/x-www-form-urlencoded"):
            return form(request)
        expected = hashlib.sha256(request.body).hexdigest().encode()
        if not hmac.compare_digest(request.query().get("bodySHA256", "").encode("utf-8", "replace"), expected):
            raise InvalidSignature("body_hash")
        return []

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read one status or one reply."""
        try:
            fields = dict(form(request))
        except InvalidSignature:
            raise MalformedCallback("not_a_form") from None
        reference = fields.get("MessageSid") or fields.get("SmsSid", "")
        if not reference:
            raise MalformedCallback("reference_missing")
        status = fields.get("MessageStatus") or fields.get("SmsStatus", "")
        if "Body" in fields and (not status or status in _INBOUND):
            return [_reply(request, reference, fields)]
        if not status:
            raise MalformedCallback("status_missing")
        return [_status(request, reference, status, fields)]

    def acknowledge(self, request: InboundRequest) -> Answer:  # noqa: ARG002 - the same for every request
        """Answer an empty TwiML document: nothing is sent back to the number, and nothing is repeated."""
        return Answer(body="<Response/>", content_type="text/xml; charset=utf-8")


def _status(request: InboundRequest, reference: str, status: str, fields: Mapping[str, str]) -> Report:
    """Read a status. Callbacks carry no time of their own, so the event happened when we heard of it, at the latest.

    `RawDlrDoneDate` has a minute's precision and no time zone: it is kept as it is, and nothing is computed from it.
    """
    code = fields.get("ErrorCode", "")
    kind = STATUSES.get(status, EventKind.UNRECOGNISED)
    args = _key(request)
    reason = ""
    if kind is EventKind.FAILED:
        meaning = _meaning(status, code)
        reason, args = meaning.reason, args | {"fault": meaning.fault.value}
    if code:
        args["code"] = code[:10]
    if stamp := fields.get("RawDlrDoneDate"):
        args["carrier_time"] = stamp[:20]
    return Report(
        kind=kind,
        event_id=f"{reference}|{status}|{code}"[:200],
        occurred_at=request.received_at,
        reference=reference,
        raw_code=status[:40],
        reason=reason,
        args=args,
    )


def _meaning(status: str, code: str) -> Meaning:
    if status == "canceled":
        return CANCELLED
    known = ERRORS.get(int(code)) if re.fullmatch(r"[0-9]{1,6}", code) else None
    return known or UNEXPLAINED


def _reply(request: InboundRequest, reference: str, fields: Mapping[str, str]) -> Report:
    """Read what a person answered. The number is the only link to an order, so it travels in `detail`, sealed.

    The reference is the answer's own, which no attempt has: matching it by number is the core's affair.
    """
    text = fields.get("Body", "").strip()
    kind, choice = meaning_of_answer(text)
    return Report(
        kind=EventKind.OPTED_OUT if fields.get("OptOutType", "").upper() == "STOP" else kind,
        event_id=f"{reference}|reply",
        occurred_at=request.received_at,
        reference=reference,
        raw_code="reply",
        args=_key(request) | ({"choice": choice} if choice else {}),
        detail={"from": fields.get("From", ""), "to": fields.get("To", ""), "text": text},
    )


def _key(request: InboundRequest) -> dict[str, str]:
    """Give our own key from the callback address: it finds the attempt before the message's SID was committed."""
    key = request.query().get(KEY_PARAMETER, "")
    return {"key": key} if key and len(key) <= 36 else {}  # noqa: PLR2004 - the length of a UUID
