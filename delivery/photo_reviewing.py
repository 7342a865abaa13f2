"""What people say of photo proofs: a supervisor's ruling on a C or D, the server's appeal, and how often it was right.

A ruling is a fact of the order, so that the law follows it; it never changes a grade. Nobody rules on pictures of their
own. The figures show which signals cried wolf.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.errors import Conflict, Forbidden, NotFound, RequestError
from delivery.domain.event import EventKind, Report
from delivery.domain.photo_standing import OPEN, Standing
from delivery.photo_proving import REVIEW
from delivery.store.desk import close_item, put_on_desk
from delivery.store.ids import new_id
from delivery.store.orders import Attempt, lock_order
from delivery.store.photo_grades import PhotoProof, PhotoRuling, lock_proof, ruled_grades
from delivery.tracking import record_fact

LONGEST: Final = 400
_FIGURES: Final = timedelta(days=180)
_DOUBTFUL: Final = frozenset({"C", "D"})


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """How often a signal spoke against a proof that people ruled on, and how many of those they accepted."""

    signal: str
    raised: int
    accepted: int

    @property
    def percent(self) -> int:
        """The share that was accepted after all."""
        return round(100 * self.accepted / self.raised)


def rule(
    session: Session, court_id: UUID, proof_id: UUID, *, accepted: bool, reason: str, by: UUID | None, now: datetime
) -> PhotoProof:
    """Decide on a proof that waits, or on an appeal.

    Raises `NotFound`, `Conflict` (photos_decided), `Forbidden` (photos_own), `RequestError` (photos_reason).
    """
    proof = _locked(session, court_id, proof_id)
    if proof.account_id is not None and proof.account_id == by:
        raise Forbidden("photos_own")
    if proof.standing not in OPEN:
        raise Conflict("photos_decided")
    if not accepted and not reason.strip():
        raise RequestError("photos_reason", status=422)
    occasion = "appeal" if proof.standing == Standing.APPEALED else "review"
    ruling = PhotoRuling(
        court_id=court_id,
        id=new_id(),
        proof_id=proof.id,
        number=proof.number,
        occasion=occasion,
        accepted=accepted,
        ruled_by=by,
        ruled_at=now,
    )
    session.add(ruling)
    ruling.reason = reason.strip()[:LONGEST] or None
    proof.standing = Standing.ACCEPTED if accepted else Standing.REFUSED
    _write(session, proof, f"ruled:{ruling.id}", by, now, occasion=occasion)
    close_item(session, court_id, f"{REVIEW}:{proof.id}", at=now, resolution="done")
    return proof


def appeal(session: Session, court_id: UUID, proof_id: UUID, *, text: str, by: UUID, now: datetime) -> PhotoProof:
    """The server asks for another look at what was not accepted; once.

    Raises `NotFound` (also for somebody else's), `Conflict` (photos_not_refused), `RequestError` (photos_appeal_empty).
    """
    proof = _locked(session, court_id, proof_id)
    if proof.account_id != by:
        raise NotFound
    if proof.standing != Standing.REFUSED or proof.appealed_at is not None:
        raise Conflict("photos_not_refused")
    if not text.strip():
        raise RequestError("photos_appeal_empty", status=422)
    proof.standing, proof.appealed_at = Standing.APPEALED, now
    proof.appeal = text.strip()[:LONGEST]
    _write(session, proof, f"appealed:{proof.id}", by, now, occasion="appeal")
    put_on_desk(
        session, court_id, kind=REVIEW, subject=str(proof.id), at=now, order_id=proof.order_id, letter=proof.letter
    )
    return proof


def false_alarms(session: Session, court_id: UUID, now: datetime) -> tuple[tuple[int, int], Sequence[FalseAlarms]]:
    """C and D grades that people ruled on (how many, how many of them accepted), and the same for each signal."""
    raised: dict[str, list[bool]] = {}
    ruled = [pair for pair in ruled_grades(session, court_id, since=now - _FIGURES) if pair[0].letter in _DOUBTFUL]
    for graded, accepted in ruled:
        for signal in {reason["signal"] for reason in graded.reasons if reason["weight"] < 0}:
            raised.setdefault(signal, []).append(accepted)
    figures = [FalseAlarms(signal, len(outcomes), sum(outcomes)) for signal, outcomes in raised.items()]
    total = len(ruled), sum(accepted for _, accepted in ruled)
    return total, sorted(figures, key=lambda one: (-one.accepted, -one.raised, one.signal))


def _locked(session: Session, court_id: UUID, proof_id: UUID) -> PhotoProof:
    """The proof, after its order: everybody locks in this sequence."""
    found = session.get(PhotoProof, (court_id, proof_id))
    if found is None:
        raise NotFound
    lock_order(session, court_id, found.order_id)
    proof = lock_proof(session, court_id, proof_id)
    assert proof is not None
    return proof


def _write(
    session: Session, proof: PhotoProof, event_id: str, by: UUID | None, now: datetime, *, occasion: str
) -> None:
    order = lock_order(session, proof.court_id, proof.order_id)
    assert order is not None
    args = {"record": str(proof.id), "standing": str(proof.standing), "letter": proof.letter, "occasion": occasion}
    if by is not None:
        args["by"] = str(by)
    attempt = session.get(Attempt, (proof.court_id, proof.attempt_id))
    record_fact(session, order, Report(EventKind.PHOTOS_RULED, event_id, now, args=args), now=now, attempt=attempt)
