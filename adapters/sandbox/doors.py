"""What a server of the court finds at a door, and what the report of it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from adapters.sandbox import hours, slips
from adapters.sandbox.chance import Chance
from adapters.sandbox.parameters import Parameters
from adapters.sandbox.parcels import Fate
from adapters.sandbox.people import Door, DoorState, Kind


class Found(StrEnum):
    """Who or what was there."""

    MET = "met"
    FAMILY = "family"
    REFUSED = "refused"
    NOBODY = "nobody"


_MEDIA = ("photos", "video", "single_photo")
_WITNESSES = ("committee_member", "neighbour", "employer_staff")


@dataclass(frozen=True, slots=True)
class Doorstep:
    """Visits. `key` names the visit by address and papers; `ordinal` counts the tries, each in another time band."""

    chance: Chance
    numbers: Parameters
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    def visit(self, door: Door, key: str, ordinal: int, at: datetime) -> Mapping[str, Any]:
        """The report of a visit at this instant."""
        organisation = self.kinds.get(door.resident, Kind.NATURAL) is Kind.ORGANISATION
        place = "registered_office" if organisation else "residence"
        report: dict[str, Any] = {"at": at.isoformat(), "place": place, "noted_by": ["server"]}
        media = {"process_media": self.chance.pick(self.numbers.weights("media", _MEDIA), key, "media", ordinal)}
        if door.state is DoorState.VOID:
            return report | media | {"result": "not_found"}
        if door.state is DoorState.MOVED:
            told = self.chance.happens(self.numbers.moved_is_told, key, "told", ordinal)
            return report | media | {"result": "moved" if told else "nobody_home"}
        found = self._found(door, key, ordinal)
        if found is Found.NOBODY:
            return report | media | {"result": "nobody_home", "card_left": True}
        at_home = Fate.FAMILY if found is Found.FAMILY else Fate.SELF
        who = Fate.DESK if organisation else at_home
        if found is Found.REFUSED:
            person = slips.signer(who, self.chance, self.numbers, key)
            return report | media | {"result": "refused", "refused_by": person, "witness": self._witness(key)}
        signed_on = hours.local(at).date().isoformat()
        return (
            report
            | media
            | {
                "result": "signed",
                "signer": slips.signer(who, self.chance, self.numbers, key),
                "signed_on": signed_on,
            }
        )

    def post_notice(self, door: Door, key: str, ordinal: int, at: datetime, meaning: str) -> Mapping[str, Any]:
        """The report of a notice put up at this door."""
        if door.state is DoorState.VOID:
            # There is nothing to post it on: the report says so instead of claiming a posting.
            return {
                "at": at.isoformat(),
                "place": "elsewhere",
                "result": "not_found",
                "meaning": meaning,
                "process_media": "none",
            }
        return {
            "at": at.isoformat(),
            "place": "residence",
            "result": "posted",
            "meaning": meaning,
            "process_media": self.chance.pick(self.numbers.weights("media", _MEDIA), key, "posting-media", ordinal),
        }

    def _found(self, door: Door, key: str, ordinal: int) -> Found:
        numbers = self.numbers
        someone = {
            Found.MET: numbers.door_met,
            Found.FAMILY: numbers.door_family,
            Found.REFUSED: numbers.door_refused,
        }
        # Whether anybody is at home in a time band is the door's, whoever asks and for whichever papers.
        if ordinal == 0:
            absent = numbers.door_nobody / (sum(someone.values()) + numbers.door_nobody)
            if self.chance.happens(absent, door.place.text, "absent"):
                return Found.NOBODY
        elif not self.chance.happens(numbers.door_second_band, door.place.text, "absent", ordinal):
            return Found.NOBODY
        return self.chance.pick(someone, key, "found", ordinal)

    def _witness(self, key: str) -> Mapping[str, Any]:
        attended = self.chance.happens(self.numbers.witness_attends, key, "witness")
        return {
            "kind": self.chance.pick(self.numbers.weights("witness", _WITNESSES), key, "witness-kind"),
            "invited": True,
            "attended": attended,
            "signed": attended,
            "unwillingness_noted": not attended,
        }
