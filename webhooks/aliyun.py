"""What Aliyun pushes to us: reports on texts (SmsReport) and what people write back (SmsUp). Nothing of it is signed.

A report is a hint about the message whose reference it gives back, and only we can have made that reference. Others are
passed over in silence: the account may serve other systems of the court, and all share one address for pushes.
"""

import json
from dataclasses import dataclass, field

from adapters.aliyun import NAME, Settings
from adapters.aliyun_codes import ARRIVED, RECEIPTS, answer_id, moment, report_on
from adapters.hints import Network, meaning_of_answer, read_reference
from delivery.domain.errors import MalformedCallback
from delivery.domain.event import EventKind, Report
from webhooks.receiver import Answer, InboundRequest
from webhooks.unsigned import content, international, prove, text

_OUTCOMES = {True: EventKind.DELIVERED, False: EventKind.FAILED}


@dataclass(frozen=True, slots=True)
class AliyunReceiver:
    """Pushes in the batch mode over HTTP."""

    secrets: tuple[str, ...] = field(repr=False)
    networks: tuple[Network, ...]
    name = NAME
    only_hints = True

    @classmethod
    def configured(cls, settings: Settings) -> "AliyunReceiver":
        """Build the receiver of an account."""
        return cls(settings.callback_secrets, settings.networks)

    def verify(self, request: InboundRequest) -> None:
        """Check the secret path and the caller's network: all that there is."""
        prove(request, self.secrets, self.networks)

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read a batch of reports, or of answers."""
        found: list[Report] = []
        for item in content(request):
            if "content" in item and "success" not in item:
                found.append(_answer(item, request))
            elif "success" in item:
                found += self._report(item, request)
            else:
                raise MalformedCallback("report_missing")
        return found

    def _report(self, item: dict[str, object], request: InboundRequest) -> list[Report]:
        reference, code = text(item, "out_id"), text(item, "err_code")
        key = read_reference(reference, self.secrets)
        if not key:
            return []
        success = item["success"]
        kind = _OUTCOMES[success] if isinstance(success, bool) else EventKind.UNRECOGNISED
        if (kind is EventKind.DELIVERED and code in RECEIPTS) or (kind is EventKind.FAILED and code in ARRIVED):
            kind = EventKind.UNRECOGNISED  # it contradicts itself
        return [report_on(key, reference, kind, code, moment(item, "report_time") or request.received_at)]

    def acknowledge(self, request: InboundRequest) -> Answer:  # noqa: ARG002 - the same for every request
        """Acknowledge in the documented form; anything else is pushed again after 1, 5 and 10 minutes."""
        body = json.dumps({"code": 0, "msg": "接收成功"}, ensure_ascii=False)
        return Answer(body=body, content_type="application/json; charset=utf-8")


def _answer(item: dict[str, object], request: InboundRequest) -> Report:
    """Read what a person wrote back; the number is the only link to a message."""
    number, said = text(item, "phone_number"), text(item, "content")
    if not number:
        raise MalformedCallback("number_missing")
    kind, choice = meaning_of_answer(said)
    sender = international(number)
    return Report(
        kind=kind,
        event_id=answer_id(sender, text(item, "send_time"), f"{text(item, 'sequence_id')}|{said}"),
        occurred_at=moment(item, "send_time") or request.received_at,
        raw_code="reply",
        args={"choice": choice} if choice else {},
        detail={"from": sender, "text": said},
    )
