"""Whether a picture was brought before: the same bytes, the same pixels, or one that looks the same.

Bytes and pixels tell a copy for certain. Perceptual hashes only raise a question, because two pictures of one door look
alike honestly; the limits are those that were measured on real photographs. Only wide shots are compared by looks:
sheets and receipts are forms, and of close shots of a form one in ten looks like another's. A file that was merely
saved again differs in hardly a bit, though, which is less than two photographs of one form do.
"""

from collections.abc import Iterator, Mapping

from delivery.domain.door_codes import Role
from delivery.domain.notice import NoticeResult
from delivery.domain.photo_facts import EarlierShot, Likeness, Proof, Shot

Found = Iterator[tuple[str, Mapping[str, int | str]]]

_ALIKE = 10  # bits of 64, phash
_ALIKE_FINE = 8  # bits of 64, dhash, which also sees through cuts and marks
_NOT_STRANGE = 18  # bits of phash beyond which an equal dhash is chance
_COPY = 4  # bits of 64, in both hashes: the same file, saved again, made smaller or brighter
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


def is_copy(one: Likeness | None, other: Likeness | None) -> bool:
    """Whether two files are one photograph, saved again. Of dark and flat pictures nobody can tell."""
    if one is None or other is None or min(one.entropy, other.entropy) < _FLAT:
        return False
    return distance(one.phash, other.phash) <= _COPY and distance(one.dhash, other.dhash) <= _COPY


def duplicate_codes(proof: Proof) -> Found:
    """The gravest likeness between this proof and another visit's pictures, or those of somebody else."""
    found = {
        code: earlier for shot in proof.shots for earlier in proof.earlier if (code := _likeness(proof, shot, earlier))
    }
    for code in _GRAVEST_FIRST:
        if code in found:
            yield code, {"record": str(found[code].record_id)}
            return


_GRAVEST_FIRST = ("same_bytes", "same_pixels", "of_a_colleague", "alike", "copy", "old_same_door", "alike_same_door")
_FORMS = frozenset({Role.NEAR, Role.RECEIPT})


def _likeness(proof: Proof, shot: Shot, earlier: EarlierShot) -> str:
    same_pixels = shot.pixels_sha256 == earlier.pixels_sha256 != ""
    if earlier.attempt_id == proof.attempt_id:
        # Two people at one door take two pictures; one's own may come again.
        is_anothers = earlier.account_id != proof.account_id
        return "of_a_colleague" if is_anothers and (same_pixels or shot.sha256 == earlier.sha256) else ""
    if shot.sha256 == earlier.sha256:
        return "same_bytes"
    if same_pixels:
        return "same_pixels"
    if shot.likeness is None or earlier.likeness is None or shot.role != earlier.role:
        return ""
    shows_this = NoticeResult.THIS_NOTICE in shot.codes
    if shot.role in _FORMS:
        return "copy" if not shows_this and is_copy(shot.likeness, earlier.likeness) else ""
    if shot.role is not Role.WIDE or not is_alike(shot.likeness, earlier.likeness):
        return ""
    if earlier.address_id != proof.address_id or proof.address_id is None:
        return "alike"
    return "alike_same_door" if shows_this or not proof.asks_notice else "old_same_door"
