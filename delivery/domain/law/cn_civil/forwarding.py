"""Service through another hand: another court (委托), or the unit that holds the recipient (转交).

What counts is the recipient's own signature, never the day on which the other hand received the papers.
"""

from delivery.domain.law.act_vocabulary import UnitKind
from delivery.domain.law.acts import Entrusted, Forwarded
from delivery.domain.law.cn_civil.recipient import Standing, is_minor, receiver
from delivery.domain.law.effect import Finding, doubtful, nothing, served
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Document, Status

ENTRUSTED_DAYS = 10  # INT 134

UNITS = {
    Status.MILITARY: UnitKind.ARMY_POLITICAL_ORGAN,
    Status.IMPRISONED: UnitKind.PRISON,
    Status.COMPULSORY_EDUCATION: UnitKind.COMPULSORY_EDUCATION_INSTITUTION,
}
STATUS_RULES = {Status.MILITARY: "CPL-92", Status.IMPRISONED: "CPL-93", Status.COMPULSORY_EDUCATION: "CPL-93"}
UNIT_RULES = {unit: STATUS_RULES[status] for status, unit in UNITS.items()}


def entrusted(matter: Matter, act: Entrusted, documents: frozenset[Document]) -> Finding:
    """CPL 91, INT 134: the recipient's signature on the receipt.

    The other court should finish within 10 days of receiving.
    """
    rules = ("CPL-91", "INT-134")
    if act.signed_on is None:
        late = act.received_on is None or matter.has_ended(matter.period_end(act.received_on, ENTRUSTED_DAYS))
        advice = ("chase_entrusted_court",) if late else ()
        return nothing("entrusted_not_signed", *rules, advice=advice, missing=("receipt_from_entrusted_court",))
    found = receiver(matter, act.signer, documents, act.signed_on)
    if found.standing is Standing.DISPUTED:
        return doubtful(found.code, *rules, *found.cites, missing=found.missing)
    if not found.may:
        return nothing(found.code, *rules, *found.cites, missing=found.missing)
    return served(act.signed_on, found.code, *rules, *found.cites)


def forwarded(matter: Matter, act: Forwarded, documents: frozenset[Document]) -> Finding:
    """CPL 92, 93, 94: the day of the recipient's own signature; the unit must hand over at once."""
    del documents  # every paper may travel this way
    rules = (UNIT_RULES[act.unit_kind], "CPL-94") if act.unit_kind is not None else ("CPL-94",)
    if act.signed_on is None:
        advice = ("chase_unit",) if act.unit_received_on is not None else ()
        return nothing("unit_has_not_handed_over", *rules, advice=advice, missing=("recipient_signature",))
    if is_minor(matter, act.signed_on):
        return nothing("minor_needs_guardian", *rules, "CPL-60", missing=("guardian_signature",))
    return served(act.signed_on, "signed_through_unit", *rules)


def past_the_unit(matter: Matter, act: object, finding: Finding) -> Finding:
    """CPL 92, 93: the court knows that the recipient is held.

    Papers that did not go through the right unit are in doubt.
    """
    status = matter.facts.recipient.status
    if status is Status.NONE or (isinstance(act, Forwarded) and act.unit_kind in {UNITS[status], None}):
        return finding
    rule = STATUS_RULES[status]
    if finding.valid:
        return doubtful(
            "served_past_unit", rule, *finding.cites, advice=("serve_through_unit",), missing=("recipient_signature",)
        )
    return finding.also(rule, advice=("serve_through_unit",))
