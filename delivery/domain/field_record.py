"""Records of a field server's phone: what was done at a door, in the exact bytes that the phone signed.

Each record is numbered, names the one before it by its hash, and is signed by a key that never leaves the phone, so
that none can be slipped in, changed or left out unseen. Whatever does not fit is a doubt, never a refusal: a record
from a street comes in and is kept, and what its doubts are worth is for the grading and for people to say.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from delivery.domain.errors import BadValue
from delivery.domain.field_bytes import Refused, decoded, is_canonical

MOST_BYTES: Final = 256 * 1024
FIRST: Final = "0" * 64
"""What the first record of a phone names as the one before it."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MOST_CAPTURES: Final = 40
_SHORT: Final = 80
_LONGEST_TICKET: Final = 2000
_FARTHEST: Final = 1e15  # milliseconds: far beyond any clock
T = TypeVar("T")


class RecordKind(StrEnum):
    """What a record tells."""

    REPORT = "report"  # how a visit or posting ended
    SHEET_BOUND = "sheet_bound"  # a pre-numbered sheet was scanned and belongs to this visit from now on
    LOAD_SCAN = "load_scan"  # a packet was taken along in the morning
    HAND_IN = "hand_in"  # a packet or receipt came back in the evening
    UNSAFE = "unsafe"  # left at once; the rest is told later


class Doubt(StrEnum):
    """What is wrong with a record. All are kept; `GAP` alone may heal when the missing record comes."""

    NOT_CANONICAL = "not_canonical"  # the bytes are not the one way to write what they say
    PART_MALFORMED = "part_malformed"  # some member is not of its form and was left out
    BAD_SIGNATURE = "bad_signature"
    DEVICE_UNKNOWN = "device_unknown"
    FOREIGN_DEVICE = "foreign_device"  # enrolled by somebody else
    DEVICE_REVOKED = "device_revoked"
    GAP = "gap"  # the record before it has not come yet
    CHAIN_BROKEN = "chain_broken"  # it names another record before it than the one that came
    NUMBER_TWICE = "number_twice"  # two records of one phone have this number: a copied key, or a reset phone
    RECORD_DIFFERS = "record_differs"  # other bytes came under this id before
    TICKET_MISSING = "ticket_missing"
    TICKET_FORGED = "ticket_forged"
    TICKET_FOREIGN = "ticket_foreign"  # made out for another visit, person, phone or court
    TICKET_EXPIRED = "ticket_expired"  # over when the record was made
    TICKET_LATE = "ticket_late"  # held when the record was made, over for more than a week when it came
    TICKET_REPLAYED = "ticket_replayed"  # another report used it before
    CLOCK_AHEAD = "clock_ahead"  # made, by the phone's clock, after it came in
    CLOCK_BEHIND = "clock_behind"  # made, by the phone's clock, before its ticket was issued
    VISIT_UNKNOWN = "visit_unknown"
    VISIT_FOREIGN = "visit_foreign"  # given to another server
    REPORT_MALFORMED = "report_malformed"
    REPORTED_OTHERWISE = "reported_otherwise"  # the visit had ended otherwise before
    PROOF_INCOMPLETE = "proof_incomplete"
    MEDIA_CLAIMED = "media_claimed"  # the report claims more of a record of the process than its captures hold
    CAPTURE_REUSED = "capture_reused"  # another record has a capture of this id
    PACKET_UNKNOWN = "packet_unknown"
    SHEET_REFUSED = "sheet_refused"  # the sheet belongs to another visit, or is none of ours


@dataclass(frozen=True, slots=True)
class Clocks:
    """What the phone knew of the time when it made a record.

    Its wall clock, its monotonic clock and that one's origin (milliseconds), and how much had to be added to the wall
    clock to get ours (milliseconds), learnt when.
    """

    device_at: datetime | None = None
    monotonic_ms: float | None = None
    time_origin_ms: float | None = None
    server_offset_ms: float | None = None
    offset_learnt_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """For the store: instants in ISO, absent ones null."""
        return {
            "device_at": self.device_at.isoformat() if self.device_at else None,
            "monotonic_ms": self.monotonic_ms,
            "time_origin_ms": self.time_origin_ms,
            "server_offset_ms": self.server_offset_ms,
            "offset_learnt_at": self.offset_learnt_at.isoformat() if self.offset_learnt_at else None,
        }


@dataclass(frozen=True, slots=True)
class Capture:
    """One picture, film or sound as the phone queued it; `content` is all that it said of it."""

    id: UUID
    role: str
    sha256: str
    size: int
    media_type: str
    mode: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """A record as read. What was not of its form is None or "", and `malformed` says that there was something."""

    raw: bytes
    id: UUID
    kind: RecordKind | None
    device_id: UUID | None
    seq: int | None
    prev: str
    visit: UUID | None
    ticket: str
    made_at: datetime | None
    clocks: Clocks
    report: Mapping[str, Any] | None
    captures: tuple[Capture, ...]
    sheet: str
    packet: int | None
    situation: str
    excuse: str
    malformed: bool = False
    canonical: bool = True

    @property
    def sha256(self) -> str:
        """By which the next record of the phone names this one."""
        return digest(self.raw)


def digest(raw: bytes) -> str:
    """SHA-256 (hex) of the exact bytes."""
    return hashlib.sha256(raw).hexdigest()


def read(raw: bytes) -> Record:
    """What these bytes tell.

    Raises `BadValue`: `record_too_large` (more than 256 kB), `record_malformed` (no JSON object with a `record_id`).
    """
    if len(raw) > MOST_BYTES:
        raise BadValue("record_too_large", status=413)
    try:
        content = decoded(raw)
    except Refused:
        raise BadValue("record_malformed") from None
    record_id = _uuid(content.get("record_id")) if isinstance(content, dict) else None
    if record_id is None:
        raise BadValue("record_malformed")
    parts = _Parts(content)
    return Record(
        raw=raw,
        id=record_id,
        kind=parts.kind(),
        device_id=parts.uuid("device_id"),
        seq=parts.whole("seq", least=1),
        prev=parts.text("prev", _DIGEST.fullmatch),
        visit=parts.uuid("visit"),
        ticket=parts.text("ticket", lambda text: len(text) <= _LONGEST_TICKET),
        made_at=parts.moment("made_at"),
        clocks=parts.clocks(),
        report=parts.mapping("report"),
        captures=parts.captures(),
        sheet=parts.text("sheet"),
        packet=parts.whole("packet", least=1),
        situation=parts.text("situation"),
        excuse=parts.text("excuse"),
        malformed=parts.wrong,
        canonical=is_canonical(raw),
    )


class _Parts:
    """Takes members of a JSON object one by one; `wrong` becomes true when one is not of its form."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.wrong = False

    def _taken(self, name: str, value: T | None) -> T | None:
        if value is None and self.content.get(name) is not None:
            self.wrong = True
        return value

    def kind(self) -> RecordKind | None:
        given = self.content.get("kind")
        return self._taken("kind", next((kind for kind in RecordKind if kind == given), None))

    def uuid(self, name: str) -> UUID | None:
        return self._taken(name, _uuid(self.content.get(name)))

    def whole(self, name: str, *, least: int) -> int | None:
        given = self.content.get(name)
        fits = isinstance(given, int) and not isinstance(given, bool) and least <= given < 2**31
        return self._taken(name, given if fits else None)

    def text(self, name: str, fits: Callable[[str], object] | None = None) -> str:
        given = self.content.get(name)
        right = isinstance(given, str) and (fits(given) if fits else len(given) <= _SHORT)
        return self._taken(name, given if right else None) or ""

    def moment(self, name: str) -> datetime | None:
        return self._taken(name, moment_of(self.content.get(name)))

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        given = self.content.get(name)
        return self._taken(name, given if isinstance(given, dict) else None)

    def clocks(self) -> Clocks:
        inner = _Parts(self.mapping("clocks") or {})
        told = Clocks(
            inner.moment("device_at"),
            inner.number("monotonic_ms"),
            inner.number("time_origin_ms"),
            inner.number("server_offset_ms"),
            inner.moment("offset_learnt_at"),
        )
        self.wrong = self.wrong or inner.wrong
        return told

    def number(self, name: str) -> float | None:
        given = self.content.get(name)
        fits = isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < _FARTHEST
        return self._taken(name, float(given) if fits and given is not None else None)

    def captures(self) -> tuple[Capture, ...]:
        given = self.content.get("captures")
        if given is None:
            return ()
        listed = given if isinstance(given, list) else []
        found = [one for one in (_capture(item) for item in listed[:_MOST_CAPTURES]) if one is not None]
        kept = {one.id: one for one in reversed(found)}
        if not isinstance(given, list) or len(kept) != len(given):
            self.wrong = True
        return tuple(reversed(kept.values()))


def _capture(item: object) -> Capture | None:
    if not isinstance(item, dict):
        return None
    parts = _Parts(item)
    capture_id, size = parts.uuid("capture_id"), parts.whole("size", least=0)
    sha256 = parts.text("sha256", _DIGEST.fullmatch)
    if capture_id is None or not sha256:
        return None
    named = (parts.text(name)[:_SHORT] for name in ("role", "media_type", "mode"))
    role, media_type, mode = named
    return Capture(capture_id, role, sha256, size or 0, media_type, mode, item)


def _uuid(given: object) -> UUID | None:
    try:
        return UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None


def moment_of(given: object) -> datetime | None:
    """An instant as JSON has it (ISO 8601 with an offset), or as one already; None for anything else."""
    if isinstance(given, datetime):
        return given
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
        return None if moment is None or moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
