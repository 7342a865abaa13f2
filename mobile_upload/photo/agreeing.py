"""One answer out of two readers': Pillow's where it has one, else ExifRead's, and never a mixture of both in one place.

Pillow misses nothing that exiftool finds in real photographs; ExifRead now and then misses a whole block, and now and
then reads one that Pillow gives up. A block whose directories do not even fit into it counts for neither.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

from mobile_upload.photo.directories import Directories
from mobile_upload.photo.inspection import Gps, GpsState, PhotoProblem
from mobile_upload.photo.reading import Reading

_ONE_EACH = ("taken_at", "offset", "modified_at", "orientation", "make", "model", "software")
_OF_GPS = ("accuracy_m", "utc", "altitude_m", "datum")
_SAME_DEGREES = 1e-6


@dataclass(frozen=True, slots=True)
class Agreed:
    """What counts, what the readers differ on (field names), and what is wrong."""

    gps: Gps
    single: dict[str, Any]
    differing: tuple[str, ...]
    problems: tuple[PhotoProblem, ...]


def agree(pillow: Reading, exifread: Reading, whole: Directories) -> Agreed:
    """Weigh the two."""
    readings = [_trusted(one, whole) for one in (pillow, exifread) if one.error is None] or [Reading()]
    single = {name: _first(readings, name) for name in _ONE_EACH}
    position = next((one for one in readings if one.gps_state is not GpsState.ABSENT), readings[0])
    has_pair = position.lat is not None and position.lon is not None
    gps = Gps(
        state=position.gps_state,
        lat=position.lat if has_pair else None,
        lon=position.lon if has_pair else None,
        **{name: _first(readings, name) for name in _OF_GPS},
    )
    differing = tuple(one.name for one in fields(Reading) if _differ(pillow, exifread, one.name))
    problems = [PhotoProblem.READERS_DIFFER] if differing else []
    if whole.has_damage:
        problems.append(PhotoProblem.EXIF_DAMAGED)
    if has_pair and not position.has_references:
        problems.append(PhotoProblem.GPS_REFERENCE_MISSING)
    return Agreed(gps, single, differing, tuple(problems))


def _trusted(one: Reading, whole: Directories) -> Reading:
    """A reading without what stood in broken directories."""
    if whole.is_first_broken:
        return Reading()
    if whole.is_exif_broken:
        one = replace(one, taken_at=None, offset=None)
    if whole.is_gps_broken:
        one = replace(
            one, gps_state=GpsState.ABSENT, lat=None, lon=None, altitude_m=None, accuracy_m=None, utc=None, datum=None
        )
    return one


def _first(readings: list[Reading], name: str) -> Any:  # noqa: ANN401 - of any field
    return next((value for one in readings if (value := getattr(one, name)) is not None), None)


def _differ(one: Reading, other: Reading, name: str) -> bool:
    first, second = getattr(one, name), getattr(other, name)
    if name in {"error", "has_references"} or one.error or other.error:
        return False
    if isinstance(first, float) and isinstance(second, float):
        return abs(first - second) > _SAME_DEGREES
    return bool(first != second)
