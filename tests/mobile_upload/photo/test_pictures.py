"""Codes, likenesses and derived copies: what the pixels tell, and what is shown of them."""

from io import BytesIO

import pillow_heif
import pytest
import segno
from PIL import Image

from mobile_upload.photo import derived
from mobile_upload.photo.inspecting import inspect
from mobile_upload.photo.inspection import Fingerprints, PhotoProblem
from tests.mobile_upload.photo import hostile, scenes, tiff
from tests.mobile_upload.photo.tiff import block, exif_segment, jpeg, position, segment, short, text


@pytest.mark.parametrize("share", scenes.SHARES)
def test_the_code_of_a_notice_is_read_from_afar_and_never_wrongly(share: int) -> None:
    scene = scenes.scene(share, seed=1)
    assert inspect(scene.jpeg).codes == (scene.text,)


def test_a_code_that_hangs_beside_the_notice_hides_nothing() -> None:
    wanted = "https://songda.example.org/n/" + "0123456789ABCDEFGHJKM"
    wall = Image.new("RGB", (4032, 3024), "lightgrey")
    for told, scale, place in (("https://example.org/pay", 24, (200, 200)), (wanted, 3, (3000, 2000))):
        target = BytesIO()
        segno.make(told, error="m").save(target, kind="png", scale=scale, border=4)
        wall.paste(Image.open(target), place)
    target = BytesIO()
    wall.save(target, "JPEG", quality=85)
    assert set(inspect(target.getvalue()).codes) == {"https://example.org/pay", wanted}


def test_the_long_search_for_a_tiny_code_is_for_files_that_are_whole() -> None:
    made = segno.make("songda", version=2, error="m", micro=False, boost_error=False)
    code = Image.frombytes("L", (25, 25), bytes(30 if bit else 235 for row in made.matrix for bit in row))
    paper = Image.new("L", (1600, 1600), 235)
    paper.paste(code.resize((1000, 1000), Image.Resampling.NEAREST), (300, 300))
    picture = Image.new("L", (160, 120), 235)
    turned = paper.rotate(30, Image.Resampling.BICUBIC, fillcolor=235)
    picture.paste(turned.resize((52, 52), Image.Resampling.BOX), (20, 10))
    target = BytesIO()
    picture.save(target, "JPEG", quality=98)
    photo, strange = target.getvalue(), hostile.files()["slow exif"][0]
    begin = photo[:2] + strange[2 : 4 + int.from_bytes(strange[4:6], "big")]
    assert inspect(photo).codes == ("songda",)
    found = inspect(begin + photo[2:])
    assert PhotoProblem.EXIF_TOO_SLOW in found.problems
    assert (found.is_readable, found.codes) == (True, ())


def _saved(picture: Image.Image, **how: int | bytes) -> Fingerprints:
    target = BytesIO()
    picture.save(target, "JPEG", **{"quality": 90, **how})
    return inspect(target.getvalue()).hashes


def _distance(one: str | None, other: str | None) -> int:
    assert one
    assert other
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_a_picture_is_recognised_after_it_was_changed() -> None:
    picture, another = (scenes.background(number).resize((800, 600)) for number in (0, 1))
    first = _saved(picture)
    for changed in (
        _saved(picture, quality=45),
        _saved(picture.resize((300, 225))),
        _saved(picture.crop((8, 6, 792, 594))),
    ):
        assert _distance(first.phash, changed.phash) <= 10
        assert _distance(first.dhash, changed.dhash) <= 10
    for turn in Image.Transpose:
        turned = _saved(picture.transpose(turn))
        assert min(_distance(turned.phash, one) for one in first.phash_turned) <= 4
        assert min(_distance(turned.dhash, one) for one in first.dhash_turned) <= 6
    strange = _saved(another)
    assert _distance(first.phash, strange.phash) > 10
    assert len(set(first.phash_turned)) == 7


def test_the_same_pixels_are_the_same_whatever_the_metadata_says() -> None:
    plain = inspect(jpeg()).hashes
    edited = inspect(jpeg(exif_segment(block([text(0x0131, "An editor")])))).hashes
    assert plain.pixels_sha256 == edited.pixels_sha256
    assert plain.sha256 != edited.sha256


def test_the_hashes_are_of_the_picture_as_it_is_shown() -> None:
    picture = scenes.background(0).resize((800, 600))
    lying = _saved(picture, exif=b"Exif\0\0" + block([short(0x0112, 6)]))
    upright = _saved(picture.rotate(-90, expand=True))
    assert _distance(lying.phash, upright.phash) <= 4
    assert _distance(lying.phash, _saved(picture).phash) > 10


def _segments(photo: bytes) -> set[int]:
    found, place = set(), 2
    while photo[place + 1] != 0xDA:
        found.add(photo[place + 1])
        place += 2 + int.from_bytes(photo[place + 2 : place + 4], "big")
    return found


def test_copies_carry_nothing_but_pixels() -> None:
    gps = position([(30, 1)], "N", [(119, 1)], "E")
    photo = jpeg(
        tiff.xmp_segment('exif:GPSLatitude="30,0N"'),
        exif_segment(block([text(0x010F, "Google")], [], gps)),
        segment(0xED, b"Photoshop 3.0\0"),
        segment(0xFE, b"a remark"),
        width=640,
        height=480,
    ) + (b"\0\0\0\x18ftypmp42" + bytes(64))
    copy = derived.make(photo, (320, 320))
    assert copy[:3] == b"\xff\xd8\xff"
    assert _segments(copy) <= {0xE0, 0xDB, 0xC0, 0xC4}
    assert copy.endswith(b"\xff\xd9")
    assert b"ftyp" not in copy


@pytest.mark.parametrize(
    ("photo", "size"),
    [
        (jpeg(width=640, height=480), (320, 240)),
        (jpeg(exif_segment(block([short(0x0112, 6)])), width=640, height=480), (240, 320)),
        (jpeg(width=64, height=48), (64, 48)),
        (tiff.bare("PNG", 500, 1000), (160, 320)),
        (tiff.bare("WEBP", 1000, 500), (320, 160)),
        (tiff.heic(block([short(0x0112, 6)])), (96, 128)),
        (tiff.heic(block([short(0x0112, 6)]), turned_as=block([short(0x0112, 1)])), (128, 96)),
    ],
)
def test_copies_fit_stand_upright_and_are_never_larger(photo: bytes, size: tuple[int, int]) -> None:
    assert Image.open(BytesIO(derived.make(photo, derived.THUMBNAIL))).size == size


def test_several_copies_come_from_one_decoding_in_the_colours_of_the_picture() -> None:
    photo = jpeg(exif_segment(block([short(0x0112, 3)])), width=4000, height=3000)
    page, thumbnail = (Image.open(BytesIO(one)) for one in derived.make_all(photo, [derived.PAGE, derived.THUMBNAIL]))
    assert (page.size, thumbnail.size) == ((1600, 1200), (320, 240))
    shown = tiff.picture(4000, 3000).rotate(180).resize((8, 6), Image.Resampling.BOX)
    for copy in (page, thumbnail):
        small = copy.resize((8, 6), Image.Resampling.BOX)
        assert max(abs(a - b) for a, b in zip(small.tobytes(), shown.tobytes(), strict=True)) <= 12


def test_what_is_transparent_lies_on_white() -> None:
    target = BytesIO()
    Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(target, "PNG")
    copy = Image.open(BytesIO(derived.make(target.getvalue(), (320, 320))))
    assert copy.getpixel((20, 15)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("photo", "problem"),
    [
        (b"PK\x03\x04" + bytes(99), PhotoProblem.FORMAT_REFUSED),
        (tiff.bare("JPEG", 640, 480)[:3000], PhotoProblem.TRUNCATED),
        (b"\xff\xd8\xff", PhotoProblem.UNREADABLE),
    ],
)
def test_no_copy_without_a_picture(photo: bytes, problem: PhotoProblem) -> None:
    with pytest.raises(derived.NoCopy) as refused:
        derived.make(photo, derived.THUMBNAIL)
    assert refused.value.problem is problem


def test_a_heic_of_ten_bits_has_a_copy() -> None:
    target = BytesIO()
    deep = bytes(range(256)) * 96
    pillow_heif.from_bytes("RGB;16", (64, 64), deep).save(target, quality=90)
    assert derived.make(target.getvalue(), (32, 32))
