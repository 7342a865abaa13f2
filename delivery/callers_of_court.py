"""Whether a court's calls are made by people: its own clerks, or the contractor's callers, from the call sheet."""

from delivery.domain.event import Channel
from delivery.store.courts import Court

SETTING = "calls"
BY_PEOPLE = "people"


def called_by_people(court: Court) -> frozenset[Channel]:
    """The telephone, where the court's setting says that people call; nothing elsewhere."""
    return frozenset({Channel.VOICE}) if court.settings.get(SETTING) == BY_PEOPLE else frozenset()
