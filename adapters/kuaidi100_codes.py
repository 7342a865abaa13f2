"""What Kuaidi100's states mean in our words: the whole table, one line a code. Any other becomes `unrecognised`.

A watcher repeats what it reads elsewhere: it never says by whom a mail was signed for more exactly than "in person",
"by another", "out of a locker". Source: Kuaidi100's list of advanced states (高级状态), in which six copies agree.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from delivery.domain.errors import MalformedCallback
from delivery.domain.event import EventKind, Report

NAME = "kuaidi100"
COMPANY = "ems"
"""The only carrier that may be watched: private couriers may not carry court papers."""

NOT_ALLOWED = "carrier_not_allowed"
UNREADABLE = f"{NAME}:unreadable"
_BEIJING = ZoneInfo("Asia/Shanghai")
_TIME = "%Y-%m-%d %H:%M:%S"

STATES: Mapping[str, tuple[EventKind, str, str]] = MappingProxyType(
    {  # code: kind, recipient class, reason
        "1": (EventKind.POSTED, "", ""),
        "101": (EventKind.POST_ACCEPTED, "", ""),
        "102": (EventKind.POST_ACCEPTED, "", ""),
        "103": (EventKind.POSTED, "", ""),
        "0": (EventKind.POST_IN_TRANSIT, "", ""),
        "1001": (EventKind.POST_IN_TRANSIT, "", ""),
        "1002": (EventKind.POST_IN_TRANSIT, "", ""),
        "1003": (EventKind.POST_ADDRESS_CHANGED, "", ""),
        "5": (EventKind.POST_OUT, "", ""),
        "501": (EventKind.POST_AWAITING_COLLECTION, "", ""),
        "3": (EventKind.POST_DELIVERED, "unknown", ""),
        "301": (EventKind.POST_DELIVERED, "addressee", ""),
        "302": (EventKind.POST_DELIVERED, "unknown", ""),
        "303": (EventKind.POST_DELIVERED, "neighbour_or_other", ""),
        "304": (EventKind.POST_DELIVERED, "locker", ""),  # taken out of a locker or station, by nobody known
        "6": (EventKind.POST_RETURNING, "", ""),
        "4": (EventKind.POST_RETURNED, "", ""),
        "401": (EventKind.POST_CANCELLED, "", ""),
        "14": (EventKind.POST_REFUSED, "", "refused"),  # perhaps back with the sender already: descriptions differ
        "7": (EventKind.POST_IN_TRANSIT, "", ""),  # handed to another carrier
        "2": (EventKind.POST_EXCEPTION, "", ""),
        "201": (EventKind.POST_EXCEPTION, "", "overdue"),
        "202": (EventKind.POST_EXCEPTION, "", "overdue"),
        "203": (EventKind.POST_REFUSED, "", "refused"),
        "204": (EventKind.POST_ATTEMPT_FAILED, "", "other"),
        "205": (EventKind.POST_ATTEMPT_FAILED, "", "unclaimed"),
        "206": (EventKind.POST_ATTEMPT_FAILED, "", "unreachable_by_phone"),
        "207": (EventKind.POST_EXCEPTION, "", "out_of_area"),
        "208": (EventKind.POST_EXCEPTION, "", ""),
        "209": (EventKind.POST_DAMAGED, "", ""),
        "210": (EventKind.POST_CANCELLED, "", ""),
        "8": (EventKind.POST_IN_TRANSIT, "", ""),
        "10": (EventKind.POST_IN_TRANSIT, "", ""),
        "11": (EventKind.POST_IN_TRANSIT, "", ""),
        "12": (EventKind.POST_IN_TRANSIT, "", ""),
        "13": (EventKind.POST_EXCEPTION, "", "customs"),
    }
)


def report_of_state(number: str, company: str, item: Mapping[str, Any], state: str) -> Report:
    """Read one line of the history of `number`; `state` stands in for a line that bears no code of its own.

    Raises `MalformedCallback` without a moment. What another carrier is said to carry is shown to a person.
    """
    said = {key: str(value).strip() for key, value in item.items() if isinstance(value, str | int)}
    code = said.get("statusCode") or state
    try:
        local = datetime.strptime(said.get("time") or said.get("ftime", ""), _TIME).replace(tzinfo=_BEIJING)
        occurred_at = local.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter for the first day of the first year, many a program's "no date"
        raise MalformedCallback("trace_time_unreadable") from None
    text = said.get("context", "")
    identity = f"{NAME}|{company}|{number}|{code}|{occurred_at.isoformat()}|{text}"
    own = company == COMPANY
    kind, receiver, reason = STATES.get(code, (EventKind.UNRECOGNISED, "", ""))
    if not code:
        kind = EventKind.INFORMATION
    if not own:
        kind, receiver, reason = EventKind.UNRECOGNISED, "", NOT_ALLOWED
    return Report(
        kind=kind,
        event_id=hashlib.sha256(identity.encode()).hexdigest(),
        occurred_at=occurred_at,
        reference=number,
        # Never a code of the carrier's own: what takes back the carrier's 303 is not about ours.
        raw_code=f"{NAME}:{code}",
        reason=reason,
        args={"watcher": NAME} | ({"recipient_class": receiver} if receiver else {}),
        detail={"text": text} if text else {},
    )


def unreadable_line(number: str, item: Mapping[str, Any], received_at: datetime) -> Report:
    """Keep a line that does not say when: a person reads it."""
    said = json.dumps(item, ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(f"{UNREADABLE}|{number}|{said}".encode()).hexdigest()
    return Report(EventKind.UNRECOGNISED, digest, received_at, number, UNREADABLE, args={"watcher": NAME})
