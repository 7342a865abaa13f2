"""Everything that belongs to one record of a phone, brought together to be graded.

The pictures as far as they have come and what their codes mean, the ticket, the door, the pictures of other visits, and
where the same person was meanwhile.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.domain.door_codes import Role, Situation
from delivery.domain.field_record import Capture, Doubt, Record, RecordKind, read
from delivery.domain.field_ticket import KEY_PURPOSE, Ticket, TicketRefused
from delivery.domain.field_ticket import read as read_ticket
from delivery.domain.notice import NoticeResult
from delivery.domain.photo_facts import EarlierShot, Elsewhere, Proof, Shot
from delivery.domain.photo_reading import fix_of, likeness_of, shot_of
from delivery.noticing import check_code
from delivery.photo_doors import door_at
from delivery.store.courts import Court
from delivery.store.field import FieldRecord, captures_of
from delivery.store.model import vault_of
from delivery.store.orders import Attempt, ServiceOrder, lock_order
from delivery.store.photo_grades import PhotoPrint, nearby_prints, other_prints, prints_of, proofs_around

PICTURES: Final = frozenset({Role.NEAR, Role.WIDE, Role.RECEIPT, Role.OTHER})
WAIT: Final = timedelta(hours=24)  # for pictures that were announced and do not come, and for records that are missing
_COMPARED: Final = timedelta(days=120)  # with pictures of the same person or the same door
_COMPARED_WITH_ALL: Final = timedelta(days=30)
_EVER: Final = timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class Gathered:
    """One record with everything that belongs to it."""

    session: Session
    row: FieldRecord
    record: Record
    order: ServiceOrder
    attempt: Attempt
    prints: Mapping[UUID, PhotoPrint]
    now: datetime

    @property
    def pictures(self) -> list[Capture]:
        """The captures that are pictures."""
        return [capture for capture in self.record.captures if capture.role in set(PICTURES)]


def gather(session: Session, court_id: UUID, record_id: UUID, now: datetime) -> Gathered | None:
    """The record with its order locked; None for records that prove nothing."""
    row = session.get(FieldRecord, (court_id, record_id))
    if row is None or row.kind != RecordKind.REPORT or row.attempt_id is None:
        return None
    record = read((row.raw or "").encode())
    attempt = session.get(Attempt, (court_id, row.attempt_id))
    if attempt is None or not record.captures:
        return None
    order = lock_order(session, court_id, attempt.order_id)
    assert order is not None
    session.refresh(row)
    own = {capture.capture_id for capture in captures_of(session, court_id, row.id)}
    prints = {one.capture_id: one for one in prints_of(session, court_id, row.account_id, own)}
    return Gathered(session, row, record, order, attempt, prints, now)


def proof_of(case: Gathered) -> Proof:
    """Everything that the grade looks at."""
    session, row = case.session, case.row
    shots = tuple(_shot(case, capture) for capture in case.pictures)
    hashes = {one for shot in shots for one in (shot.sha256, shot.pixels_sha256) if one}
    nearby = nearby_prints(
        row.account_id,
        case.attempt.address_id,
        since=row.received_at - _COMPARED,
        newest_since=row.received_at - _COMPARED_WITH_ALL,
    )
    court = session.get_one(Court, row.court_id)
    zone = ZoneInfo(court.time_zone)
    return Proof(
        attempt_id=case.attempt.id,
        address_id=case.attempt.address_id,
        received_at=row.received_at,
        shots=shots,
        asks_notice=row.situation == Situation.POSTING or any(shot.role is Role.NEAR for shot in shots),
        ticket=_ticket(case),
        doubts=frozenset(Doubt(doubt) for doubt in row.doubts if doubt in set(Doubt)),
        gap_is_old=case.now >= row.received_at + WAIT,
        clocks=case.record.clocks,
        door=door_at(session, row.court_id, case.attempt.address_id),
        earlier=[
            _earlier(one)
            for one in other_prints(session, row.court_id, (case.attempt.id, row.account_id), nearby, hashes=hashes)
        ],
        elsewhere=_elsewhere(case),
        excuse=row.excuse,
        account_id=row.account_id,
        zone=zone,
    )


def _shot(case: Gathered, capture: Capture) -> Shot:
    found = case.prints.get(capture.id)
    seen = json.loads(found.inspection or "{}") if found is not None else None
    told = capture.content.get("codes")
    on_phone = [str(code) for code in told[:20]] if isinstance(told, list) else []
    return shot_of(
        capture,
        seen,
        codes=[_meant(case, code) for code in (seen or {}).get("codes", ())],
        codes_on_phone=[_meant(case, code) for code in on_phone],
        otherwise_at=case.row.happened_at,
    )


def _meant(case: Gathered, code: str) -> NoticeResult:
    at = case.row.happened_at
    return check_code(case.session, case.row.court_id, code, case.attempt, at=at).result


def _ticket(case: Gathered) -> Ticket | None:
    if not case.record.ticket:
        return None
    try:
        return read_ticket(case.record.ticket, [vault_of(case.session).derive(KEY_PURPOSE)], case.now, late=_EVER)
    except TicketRefused:
        return None


def _earlier(row: PhotoPrint) -> EarlierShot:
    return EarlierShot(
        row.id, row.attempt_id, row.address_id, row.role, row.sha256, row.pixels_sha256, likeness_of(row.likeness),
        row.account_id,
    )  # fmt: skip


def _elsewhere(case: Gathered) -> Sequence[Elsewhere]:
    """Where the same person was for other visits, a day around this one."""
    if case.row.account_id is None:
        return ()
    at = case.row.happened_at
    day = timedelta(days=1)
    rows = proofs_around(case.session, case.row.court_id, case.row.account_id, case.attempt.id, at - day, at + day)
    return [
        Elsewhere(row.id, row.attempt_id, row.address_id, fix, row.place_at)
        for row in rows
        if row.place_at is not None and (fix := fix_of(json.loads(row.place or "{}"))) is not None
    ]
