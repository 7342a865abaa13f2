"""One look at the bytes of a picture, for the grading: what they say, and a copy that people may see."""

from typing import Any, Final

from mobile_upload.photo.inspecting import NoCopy, copies, inspect

_BOX: Final = (1600, 1600)


def look_at(content: bytes) -> tuple[dict[str, Any], bytes | None]:
    """The inspection as it is stored, and a copy without metadata; None for what cannot be decoded. Never raises."""
    seen = inspect(content)
    if not seen.is_readable:
        return seen.as_json(), None
    try:
        (copy,) = copies(content, [_BOX])
    except NoCopy:
        return seen.as_json(), None
    return seen.as_json(), copy
