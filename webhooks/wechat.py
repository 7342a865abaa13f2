"""What an official account on WeChat tells us: whether template messages arrived, and what followers write."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from adapters.wechat import NAME, PREFIX, Settings
from adapters.wechat_codes import FAILURES, STATUSES
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import EventKind, Report
from webhooks.receiver import Answer, InboundRequest
from webhooks.wechat_envelope import Envelope, message_in, reply_of, sealed_in, told_at, unknown_event

# About the account and its followers, and about no message of ours. Who leaves is not struck off: the next message to
# them is refused with its own code, and they may come back.
ABOUT_NO_MESSAGE = frozenset({"subscribe", "unsubscribe", "SCAN", "LOCATION", "CLICK", "VIEW"})

_ECHO = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class WeChatReceiver:
    """Callbacks in safe mode (安全模式), in which every message is sealed. Plain ones are not taken."""

    envelope: Envelope
    name = NAME

    @classmethod
    def configured(cls, settings: Settings) -> "WeChatReceiver":
        """Build the receiver of an account."""
        return cls(Envelope(settings.tokens, settings.aes_keys, settings.app_id))

    def verify(self, request: InboundRequest) -> None:
        """Check the signature of the account; for the check of our address it covers no content at all."""
        if request.method == "GET":
            self.envelope.check(request, "signature")
            if not _ECHO.fullmatch(request.query().get("echostr", "")):
                raise InvalidSignature("echo")  # unsigned, and to be said back: nothing but what WeChat asks for
            return
        self.envelope.verified(request, sealed_in(request))

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read one event or one message; the check of our address reports nothing."""
        if request.method == "GET":
            return []
        fields = message_in(self.envelope, request)
        if fields["MsgType"] != "event":
            return [reply_of(fields, PREFIX.__add__)]
        event = fields.get("Event", "")
        if event in ABOUT_NO_MESSAGE:
            return []
        reference = fields.get("MsgID", "")
        if event != "TEMPLATESENDJOBFINISH":
            return [unknown_event(fields, reference)]
        status = fields.get("Status", "")
        if not reference or not status:
            raise MalformedCallback("status_missing")
        return [_finished(reference, status, told_at(fields), fields.get("FromUserName", ""))]

    def acknowledge(self, request: InboundRequest) -> Answer:  # noqa: ARG002 - the same for every request
        """Say what ends WeChat's repetitions, and sends nothing back to the person."""
        return Answer(body="success")

    def reply(self, session: Session, request: InboundRequest) -> Answer | None:  # noqa: ARG002 - nothing is looked up
        """Answer the check of our address with the text that came with it."""
        return Answer(body=request.query()["echostr"]) if request.method == "GET" else None


def _finished(reference: str, status: str, at: datetime, follower: str) -> Report:
    """Read how far a template message came. WeChat writes the statuses with uneven blanks, so none are compared.

    It comes from the follower's account: that is how a message is found whose number was lost with the answer.
    """
    code = "".join(status.split())
    kind = STATUSES.get(code, EventKind.UNRECOGNISED)
    meaning = FAILURES.get(code)
    return Report(
        kind=kind,
        event_id=f"{reference[:80]}|{code}"[:200],
        occurred_at=at,
        reference=reference[:80],
        raw_code=status[:40],
        reason=meaning.reason if meaning else "",
        args={"fault": meaning.fault.value} if meaning else {},
        detail={"to": PREFIX + follower} if follower else {},
    )
