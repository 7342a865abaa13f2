"""What the mail desk keys from a paper receipt: who signed, on which day, or why the item came back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from adapters.sandbox import hours
from adapters.sandbox.chance import Chance
from adapters.sandbox.parameters import Parameters
from adapters.sandbox.parcels import RETURNED, Course, Fate

_RELATIONS = ("spouse", "parent", "child", "sibling")
_OTHERS = ("neighbour", "property_guard", "flatmate", "landlord", "unknown")
_DESKS = ("office_staff", "mail_room_staff", "duty_room_staff")


def slip(course: Course, waybill: str, chance: Chance, numbers: Parameters, key: str) -> Mapping[str, Any]:
    """The body for the platform's slip route."""
    if course.on_slip in RETURNED:
        refusal = {"refused_by": signer(Fate.SELF, chance, numbers, key), "refusal_noted": True}
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
        "signer": signer(course.on_slip, chance, numbers, key),
        "signed_on": signed_on.isoformat(),
    }


def signer(fate: Fate, chance: Chance, numbers: Parameters, key: str) -> Mapping[str, Any]:
    """The person who took the papers, in the law's words."""
    checked = chance.happens(numbers.signer_id_checked, key, "id-checked")
    if fate is Fate.SELF:
        return {"role": "recipient", "id_checked": checked, "adult": True}
    if fate is Fate.FAMILY:
        relation = chance.pick(numbers.weights("family", _RELATIONS), key, "relation")
        together = chance.happens(numbers.family_co_resident, key, "co-resident")
        return {"role": "family", "relation": relation, "co_resident": together, "id_checked": checked, "adult": True}
    desk = fate is Fate.DESK
    roles = numbers.weights("desk", _DESKS) if desk else numbers.weights("other", _OTHERS)
    return {"role": chance.pick(roles, key, "role"), "id_checked": checked, "adult": True}
