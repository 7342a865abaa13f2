"""What a photo proof shows, signal by signal, before anybody weighs it.

Every signal looks at one thing and says one or more codes about it; `photo_grade` says what each is worth. A signal
never guesses: what cannot be told has a code of its own, so that an honest phone that says little is told apart from
one that says what cannot be.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import combinations
from types import MappingProxyType

from delivery.domain.door_codes import Role
from delivery.domain.field_record import Doubt
from delivery.domain.geodesy import metres_between
from delivery.domain.notice import NoticeResult
from delivery.domain.photo_exif import exif_codes
from delivery.domain.photo_facts import Mode, Proof, Shot
from delivery.domain.photo_likeness import duplicate_codes, is_copy
from delivery.domain.photo_places import best_fix, best_of, place_codes, radius_m, series_codes, travel_codes

_KNOWN_WRONG = timedelta(minutes=2)  # how far a clock that was put right may still be off
_UNKNOWN_WRONG = timedelta(minutes=15)  # and one that was not
_BACK = timedelta(minutes=2)
_TOGETHER = timedelta(minutes=5)
_APART = timedelta(minutes=15)
_ROOM_M = 100.0  # near and wide are steps apart; the rest is the phone's inaccuracy
_SMALLEST = 640  # pixels of the longer side: less shows no door
_LONG = 1.95  # of 4:3, 3:2 and 16:9 none is; screens of phones are 2:1 and longer
_SCREEN_FORMATS = frozenset({"PNG", "WEBP"})  # what phones make of their screens, and no camera of a photograph


class Signal(StrEnum):
    """What is looked at."""

    NOTICE_CODE = "notice_code"
    TICKET = "ticket"
    DEVICE = "device"
    PLACE = "place"
    SERIES = "series"
    TRAVEL = "travel"
    CLOCKS = "clocks"
    EXIF = "exif"
    DUPLICATE = "duplicate"
    CAPTURE_MODE = "capture_mode"
    PAIR = "pair"
    PICTURE = "picture"
    EXCUSE = "excuse"


@dataclass(frozen=True, slots=True)
class Finding:
    """One code of one signal. `args` are numbers and ids, never words: distances in metres, spans in seconds."""

    signal: Signal
    code: str
    args: tuple[tuple[str, int | str], ...] = ()


Found = Iterator[tuple[str, Mapping[str, int | str]]]
NOTHING: Mapping[str, int | str] = MappingProxyType({})


def findings(proof: Proof) -> tuple[Finding, ...]:
    """What all signals say, in their order. Total: any proof, also one without a single readable picture."""
    return tuple(
        Finding(signal, code, tuple(sorted(args.items())))
        for signal, look in _LOOKS.items()
        for code, args in look(proof)
    )


def _notice_code(proof: Proof) -> Found:
    """Whether the pictures show the sheet of this very visit. An old sheet beside it on the door does no harm."""
    if not proof.asks_notice:
        yield "not_asked", NOTHING
        return
    read = frozenset[NoticeResult]().union(*(shot.codes for shot in proof.pictures))
    on_phone = frozenset[NoticeResult]().union(*(shot.codes_on_phone for shot in proof.shots))
    if NoticeResult.THIS_NOTICE in read:
        yield NoticeResult.THIS_NOTICE, NOTHING
    elif read:
        yield next(result for result in _WORST_FIRST if result in read), NOTHING
    elif NoticeResult.THIS_NOTICE in on_phone:
        yield "read_by_phone", NOTHING
    elif any(shot.mode is Mode.FILE_INPUT for shot in proof.shots):
        yield "not_read_in_file", NOTHING  # neither the camera nor the sheet says that it is of this visit
    else:
        yield "not_read", NOTHING


_WORST_FIRST = (
    NoticeResult.OTHER_CASE, NoticeResult.BOUND_ELSEWHERE, NoticeResult.EARLIER_VISIT, NoticeResult.CANCELLED,
    NoticeResult.UNKNOWN, NoticeResult.EXPIRED, NoticeResult.BLANK_UNBOUND,
)  # fmt: skip


def _ticket(proof: Proof) -> Found:
    """The lower bound of time: not made before the ticket was issued, by this person, on this phone, for this door."""
    for doubt, code in _DOUBTS_OF_TICKET.items():
        if doubt in proof.doubts:
            yield code, NOTHING
            return
    if proof.ticket is None:
        yield "missing", NOTHING
    elif proof.received_at >= proof.ticket.expires_at:
        yield "late", {"seconds": _seconds(proof.received_at - proof.ticket.expires_at)}
    else:
        yield "held", NOTHING


_DOUBTS_OF_TICKET = {
    Doubt.TICKET_FORGED: "forged",
    Doubt.TICKET_FOREIGN: "foreign",
    Doubt.VISIT_FOREIGN: "foreign",
    Doubt.TICKET_REPLAYED: "replayed",
    Doubt.TICKET_EXPIRED: "expired",
    Doubt.TICKET_LATE: "late",
}


def _device(proof: Proof) -> Found:
    """Whether the enrolled phone signed this, and nothing is missing before it."""
    for doubt, code in _DOUBTS_OF_DEVICE.items():
        if doubt in proof.doubts:
            yield code, NOTHING
            return
    if Doubt.GAP in proof.doubts:
        yield ("gap_stays" if proof.gap_is_old else "gap"), NOTHING
    else:
        yield "whole", NOTHING


_DOUBTS_OF_DEVICE = {
    Doubt.BAD_SIGNATURE: "bad_signature",
    Doubt.FOREIGN_DEVICE: "foreign_device",
    Doubt.DEVICE_UNKNOWN: "device_unknown",
    Doubt.NUMBER_TWICE: "number_twice",
    Doubt.RECORD_DIFFERS: "record_differs",
    Doubt.CHAIN_BROKEN: "chain_broken",
    Doubt.DEVICE_REVOKED: "device_revoked",
}


def _clocks(proof: Proof) -> Found:
    """The five clocks: the phone's, its monotonic one, ours by what it had learnt, the ticket's issue, our receipt."""
    if _turned_back(proof):
        yield "turned_back", NOTHING
        return
    wrong = _UNKNOWN_WRONG if proof.offset is None else _KNOWN_WRONG
    for shot in proof.shots:
        at = proof.by_our_clock(shot)
        if proof.ticket is not None and at < proof.ticket.issued_at - wrong:
            yield "before_ticket", {"seconds": _seconds(proof.ticket.issued_at - at)}
            return
        if at > proof.received_at + wrong:
            yield "after_receipt", {"seconds": _seconds(at - proof.received_at)}
            return
    if proof.offset is None:
        yield "unlearnt", NOTHING
    elif abs(proof.offset) <= _KNOWN_WRONG:
        yield "agree", NOTHING
    else:
        yield "put_right", {"seconds": _seconds(proof.offset)}


def _turned_back(proof: Proof) -> bool:
    """Whether the wall clock went back while the monotonic one went on.

    The other way round is no sign: a phone that sleeps stops its monotonic clock.
    """
    moments = [(shot.shutter_at, shot.monotonic_ms) for shot in proof.shots]
    moments.append((proof.clocks.device_at or proof.received_at, proof.clocks.monotonic_ms))
    known = sorted((ms, at) for at, ms in moments if ms is not None and proof.clocks.device_at is not None)
    return any(
        timedelta(milliseconds=later_ms - ms) - (later - at) > _BACK
        for (ms, at), (later_ms, later) in combinations(known, 2)
    )


def _capture_mode(proof: Proof) -> Found:
    """The page's own camera, or a file that the phone handed over."""
    outside = any(shot.mode is Mode.FILE_INPUT for shot in proof.shots)
    yield ("file_input" if outside else "in_page"), NOTHING


def _pair(proof: Proof) -> Found:
    """A close shot with the code and a wide one with the door, taken together."""
    if not proof.asks_notice:
        yield "not_asked", NOTHING
        return
    near = [shot for shot in proof.pictures if shot.role is Role.NEAR]
    wide = [shot for shot in proof.pictures if shot.role is Role.WIDE]
    if near and not wide and not _has_place(proof):
        yield "door_missing", NOTHING  # a sheet, which may lie on a desk
        return
    if not near or not wide:
        yield "wide_missing" if near else "near_missing" if wide else "both_missing", NOTHING
        return
    yield min((_link(one, other) for one in near for other in wide), key=_BEST_LINK.index), NOTHING


def _has_place(proof: Proof) -> bool:
    return best_of(proof.shots) is not None or any(shot.exif.gps is not None for shot in proof.shots)


_BEST_LINK = ("linked", "loose", "same_picture", "apart")


def _link(near: Shot, wide: Shot) -> str:
    if near.sha256 == wide.sha256 or near.pixels_sha256 == wide.pixels_sha256 != "":
        return "same_picture"
    if is_copy(near.likeness, wide.likeness):
        return "same_picture"
    one, other = best_fix(near), best_fix(wide)
    if one is not None and other is not None:
        room = radius_m(one) + radius_m(other) + _ROOM_M
        if metres_between(one.position, other.position) > room:
            return "apart"
    between = abs(near.shutter_at - wide.shutter_at)
    if between <= _TOGETHER or (NoticeResult.THIS_NOTICE in near.codes & wide.codes and between <= _APART):
        return "linked"
    return "loose" if between <= _APART else "apart"


def _picture(proof: Proof) -> Found:
    """Whether there is anything to see."""
    if not proof.pictures:
        yield "unreadable", NOTHING
        return
    if len(proof.pictures) < len(proof.shots):
        yield "partly_unreadable", NOTHING
    if any(shot.mode is Mode.FILE_INPUT and _is_of_a_screen(shot) for shot in proof.pictures):
        yield "screen_format", NOTHING
    if any(max(shot.width, shot.height) < _SMALLEST for shot in proof.pictures):
        yield "small", NOTHING


def _is_of_a_screen(shot: Shot) -> bool:
    """A format that no camera writes, or a screen's shape without a camera's name; cameras that shoot so long sign."""
    longer, shorter = max(shot.width, shot.height), min(shot.width, shot.height)
    return shot.format in _SCREEN_FORMATS or (longer >= _LONG * shorter and not shot.exif.make)


def _excuse(proof: Proof) -> Found:
    """Why something could not be done, in the server's own words of choice."""
    if proof.excuse:
        yield "given", {"excuse": proof.excuse}


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())


_LOOKS: Mapping[Signal, Callable[[Proof], Found]] = {
    Signal.NOTICE_CODE: _notice_code,
    Signal.TICKET: _ticket,
    Signal.DEVICE: _device,
    Signal.PLACE: place_codes,
    Signal.SERIES: series_codes,
    Signal.TRAVEL: travel_codes,
    Signal.CLOCKS: _clocks,
    Signal.EXIF: exif_codes,
    Signal.DUPLICATE: duplicate_codes,
    Signal.CAPTURE_MODE: _capture_mode,
    Signal.PAIR: _pair,
    Signal.PICTURE: _picture,
    Signal.EXCUSE: _excuse,
}
