"""What the mail desk keys from a paper receipt: who signed, on which day, or why the item came back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from adapters.sandbox import hours
from adapters.sandbox.chance import Chance
from adapters.sandbox.parameters import Parameters
from adapters.sandbox.parcels import RETURNED, Course, Fate

_RELATIONS = {"spouse": 5.0, "parent": 2.0, "child": 2.0, "sibling": 1.0}
_OTHERS = {"neighbour": 3.0, "property_guard": 3.0, "flatmate": 1.0, "landlord": 1.0, "unknown": 4.0}
_DESKS = {"office_staff": 2.0, "mail_room_staff": 2.0, "duty_room_staff": 1.0}


def slip(course: Course, waybill: str, chance: Chance, numbers: Parameters, key: str) -> Mapping[str, Any]:
    """The body for the platform's slip route."""
    if course.on_slip in RETURNED:
        refusal = {"refused_by": signer(Fate.SELF, chance, key), "refusal_noted": True}
        return {
            **(refusal if course.on_slip is Fate.REFUSED else {}),
            "waybill": waybill,
            "result": "returned",
            "return_reason": course.on_slip.value,
            "marked_return_on": hours.local(course.attempts[-1]).date().isoformat(),
            "attempts_on": [hours.local(attempt).date().isoformat() for attempt in course.attempts],
            "contact_attempted": course.telephoned,
        }
    if course.on_slip is Fate.LOCKER:
        return {"waybill": waybill, "result": "no_proof"}
    signed_on = hours.local(course.attempts[-1]).date()
    if chance.happens(numbers.signature_dated_otherwise, key, "slip-dated-otherwise"):
        signed_on += timedelta(days=1)
    return {
        "waybill": waybill,
        "result": "signed",
        "signer": signer(course.on_slip, chance, key),
        "signed_on": signed_on.isoformat(),
    }


def signer(fate: Fate, chance: Chance, key: str) -> Mapping[str, Any]:
    """The person who took the papers, in the law's words."""
    checked = chance.happens(1 / 2, key, "id-checked")
    if fate is Fate.SELF:
        return {"role": "recipient", "id_checked": checked, "adult": True}
    if fate is Fate.FAMILY:
        relation = chance.pick(_RELATIONS, key, "relation")
        together = chance.happens(0.9, key, "co-resident")
        return {"role": "family", "relation": relation, "co_resident": together, "id_checked": checked, "adult": True}
    roles = _DESKS if fate is Fate.DESK else _OTHERS
    return {"role": chance.pick(roles, key, "role"), "id_checked": checked, "adult": True}
