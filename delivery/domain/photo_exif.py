"""What the camera wrote into a file, against what the phone said when it was taken.

Most honest pictures say nothing here: browsers blank positions, pages have no camera of their own that writes, and
that costs nothing. What is written counts only where it contradicts: a picture from before the ticket, one that an
editor has saved, a position elsewhere. Times have no zone, so whole half hours of difference prove nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from delivery.domain.geodesy import metres_between
from delivery.domain.photo_facts import Proof, Shot
from delivery.domain.photo_places import best_of, radius_m

Found = Iterator[tuple[str, Mapping[str, int | str]]]

_AGREES = timedelta(minutes=10)
_HALF_HOUR = timedelta(minutes=30)
_RESIDUE = timedelta(seconds=100)
_WIDEST_ZONE = timedelta(hours=14)
_SAVED_AGAIN = timedelta(minutes=2)
_CAMERA_WANDERS_M = 500.0  # camera applications write the last position that they had
_EARLIEST, _LATEST = 2015, 2090  # years in which a phone's clock can be meant
_EDITORS = (
    "photoshop", "lightroom", "snapseed", "gimp", "meitu", "美图", "picsart", "pixlr", "affinity", "paint.net",
    "canva", "xingtu", "醒图", "vsco", "polarr", "acdsee", "fotor", "facetune",
)  # fmt: skip


def exif_codes(proof: Proof) -> Found:
    """Each contradiction at most once; nothing when nothing is written."""
    codes: dict[str, Mapping[str, int | str]] = {}
    for shot in proof.pictures:
        codes |= dict(_time(proof, shot))
        codes |= dict(_editing(shot))
        codes |= dict(_place(proof, shot))
    if "before_ticket" in codes:
        codes.pop("after_shutter", None)
    yield from sorted(codes.items())


def _time(proof: Proof, shot: Shot) -> Found:
    """The camera's clock is the phone's, so that a wrong one is wrong in both and does not matter."""
    taken = shot.exif.taken_at
    if taken is None or not _EARLIEST <= taken.year <= _LATEST:
        return
    at = taken.replace(tzinfo=proof.zone) if shot.exif.offset is None else _with_offset(taken, shot.exif.offset)
    late = at - shot.shutter_at
    if abs(late) <= _AGREES or (shot.exif.offset is None and _may_be_zones(late)):
        return
    if late > timedelta(0):
        yield "after_shutter", {"seconds": round(late.total_seconds())}
    elif proof.ticket is not None:
        before = proof.ticket.issued_at - (at + (proof.offset or timedelta(0)))
        if before > _AGREES:
            yield "before_ticket", {"seconds": round(before.total_seconds())}


def _may_be_zones(late: timedelta) -> bool:
    """Whether the difference is that of two time zones, to the minute or so."""
    return abs(late) <= _WIDEST_ZONE and abs((late + _HALF_HOUR / 2) % _HALF_HOUR - _HALF_HOUR / 2) <= _RESIDUE


def _with_offset(taken: datetime, offset: timedelta) -> datetime:
    return (taken - offset).replace(tzinfo=UTC)


def _editing(shot: Shot) -> Found:
    exif = shot.exif
    saved_again = (
        exif.taken_at is not None
        and exif.modified_at is not None
        and abs(exif.modified_at - exif.taken_at) > _SAVED_AGAIN
    )
    if saved_again or any(name in exif.software.lower() for name in _EDITORS):
        yield "edited", {}


def _place(proof: Proof, shot: Shot) -> Found:
    found = best_of(proof.shots)
    if shot.exif.gps is None or found is None:
        return
    metres = metres_between(shot.exif.gps, found[0].position)
    if metres > radius_m(found[0]) + _CAMERA_WANDERS_M:
        yield "place_differs", {"metres": round(metres)}
