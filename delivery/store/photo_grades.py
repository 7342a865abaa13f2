"""Photo proofs: what the pictures were found to be, every grade that a proof ever had, and what people said of it.

A grade is never overwritten: a late fact makes the next one. The proof's own row repeats the newest, so that lists need
not read them all. Where a phone was, and what a file says of where, lies sealed.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, and_, or_, select
from sqlalchemy.orm import Mapped, Session, defer, mapped_column
from sqlalchemy.sql.elements import ColumnElement

from delivery.store.accounts import Account
from delivery.store.model import InCourt, Model, Sealed, in_same_court


class PhotoPrint(InCourt, Model):
    """One picture as it was found when its bytes were looked at; its id is the upload's.

    `likeness` holds the perceptual hashes, `derived_sha256` the blob of a copy without metadata, for people to look at
    (empty for what cannot be decoded), `inspection` all that the bytes say, as sealed JSON.
    """

    __tablename__ = "photo_print"
    __table_args__ = (
        in_same_court("order_id", "service_order"),
        in_same_court("attempt_id", "attempt"),
        in_same_court("evidence_id", "evidence"),
        Index(None, "court_id", "sha256"),
        Index(None, "court_id", "pixels_sha256"),
        Index(None, "court_id", "account_id", "capture_id"),
        Index(None, "court_id", "inspected_at"),
    )

    order_id: Mapped[UUID]
    attempt_id: Mapped[UUID]
    address_id: Mapped[UUID | None]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    capture_id: Mapped[UUID]
    evidence_id: Mapped[UUID]
    role: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64))
    pixels_sha256: Mapped[str] = mapped_column(String(64), default="")
    likeness: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    derived_sha256: Mapped[str] = mapped_column(String(64), default="")
    inspection_sealed: Mapped[bytes]
    inspection = Sealed()
    inspected_at: Mapped[datetime]


class PhotoProof(InCourt, Model):
    """The proof of one record; its id is the record's. `standing` says whether it counts, and by whom.

    `place` is sealed JSON: the best sample of where the phone was, and `place_at` when, by our clock. `appeal` is what
    the server wrote, sealed.
    """

    __tablename__ = "photo_proof"
    __table_args__ = (
        in_same_court("id", "field_record"),
        in_same_court("order_id", "service_order"),
        in_same_court("attempt_id", "attempt"),
        Index(None, "court_id", "standing", "graded_at"),
        Index(None, "court_id", "account_id", "place_at"),
        Index(None, "court_id", "attempt_id"),
    )

    order_id: Mapped[UUID]
    attempt_id: Mapped[UUID]
    address_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    letter: Mapped[str] = mapped_column(String(1))
    score: Mapped[int]
    cure: Mapped[str] = mapped_column(String(24), default="")
    number: Mapped[int]
    standing: Mapped[str] = mapped_column(String(12))
    graded_at: Mapped[datetime]
    place_sealed: Mapped[bytes | None]
    place = Sealed()
    place_at: Mapped[datetime | None]
    appealed_at: Mapped[datetime | None]
    appeal_sealed: Mapped[bytes | None]
    appeal = Sealed()


class PhotoGrade(InCourt, Model):
    """One grade of a proof, the first with number 1; `reasons` are its findings with their weights and arguments."""

    __tablename__ = "photo_grade"
    __table_args__ = (in_same_court("proof_id", "photo_proof"), UniqueConstraint("court_id", "proof_id", "number"))

    proof_id: Mapped[UUID]
    number: Mapped[int]
    letter: Mapped[str] = mapped_column(String(1))
    score: Mapped[int]
    cure: Mapped[str] = mapped_column(String(24), default="")
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    graded_at: Mapped[datetime]


class PhotoRuling(InCourt, Model):
    """What a person said of a proof, looking at the grade with this number: `review` or `appeal`, counts or not."""

    __tablename__ = "photo_ruling"
    __table_args__ = (in_same_court("proof_id", "photo_proof"), Index(None, "court_id", "proof_id"))

    proof_id: Mapped[UUID]
    number: Mapped[int]
    occasion: Mapped[str] = mapped_column(String(8))
    accepted: Mapped[bool]
    reason_sealed: Mapped[bytes | None]
    reason = Sealed()
    ruled_by: Mapped[UUID | None]
    ruled_at: Mapped[datetime]


def prints_of(
    session: Session, court_id: UUID, account_id: UUID | None, captures: Collection[UUID]
) -> list[PhotoPrint]:
    """The pictures that one person sent under these ids, in the order in which they were looked at."""
    return list(
        session.scalars(
            select(PhotoPrint)
            .where(
                PhotoPrint.court_id == court_id,
                PhotoPrint.account_id == account_id,
                PhotoPrint.capture_id.in_(captures),
            )
            .order_by(PhotoPrint.id)
        )
    )


def other_prints(
    session: Session,
    court_id: UUID,
    own: tuple[UUID, UUID | None],
    nearby: ColumnElement[bool],
    *,
    hashes: Collection[str],
) -> list[PhotoPrint]:
    """The pictures of other visits of this court that are `nearby`, and whatever has one of these hashes.

    `own` are visit and account: somebody else's pictures of the same visit count too. Without what the bytes say, which
    nobody asks for here.
    """
    attempt_id, account_id = own
    return list(
        session.scalars(
            select(PhotoPrint)
            .options(defer(PhotoPrint.inspection_sealed, raiseload=True))
            .where(
                PhotoPrint.court_id == court_id,
                or_(PhotoPrint.attempt_id != attempt_id, PhotoPrint.account_id != account_id),
                or_(
                    and_(PhotoPrint.attempt_id != attempt_id, nearby),
                    PhotoPrint.sha256.in_(hashes),
                    PhotoPrint.pixels_sha256.in_(hashes),
                ),
            )
        )
    )


def nearby_prints(
    account_id: UUID | None, address_id: UUID | None, *, since: datetime, newest_since: datetime
) -> ColumnElement[bool]:
    """Wide shots of the same person or door since a longer while, of everybody since a shorter one.

    Of close shots, which only show whether a file was brought again, those of the same person since the shorter one.
    """
    own = or_(PhotoPrint.account_id == account_id, PhotoPrint.address_id == address_id)
    lately = PhotoPrint.inspected_at >= newest_since
    wide = and_(PhotoPrint.role == "wide", or_(lately, and_(PhotoPrint.inspected_at >= since, own)))
    return or_(wide, and_(PhotoPrint.role.in_(("near", "receipt")), lately, PhotoPrint.account_id == account_id))


def proofs_around(
    session: Session, court_id: UUID, account_id: UUID, attempt_id: UUID, start: datetime, end: datetime
) -> list[PhotoProof]:
    """Where one person was for other visits in this span."""
    return list(
        session.scalars(
            select(PhotoProof).where(
                PhotoProof.court_id == court_id,
                PhotoProof.account_id == account_id,
                PhotoProof.attempt_id != attempt_id,
                PhotoProof.place_at.between(start, end),
            )
        )
    )


def grades_of(session: Session, court_id: UUID, proof_id: UUID) -> list[PhotoGrade]:
    """Every grade of a proof, the newest first."""
    return list(
        session.scalars(
            select(PhotoGrade)
            .where(PhotoGrade.court_id == court_id, PhotoGrade.proof_id == proof_id)
            .order_by(PhotoGrade.number.desc())
        )
    )


def rulings_of(session: Session, court_id: UUID, proof_id: UUID) -> list[PhotoRuling]:
    """What people said of a proof, the newest first."""
    return list(
        session.scalars(
            select(PhotoRuling)
            .where(PhotoRuling.court_id == court_id, PhotoRuling.proof_id == proof_id)
            .order_by(PhotoRuling.id.desc())
        )
    )


def lock_proof(session: Session, court_id: UUID, proof_id: UUID) -> PhotoProof | None:
    """A proof, locked until the transaction ends."""
    return session.scalar(
        select(PhotoProof)
        .where(PhotoProof.court_id == court_id, PhotoProof.id == proof_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def proofs_standing(
    session: Session, court_id: UUID, standings: Collection[str], *, limit: int
) -> list[tuple[PhotoProof, str]]:
    """Proofs that stand so, those that were graded first on top, each with its server's name."""
    rows = session.execute(
        select(PhotoProof, Account.name)
        .outerjoin(Account, Account.id == PhotoProof.account_id)
        .where(PhotoProof.court_id == court_id, PhotoProof.standing.in_(standings))
        .order_by(PhotoProof.graded_at, PhotoProof.id)
        .limit(limit)
    )
    return [(proof, name or "") for proof, name in rows]


def proofs_by(session: Session, court_id: UUID, account_id: UUID, *, limit: int) -> list[PhotoProof]:
    """The newest proofs of one person."""
    return list(
        session.scalars(
            select(PhotoProof)
            .where(PhotoProof.court_id == court_id, PhotoProof.account_id == account_id)
            .order_by(PhotoProof.id.desc())
            .limit(limit)
        )
    )


def refused_proofs(session: Session, court_id: UUID, order_id: UUID) -> bool:
    """Whether a person did not accept some proof of an order."""
    refused = select(PhotoProof.id).where(
        PhotoProof.court_id == court_id, PhotoProof.order_id == order_id, PhotoProof.standing == "refused"
    )
    return session.scalar(refused.limit(1)) is not None


def ruled_grades(session: Session, court_id: UUID, *, since: datetime) -> list[tuple[PhotoGrade, bool]]:
    """The grades that people ruled on since, each with whether its proof was accepted in the end."""
    rows = session.execute(
        select(PhotoGrade, PhotoRuling.accepted)
        .join(
            PhotoRuling,
            (PhotoRuling.court_id == PhotoGrade.court_id)
            & (PhotoRuling.proof_id == PhotoGrade.proof_id)
            & (PhotoRuling.number == PhotoGrade.number),
        )
        .where(PhotoGrade.court_id == court_id, PhotoRuling.ruled_at >= since)
        .order_by(PhotoRuling.id)
    )
    last = {grade.id: (grade, accepted) for grade, accepted in rows}
    return list(last.values())
