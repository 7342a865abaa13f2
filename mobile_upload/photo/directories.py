"""Whether the directories of an EXIF block are whole, before anybody's reading of them is believed.

A directory that does not fit into its block is none: what a lenient reader makes of its first entries is chance. An
entry that points outside the block is what parsers hang on, or exhaust memory with; the rest of the block still counts.
The layout is TIFF's (TIFF 6.0, section 2): two bytes of count, then twelve bytes an entry.
"""

import struct
from dataclasses import dataclass

_EXIF, _GPS = 0x8769, 0x8825
_POSITION = frozenset({2, 4})  # latitude and longitude, in the GPS directory
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_LONG = frozenset({4, 13})
_IN_PLACE = 4


@dataclass(frozen=True, slots=True)
class Directories:
    """Which directories are broken; a missing one is not. `has_damage`: somewhere, something is wrong.

    `has_position_tags`: latitude or longitude is written, perhaps with no value at all.
    """

    is_first_broken: bool = False
    is_exif_broken: bool = False
    is_gps_broken: bool = False
    has_damage: bool = False
    has_position_tags: bool = False


def look(block: bytes | None) -> Directories:
    """Walk the first directory and the two that count, of a block from its TIFF header on; None: it has no header."""
    if block is None:
        return Directories(is_first_broken=True, has_damage=True)
    order = "<" if block[:2] == b"II" else ">"
    first = _Directory.at(block, order, _number(block, order + "I", 4))
    exif, gps = first.inner(_EXIF), first.inner(_GPS)
    return Directories(
        is_first_broken=first.is_broken,
        is_exif_broken=exif.is_broken,
        is_gps_broken=gps.is_broken,
        has_damage=any(one.is_broken or one.has_bad_entry for one in (first, exif, gps)),
        has_position_tags=any(tag in _POSITION for tag, _, _ in gps.entries),
    )


@dataclass(frozen=True, slots=True)
class _Directory:
    """One directory's entries: tag -> type and value as it stands in the entry."""

    block: bytes
    order: str
    is_broken: bool = False
    has_bad_entry: bool = False
    entries: tuple[tuple[int, int, int], ...] = ()

    @classmethod
    def at(cls, block: bytes, order: str, place: int | None) -> "_Directory":
        count = None if place is None else _number(block, order + "H", place)
        if place is None or count is None or place + 2 + 12 * count > len(block):
            return cls(block, order, is_broken=True)
        entries, has_bad = [], False
        for start in range(place + 2, place + 2 + 12 * count, 12):
            tag, kind, length, value = struct.unpack_from(order + "HHII", block, start)
            size = _SIZES.get(kind, 0) * length
            has_bad |= kind not in _SIZES or (size > _IN_PLACE and value + size > len(block))
            entries.append((tag, kind, value))
        return cls(block, order, has_bad_entry=has_bad, entries=tuple(entries))

    def inner(self, wanted: int) -> "_Directory":
        """The directory that an entry points to; an empty one, and whole, if there is no such entry."""
        place = next((value for tag, kind, value in self.entries if tag == wanted and kind in _LONG), None)
        return _Directory(self.block, self.order) if place is None else _Directory.at(self.block, self.order, place)


def _number(block: bytes, layout: str, place: int) -> int | None:
    if place + struct.calcsize(layout) > len(block):
        return None
    found: int = struct.unpack_from(layout, block, place)[0]
    return found
