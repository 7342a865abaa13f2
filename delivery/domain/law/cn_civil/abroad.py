"""Papers for somebody without a domicile in the mainland: Hong Kong and Macao, Taiwan, foreign countries.

Mail and the authorities' channels get a period of waiting; when it has ended without proof, conduct of the recipient
can stand in for the receipt, and otherwise that way has failed and the next one is open.
"""

from datetime import date

from delivery.domain.law.act_details import ConductFact
from delivery.domain.law.act_vocabulary import AssistanceChannel, AssistanceResult, PostResult
from delivery.domain.law.acts import JudicialAssistance, Post
from delivery.domain.law.calendar import months_after
from delivery.domain.law.cn_civil.recipient import Standing, receiver
from delivery.domain.law.effect import Finding, doubtful, nothing, served
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Document, Domicile

WAITING_MONTHS = 3  # HKM 6, 7; TW 5; CPL 283(8)
MUTUAL_AID_MONTHS = 4  # the mutual-aid rules with Taiwan (2011)

MAIL_RULES = {
    Domicile.HONG_KONG: ("HKM-7",),
    Domicile.MACAO: ("HKM-7",),
    Domicile.TAIWAN: ("TW-5",),
    Domicile.FOREIGN: ("CPL-283", "INT-534"),
    Domicile.MAINLAND: ("CPL-91",),
}
CONDUCT_RULES = {Domicile.HONG_KONG: ("HKM-12",), Domicile.MACAO: ("HKM-12",)}


def post(matter: Matter, act: Post, posted_on: date, documents: frozenset[Document]) -> Finding:
    """HKM 7, TW 5, CPL 283(8), INT 534: a signed slip serves; three months without proof need conduct."""
    domicile = matter.facts.recipient.domicile
    rules = MAIL_RULES[domicile]
    foreign_law = matter.facts.recipient.foreign_law
    if domicile is Domicile.FOREIGN and not (foreign_law and foreign_law.permits_post):
        return nothing("foreign_law_bars_post", "CPL-283", missing=("permission_of_foreign_law",))
    if act.result is PostResult.SIGNED:
        if act.signed_on is None:
            return nothing("slip_without_date", *rules, missing=("slip_date",))
        found = receiver(matter, act.signer, documents, act.signed_on)
        if found.standing is Standing.DISPUTED:
            return doubtful(found.code, *rules, *found.cites, missing=found.missing)
        if not found.may:
            return nothing(found.code, *rules, *found.cites, missing=found.missing)
        return served(act.signed_on, found.code, *rules, *found.cites)
    if act.result in {PostResult.RETURNED, PostResult.LOCKER}:
        return nothing("mail_failed_abroad", *rules)
    return _after_waiting(matter, months_after(posted_on, WAITING_MONTHS), act.conduct_facts, rules, advice=())


def judicial_assistance(matter: Matter, act: JudicialAssistance, documents: frozenset[Document]) -> Finding:
    """HKM 6, CPL 283: through the authorities there.

    After three months without proof or conduct that way has failed.
    """
    del documents  # every paper may travel this way
    rules = _channel_rules(act.channel)
    if act.result is AssistanceResult.SIGNED:
        if act.signed_on is None:
            return nothing("receipt_without_date", *rules, missing=("receipt_date",))
        return served(act.signed_on, "signed_abroad", *rules)
    if act.sent_on is None or act.result is AssistanceResult.FAILED:
        return nothing("channel_failed", *rules, advice=("channel_failed",))
    if act.channel in {AssistanceChannel.TREATY, AssistanceChannel.DIPLOMATIC}:
        if act.result is AssistanceResult.NO_PROOF:
            return nothing("channel_failed", *rules, advice=("channel_failed",))
        return nothing("waiting_abroad", *rules)
    months = MUTUAL_AID_MONTHS if act.channel is AssistanceChannel.TAIWAN_MUTUAL_AID else WAITING_MONTHS
    return _after_waiting(
        matter, months_after(act.sent_on, months), act.conduct_facts, rules, advice=("channel_failed",)
    )


def _channel_rules(channel: AssistanceChannel | None) -> tuple[str, ...]:
    if channel in {AssistanceChannel.HONG_KONG_HIGH_COURT, AssistanceChannel.MACAO_COURT}:
        return ("HKM-6",)
    return ("TW-3",) if channel is AssistanceChannel.TAIWAN_MUTUAL_AID else ("CPL-283",)


def _after_waiting(
    matter: Matter, expires_on: date, conduct: tuple[ConductFact, ...], rules: tuple[str, ...], advice: tuple[str, ...]
) -> Finding:
    """HKM 7(2), 12; CPL 283(8).

    Served when the period ends, if the recipient's conduct shows that the papers arrived.
    """
    if not matter.has_ended(expires_on):
        return nothing("waiting_abroad", *rules)
    as_of = matter.facts.as_of
    shown = [fact for fact in conduct if fact.on is None or as_of is None or fact.on <= as_of]
    if not shown:
        return nothing("no_proof_from_abroad", *rules, advice=advice, missing=("proof_or_conduct",))
    conduct_rules = CONDUCT_RULES.get(matter.facts.recipient.domicile, ())
    return served(expires_on, "shown_by_conduct", *rules, *conduct_rules, deemed=True, defeaters=("conduct_disputed",))
