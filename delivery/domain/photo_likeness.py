"""Whether a picture was brought before: the same bytes, the same pixels, or one that looks the same.

Bytes and pixels tell a copy for certain. Perceptual hashes only raise a question, because two pictures of one door look
alike honestly; the limits are those that were measured on real photographs. Only wide shots are compared by looks:
sheets and receipts are forms, and of close shots of a form one in ten looks like another's.
"""

from collections.abc import Iterator, Mapping

from delivery.domain.door_codes import Role
from delivery.domain.photo_facts import EarlierShot, Likeness, Proof, Shot

Found = Iterator[tuple[str, Mapping[str, int | str]]]

_ALIKE = 10  # bits of 64, phash
_ALIKE_FINE = 8  # bits of 64, dhash, which also sees through cuts and marks
_NOT_STRANGE = 18  # bits of phash beyond which an equal dhash is chance
_FLAT = 5.0  # bits a pixel below which a picture is dark or a bare wall, and its dhash says nothing


def distance(one: int, other: int) -> int:
    """In how many bits two hashes differ."""
    return (one ^ other).bit_count()


def is_alike(one: Likeness, other: Likeness) -> bool:
    """Whether two pictures look the same, also after turning, mirroring, cutting a little or marking one of them."""
    fine = min(one.entropy, other.entropy) >= _FLAT
    for phash, dhash in ((other.phash, other.dhash), *other.turned):
        bits = distance(one.phash, phash)
        if bits <= _ALIKE or (fine and bits <= _NOT_STRANGE and distance(one.dhash, dhash) <= _ALIKE_FINE):
            return True
    return False


def duplicate_codes(proof: Proof) -> Found:
    """The gravest likeness between this proof and any other visit's pictures."""
    found = {
        code: earlier
        for shot in proof.shots
        for earlier in proof.earlier
        if earlier.attempt_id != proof.attempt_id and (code := _likeness(proof, shot, earlier))
    }
    for code in _GRAVEST_FIRST:
        if code in found:
            yield code, {"record": str(found[code].record_id)}
            return


_GRAVEST_FIRST = ("same_bytes", "same_pixels", "alike", "alike_same_door")


def _likeness(proof: Proof, shot: Shot, earlier: EarlierShot) -> str:
    if shot.sha256 == earlier.sha256:
        return "same_bytes"
    if shot.pixels_sha256 and shot.pixels_sha256 == earlier.pixels_sha256:
        return "same_pixels"
    if shot.likeness is None or earlier.likeness is None or not shot.role == earlier.role == Role.WIDE:
        return ""
    if not is_alike(shot.likeness, earlier.likeness):
        return ""
    return "alike_same_door" if earlier.address_id == proof.address_id is not None else "alike"
