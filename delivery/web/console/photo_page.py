"""What a person sees who decides on a photo proof: the grade in words, the pictures, both places, what was before."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from delivery.addressing import shown_address
from delivery.domain.notice_code import grouped, parse
from delivery.domain.photo_places import radius_m
from delivery.domain.photo_reading import fix_of
from delivery.photo_doors import door_at
from delivery.store.accounts import Account
from delivery.store.field import FieldRecord, captures_of
from delivery.store.parties import Address
from delivery.store.photo_grades import PhotoGrade, PhotoPrint, PhotoProof, grades_of, prints_of, rulings_of
from delivery.web.photo_map import PhotoMap, draw
from delivery.web.rendering import t, word

_FIRST = ("near", "wide", "receipt", "other")


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One finding in words; `tone` is good, bad or empty."""

    signal: str
    text: str
    weight: int
    tone: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One earlier grade or ruling."""

    at: datetime
    text: str
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PhotoPage:
    """One proof."""

    proof: PhotoProof
    record: FieldRecord
    server: str
    address: str
    pictures: tuple[PhotoPrint, ...]
    codes: tuple[str, ...]
    reasons: tuple[ReasonLine, ...]
    history: tuple[HistoryLine, ...]
    map: PhotoMap | None


def page_of(session: Session, proof: PhotoProof) -> PhotoPage:
    """Everything about one proof."""
    record = session.get_one(FieldRecord, (proof.court_id, proof.id))
    captures = {capture.capture_id for capture in captures_of(session, proof.court_id, record.id)}
    prints = sorted(
        prints_of(session, proof.court_id, record.account_id, captures),
        key=lambda one: (_FIRST.index(one.role), one.id),
    )
    grades = grades_of(session, proof.court_id, proof.id)
    return PhotoPage(
        proof=proof,
        record=record,
        server=name_of(session, proof.account_id),
        address=address_of(session, proof),
        pictures=tuple(prints),
        codes=tuple(_codes(prints)),
        reasons=reasons_of(grades[0]) if grades else (),
        history=tuple(_history(session, proof, grades)),
        map=_map(session, proof),
    )


def reasons_of(graded: PhotoGrade) -> tuple[ReasonLine, ...]:
    """The findings of a grade in words, what speaks against the proof first."""
    lines = [_line(reason) for reason in graded.reasons]
    return tuple(sorted(lines, key=lambda line: line.weight))


def gravest_of(graded: PhotoGrade) -> str:
    """What speaks most against a proof; empty when nothing does."""
    worst = min(graded.reasons, key=lambda reason: int(reason["weight"]), default=None)
    return _line(worst).text if worst is not None and int(worst["weight"]) < 0 else ""


def address_of(session: Session, proof: PhotoProof) -> str:
    """The door, as it is written."""
    address = session.get(Address, (proof.court_id, proof.address_id)) if proof.address_id else None
    return shown_address(address.kind, address.value or "") if address is not None else ""


def name_of(session: Session, account_id: object) -> str:
    """Whose account it is."""
    account = session.get(Account, account_id) if account_id is not None else None
    return account.name if account is not None else ""


def _line(reason: Mapping[str, Any]) -> ReasonLine:
    args = dict(reason["args"])
    if "excuse" in args:
        args["excuse"] = word("door.excuse", args["excuse"])
    weight = int(reason["weight"])
    text = word(f"grade.{reason['signal']}", reason["code"], **args)
    return ReasonLine(
        word("grade.signal", reason["signal"]), text, weight, "good" if weight > 0 else "bad" if weight < 0 else ""
    )


def _codes(prints: Iterable[PhotoPrint]) -> list[str]:
    read = [str(code) for one in prints for code in json.loads(one.inspection or "{}").get("codes", ())]
    letters = [parse(code) for code in read]
    return list(dict.fromkeys(grouped(one) for one in letters if one is not None))


def _history(session: Session, proof: PhotoProof, grades: Iterable[PhotoGrade]) -> list[HistoryLine]:
    lines = [HistoryLine(one.graded_at, t("photo.graded_line", letter=one.letter, score=one.score)) for one in grades]
    for one in rulings_of(session, proof.court_id, proof.id):
        said = word("photo_standing", "accepted" if one.accepted else "refused")
        lines.append(HistoryLine(one.ruled_at, said, name_of(session, one.ruled_by), one.reason or ""))
    if proof.appealed_at is not None:
        lines.append(HistoryLine(proof.appealed_at, t("photo.appeal_title"), note=proof.appeal or ""))
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _map(session: Session, proof: PhotoProof) -> PhotoMap | None:
    fix = fix_of(json.loads(proof.place)) if proof.place else None
    door = door_at(session, proof.court_id, proof.address_id)
    return draw(
        (fix.position, radius_m(fix)) if fix is not None else None,
        (door.position, door.uncertainty_m) if door is not None else None,
    )
