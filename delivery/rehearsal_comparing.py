"""A rehearsal with faults beside the same one without: which orders ended otherwise, and by which fault.

An order is the same in both when its case, recipient and papers are. What a fault befell is known by the idempotency
key of the message.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.order import AttemptStatus
from delivery.rehearsal_faults import NO_FAULTS
from delivery.rehearsal_report import Policy, report_of
from delivery.rehearsal_run import play
from delivery.rehearsing import Premises, Scene, Town
from delivery.runtime import Runtime
from delivery.store.cases import Case, Recipient
from delivery.store.desk import open_item
from delivery.store.orders import Attempt, ServiceOrder, documents_of
from delivery.store.parties import Party

Fault = tuple[str, str, str]
"""What went wrong with a message: its channel, the fault, when."""


@dataclass(frozen=True, slots=True)
class Try:
    """How one attempt ended. `place` is the same in every run: tier, channel and which of them."""

    place: tuple[str, str, int]
    ended: tuple[str, str]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """How one order stood at the end, with its attempts in the order in which they were planned."""

    case_number: str
    status: str
    outcome: str
    effective_on: date | None
    tries: tuple[Try, ...] = ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that went wrong with its messages."""
        return tuple(fault for one in self.tries for fault in one.faults)

    def changed_by(self, calm: "Ending") -> tuple[Fault, ...]:
        """What went wrong with the first attempt that ended otherwise than in the calm run; else all that did."""
        ended = {one.place: one.ended for one in calm.tries}
        for one in self.tries:
            if one.faults and ended.get(one.place) != one.ended:
                return one.faults
        return self.faults

    @property
    def facts(self) -> tuple[str, date | None]:
        """What must be the same with and without faults."""
        return self.outcome, self.effective_on


def compare(
    premises: Premises,
    scene: Scene,
    policy: Policy,
    *,
    database_url: str | None = None,
    progress: Callable[[date], None],
) -> dict[str, Any]:
    """Play a scene without its faults and with them; the report of the second, with `chaos` beside the rest."""
    calm = play(premises, replace(scene, faults=NO_FAULTS), policy, endings, progress=progress)

    def read(runtime: Runtime, town: Town, court_id: UUID) -> dict[str, Any]:
        report = report_of(runtime, town, court_id, scene, policy)
        kinds = Counter(kind for _, kind, _ in town.faults())
        with runtime.reading() as session:
            off_desk = _off_the_desk(session, court_id)
        found = compared(calm, endings(runtime, town, court_id))
        return {**report, "chaos": {"injected": dict(sorted(kinds.items())), "unknown_off_the_desk": off_desk, **found}}

    return play(premises, scene, policy, read, database_url=database_url, progress=progress)


def endings(runtime: Runtime, town: Town, court_id: UUID) -> dict[str, Ending]:
    """Every order of the court by its case, recipient and papers."""
    befell: dict[str, list[tuple[str, str]]] = {}
    for happened_at, kind, key in town.faults():
        befell.setdefault(key, []).append((kind, happened_at.isoformat(timespec="minutes")))
    with runtime.reading() as session:
        tries = _tries(session, court_id, befell)
        found: dict[str, Ending] = {}
        for order in session.scalars(select(ServiceOrder).where(ServiceOrder.court_id == court_id)):
            number, name = _place(session, order)
            mine = tuple(tries.get(order.id, ()))
            found[name] = Ending(number, order.status, order.outcome, order.effective_on, mine)
        return found


def _tries(session: Session, court_id: UUID, befell: Mapping[str, list[tuple[str, str]]]) -> dict[UUID, list[Try]]:
    """The attempts of each order; `befell` says what went wrong by idempotency key."""
    found: dict[UUID, list[Try]] = {}
    attempts = session.scalars(
        select(Attempt).where(Attempt.court_id == court_id).order_by(Attempt.planned_at, Attempt.id)
    )
    for attempt in attempts:
        mine = found.setdefault(attempt.order_id, [])
        number = sum(one.place[:2] == (attempt.tier, attempt.channel) for one in mine)
        faults = tuple((attempt.channel, kind, at) for kind, at in befell.get(attempt.idempotency_key, ()))
        mine.append(Try((attempt.tier, attempt.channel, number), (attempt.status, attempt.reason), faults))
    return found


def _place(session: Session, order: ServiceOrder) -> tuple[str, str]:
    """The number of the order's case, and what is the same in every run: the case, the recipient and the papers."""
    case = session.get_one(Case, (order.court_id, order.case_id))
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    party = session.get_one(Party, (order.court_id, recipient.party_id))
    papers = sorted(f"{paper.kind}:{paper.title}" for paper in documents_of(session, order.court_id, order.id))
    return case.number, "\n".join([case.number, recipient.role, party.name or "", *papers])


def compared(calm: dict[str, Ending], disturbed: dict[str, Ending]) -> dict[str, Any]:
    """How many orders ended alike, and each other one with both its endings and the faults of its messages."""
    changed = [
        {
            "case": was.case_number,
            "without": [was.outcome, str(was.effective_on or ""), was.status],
            "with": [now.outcome, str(now.effective_on or ""), now.status] if now else [],
            "by": [list(fault) for fault in now.changed_by(was)] if now else [],
            "faults": [list(fault) for fault in now.faults] if now else [],
        }
        for was, now in ((calm[key], disturbed.get(key)) for key in sorted(calm))
        if now is None or now.facts != was.facts
    ]
    return {
        "compared": len(calm),
        "same": len(calm) - len(changed),
        "appeared": len(disturbed.keys() - calm.keys()),
        "unexplained": sum(not one["faults"] for one in changed),
        "changed": changed,
    }


def _off_the_desk(session: Session, court_id: UUID) -> int:
    """Attempts of which nobody knows whether they left, and about which nobody is asked."""
    unknown = session.scalars(
        select(Attempt.id).where(Attempt.court_id == court_id, Attempt.status == AttemptStatus.UNKNOWN)
    )
    return sum(open_item(session, court_id, f"outcome_unknown:{attempt_id}") is None for attempt_id in unknown)
