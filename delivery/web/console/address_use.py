"""Which address may be used now and why, in words: for the page of addresses and for the order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from delivery.domain.address import AddressKind, Basis
from delivery.domain.rungs import AddressNow, AddressUse, May, Way, use_of
from delivery.explaining import say_rule
from delivery.store.parties import Address, AddressBasis
from delivery.web.rendering import word
from delivery.web.request_state import language

_TONES = {May.YES: "good", May.LIMITED: "warn", May.NO: ""}


@dataclass(frozen=True, slots=True)
class WayTold:
    """One way of serving at an address, in words."""

    channel: str
    may: str
    tone: str
    reason: str
    article: str


@dataclass(frozen=True, slots=True)
class UseTold:
    """Where an address stands, why, by which article, and what follows for each way."""

    place: int
    why: str
    aged: bool
    article: str
    strength: str
    ways: tuple[WayTold, ...]


def uses_of(pairs: Iterable[tuple[Address, AddressBasis]], today: date) -> dict[UUID, UseTold]:
    """Address -> how it may be used on this court-local day."""
    return {address.id: _told(basis.basis, use_of(_now(address, basis), today)) for address, basis in pairs}


def _now(address: Address, basis: AddressBasis) -> AddressNow:
    return AddressNow(
        kind=AddressKind(address.kind),
        basis=Basis(basis.basis),
        standing=address.standing,
        given_on=basis.given_on,
        in_area=address.in_area is not False,
        consents=bool(basis.consent_scope) and basis.consent_withdrawn_on is None,
        replaced="replaced_on" in basis.source_note,
    )


def _told(basis: str, use: AddressUse) -> UseTold:
    return UseTold(
        place=use.place,
        why=word("rung", basis),
        aged=use.aged,
        article=article(use.rule),
        strength=word("strength", use.strength),
        ways=tuple(_way(way) for way in use.ways),
    )


def _way(way: Way) -> WayTold:
    return WayTold(
        channel=word("channel", way.channel),
        may=word("may", way.may),
        tone=_TONES[way.may],
        reason=word("way_reason", way.reason) if way.reason else "",
        article=article(way.rule),
    )


def article(rule: str) -> str:
    """A rule as people cite it; nothing for what needs none."""
    return say_rule(rule, language(), short=True) if rule else ""
