"""What Tencent pushes to us: reports on texts, and what people write back. Nothing of it is signed.

A report names the serial number of a text and not our own reference, so a hint counts only for a number that we were
given; the answer to our question is matched by both.
"""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.hints import Network
from adapters.tencent import NAME, Settings
from adapters.tencent_codes import answer_from, report_on
from delivery.domain.errors import MalformedCallback
from delivery.domain.event import Report
from webhooks.receiver import Answer, InboundRequest
from webhooks.unsigned import content, international, prove, text

_BEIJING = ZoneInfo("Asia/Shanghai")
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
_LATEST = 1 << 33


@dataclass(frozen=True, slots=True)
class TencentReceiver:
    """Pushed reports (a list) and replies (one object)."""

    secrets: tuple[str, ...] = field(repr=False)
    networks: tuple[Network, ...]
    name = NAME
    only_hints = True

    @classmethod
    def configured(cls, settings: Settings) -> "TencentReceiver":
        """Build the receiver of an application."""
        return cls(settings.callback_secrets, settings.networks)

    def verify(self, request: InboundRequest) -> None:
        """Check the secret path and the caller's network: all that there is."""
        prove(request, self.secrets, self.networks)

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read a list of reports, or one answer."""
        return [_read(item, request) for item in content(request)]

    def acknowledge(self, request: InboundRequest) -> Answer:  # noqa: ARG002 - the same for every request
        """Acknowledge in the documented form."""
        return Answer(body='{"result": 0, "errmsg": "OK"}', content_type="application/json; charset=utf-8")


def _read(item: dict[str, object], request: InboundRequest) -> Report:
    number = text(item, "mobile")
    if not number:
        raise MalformedCallback("number_missing")
    sender = international(number, text(item, "nationcode") or "86")
    if "text" in item and "sid" not in item:
        said_at = item.get("time")
        if not isinstance(said_at, int) or isinstance(said_at, bool) or not 0 < said_at < _LATEST:
            raise MalformedCallback("time_unreadable")
        return answer_from(sender, text(item, "text"), said_at)
    serial, status = text(item, "sid"), text(item, "report_status")
    if not serial or not status:
        raise MalformedCallback("report_incomplete")
    return report_on(
        serial=serial,
        status=status,
        code=text(item, "errmsg"),
        received=_seconds(text(item, "user_receive_time")),
        now=request.received_at,
        number=sender,
    )


def _seconds(said: str) -> int | None:
    """Read the carrier's time, Beijing's without a zone; None when it is absent or unreadable."""
    try:
        return int(datetime.strptime(said, _TIME_FORMAT).replace(tzinfo=_BEIJING).timestamp())
    except (ValueError, OverflowError):
        return None
