"""How exactly an address is known to lie somewhere: tiers from a door to a province, each with its radius.

A distance between a telephone and an address means nothing without the address's own uncertainty; below a street
nobody should be asked about it at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from delivery.domain.geodesy import Datum, Position


class Tier(StrEnum):
    """What a geocoder matched, most exact first."""

    ROOFTOP = "rooftop"  # the building, or a clerk's pin
    PARCEL = "parcel"  # the house number
    INTERPOLATED = "interpolated"  # a named place, a gate, the estate
    STREET = "street"
    LOCALITY = "locality"  # a village, a town, a business district
    DISTRICT = "district"
    REGION = "region"


UNCERTAINTY_M: Mapping[Tier, int] = MappingProxyType(
    {
        Tier.ROOFTOP: 10,
        Tier.PARCEL: 20,
        Tier.INTERPOLATED: 50,
        Tier.STREET: 100,
        Tier.LOCALITY: 2_000,
        Tier.DISTRICT: 10_000,
        Tier.REGION: 100_000,
    }
)
"""The radius in which the door lies, metres, where the geocoder says none itself."""

_CHECKABLE = frozenset({Tier.ROOFTOP, Tier.PARCEL, Tier.INTERPOLATED})


@dataclass(frozen=True, slots=True)
class Located:
    """A geocoder's answer: the place in the datum in which it was given, and how good the match was."""

    place: Position
    datum: Datum
    tier: Tier
    level: str = ""


@dataclass(frozen=True, slots=True)
class AddressPosition:
    """Where an address lies, in WGS-84, with by whose word and how exactly. `datum` is the source's own."""

    lat: float
    lon: float
    uncertainty_m: int
    tier: Tier
    datum: Datum
    source: str

    @property
    def checkable(self) -> bool:
        """Whether a telephone's distance to it can say anything."""
        return self.tier in _CHECKABLE

    @property
    def walkable(self) -> bool:
        """Whether a round of visits can be planned by it."""
        return self.tier in _CHECKABLE or self.tier is Tier.STREET
