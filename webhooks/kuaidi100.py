"""What Kuaidi100 pushes to us: the whole history of a waybill, each time anew, signed with the subscription's salt."""

import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from adapters.documents import read_json
from adapters.kuaidi100 import Settings, sign
from adapters.kuaidi100_codes import NAME, UNREADABLE, report_of_state, unreadable_line
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import Report
from webhooks.receiver import Answer, InboundRequest, form


@dataclass(frozen=True, slots=True)
class Kuaidi100Receiver:
    """Pushes about the mail of EMS. Every one tells everything, so that each line is known again by what it says."""

    salts: tuple[str, ...] = field(repr=False)
    name = NAME
    carrier = "ems"

    @classmethod
    def configured(cls, settings: Settings) -> "Kuaidi100Receiver":
        """Build the receiver of an account."""
        return cls(settings.salts)

    def verify(self, request: InboundRequest) -> None:
        """Compare the signature with every active salt."""
        fields = dict(form(request))
        param, given = fields.get("param", ""), fields.get("sign", "").upper().encode("utf-8", "replace")
        if not param or not any(hmac.compare_digest(sign(param, salt).encode(), given) for salt in self.salts):
            raise InvalidSignature("sign")

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read the history, oldest first. A push that tells of no line (the watch has ended) gives nothing."""
        try:
            content = read_json(dict(form(request)).get("param", ""))
            last = content["lastResult"]
            number, company, lines = str(last["nu"]), str(last.get("com", "")), last.get("data") or []
        except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise MalformedCallback("not_json") from None
        if not number or not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            raise MalformedCallback("trace_missing")
        newest: dict[str, Any] | None = lines[0] if lines else None
        state = str(last.get("state", ""))
        found: list[Report] = []
        for one in reversed(lines):
            try:
                found.append(report_of_state(number, company, one, state if one is newest else ""))
            except MalformedCallback:
                # The whole history comes each time: one line that cannot be read must not hide the rest for good.
                found.append(unreadable_line(number, one, request.received_at))
        if all(report.raw_code == UNREADABLE for report in found) and found:
            raise MalformedCallback("trace_time_unreadable")
        return found

    def acknowledge(self, request: InboundRequest) -> Answer:  # noqa: ARG002 - the same for every request
        """Acknowledge in the documented form; anything else is pushed again."""
        answer = {"result": True, "returnCode": "200", "message": "成功"}
        return Answer(body=json.dumps(answer, ensure_ascii=False), content_type="application/json; charset=utf-8")
