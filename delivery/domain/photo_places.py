"""Where a phone says it was: against the address, against itself, and against the person's other visits.

A distance is a question and never the verdict: both uncertainties are allowed for, what cannot be compared is said to
be so, and a person looks. Accuracy is what browsers call it, about one standard deviation, so the circle that holds the
phone nineteen times in twenty is 1.73 times as wide (Rayleigh).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import hypot

from delivery.domain.geodesy import Position, metres_between
from delivery.domain.photo_facts import Fix, PositionState, Proof, Shot

Found = Iterator[tuple[str, Mapping[str, int | str]]]

R95 = 1.73
_DOOR_M = 25.0  # a door is not the point that a map gives its house
_FAR_M = 100.0
_COARSE_M = 150.0  # accuracy beyond which nothing can be compared
_CAMERA_M = 50.0  # what is assumed of a position that a camera wrote, which says no accuracy
_FRESH = timedelta(minutes=2)
_FEW = 3
_TOO_GOOD_M = 10.0  # a real receiver that is this exact moves by centimetres from sample to sample
_SAME_POINT_M = 0.05
_JUMP_MPS = 50.0
_GRACE_M = 200.0
_FASTEST_MPS = 50.0  # a fast train, from door to door
_TOWN_M = 10_000.0
_TOWN_MPS = 15.0  # across a town, from door to door
_SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """How far a phone was from a door, and what both uncertainties allow."""

    metres: float
    allowed_m: float


def radius_m(fix: Fix) -> float:
    """The circle that holds the phone nineteen times in twenty."""
    return R95 * fix.accuracy_m


def best_fix(shot: Shot) -> Fix | None:
    """The most exact sample that is as fresh as the picture."""
    fresh = [fix for fix in shot.fixes if _is_fresh(fix, shot)]
    return min(fresh, key=lambda fix: fix.accuracy_m, default=None)


def best_of(shots: Sequence[Shot]) -> tuple[Fix, Shot] | None:
    """The most exact fresh sample of a proof, with its picture."""
    found = [(fix, shot) for shot in shots if (fix := best_fix(shot)) is not None]
    return min(found, key=lambda pair: pair[0].accuracy_m, default=None)


def gap_to_door(fix: Fix, door: Position, uncertainty_m: float) -> Gap:
    """The distance, and R = sqrt((1.73 x accuracy)^2 + address^2) + 25 m."""
    return Gap(metres_between(fix.position, door), hypot(radius_m(fix), uncertainty_m) + _DOOR_M)


def place_codes(proof: Proof) -> Found:
    """The best sample against the geocoded address; a position in the picture itself where the browser gave none."""
    if any(code in _FALSE for code, _ in series_codes(proof)):
        yield "not_trusted", {}
        return
    found = best_of(proof.shots)
    camera = next((shot.exif.gps for shot in proof.shots if shot.exif.gps is not None), None)
    if found is not None:
        yield _against_door(proof, found[0], "consistent")
    elif camera is not None:
        yield _against_door(proof, Fix(camera, _CAMERA_M), "consistent_by_picture")
    else:
        states = {shot.position_state for shot in proof.shots}
        yield ("denied" if PositionState.DENIED in states else "no_fix"), {}


def _against_door(proof: Proof, fix: Fix, consistent: str) -> tuple[str, Mapping[str, int | str]]:
    if fix.accuracy_m > _COARSE_M:
        return "coarse", {"accuracy": round(fix.accuracy_m)}
    if proof.door is None or not proof.door.checkable:
        return "no_point", {}
    gap = gap_to_door(fix, proof.door.position, proof.door.uncertainty_m)
    args = {"distance": round(gap.metres), "allowed": round(gap.allowed_m)}
    if gap.metres <= gap.allowed_m:
        return consistent, args
    return ("inconsistent" if gap.metres > 2 * gap.allowed_m + _FAR_M else "inconclusive"), args


_FALSE = frozenset({"frozen", "jump", "point_of_another_door"})


def series_codes(proof: Proof) -> Found:
    """Whether the samples are those of a receiver: they move a little, they move on, and they belong to this door."""
    fixes = sorted(
        (fix for shot in proof.shots for fix in shot.fixes), key=lambda fix: fix.at or datetime.min.replace(tzinfo=UTC)
    )
    if not fixes:
        return
    if _is_frozen(fixes):
        yield "frozen", {"samples": len(fixes)}
    elif _jumps(fixes):
        yield "jump", {}
    elif _is_of_another_door(proof, fixes):
        yield "point_of_another_door", {}
    elif all(best_fix(shot) is None for shot in proof.shots if shot.fixes):
        yield "stale", {}


def _is_frozen(fixes: Sequence[Fix]) -> bool:
    """One exact point with one exact accuracy, again and again, or many samples of one instant.

    A position from the network also stands still, but it is never this exact.
    """
    if len(fixes) < _FEW or any(fix.accuracy_m > _TOO_GOOD_M for fix in fixes):
        return False
    still = len({(fix.position, fix.accuracy_m, fix.altitude_m) for fix in fixes}) == 1
    instants = {fix.at for fix in fixes}
    return still or (len(instants) == 1 and None not in instants)


def _jumps(fixes: Sequence[Fix]) -> bool:
    return any(
        one.at is not None
        and other.at is not None
        and other.at > one.at
        and _beyond_m(one, other) / (other.at - one.at).total_seconds() > _JUMP_MPS
        for one, other in pairwise(fixes)
    )


def _is_of_another_door(proof: Proof, fixes: Sequence[Fix]) -> bool:
    """Whether exactly this point was also said at another address: receivers never repeat one to the centimetre."""
    return any(
        been.address_id != proof.address_id
        and fix.accuracy_m <= _TOO_GOOD_M
        and metres_between(been.fix.position, fix.position) < _SAME_POINT_M
        for been in proof.elsewhere
        for fix in fixes
    )


def travel_codes(proof: Proof) -> Found:
    """Whether one person could have been at both doors: across all visits of that person, by our clock."""
    found = best_of(proof.shots)
    if found is None:
        return
    fix, shot = found
    at = proof.by_our_clock(shot)
    fastest = max(
        ((_speed(fix, at, been.fix, been.at), been) for been in proof.elsewhere if been.attempt_id != proof.attempt_id),
        key=lambda pair: pair[0],
        default=None,
    )
    if fastest is None:
        return
    speed, been = fastest
    metres = metres_between(fix.position, been.fix.position)
    limit = _TOWN_MPS if metres < _TOWN_M else _FASTEST_MPS
    if speed > limit:
        args = {"metres": round(metres), "seconds": round(abs(at - been.at).total_seconds())}
        yield ("impossible" if speed > _FASTEST_MPS else "too_fast"), {**args, "record": str(been.record_id)}


def _speed(fix: Fix, at: datetime, other: Fix, other_at: datetime) -> float:
    """The least speed that both positions allow, in metres a second."""
    span = max(abs(at - other_at), _SHORTEST)
    return max(0.0, _beyond_m(fix, other) - _GRACE_M) / span.total_seconds()


def _beyond_m(one: Fix, other: Fix) -> float:
    """What is left of a distance when both circles are allowed for."""
    return max(0.0, metres_between(one.position, other.position) - radius_m(one) - radius_m(other))


def _is_fresh(fix: Fix, shot: Shot) -> bool:
    return fix.at is None or abs(fix.at - shot.shutter_at) <= _FRESH
