"""Which address carries which legal effect, and which one to use now.

Confirmed, presumed and plaintiff-supplied are three different things: at a confirmed (or otherwise own) address the
party bears the consequence of its own fault, at a presumed one only after refusing or evading, and at any other
address nothing is deemed.
"""

from datetime import date

from delivery.domain.law.acts import Act
from delivery.domain.law.calendar import months_after
from delivery.domain.law.effect import Finding, nothing
from delivery.domain.law.facts import Address
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import AddressKind, Basis, ChangeForm, Confirmation, RebuttalKind

AGED_BASES = frozenset({Basis.OTHER_PROCEEDINGS, Basis.REGULAR_USE})  # OP19 8(3), (4): within one year
REGISTER_BASES = frozenset({Basis.REGISTRY, Basis.HABITUAL_RESIDENCE})  # OP19 9
PRESUMED_BASES = frozenset({Basis.PRE_DISPUTE_AGREED, Basis.OWN_FILING, *AGED_BASES, *REGISTER_BASES})  # OP19 8, 9
DODGING = frozenset({Confirmation.REFUSED, Confirmation.EVADED})

# From the strongest right to the weakest; OP19 8(1)-(4) and 9 in their own order, what others say at the end.
LADDER = (
    Basis.CONFIRMED,
    Basis.PRE_DISPUTE_AGREED,
    Basis.OWN_FILING,
    Basis.GIVEN_ORALLY,
    Basis.OTHER_PROCEEDINGS,
    Basis.REGULAR_USE,
    Basis.REGISTRY,
    Basis.HABITUAL_RESIDENCE,
    Basis.PLAINTIFF_SUPPLIED,
    Basis.FOUND,
)


def is_replaced(address: Address, on: date | None) -> bool:
    """EMS04 4, OP19 6: only a change in writing replaces an address; on that day or before."""
    return any(change.form is ChangeForm.WRITTEN and (on is None or change.on <= on) for change in address.changes)


def is_confirmed(matter: Matter, address: Address, on: date | None) -> bool:
    """OP19 6, OP16 3: confirmed on the form, agreed before for court papers, or in the place of a confirmed one."""
    return _has_confirmed_basis(matter, address, on) and not is_replaced(address, on)


def _has_confirmed_basis(matter: Matter, address: Address, on: date | None) -> bool:
    if address.basis is Basis.CONFIRMED:
        return True
    if address.basis is Basis.PRE_DISPUTE_AGREED:
        return address.for_court_papers
    return any(
        change.new_address == address.id and change.form is ChangeForm.WRITTEN and (on is None or change.on <= on)
        for other in matter.addresses.values()
        if other.basis is Basis.CONFIRMED
        for change in other.changes
    )


def is_own(matter: Matter, address: Address, on: date | None) -> bool:
    """EMS04 11: given or confirmed by the recipient itself.

    An oral word does not outdo a standing confirmed address (EMS04 4).
    """
    if is_confirmed(matter, address, on):
        return True
    if is_replaced(address, on):
        return False
    if address.basis is Basis.GIVEN_ORALLY:
        return not any(is_confirmed(matter, other, on) for other in matter.addresses.values())
    return address.basis is Basis.OWN_FILING


def is_presumed(matter: Matter, address: Address, on: date | None) -> bool:
    """OP19 8, 9; EMS04 5: the ladder for a party who refuses to confirm or dodges."""
    return (
        matter.facts.recipient.address_confirmation in DODGING
        and address.basis in PRESUMED_BASES
        and is_usable(address, on)
    )


def is_usable(address: Address, on: date | None) -> bool:
    """OP16 3: an agreed address must be for court papers.

    OP19 8(3), (4): an address from elsewhere within one year of its use.
    """
    if is_replaced(address, on):
        return False
    if address.basis is Basis.PRE_DISPUTE_AGREED:
        return address.for_court_papers
    if address.basis in AGED_BASES:
        return address.given_on is not None and on is not None and on <= months_after(address.given_on, 12)
    return True


def fault(matter: Matter, address: Address | None, sent_on: date | None, on: date | None) -> str | None:
    """EMS04 5, 11; OP19 7: inaccurate, moved without telling in writing before `sent_on`, or refused after the warning.

    `on` is the day of the last try. A party who evades cannot be warned; OP19 8 puts it beside the one who refuses.
    """
    if address is None:
        return None
    if is_own(matter, address, sent_on):
        if address.accurate is False:
            return "inaccurate"
        if address.moved_on is not None and on is not None and address.moved_on <= on:
            return "unreported_move"
    if not is_presumed(matter, address, sent_on):
        return None
    recipient = matter.facts.recipient
    if recipient.address_confirmation is Confirmation.EVADED:
        return "evaded"
    return "refused_to_give" if recipient.warned else None


def standing_rules(matter: Matter, address: Address) -> tuple[str, ...]:
    """The rules by which an address may be used at all."""
    rules: list[str] = []
    if address.basis is Basis.CONFIRMED:
        rules.append("OP19-6")
        if address.confirmed_in_instance not in {None, matter.facts.case.instance}:
            rules.append("INT-137")
    if address.basis is Basis.PRE_DISPUTE_AGREED:
        rules.append("OP16-3")
    if address.changes:
        rules.append("EMS04-4")
    if matter.facts.recipient.address_confirmation in DODGING and address.basis is not Basis.CONFIRMED:
        rules.append("OP19-8")
        if address.basis in REGISTER_BASES:
            rules += ["OP19-9", "EMS04-5"]
    return tuple(rules)


def climb(matter: Matter, address: Address | None, on: date | None) -> tuple[str, ...]:
    """Advice for an address that is neither the party's own nor presumed."""
    if address is None or is_own(matter, address, on) or is_presumed(matter, address, on):
        return ()
    return ("climb_address_ladder",)


def unless_without_fault(matter: Matter, act: Act, finding: Finding) -> Finding:
    """EMS04 11(2): the recipient proves that it was not at fault, and nothing is deemed."""
    if matter.proved(act, RebuttalKind.NO_FAULT):
        return nothing("no_fault_proved", *finding.cites, advice=("climb_address_ladder",))
    return finding


def choose(matter: Matter, on: date | None) -> Address | None:
    """OP19 6, 8, 9: the address to use now.

    The strongest right first, postal before electronic, the newest, then by id.
    """
    usable = [address for address in matter.addresses.values() if _may_be_tried(matter, address, on)]

    def order(address: Address) -> tuple[int, bool, int, str]:
        in_its_place = is_confirmed(matter, address, on) and address.basis is not Basis.PRE_DISPUTE_AGREED
        rank = 0 if in_its_place else LADDER.index(address.basis)
        age = -address.given_on.toordinal() if address.given_on else 0
        return rank, address.kind is not AddressKind.POSTAL, age, address.id

    return min(usable, key=order, default=None)


def _may_be_tried(matter: Matter, address: Address, on: date | None) -> bool:
    """A confirmed address stands whatever happened to it; any other that is known to be wrong is not worth a try."""
    known_wrong = address.accurate is False or (
        address.moved_on is not None and on is not None and address.moved_on <= on
    )
    if known_wrong and not is_confirmed(matter, address, on):
        return False
    electronic = address.kind is not AddressKind.POSTAL
    consented = address.consent is not None and address.consent.given and address.consent.withdrawn_on is None
    return is_usable(address, on) and (consented or not electronic)


def told_orally(matter: Matter, used: tuple[Address, ...]) -> bool:
    """EMS04 4, OP19 6: an address in use was changed by word of mouth only, which does not replace it."""
    return any(
        change.form is ChangeForm.ORAL and not is_replaced(address, matter.facts.as_of)
        for address in used
        for change in address.changes
    )
