"""One answer out of two readers': Pillow's if it came through an EXIF block, else ExifRead's; never a mixture.

Pillow misses next to nothing that exiftool finds in real photographs; ExifRead now and then misses a whole block, and
takes values from beyond the end of a block that was cut. A directory that does not even fit into its block counts for
neither.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

from mobile_upload.photo.directories import Directories
from mobile_upload.photo.inspection import Gps, GpsState, PhotoProblem
from mobile_upload.photo.reading import Reading

_ONE_EACH = ("taken_at", "offset", "modified_at", "orientation", "make", "model", "software")
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
    better = next((one for one in (pillow, exifread) if one.error is None and one.has_block), Reading())
    counted = _trusted(better, whole)
    has_pair = counted.lat is not None and counted.lon is not None
    gps = Gps(
        state=counted.gps_state,
        lat=counted.lat if has_pair else None,
        lon=counted.lon if has_pair else None,
        accuracy_m=counted.accuracy_m,
        utc=counted.utc,
        altitude_m=counted.altitude_m,
        datum=counted.datum,
    )
    differing = tuple(one.name for one in fields(Reading) if _differ(pillow, exifread, one.name))
    problems = [PhotoProblem.READERS_DIFFER] if differing else []
    if whole.has_damage:
        problems.append(PhotoProblem.EXIF_DAMAGED)
    if has_pair and not counted.has_references:
        problems.append(PhotoProblem.GPS_REFERENCE_MISSING)
    return Agreed(gps, {name: getattr(counted, name) for name in _ONE_EACH}, differing, tuple(problems))


def _trusted(one: Reading, whole: Directories) -> Reading:
    """A reading without what stood in broken directories."""
    if whole.is_first_broken:
        return Reading()
    if whole.is_exif_broken:
        one = replace(one, taken_at=None, offset=None)
    if whole.is_gps_broken:
        state = GpsState.ABSENT
        return replace(one, gps_state=state, lat=None, lon=None, altitude_m=None, accuracy_m=None, utc=None, datum=None)
    if whole.has_position_tags and one.gps_state is GpsState.ABSENT:
        return replace(one, gps_state=GpsState.REDACTED)  # tags of no length, which readers leave out
    return one


def _differ(one: Reading, other: Reading, name: str) -> bool:
    first, second = getattr(one, name), getattr(other, name)
    if name in {"error", "has_block", "has_references"} or one.error or other.error:
        return False
    if isinstance(first, float) and isinstance(second, float):
        return abs(first - second) > _SAME_DEGREES
    return bool(first != second)
