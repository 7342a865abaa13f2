"""Who is behind an address that somebody wrote: the town's own, or one that nobody drew.

A person who tries the demo may import a docket of his own: the truth of its doors is drawn from their text, in the same
proportions.
"""

from collections.abc import Mapping

from adapters.sandbox.chance import Chance
from adapters.sandbox.people import BoxKind, Door, DoorState, Kind, Mailbox, Place
from adapters.sandbox.population import Population


class Directory:
    """Looks up doors and mailboxes."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._chance = Chance(population.seed)
        self.kinds: Mapping[str, Kind] = {key: party.kind for key, party in population.parties.items()}

    def door(self, text: str, name: str) -> Door:
        """The door at this address, as the home of whoever bears the name."""
        written = "".join(text.split())
        known = self._population.doors.get(written)
        if known is not None:
            resident = self._population.parties.get(known.resident)
            # Two people may share a name, never a key: an item for somebody else finds nobody of that name here.
            if resident is None or resident.name == name:
                return known
            return Door(known.place, DoorState.MOVED, "", known.in_area)
        numbers = self._population.parameters
        place = Place("", "", "", written)
        if self._chance.happens(numbers.address_right_natural, written, "unknown-door"):
            return Door(place, DoorState.RIGHT, "", in_area=True)
        moved = self._chance.happens(numbers.address_wrong_is_moved, written, "unknown-door-moved")
        return Door(place, DoorState.MOVED if moved else DoorState.VOID, "", in_area=True)

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox of this address; one that nobody drew takes everything and has nobody behind it."""
        known = self._population.mailboxes.get(address.strip().lower())
        return known or Mailbox(address, BoxKind.PERSON, bounces=False, holder="")
