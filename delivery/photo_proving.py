"""Photo proofs: from a record of a phone and the pictures that belong to it to a grade that the law can rest on.

Record and pictures come in either order, and late ones come for days. Whenever something new is there the proof is
graded again, every grade is kept, and what it says is a fact in the order's journal. A and B count by themselves; C and
D wait for a person at the desk, and until then nothing that they show makes anybody served.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.event import EventKind, Report
from delivery.domain.field_record import Doubt, RecordKind
from delivery.domain.photo_facts import Fix, Proof, Shot
from delivery.domain.photo_grade import Grade, grade
from delivery.domain.photo_places import best_of
from delivery.domain.photo_signals import Signal
from delivery.domain.photo_standing import Standing, after_grading
from delivery.photo_gathering import PICTURES, WAIT, Gathered, gather, proof_of
from delivery.runtime import Call, Handler, Runtime
from delivery.store.desk import close_item, put_on_desk
from delivery.store.evidence import Evidence
from delivery.store.field import FieldRecord, captures_named, records_numbered, records_of_visit
from delivery.store.ids import new_id
from delivery.store.orders import Attempt
from delivery.store.photo_grades import (
    PhotoGrade,
    PhotoPrint,
    PhotoProof,
    grades_of,
    lock_proof,
)
from delivery.store.tasks import Lease, schedule
from delivery.store.uploads import Upload
from delivery.tracking import record_fact

GRADE: Final = "grade_record"
INSPECT: Final = "inspect_capture"
REVIEW: Final = "photo_review"

_MAY_HEAL: Final = frozenset({"gap", "gap_stays", "blank_unbound", "not_read", "not_read_in_file"})

Looked = tuple[dict[str, Any], bytes | None]
LookAt = Callable[[bytes], Looked]
"""Bytes -> what they say (the JSON of an inspection), and a copy without metadata if they can be decoded."""


def handlers(look_at: LookAt) -> dict[str, Handler]:
    """The two tasks of grading. `look_at` is the edge's inspector; it never raises on content."""

    def inspect_capture(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> Call | None:  # noqa: ARG001
        upload = session.get(Upload, (lease.court_id, UUID(str(lease.args["upload"]))))
        known = session.get(PhotoPrint, (lease.court_id, upload.id)) if upload is not None else None
        if upload is None or upload.receipt is None or known is not None or upload.role not in set(PICTURES):
            return None
        court_id, upload_id, sha256 = upload.court_id, upload.id, upload.sha256

        def perform() -> tuple[dict[str, Any], str]:
            seen, copy = look_at(runtime.blobs.get(court_id, sha256))
            return seen, runtime.blobs.put(court_id, copy) if copy is not None else ""

        def record(later: Session, result: Any, at: datetime) -> None:  # noqa: ANN401 -- what perform returned
            _keep(later, court_id, upload_id, *result, now=at)

        return Call(perform, record)

    return {INSPECT: inspect_capture, GRADE: grade_record}


def _keep(
    session: Session, court_id: UUID, upload_id: UUID, seen: Mapping[str, Any], derived_sha256: str, *, now: datetime
) -> None:
    """Write down what a picture was found to be, and have its record graded if that is there."""
    upload = session.get_one(Upload, (court_id, upload_id), with_for_update=True)
    if upload.receipt is None or session.get(PhotoPrint, (court_id, upload_id)) is not None:
        return
    hashes = dict(seen.get("hashes") or {})
    attempt = session.get_one(Attempt, (court_id, upload.attempt_id))
    row = PhotoPrint(
        court_id=court_id,
        id=upload.id,
        order_id=upload.order_id,
        attempt_id=upload.attempt_id,
        address_id=attempt.address_id,
        account_id=upload.account_id,
        capture_id=upload.capture_id,
        evidence_id=upload.receipt,
        role=upload.role,
        sha256=upload.sha256,
        pixels_sha256=str(hashes.get("pixels_sha256") or ""),
        likeness={name: value for name, value in hashes.items() if not name.endswith("sha256")},
        derived_sha256=derived_sha256,
        inspected_at=now,
    )
    session.add(row)
    row.inspection = json.dumps(seen, ensure_ascii=False, default=str)
    evidence = session.get_one(Evidence, (court_id, upload.receipt))
    evidence.capture = {**evidence.capture, "problems": list(seen.get("problems") or ()), "derived": derived_sha256}
    session.flush()
    for capture in captures_named(session, court_id, [upload.capture_id]):
        schedule(session, court_id, GRADE, capture.record_id, due_at=now, created_at=now)


def grade_record(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> None:  # noqa: ARG001
    """Task handler: grade the proof of a record anew; `args.last` says that nobody waits for more pictures."""
    _look_again_at_the_next(session, lease, now)
    case = gather(session, lease.court_id, lease.subject_id, now)
    if case is None:
        return
    missing = [capture for capture in case.pictures if capture.id not in case.prints]
    waited = now >= case.row.received_at + WAIT
    if missing and not waited:
        if not lease.args.get("last"):
            schedule(
                session, lease.court_id, GRADE, lease.subject_id, due_at=case.row.received_at + WAIT, created_at=now,
                last=True,
            )  # fmt: skip
        return
    proof = proof_of(case)
    _enter(case, proof, grade(proof))
    if Doubt.GAP in case.row.doubts and not waited:
        schedule(session, lease.court_id, GRADE, lease.subject_id, due_at=case.row.received_at + WAIT, created_at=now)


def _look_again_at_the_next(session: Session, lease: Lease, now: datetime) -> None:
    """What this record brings may be what others waited for: the gap before the next one, the sheet of this visit.

    And whoever copied a phone may have been the first to come with this number.
    """
    row = session.get(FieldRecord, (lease.court_id, lease.subject_id))
    if row is None or lease.args.get("last"):
        return
    waiting: list[FieldRecord] = []
    if row.kind == RecordKind.SHEET_BOUND and row.attempt_id is not None:
        waiting = [one for one in records_of_visit(session, row.court_id, row.attempt_id) if one.id != row.id]
    elif row.device_id is not None and row.seq is not None:
        around = records_numbered(session, row.court_id, row.device_id, [row.seq, row.seq + 1])
        waiting = [one for one in around if one.seq != row.seq]
        twins = [one for one in around if one.seq == row.seq and one.id != row.id]
        for one in twins:
            graded = grades_of(session, row.court_id, one.id)
            if graded and all(reason["code"] != Doubt.NUMBER_TWICE for reason in graded[0].reasons):
                schedule(session, row.court_id, GRADE, one.id, due_at=now, created_at=now, last=True)
    for one in waiting:
        graded = grades_of(session, row.court_id, one.id)
        if graded and any(reason["code"] in _MAY_HEAL for reason in graded[0].reasons):
            schedule(session, row.court_id, GRADE, one.id, due_at=now, created_at=now, last=True)


def _enter(case: Gathered, proof: Proof, graded: Grade) -> None:
    """Keep the grade if it says anything new, as the proof's newest and as a fact of the order."""
    session, row, now = case.session, case.row, case.now
    reasons = [
        {"signal": one.signal.value, "code": str(one.code), "weight": one.weight, "args": dict(one.args)}
        for one in graded.reasons
    ]
    kept = lock_proof(session, row.court_id, row.id)
    before = grades_of(session, row.court_id, row.id)
    if kept is not None and before and before[0].reasons == reasons:
        return
    standing = after_grading(graded.letter, kept.standing if kept else None, kept.letter if kept else "")
    if kept is None:
        kept = PhotoProof(
            court_id=row.court_id, id=row.id, order_id=case.order.id, attempt_id=case.attempt.id,
            address_id=case.attempt.address_id, account_id=row.account_id, number=0,
        )  # fmt: skip
        session.add(kept)
    kept.letter, kept.score, kept.cure = graded.letter, graded.score, graded.cure or ""
    kept.number, kept.standing, kept.graded_at = kept.number + 1, standing, now
    _place(kept, proof)
    session.flush()
    session.add(
        PhotoGrade(
            court_id=row.court_id,
            id=new_id(),
            proof_id=row.id,
            number=kept.number,
            letter=graded.letter,
            score=graded.score,
            cure=kept.cure,
            reasons=reasons,
            graded_at=now,
        )
    )
    told = {"record": str(row.id), "letter": kept.letter, "standing": kept.standing, "grade_number": kept.number}
    fact = Report(EventKind.PHOTOS_GRADED, f"photos:{row.id}:{kept.number}", now, args=told | {"cure": kept.cure})
    record_fact(session, case.order, fact, now=now, attempt=case.attempt)
    _tell_desk(case, kept)
    _look_again_at_others(case, graded)


def _place(kept: PhotoProof, proof: Proof) -> None:
    found: tuple[Fix, Shot] | None = best_of(proof.shots)
    if found is None:
        return
    fix, shot = found
    kept.place = json.dumps({"lat": fix.position.lat, "lon": fix.position.lon, "accuracy_m": fix.accuracy_m})
    kept.place_at = proof.by_our_clock(shot)


def _tell_desk(case: Gathered, kept: PhotoProof) -> None:
    """Ask for a person's look, or take the question back when a later fact has answered it."""
    if kept.standing == Standing.WAITING:
        put_on_desk(
            case.session, kept.court_id, kind=REVIEW, subject=str(kept.id), at=case.now, order_id=kept.order_id,
            letter=kept.letter,
        )  # fmt: skip
    else:
        close_item(case.session, kept.court_id, f"{REVIEW}:{kept.id}", at=case.now, resolution="settled_by_itself")


def _look_again_at_others(case: Gathered, graded: Grade) -> None:
    """A journey that nobody can make is doubtful at both ends: the other end is graded again with what is known now."""
    for reason in graded.reasons:
        other = dict(reason.args).get("record")
        if reason.signal is Signal.TRAVEL and other is not None:
            schedule(
                case.session,
                case.row.court_id,
                GRADE,
                UUID(str(other)),
                due_at=case.now,
                created_at=case.now,
                last=True,
            )
