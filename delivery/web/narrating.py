"""The journal in words: each entry as a line that a clerk can read, with its codes put into the language of the page.

Only codes are narrated here; what is personal in an entry lies sealed beside it and is shown on request, recorded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.event import EventKind
from delivery.store.accounts import Account
from delivery.store.journal import DeliveryEvent
from delivery.web.rendering import instant, t, word
from delivery.wording import knows

_GOOD = frozenset(
    {
        EventKind.ORDER_CONCLUDED,
        EventKind.OUTCOME_CONFIRMED,
        EventKind.OFFICER_NOTED,
        EventKind.ACKNOWLEDGED,
        EventKind.LINK_OPENED,
        EventKind.ADDRESS_CONFIRMED,
        EventKind.REPLIED,
        EventKind.READ,
        EventKind.POST_PROOF_AVAILABLE,
    }
)
_BAD = frozenset(
    {
        EventKind.FAILED,
        EventKind.NOT_ME,
        EventKind.OPTED_OUT,
        EventKind.POST_RETURNED,
        EventKind.POST_RETURNING,
        EventKind.POST_REFUSED,
        EventKind.POST_LOST,
        EventKind.POST_DAMAGED,
        EventKind.DECLINED,
    }
)
_ATTENTION = frozenset(
    {
        EventKind.REFERRED,
        EventKind.OUTCOME_SENT_BACK,
        EventKind.OUTCOME_DECIDED,
        EventKind.OUTCOME_UNKNOWN,
        EventKind.UNRECOGNISED,
        EventKind.OBJECTED,
        EventKind.IDENTITY_FAILED,
        EventKind.POST_REVERSED,
        EventKind.POST_ATTEMPT_FAILED,
        EventKind.POST_EXCEPTION,
        EventKind.ORDER_HELD,
        EventKind.DELAYED,
        EventKind.ORDER_REOPENED,
        EventKind.DOCUMENT_REPLACED,
    }
)
_STEPS = frozenset({EventKind.TIER_STARTED, EventKind.EFFECT_DERIVED, EventKind.NOTICE_APPROVED})
_ICONS: Mapping[str, str] = {
    "sms": "phone",
    "voice": "phone",
    "email": "mail",
    "wechat": "phone",
    "in_person": "door",
    "post": "post",
    "posting": "pin",
    "publication": "flag",
}
_KIND_ICONS: Mapping[EventKind, str] = {
    EventKind.EFFECT_DERIVED: "scale",
    EventKind.OUTCOME_CONFIRMED: "scale",
    EventKind.OUTCOME_DECIDED: "scale",
    EventKind.OFFICER_NOTED: "scale",
    EventKind.DOUBT_DECIDED: "scale",
    EventKind.ORDER_CONCLUDED: "check",
    EventKind.ORDER_HELD: "pause",
    EventKind.REFERRED: "alert",
    EventKind.DOCUMENT_REPLACED: "paper",
    EventKind.ADDRESS_REUSED: "pin",
    EventKind.TIER_STARTED: "arrow",
    EventKind.TIER_SKIPPED: "arrow",
    EventKind.LINK_OPENED: "eye",
    EventKind.ACKNOWLEDGED: "check",
}

# Which table of words puts the value of an argument into words.
_TABLES: Mapping[str, tuple[str, ...]] = {
    "tier": ("tier",),
    "channel": ("channel",),
    "purpose": ("purpose",),
    "outcome": ("outcome",),
    "was": ("outcome",),
    "now": ("outcome",),
    "method": ("method",),
    "basis": ("basis",),
    "role": ("person_role",),
    "relation": ("person_role",),
    "signer": ("person_role",),
    "refused_by": ("person_role",),
    "witness": ("person_role",),
    "return_reason": ("reason",),
    "reason": ("reason", "desk"),
    "kind": ("address_kind", "paper", "reason"),
    "consent_scope": ("paper",),
    "objection": ("reason",),
    "result": ("result",),
    "meaning": ("result",),
    "place": ("result",),
    "process_media": ("result",),
    "recipient_class": ("result",),
    "noted_by": ("result",),
    "choice": ("result",),
    "fault": ("fault",),
    "papers": ("paper",),
    "handler": ("handler",),
    "provider": ("provider",),
    "plan": ("plan",),
    "plan_reason": ("plan_reason",),
    "identity": ("identity",),
    "deadline": ("deadline",),
    "field": ("import.column", "law.deadline"),
    "source": ("source",),
    "search_result": ("search_result",),
    "presence": ("presence",),
    "asked": ("desk",),
    "doubt": ("desk",),
    "decision": ("decision",),
    "doubts": ("door.doubt",),
    "standing": ("photo_standing",),
    "cure": ("grade.cure",),
    "situation": ("door.situation",),
    "excuse": ("door.excuse",),
}
# Technical, or said better elsewhere on the page (the rules stand in the reasoning).
_HIDDEN = frozenset(
    {
        "fingerprint",
        "by",
        "document",
        "message",
        "key",
        "sha256",
        "order",
        "task",
        "cites",
        "link",
        "search",
        "again",
        "certificate",
        "record",
        "grade_number",
        "occasion",
        "act",
    }
)
# These explain themselves; a label before them would only be longer.
_PLAIN = frozenset(
    {"tier", "channel", "purpose", "outcome", "method", "result", "meaning", "place", "role", "papers", "deadline"}
)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is shown: `facts` are pairs of label and value, `by` the name of who acted, if one of us."""

    at: datetime
    recorded_at: datetime
    kind: str
    title: str
    reason: str
    facts: tuple[tuple[str, str], ...]
    by: str
    tone: str
    icon: str
    sequence: int

    @property
    def late_word(self) -> bool:
        """Whether we learned of it more than an hour after it happened."""
        return (self.recorded_at - self.at).total_seconds() > 3600  # noqa: PLR2004 -- an hour


def narrate(session: Session, events: Iterable[DeliveryEvent], channels: Mapping[UUID, str]) -> list[Line]:
    """The entries in words, newest first. `channels` is attempt -> channel. One query, for the names of who acted."""
    entries = [(event, event.body) for event in events]
    names = names_of(session, (body["args"].get("by") for _, body in entries))
    return [_line(event, body, names, channels) for event, body in reversed(entries)]


def names_of(session: Session, ids: Iterable[object]) -> dict[str, str]:
    """Account id, as text, -> the person's name."""
    wanted = set()
    for value in ids:
        try:
            wanted.add(UUID(str(value)))
        except ValueError:
            continue
    if not wanted:
        return {}
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(wanted)))
    return {str(account_id): name for account_id, name in rows}


def _line(
    event: DeliveryEvent, body: Mapping[str, Any], names: Mapping[str, str], channels: Mapping[UUID, str]
) -> Line:
    args: Mapping[str, Any] = body["args"]
    kind = EventKind(event.kind)
    channel = channels.get(event.attempt_id, "") if event.attempt_id else ""
    facts = list(told(args))
    if channel and "channel" not in args:
        facts.insert(0, ("", word("channel", channel)))
    if kind is EventKind.UNRECOGNISED and body["raw_code"]:
        facts.append((t("arg.raw_code"), str(body["raw_code"])))
    reason = str(body["reason"])
    told_reason = word("desk", reason) if kind is EventKind.REFERRED else word("reason", reason) if reason else ""
    facts = [(label, value) for label, value in facts if value != told_reason]
    return Line(
        at=event.occurred_at,
        recorded_at=event.recorded_at,
        kind=event.kind,
        title=t(f"journal.{kind}"),
        reason=told_reason,
        facts=tuple(facts),
        by=names.get(str(args.get("by", "")), ""),
        tone=_tone(kind, args),
        icon=_KIND_ICONS.get(kind) or _ICONS.get(channel, "dot"),
        sequence=event.sequence,
    )


def _tone(kind: EventKind, args: Mapping[str, Any]) -> str:
    if kind in {EventKind.VISITED, EventKind.SLIP_RECORDED}:
        return "good" if args.get("result") == "signed" else "warn"
    if kind is EventKind.EFFECT_DERIVED:
        return {"SERVED": "good", "PRESUMED": "good", "COURT_REVIEW": "warn"}.get(str(args.get("outcome")), "ink")
    if kind in _GOOD:
        return "good"
    if kind in _BAD:
        return "bad"
    if kind in _ATTENTION:
        return "warn"
    return "ink" if kind in _STEPS else ""


def told(args: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """The arguments of an entry or a desk item as pairs of label and value; ids and technical ones are left out."""
    for name, value in args.items():
        if name in _HIDDEN or value in ("", None, [], {}):
            continue
        label, told_value = word("arg", name), _value(name, value)
        if label != name and told_value:
            yield ("" if name in _PLAIN else label), told_value


def _is_id(value: object) -> bool:
    try:
        return bool(UUID(str(value)))
    except ValueError:
        return False


def _value(name: str, value: object) -> str:
    if isinstance(value, Mapping):
        parts = [_value(key, inner) for key, inner in value.items() if key in {"role", "relation", "place", "on"}]
        return " · ".join(part for part in parts if part)
    if isinstance(value, list | tuple):
        return t("list.comma").join(_value(name, item) for item in value if not _is_id(item))
    if isinstance(value, bool):
        return word("result", str(value).lower())
    text = str(value)
    if name.endswith("_at"):
        return instant(datetime.fromisoformat(text))
    table = next((one for one in _TABLES.get(name, ()) if knows(f"{one}.{text}")), None)
    return word(table, text) if table else text
