"""What WeCom tells us: which button of a card was pressed, and what members write to the application."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from adapters.wecom import NAME, PREFIX, Settings
from adapters.wecom_codes import BUTTONS
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import EventKind, Report
from webhooks.receiver import Answer, InboundRequest
from webhooks.wechat_envelope import ROLE, Envelope, message_in, reply_of, sealed_in, told_at, unknown_event

# About members and menus, and about no message of ours.
ABOUT_NO_MESSAGE = frozenset({"subscribe", "unsubscribe", "enter_agent", "LOCATION", "click", "view", "change_contact"})

_LONGEST_KEY = 36


@dataclass(frozen=True, slots=True)
class WeComReceiver:
    """Callbacks of one application; all of them are sealed, the check of our address too."""

    envelope: Envelope
    name = NAME

    @classmethod
    def configured(cls, settings: Settings) -> "WeComReceiver":
        """Build the receiver of an application."""
        return cls(Envelope(settings.tokens, settings.aes_keys, settings.corp_id))

    def verify(self, request: InboundRequest) -> None:
        """Check signature and age, and open what is sealed."""
        self._open(request)

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read one press or one message; the check of our address reports nothing."""
        if request.method == "GET":
            return []
        fields = message_in(self.envelope, request)
        if fields["MsgType"] != "event":
            return [reply_of(fields, PREFIX.__add__)]
        event = fields.get("Event", "")
        if event in ABOUT_NO_MESSAGE:
            return []
        if event != "template_card_event":
            return [unknown_event(fields)]
        task, pressed = fields.get("TaskId", ""), fields.get("EventKey", "")
        if not task or not pressed:
            raise MalformedCallback("reference_missing")
        # The card's number is our key: a press finds its attempt before the answer to the card was written down.
        known = {"key": task} if len(task) <= _LONGEST_KEY else {}
        return [
            Report(
                kind=BUTTONS.get(pressed, EventKind.UNRECOGNISED),
                event_id=f"{task[:100]}|{pressed}"[:200],
                occurred_at=told_at(fields),
                reference=task[:80],
                raw_code=pressed[:40],
                args={"role": ROLE, **known} | ({"choice": pressed} if pressed in BUTTONS else {}),
                detail={"from": f"{PREFIX}{fields.get('FromUserName', '')}"},
            )
        ]

    def acknowledge(self, request: InboundRequest) -> Answer:  # noqa: ARG002 - the same for every request
        """Say nothing, which ends WeCom's repetitions and leaves the card as it is."""
        return Answer()

    def reply(self, session: Session, request: InboundRequest) -> Answer | None:  # noqa: ARG002 - nothing is looked up
        """Answer the check of our address with what was sealed in it, without quotes or line end."""
        return Answer(body=self._open(request)) if request.method == "GET" else None

    def _open(self, request: InboundRequest) -> str:
        if request.method != "GET":
            return self.envelope.verified(request, sealed_in(request))
        sealed = request.query().get("echostr", "")
        if not sealed:
            raise InvalidSignature("body_missing")
        return self.envelope.verified(request, sealed)
