"""What begins to run for whom: the periods of the recipient, and those of the court that serves.

Every recipient and every paper has its own clock. A period is counted by CPL 85; for Hong Kong, Macao and Taiwan the
periods of the party are left to the court.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from delivery.domain.law.acts import Entrusted, PublicNotice
from delivery.domain.law.calendar import days_after
from delivery.domain.law.cn_civil.forwarding import ENTRUSTED_DAYS
from delivery.domain.law.cn_civil.procedure import is_appealable, is_summary
from delivery.domain.law.effect import Finding, nothing
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Document, Domicile, Procedure
from delivery.domain.law.weighing import Verdict

ANSWER_DAYS = 15  # CPL 128, 174
FOREIGN_DAYS = 30  # CPL 285, 286
APPEAL_DAYS = {Document.JUDGMENT: 15, Document.RULING: 10}  # CPL 171
OBJECTION_DAYS = 15  # CPL 227
DISPATCH_DAYS = 5  # CPL 128
PAYMENT_ORDER_DAYS = 30  # INT 430


@dataclass(frozen=True, slots=True)
class Owed:
    """Deadlines by name, and the rules that set them."""

    days: dict[str, date]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Period:
    name: str
    last_on: date
    cites: tuple[str, ...]


def owed(matter: Matter, verdict: Verdict) -> Owed:
    """All deadlines of these facts. Raises `CalendarMissing`."""
    periods = [*_of_the_court(matter)]
    if verdict.valid:
        periods += _of_the_party(matter, verdict)
    cites = tuple(rule for period in periods for rule in period.cites)
    return Owed({period.name: period.last_on for period in periods}, cites)


def _of_the_court(matter: Matter) -> Iterator[_Period]:
    """Whatever the outcome: CPL 128 dispatch, INT 134 the entrusted court, INT 430 the life of a payment order."""
    due = dispatch_due(matter)
    if due is not None:
        yield _Period("dispatch_due", due, ("CPL-128", "CPL-85"))
    received = [
        act.received_on for act in matter.facts.acts if isinstance(act, Entrusted) and act.received_on is not None
    ]
    if received:
        yield _Period("entrusted_due", matter.period_end(min(received), ENTRUSTED_DAYS), ("INT-134", "CPL-85"))
    ends = payment_order_ends(matter)
    if ends is not None:
        yield _Period("payment_order_ends", ends, ("INT-430", "CPL-85"))


def dispatch_due(matter: Matter) -> date | None:
    """CPL 128: the complaint copy is dispatched within 5 days of acceptance."""
    accepted_on = matter.facts.case.accepted_at
    if accepted_on is None or Document.COMPLAINT_COPY not in matter.facts.documents:
        return None
    return matter.period_end(accepted_on, DISPATCH_DAYS)


def payment_order_ends(matter: Matter) -> date | None:
    """INT 430(2): a payment order not served within 30 days of issue lapses with its procedure."""
    issued_on = matter.facts.case.payment_order_issued_on
    return None if issued_on is None else matter.period_end(issued_on, PAYMENT_ORDER_DAYS)


def unless_lapsed(matter: Matter, documents: frozenset[Document], finding: Finding) -> Finding:
    """INT 430(2): what reaches the debtor after the order lapsed has no effect."""
    if Document.PAYMENT_ORDER not in documents or finding.on is None:
        return finding
    ends = payment_order_ends(matter)
    if ends is None or finding.on <= ends:
        return finding
    return nothing("payment_order_lapsed", "INT-430", *finding.cites, advice=("end_payment_order_procedure",))


def _of_the_party(matter: Matter, verdict: Verdict) -> Iterator[_Period]:
    """CPL 128, 171, 174, 227, 285, 286; EVID 55: from the day on which the very paper was served."""
    domicile = matter.facts.recipient.domicile
    yield from _evidence(verdict)
    if domicile not in {Domicile.MAINLAND, Domicile.FOREIGN}:
        return
    foreign = domicile is Domicile.FOREIGN
    yield from _answer(matter, verdict, foreign=foreign)
    yield from _appeal(matter, verdict, foreign=foreign)
    order = verdict.decided.get(Document.PAYMENT_ORDER)
    if order is not None:
        yield _Period("objection", matter.period_end(order.day, OBJECTION_DAYS), ("CPL-227", "CPL-85"))


def _answer(matter: Matter, verdict: Verdict, *, foreign: bool) -> Iterator[_Period]:
    """CPL 128: 15 days; CPL 285: 30 without a domicile; in summary procedure what the court fixed."""
    fixed = matter.facts.case.answer_period_days
    days = FOREIGN_DAYS if foreign else ANSWER_DAYS
    rules = ("CPL-128", "CPL-85", "CPL-285") if foreign else ("CPL-128", "CPL-85")
    appeal = verdict.decided.get(Document.APPEAL_COPY)
    complaint = verdict.decided.get(Document.COMPLAINT_COPY)
    if complaint is not None:
        if matter.facts.case.procedure is Procedure.ORDINARY:
            yield _Period("answer", matter.period_end(complaint.day, days), rules)
        elif is_summary(matter) and fixed is not None:
            yield _Period("answer", matter.period_end(complaint.day, fixed), ("CPL-85", "CPL-163"))
    elif appeal is not None:
        yield _Period("answer", matter.period_end(appeal.day, days), (*rules, "CPL-174"))


def _appeal(matter: Matter, verdict: Verdict, *, foreign: bool) -> Iterator[_Period]:
    """CPL 171, INT 244: 15 days against a judgment, 10 against a ruling, each party from its own day; CPL 286: 30."""
    if not is_appealable(matter):
        return
    for document, days in APPEAL_DAYS.items():
        decision = verdict.decided.get(document)
        if decision is None:
            continue
        rules = ("CPL-171", "INT-244", "CPL-85", *(("CPL-285", "CPL-286") if foreign else ()))
        yield _Period("appeal", matter.period_end(decision.day, FOREIGN_DAYS if foreign else days), rules)
        return


def _evidence(verdict: Verdict) -> Iterator[_Period]:
    """EVID 55(5): after a public notice the evidence period begins on the day after its expiry."""
    complaint = verdict.decided.get(Document.COMPLAINT_COPY)
    if complaint is not None and isinstance(complaint.act, PublicNotice):
        yield _Period("evidence_starts", days_after(complaint.day, 1), ("EVID-55",))
