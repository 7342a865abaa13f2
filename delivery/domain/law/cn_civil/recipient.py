"""Who may take papers for the recipient, and whose refusal counts, in mainland civil procedure.

One matrix stands behind direct service, mail, collection at court and leaving service: the role of the person, the
kind of the recipient, the paper. Conflict of interest and majority are looked at before any role.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from delivery.domain.law.act_details import Person
from delivery.domain.law.matter import Matter, age_on
from delivery.domain.law.vocabulary import Document, Domicile, Kind, Relation, Role

MAJORITY = 18  # Civil Code 17

ORGANS = frozenset({Role.RECIPIENT, Role.LEGAL_REPRESENTATIVE, Role.PRINCIPAL})
RECEIVING_STAFF = frozenset({Role.OFFICE_STAFF, Role.MAIL_ROOM_STAFF, Role.DUTY_ROOM_STAFF})

# The power of attorney decides: Hong Kong and Macao by HKM 4, Taiwan by TW 3.
AGENT_RULES = {
    Domicile.HONG_KONG: "HKM-4",
    Domicile.MACAO: "HKM-4",
    Domicile.TAIWAN: "TW-3",
    Domicile.FOREIGN: "CPL-283",
}


class Standing(StrEnum):
    """Whether a person may receive for the recipient."""

    MAY = "may"
    DISPUTED = "disputed"
    MAY_NOT = "may_not"


@dataclass(frozen=True, slots=True)
class Receiver:
    """The standing of one person, why, and by which rules."""

    standing: Standing
    code: str
    cites: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def may(self) -> bool:
        return self.standing is Standing.MAY


def is_collector(matter: Matter, person: Person) -> bool:
    """代收人 named to the court, be it an agent or anybody else."""
    agent = matter.facts.recipient.agent
    by_agency = person.role is Role.LITIGATION_AGENT and agent is not None and agent.named_collector
    return person.named_collector or person.role is Role.NAMED_COLLECTOR or by_agency


def is_minor(matter: Matter, on: date) -> bool:
    """The recipient is a natural person under 18 on that day (Civil Code 17-20)."""
    born_on = matter.facts.recipient.born_on
    return born_on is not None and age_on(born_on, on) < MAJORITY


def is_adult(person: Person, on: date) -> bool:
    """Majority is a fact to be shown; unknown is not shown."""
    return person.born_on is not None and age_on(person.born_on, on) >= MAJORITY


def is_divorce(matter: Matter) -> bool:
    """The case is between spouses about their marriage."""
    nature = matter.facts.case.nature or ""
    return "divorce" in nature.lower() or "离婚" in nature


def in_conflict(matter: Matter, person: Person) -> bool:
    """EMS04 7, SIM 11: nobody receives for the other side. In a divorce the spouse's own relatives do not either.

    The second sentence is the practice of the postal service, followed for every method because it is the safe one.
    """
    if person.role is Role.RECIPIENT:
        return False
    return person.opposing_party or (person.opposing_party_relative and is_divorce(matter))


def weak_identity(signer: Person | None) -> tuple[str, ...]:
    """EMS04 7(3): the signer shows an identity card; where nobody looked, the signature may be another's."""
    return () if signer is not None and signer.id_checked else ("signer_identity_unchecked",)


def receiver(matter: Matter, person: Person | None, documents: frozenset[Document], on: date) -> Receiver:
    """CPL 88; INT 130, 132, 133; EMS04 7, 9: whether this person's signature on that day is the recipient's receipt."""
    if person is None:
        return Receiver(Standing.MAY_NOT, "signer_unknown", ("CPL-87", "CPL-88"), ("signer",))
    if in_conflict(matter, person):
        return Receiver(Standing.MAY_NOT, "signer_in_conflict", ("CPL-88", "EMS04-7"), ("other_signer",))
    if Document.MEDIATION_STATEMENT in documents:
        return _for_mediation_statement(matter, person, on)
    if is_collector(matter, person):
        agent = ("INT-132",) if person.role is Role.LITIGATION_AGENT else ()
        return Receiver(Standing.MAY, "signed_by_collector", ("CPL-88", "EMS04-7", *agent))
    if person.role is Role.LITIGATION_AGENT:
        return _agent(matter)
    if matter.facts.recipient.kind is Kind.ORGANISATION:
        return _for_organisation(person)
    return _for_natural_person(matter, person, on)


def _for_mediation_statement(matter: Matter, person: Person, on: date) -> Receiver:
    """INT 133: into the party's own hands; the named collector only when the party cannot sign for good reason."""
    organisation = matter.facts.recipient.kind is Kind.ORGANISATION
    if organisation and person.role in ORGANS:
        return Receiver(Standing.MAY, "signed_by_organ", ("CPL-88", "INT-133"))
    if person.role is Role.RECIPIENT and not is_minor(matter, on):
        return Receiver(Standing.MAY, "signed_by_recipient", ("CPL-88", "INT-133"))
    if not organisation and person.role is Role.GUARDIAN:
        return Receiver(Standing.MAY, "signed_by_guardian", ("CPL-60", "INT-133"))
    if is_collector(matter, person) and matter.facts.recipient.cannot_sign_for_good_reason:
        return Receiver(Standing.MAY, "signed_by_collector", ("INT-133",))
    return Receiver(Standing.MAY_NOT, "mediation_needs_party", ("INT-133",), ("party_signature",))


def _agent(matter: Matter) -> Receiver:
    """CPL 88, INT 132: the agent may sign; HKM 4, TW 3: unless the power of attorney excludes it."""
    agent = matter.facts.recipient.agent
    abroad = AGENT_RULES.get(matter.facts.recipient.domicile)
    rules = ("CPL-88", "INT-132") if abroad is None else ("CPL-88", "INT-132", abroad)
    if agent is not None and not agent.may_receive:
        return Receiver(Standing.MAY_NOT, "agent_may_not_receive", rules, ("other_signer",))
    return Receiver(Standing.MAY, "signed_by_agent", rules)


def _for_organisation(person: Person) -> Receiver:
    """INT 130(1): legal representative, principal, or office, mail room and duty room.

    A landlord's guard is disputed.
    """
    rules = ("CPL-88", "INT-130")
    if person.role in ORGANS:
        return Receiver(Standing.MAY, "signed_by_organ", rules)
    if person.role in RECEIVING_STAFF:
        return Receiver(Standing.MAY, "signed_by_receiving_staff", rules)
    if person.role is Role.PROPERTY_GUARD:
        return Receiver(Standing.DISPUTED, "signed_by_property_guard", rules, ("signer_employment",))
    return Receiver(Standing.MAY_NOT, "signer_not_listed", rules, ("other_signer",))


def _for_natural_person(matter: Matter, person: Person, on: date) -> Receiver:
    """CPL 88: the recipient, or a co-resident adult family member; CPL 60, EMS04 9(2): for a minor the guardian."""
    minor = is_minor(matter, on)
    if person.role is Role.GUARDIAN:
        return Receiver(Standing.MAY, "signed_by_guardian", ("CPL-60", "CPL-88", "EMS04-9"))
    if minor and _is_parent(person, on):
        return Receiver(Standing.MAY, "signed_by_guardian", ("CPL-60", "CPL-88", "EMS04-9"))
    if minor and person.role in {Role.RECIPIENT, Role.FAMILY}:
        return Receiver(
            Standing.MAY_NOT, "minor_needs_guardian", ("CPL-60", "CPL-88", "EMS04-9"), ("guardian_signature",)
        )
    if person.role is Role.RECIPIENT:
        return Receiver(Standing.MAY, "signed_by_recipient", ("CPL-88",))
    if person.role is not Role.FAMILY:
        return Receiver(Standing.MAY_NOT, "signer_not_listed", ("CPL-88",), ("other_signer",))
    if not person.co_resident:
        return Receiver(Standing.MAY_NOT, "family_not_co_resident", ("CPL-88", "EMS04-7"), ("other_signer",))
    if not is_adult(person, on):
        return Receiver(Standing.MAY_NOT, "family_not_adult", ("CPL-88", "EMS04-7"), ("signer_age",))
    return Receiver(Standing.MAY, "signed_by_family", ("CPL-88", "EMS04-7"))


def is_party(matter: Matter, person: Person | None, on: date) -> bool:
    """INT 131: the party itself refused.

    The recipient, its guardian or collector, or those who receive for an organisation.
    """
    if person is None or in_conflict(matter, person):
        return False
    if is_collector(matter, person):
        return True
    if matter.facts.recipient.kind is Kind.ORGANISATION:
        return person.role in ORGANS | RECEIVING_STAFF
    if is_minor(matter, on):
        return person.role is Role.GUARDIAN or _is_parent(person, on)
    return person.role in {Role.RECIPIENT, Role.GUARDIAN}


def is_in_person(matter: Matter, person: Person | None, on: date) -> bool:
    """EMS04 11: the recipient itself or its named collector; not family, and not the staff of a mail room."""
    return person is not None and person.role not in RECEIVING_STAFF and is_party(matter, person, on)


def refusal_counts(matter: Matter, person: Person | None, documents: frozenset[Document], on: date) -> Receiver:
    """CPL 89; INT 130, 132, 429; SIM 11: whose refusal opens the way to leaving service."""
    if person is None:
        return Receiver(Standing.MAY_NOT, "refuser_unknown", ("CPL-89",), ("refuser",))
    if in_conflict(matter, person):
        return Receiver(Standing.MAY_NOT, "refuser_in_conflict", ("CPL-89", "SIM-11"), ("other_refuser",))
    rules = ("CPL-89", "INT-132") if person.role is Role.LITIGATION_AGENT else ("CPL-89",)
    if matter.facts.recipient.kind is Kind.ORGANISATION:
        rules = (*rules, "INT-130")
    if is_party(matter, person, on):
        return Receiver(Standing.MAY, "refused_by_party", rules)
    if Document.PAYMENT_ORDER in documents:
        return Receiver(Standing.MAY_NOT, "payment_order_needs_debtor", (*rules, "INT-429"), ("refusal_by_debtor",))
    family = matter.facts.recipient.kind is Kind.NATURAL_PERSON and person.role is Role.FAMILY
    if family and person.co_resident and is_adult(person, on):
        return Receiver(Standing.MAY, "refused_by_family", rules)
    return Receiver(Standing.MAY_NOT, "refuser_not_listed", rules, ("other_refuser",))


def _is_parent(person: Person, on: date) -> bool:
    """Civil Code 27: parents are the guardians of their children under age."""
    return person.role is Role.FAMILY and person.relation is Relation.PARENT and is_adult(person, on)
