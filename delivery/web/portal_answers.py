"""Reading the short forms behind an e-service link: declining, with a reason, and objecting, with what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from delivery.address_form import WrongField
from delivery.domain.text import tidy
from delivery.link_acts import LONGEST_NOTE, DeclineReason, ObjectionKind, reasons_for


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection that can be taken; `arrived_on` only where another day of arrival is claimed."""

    kind: ObjectionKind
    arrived_on: date | None
    note: str


def read_decline(form: Mapping[str, str], audience: str) -> tuple[DeclineReason | None, str, list[WrongField]]:
    """The reason, the person's own words, and what is wrong."""
    note, wrong = _note(form)
    reason = form.get("reason", "")
    if reason not in reasons_for(audience):
        return None, note, [WrongField("reason", "reason_open", {}), *wrong]
    return DeclineReason(reason), note, wrong


def read_objection(form: Mapping[str, str], *, today: date) -> tuple[Objection | None, list[WrongField]]:
    """The objection, or everything that is wrong with the form."""
    note, wrong = _note(form)
    kind, arrived_on = form.get("kind", ""), None
    if kind not in set(ObjectionKind):
        wrong.append(WrongField("kind", "objection_open", {}))
    elif kind == ObjectionKind.DIFFERENT_ARRIVAL and (form.get("at", "").strip() or not note):
        try:
            arrived_on = date.fromisoformat(form.get("at", "").strip())
        except ValueError:
            wrong.append(WrongField("at", "day_unreadable", {}))
        else:
            if arrived_on > today:
                wrong.append(WrongField("at", "day_in_future", {}))
    elif kind == ObjectionKind.OTHER and not note:
        wrong.append(WrongField("note", "note_missing", {}))
    return (None, wrong) if wrong else (Objection(ObjectionKind(kind), arrived_on, note), [])


def _note(form: Mapping[str, str]) -> tuple[str, list[WrongField]]:
    note = tidy(form.get("note", ""))
    if len(note) > LONGEST_NOTE:
        return note, [WrongField("note", "too_long", {"most": LONGEST_NOTE})]
    return note, []
