"""What a code that somebody found on a sheet says about a visit: this one's notice, or why it is none of it.

A sheet is minted for one visit to one door, or printed as a blank pad and bound to a visit there. It ends when the
visit, the order or the paper behind it ends. What ended after the moment that is asked about still stood at that
moment: whoever photographs a sheet at noon is not blamed for what a court decides at four. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from delivery.domain.case import PartyKind


class NoticeKind(StrEnum):
    """What is printed around the code."""

    PRIVACY_NOTICE = "privacy_notice"  # says nothing about the case
    PUBLIC_NOTICE_SHEET = "public_notice_sheet"  # the text of a public notice (INT 139)
    PAD = "pad"  # a privacy notice printed before anybody knew the door


class NoticeState(StrEnum):
    """How far a sheet has come. Expiry is by the clock and never written down."""

    MINTED = "minted"
    BOUND = "bound"  # a pad that somebody gave to a visit
    USED = "used"  # the visit was made
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class EndReason(StrEnum):
    """Why a sheet was cancelled."""

    VISIT_ENDED = "visit_ended"  # the visit was withdrawn
    ORDER_ENDED = "order_ended"
    PAPER_REPLACED = "paper_replaced"
    PRINTED_ANEW = "printed_anew"
    PAD_LOST = "pad_lost"


class NoticeResult(StrEnum):
    """What a code means for the visit that it was found at."""

    THIS_NOTICE = "this_notice"
    OTHER_CASE = "other_case"
    EARLIER_VISIT = "earlier_visit"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    BLANK_UNBOUND = "blank_unbound"
    BOUND_ELSEWHERE = "bound_elsewhere"


@dataclass(frozen=True, slots=True)
class NoticeFinding:
    """The answer about one code, with what a grade needs to weigh it. Everything but `result` is empty for UNKNOWN.

    `minted_at` is the instant before which no photograph can show the sheet, `ended_at` since when it is worth nothing.
    """

    result: NoticeResult
    notice_id: UUID | None = None
    kind: NoticeKind | None = None
    minted_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""


LIFETIMES: Mapping[NoticeKind, timedelta] = MappingProxyType(
    {
        NoticeKind.PRIVACY_NOTICE: timedelta(days=60),
        # Hangs for at least the thirty days of the notice, or the sixty of one to a party abroad (CPL 95, 283).
        NoticeKind.PUBLIC_NOTICE_SHEET: timedelta(days=120),
        NoticeKind.PAD: timedelta(days=365),
    }
)
AFTER_BINDING = LIFETIMES[NoticeKind.PRIVACY_NOTICE]
"""How long a pad counts once it hangs somewhere."""


class Sheet(Protocol):
    """A sheet as it is stored."""

    id: UUID
    kind: str
    state: str
    reason: str
    order_id: UUID | None
    attempt_id: UUID | None
    minted_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class Visited(Protocol):
    """The visit at which a code was found."""

    id: UUID
    order_id: UUID


def standing(sheet: Sheet, at: datetime) -> NoticeState:
    """How the sheet stood at an instant. Total."""
    state = NoticeState(sheet.state)
    if state is NoticeState.CANCELLED:
        if sheet.ended_at is not None and sheet.ended_at <= at:
            return NoticeState.CANCELLED
        state = NoticeState.MINTED if sheet.attempt_id is None or sheet.kind != NoticeKind.PAD else NoticeState.BOUND
    return NoticeState.EXPIRED if at >= sheet.expires_at else state


def finding(sheet: Sheet | None, visit: Visited, at: datetime) -> NoticeFinding:
    """What a sheet's code, seen at this instant, means for this visit. Total.

    Whose sheet it is comes before how it stands: another case's notice stays another case's when it is cancelled.
    """
    if sheet is None:
        return NoticeFinding(NoticeResult.UNKNOWN)
    ended_at = sheet.ended_at if sheet.state == NoticeState.CANCELLED else None
    return NoticeFinding(
        _result(sheet, visit, at), sheet.id, NoticeKind(sheet.kind), sheet.minted_at, ended_at, sheet.reason
    )


def _result(sheet: Sheet, visit: Visited, at: datetime) -> NoticeResult:
    if sheet.attempt_id is not None and sheet.attempt_id != visit.id:
        if sheet.order_id == visit.order_id:
            return NoticeResult.EARLIER_VISIT
        return NoticeResult.BOUND_ELSEWHERE if sheet.kind == NoticeKind.PAD else NoticeResult.OTHER_CASE
    now = standing(sheet, at)
    if now is NoticeState.CANCELLED:
        return NoticeResult.CANCELLED
    if now is NoticeState.EXPIRED:
        return NoticeResult.EXPIRED
    return NoticeResult.THIS_NOTICE if sheet.attempt_id is not None else NoticeResult.BLANK_UNBOUND


def name_on_a_door(name: str, party_kind: str, *, confidential: bool) -> str:
    """As much of a name as neighbours may read: its owner knows it, and nobody learns it from the sheet.

    Of a person the first letter of each part, of an organisation all, of anybody in a confidential case nothing.
    """
    if confidential:
        return ""
    if party_kind == PartyKind.ORGANISATION:
        return name
    parts = name.split()
    if len(parts) > 1 or name.isascii():
        return " ".join(f"{part[:1]}***" for part in parts)
    return name[:1] + "＊" * (len(name) - 1)
