"""Which address may be used now and why: its rung on the ladder of addresses, and each way of serving there.

The order is that of OP19 6 to 9: what the party confirmed or gave itself, what was agreed before the dispute, its own
papers, other proceedings and regular use within a year, the registers; what others say of the party comes last, and no
return from there is ever deemed to be service (EMS04 11 the other way round). Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

from delivery.domain.address import AddressKind, Basis
from delivery.domain.event import Channel
from delivery.domain.law.calendar import months_after

# Best first.
BASES: tuple[Basis, ...] = (
    Basis.CONFIRMED,
    Basis.GIVEN_ORALLY,
    Basis.PRE_DISPUTE_AGREED,
    Basis.OWN_FILING,
    Basis.OTHER_PROCEEDINGS,
    Basis.REGULAR_USE,
    Basis.REGISTRY,
    Basis.HABITUAL_RESIDENCE,
    Basis.FOUND,
    Basis.PLAINTIFF_SUPPLIED,
)
AGED = frozenset({Basis.OTHER_PROCEEDINGS, Basis.REGULAR_USE})
_OWN = frozenset({Basis.CONFIRMED, Basis.GIVEN_ORALLY, Basis.OWN_FILING, Basis.PRE_DISPUTE_AGREED})
_RULES: Mapping[Basis, str] = {
    Basis.CONFIRMED: "OP19-6",
    Basis.GIVEN_ORALLY: "EMS04-11",
    Basis.PRE_DISPUTE_AGREED: "OP19-8",
    Basis.OWN_FILING: "OP19-8",
    Basis.OTHER_PROCEEDINGS: "OP19-8",
    Basis.REGULAR_USE: "OP19-8",
    Basis.REGISTRY: "OP19-9",
    Basis.HABITUAL_RESIDENCE: "OP19-9",
    Basis.FOUND: "EMS04-11",
    Basis.PLAINTIFF_SUPPLIED: "EMS04-11",
}
_ELECTRONIC: Mapping[AddressKind, Channel] = {
    AddressKind.MOBILE: Channel.SMS,
    AddressKind.EMAIL: Channel.EMAIL,
    AddressKind.WECHAT: Channel.WECHAT,
}
_GONE = frozenset({"dead", "not_theirs"})


class Strength(StrEnum):
    """What follows when papers do not reach the party there."""

    OWN = "own"  # its own word: a return, or leaving the papers there, may count
    PRESUMED = "presumed"  # OP19 8, 9: presumed to be its address; a court officer decides
    REPORTED = "reported"  # somebody else's word: only a signature or an act of the party serves


class May(StrEnum):
    """Whether a way may be used there now."""

    YES = "yes"
    LIMITED = "limited"
    NO = "no"


@dataclass(frozen=True, slots=True)
class AddressNow:
    """An address in a case as it stands. `consents`: to electronic service, not withdrawn."""

    kind: AddressKind
    basis: Basis
    standing: str = "good"
    given_on: date | None = None
    in_area: bool = True
    consents: bool = False
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way of serving there: whether, why (a code, empty for a plain yes) and by which rule, if one is needed."""

    channel: Channel
    may: May
    reason: str
    rule: str


@dataclass(frozen=True, slots=True)
class AddressUse:
    """Where an address stands on the ladder (1 is best), by which rule, how strong it is, and the ways."""

    place: int
    strength: Strength
    rule: str
    aged: bool
    ways: tuple[Way, ...]


def use_of(address: AddressNow, today: date) -> AddressUse:
    """How an address may be used on a court-local day. Total: every kind, basis and standing has an answer."""
    aged = is_aged(address.basis, address.given_on, today)
    strength = _strength(address.basis, aged=aged)
    place = len(BASES) - 1 if aged else BASES.index(address.basis) + 1
    return AddressUse(place, strength, _RULES[address.basis], aged, _ways(address, strength))


def is_aged(basis: Basis, given_on: date | None, today: date) -> bool:
    """OP19 8(3), (4): an address from elsewhere is presumed to be the party's within one year of its use there."""
    return basis in AGED and (given_on is None or today > months_after(given_on, 12))


def _strength(basis: Basis, *, aged: bool) -> Strength:
    if basis in _OWN:
        return Strength.OWN
    if aged or basis in {Basis.FOUND, Basis.PLAINTIFF_SUPPLIED}:
        return Strength.REPORTED
    return Strength.PRESUMED


def _ways(address: AddressNow, strength: Strength) -> tuple[Way, ...]:
    if address.kind is AddressKind.POSTAL:
        return (_visit(address), _mail(address), _leaving(address, strength))
    if address.kind in _ELECTRONIC:
        message = _message(address, _ELECTRONIC[address.kind])
        return (message, _call(address)) if address.kind is AddressKind.MOBILE else (message,)
    if address.kind is AddressKind.LANDLINE:
        return (_call(address),)
    return ()


def _out_of_use(address: AddressNow) -> str:
    if address.standing in _GONE:
        return address.standing
    return "replaced" if address.replaced else ""


def _visit(address: AddressNow) -> Way:
    """CPL 88; CPL 91: where the court's servers do not go, the post or another court serves."""
    reason = _out_of_use(address)
    if reason:
        return Way(Channel.IN_PERSON, May.NO, reason, _rule_against(reason))
    if not address.in_area:
        return Way(Channel.IN_PERSON, May.NO, "outside_area", "CPL-91")
    return Way(Channel.IN_PERSON, May.YES, "", "CPL-88")


def _mail(address: AddressNow) -> Way:
    reason = _out_of_use(address)
    if reason:
        return Way(Channel.POST, May.NO, reason, _rule_against(reason))
    if address.standing == "returned":
        return Way(Channel.POST, May.LIMITED, "came_back", "CPL-91")
    return Way(Channel.POST, May.YES, "", "CPL-91")


def _leaving(address: AddressNow, strength: Strength) -> Way:
    """OP19 7: at the party's own address the day of leaving may be the day of service; elsewhere it is a card."""
    reason = _out_of_use(address)
    if reason:
        return Way(Channel.POSTING, May.NO, reason, _rule_against(reason))
    if not address.in_area:
        return Way(Channel.POSTING, May.NO, "outside_area", "CPL-91")
    match strength:
        case Strength.OWN:
            return Way(Channel.POSTING, May.LIMITED, "when_at_fault", "OP19-7")
        case Strength.PRESUMED:
            return Way(Channel.POSTING, May.LIMITED, "court_decides", "OP19-7")
        case Strength.REPORTED:
            return Way(Channel.POSTING, May.NO, "mere_card", "CPL-89")
        case _:
            assert_never(strength)


def _message(address: AddressNow, channel: Channel) -> Way:
    """CPL 90 with consent; ONL 31(2): without it only what the party answers, does or reads counts."""
    reason = _out_of_use(address)
    if reason:
        return Way(channel, May.NO, reason, _rule_against(reason))
    if address.standing == "opted_out":
        return Way(channel, May.NO, "opted_out", "CPL-90")
    if address.consents:
        return Way(channel, May.YES, "", "CPL-90")
    return Way(channel, May.LIMITED, "counts_when_answered", "ONL-31")


def _call(address: AddressNow) -> Way:
    """OP19 14: a call serves only after visit and mail failed, recorded, and never a decision."""
    reason = _out_of_use(address)
    if reason:
        return Way(Channel.VOICE, May.NO, reason, _rule_against(reason))
    return Way(Channel.VOICE, May.LIMITED, "after_visit_and_mail", "OP19-14")


def _rule_against(reason: str) -> str:
    """OP19 6 for what the party changed in writing; a dead number is a fact that needs no article."""
    return "OP19-6" if reason == "replaced" else ""
