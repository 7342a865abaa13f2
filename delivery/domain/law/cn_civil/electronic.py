"""Electronic service (电子送达): by consent, by the recipient's reply or act, or presumed because it was read.

At an address that the recipient gave or confirmed, arrival serves; at one that is only shown to be its own, a reply
serves and a reading presumes; a carrier's delivery report alone is nothing, except that a summary hearing notice then
waits for the court.
"""

from datetime import date

from delivery.domain.law.acts import Electronic
from delivery.domain.law.cn_civil import addresses
from delivery.domain.law.cn_civil.procedure import DECISIONS, HEARING_PAPERS, is_abroad, is_summary
from delivery.domain.law.effect import Finding, doubtful, nothing, presumed, served
from delivery.domain.law.facts import Address
from delivery.domain.law.matter import Matter
from delivery.domain.law.versions import E_SERVICE_OF_DECISIONS_FROM, ONLINE_RULES_FROM
from delivery.domain.law.vocabulary import (
    AddressKind,
    Basis,
    ConsentSource,
    Document,
    Domicile,
    RebuttalKind,
)

ABROAD_RULES = {
    Domicile.HONG_KONG: ("HKM-8",),
    Domicile.MACAO: ("HKM-8",),
    Domicile.TAIWAN: ("TW-6",),
    Domicile.FOREIGN: ("CPL-283",),
}
CONSENT_RULES = ("CPL-90", "INT-135", "ONL-29", "ONL-30", "ONL-31")
OWN_BASES = frozenset({Basis.CONFIRMED, Basis.OWN_FILING, Basis.GIVEN_ORALLY})


def electronic(matter: Matter, act: Electronic, documents: frozenset[Document]) -> Finding:
    """CPL 90, INT 135, ONL 29-31; outside the mainland HKM 8, TW 6, CPL 283(9); in summary procedure INT 261."""
    sent_on = matter.left_court_on(act)
    address = matter.address(act)
    if sent_on is None:
        return nothing("bounced" if act.bounced_at else "not_sent", "CPL-90", missing=("court_system_success",))
    if address is None or address.kind is AddressKind.POSTAL:
        return nothing("no_electronic_address", "CPL-90", missing=("electronic_address",))
    if _is_forbidden_abroad(matter):
        return nothing("foreign_law_bars_electronic", "CPL-283", missing=("permission_of_foreign_law",))
    if documents & DECISIONS and sent_on < E_SERVICE_OF_DECISIONS_FROM:
        return nothing("electronic_decision_too_early", "CPL-90", missing=("paper_service",))
    gap = consent_gap(address, documents, sent_on)
    if gap is None:
        arrived = _arrival(matter, act, address)
        if arrived.valid:
            return arrived
    return _without_consent(matter, act, address, documents, gap or "not_arrived")


def _is_forbidden_abroad(matter: Matter) -> bool:
    """CPL 283(9): electronic service abroad, unless the law of that country forbids it."""
    recipient = matter.facts.recipient
    return (
        recipient.domicile is Domicile.FOREIGN
        and recipient.foreign_law is not None
        and recipient.foreign_law.forbids_electronic
    )


def consent_gap(address: Address, documents: frozenset[Document], sent_on: date) -> str | None:
    """ONL 4, 29, 31(1); OP16 3: what is missing for arrival to be enough at this address, as a code; None: nothing."""
    consent = address.consent
    if addresses.is_replaced(address, sent_on):
        return "address_replaced"
    agreed = address.for_court_papers and address.basis in {Basis.PRE_DISPUTE_AGREED, Basis.OWN_FILING}
    if consent is None:
        if agreed:
            return None
        return "not_for_court_papers" if address.basis is Basis.PRE_DISPUTE_AGREED else "no_consent"
    if not consent.given or sent_on < consent.given_on:
        return "no_consent"
    if consent.withdrawn_on is not None and consent.withdrawn_on <= sent_on:
        return "consent_withdrawn"
    if not all(consent.covers(document) for document in documents):
        return "out_of_scope"
    if agreed or address.basis in OWN_BASES or consent.source in {ConsentSource.EXPRESS, ConsentSource.OWN_PLEADING}:
        return None
    return "not_for_court_papers" if address.basis is Basis.PRE_DISPUTE_AGREED else "address_not_given"


def _arrival(matter: Matter, act: Electronic, address: Address) -> Finding:
    """CPL 90(2), INT 135: the day on which the court's system shows success, unless another arrival is proved.

    Only a later arrival is a rebuttal: nobody rebuts service by proving that it came sooner.
    """
    arrived_at = act.success_at or act.delivered_at
    rules = (*CONSENT_RULES, *addresses.standing_rules(matter, address))
    if act.bounced_at is not None:
        return nothing("bounced", *rules, missing=("arrival",))
    if arrived_at is None or matter.proved(act, RebuttalKind.SYSTEM_ERROR):
        return nothing("not_arrived", *rules, missing=("court_system_success",))
    on = matter.day(arrived_at)
    rebuttal = matter.proved(act, RebuttalKind.DIFFERENT_ARRIVAL)
    if rebuttal is not None and rebuttal.at is not None and matter.day(rebuttal.at) > on:
        return served(matter.day(rebuttal.at), "arrived_later", *rules)
    return served(on, "arrived", *rules, defeaters=("different_arrival", "system_error"))


def _without_consent(
    matter: Matter, act: Electronic, address: Address, documents: frozenset[Document], gap: str
) -> Finding:
    """ONL 29(4), 31(2): reply or act serves, reading presumes, and nothing less does."""
    rules = _rules(matter, documents, gap)
    modern = (matter.left_court_on(act) or date.max) >= ONLINE_RULES_FROM
    simple = is_summary(matter)
    if matter.proved(act, RebuttalKind.ADDRESS_NOT_USED):
        return nothing("address_not_used", *rules, advice=("climb_address_ladder",))
    answered = [matter.day(at) for at in (act.replied_at, act.acted_at) if at is not None]
    abroad = is_abroad(matter.facts.recipient.domicile)
    if answered and (modern or simple or abroad):
        return served(min(answered), "answered", *rules, defeaters=("address_not_used",))
    if _reading_counts(matter, act, address, gap) and (modern or simple or abroad) and act.read_at is not None:
        on = matter.day(act.read_at)
        return presumed(on, "read", *rules, defeaters=("system_error", "address_not_used", "not_read"))
    if simple and documents & HEARING_PAPERS and act.bounced_at is None and (act.delivered_at or act.success_at):
        return doubtful("delivered_only", *rules, missing=("confirmation_by_party",))
    if act.bounced_at is not None:
        return nothing("bounced", *rules, missing=("arrival",))
    return nothing(gap, *rules, missing=("reply_or_reading",))


def _reading_counts(matter: Matter, act: Electronic, address: Address, gap: str) -> bool:
    """ONL 31(2)(2): read at an address shown to be the recipient's own, and such service was not refused."""
    own = address.ownership_shown or address.basis in OWN_BASES
    declined = address.consent is not None and not address.consent.given
    refused = declined or gap in {"consent_withdrawn", "out_of_scope", "address_replaced"}
    rebutted = matter.proved(act, RebuttalKind.SYSTEM_ERROR) or matter.proved(act, RebuttalKind.NOT_READ)
    return own and not refused and not rebutted and act.bounced_at is None


def _rules(matter: Matter, documents: frozenset[Document], gap: str) -> tuple[str, ...]:
    rules = ["CPL-90", "ONL-29", "ONL-30", "ONL-31"]
    if gap in {"out_of_scope", "consent_withdrawn"}:
        rules.append("ONL-4")
    if gap == "not_for_court_papers":
        rules.append("OP16-3")
    if gap in {"not_arrived", "bounced"}:
        rules.append("INT-135")
    rules += ABROAD_RULES.get(matter.facts.recipient.domicile, ())
    if is_summary(matter) and not documents & DECISIONS:
        rules += ["CPL-162", "INT-261", "SIM-18"]
    return tuple(rules)
