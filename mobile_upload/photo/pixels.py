"""Decoding: the one place where a picture's own pixels are asked for.

Only the formats of the allow-list are offered to Pillow; JPEG stands for MPO too, which it finds by itself (naming MPO
would make damaged files fail with a `KeyError`). How many pixels there are is read before any of them is decoded.
"""

import hashlib
from io import BytesIO
from typing import Final

import pillow_heif
from PIL import Image, ImageCms

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "HEIF")
_STRIP = 64
_QUALITY = 85
_ORIENTATION = 0x0112
_TURNED = Image.Transpose
_UPRIGHT: Final = {
    2: _TURNED.FLIP_LEFT_RIGHT,
    3: _TURNED.ROTATE_180,
    4: _TURNED.FLIP_TOP_BOTTOM,
    5: _TURNED.TRANSPOSE,
    6: _TURNED.ROTATE_270,
    7: _TURNED.TRANSVERSE,
    8: _TURNED.ROTATE_90,
}
_LYING: Final = frozenset({5, 6, 7, 8})

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=2)
# The number of pixels is checked against a limit of our own, and as an error, before they are decoded.
Image.MAX_IMAGE_PIXELS = None


def opened(photo: bytes) -> Image.Image:
    """The picture with its header read. Raises whatever Pillow raises on what is none."""
    return Image.open(BytesIO(photo), formats=_FORMATS)


def digest(picture: Image.Image) -> str:
    """SHA-256 of the decoded pixels with their size, the same whatever happens to the metadata; hexadecimal."""
    found = hashlib.sha256(f"{picture.mode} {picture.width} {picture.height}\n".encode())
    for top in range(0, picture.height, _STRIP):
        found.update(picture.crop((0, top, picture.width, min(top + _STRIP, picture.height))).tobytes())
    return found.hexdigest()


def orientation(picture: Image.Image) -> int:
    """How the decoded pixels still have to be turned (1: not at all), as EXIF or XMP says. HEIF comes upright."""
    if picture.format == "HEIF":
        return 1
    try:
        found = picture.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - a damaged block raises any of a dozen kinds
        return 1
    return found if found in _UPRIGHT else 1


def upright(picture: Image.Image, stored: int) -> Image.Image:
    """The pixels turned and mirrored as the stored orientation says."""
    return picture.transpose(_UPRIGHT[stored]) if stored in _UPRIGHT else picture


def draft(picture: Image.Image, box: tuple[int, int]) -> None:
    """Let the decoder make a JPEG smaller while it decodes, never smaller than it will fit into the box.

    The box is bent to the picture's own shape first: asked for a square, the decoder keeps a 4:3 picture at full size.
    """
    share = min(box[0] / picture.width, box[1] / picture.height)
    if picture.format in {"JPEG", "MPO"} and share < 1:
        picture.draft(None, (round(picture.width * share), round(picture.height * share)))


def copies(picture: Image.Image, boxes: list[tuple[int, int]]) -> list[bytes]:
    """JPEG copies that fit into the boxes (width, height in pixels), upright, in sRGB, and with nothing but pixels.

    Never larger than the picture. The boxes come from the largest to the smallest; each copy is made from the last.
    """
    stored = orientation(picture)
    largest = boxes[0][::-1] if stored in _LYING else boxes[0]
    draft(picture, largest)
    picture.load()
    profile = picture.info.get("icc_profile")
    shown = _flat(picture)
    shown.thumbnail(largest, Image.Resampling.BILINEAR, reducing_gap=None)
    shown = _in_srgb(upright(shown, stored), profile)
    made = []
    for box in boxes:
        shown.thumbnail(box, Image.Resampling.BILINEAR, reducing_gap=2)
        bare = Image.new(shown.mode, shown.size)
        bare.paste(shown)
        target = BytesIO()
        bare.save(target, "JPEG", quality=_QUALITY)
        made.append(target.getvalue())
    return made


def _flat(picture: Image.Image) -> Image.Image:
    """Grey or RGB; what is transparent lies on white."""
    if picture.mode in {"L", "RGB"}:
        return picture
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    sheet = Image.new("RGB", clear.size, "white")
    sheet.paste(clear, mask=clear.getchannel("A"))
    return sheet


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The same colours without a profile of their own; a profile that cannot be used is left out."""
    if not profile or picture.mode != "RGB":
        return picture
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return picture
        turned = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    return turned or picture
