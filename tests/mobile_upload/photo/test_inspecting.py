"""What photographs say, through the door that everybody uses: every trap that cameras, editors and attackers lay."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from PIL import Image

from mobile_upload.photo.children import Limits
from mobile_upload.photo.inspecting import inspect
from mobile_upload.photo.inspection import GpsState, PhotoFormat, PhotoProblem
from tests.mobile_upload.photo import hostile, tiff
from tests.mobile_upload.photo.tiff import (
    Entry,
    block,
    exif_segment,
    heic,
    jpeg,
    png,
    position,
    ratio,
    short,
    text,
    webp,
)

TAKEN: Final = "2024:05:07 09:33:04"
NORTH: Final = ((30, 1), (37, 1), (3954, 100))
EAST: Final = ((119, 1), (44, 1), (1956, 100))
Parts = Sequence[tuple[int, int]]

HERE: Final = (30 + 37 / 60 + 39.54 / 3600, 119 + 44 / 60 + 19.56 / 3600)


def whole(order: tiff.Order = "<", turned: int = 6) -> bytes:
    """A block as a good phone writes it."""
    receiver = (ratio(7, (1, 1), (32, 1), (907, 100)), text(0x1D, "2024:05:07"), ratio(0x1F, (4793, 1000)))
    return block(
        [text(0x010F, "Google"), short(0x0112, turned), text(0x0131, "HDR+ 1.0"), text(0x0132, "2024:05:08 00:00:00")],
        [text(0x9003, TAKEN), text(0x9011, "+08:00")],
        position(NORTH, "N", EAST, "E", *receiver),
        order=order,
    )


def located(gps: list[Entry]) -> bytes:
    return jpeg(exif_segment(block([], [text(0x9003, TAKEN)], gps)))


def dated(*entries: Entry) -> bytes:
    return jpeg(exif_segment(block([text(0x0132, "2001:01:01 01:01:01")], list(entries))))


XMP_SAYS_8: Final = tiff.xmp_segment('tiff:Orientation="8"')

CARRIERS: Final = {
    "little-endian": (jpeg(exif_segment(whole("<"))), "JPEG"),
    "big-endian": (jpeg(exif_segment(whole(">"))), "JPEG"),
    "XMP before it": (jpeg(XMP_SAYS_8, exif_segment(whole())), "JPEG"),
    "two blocks": (jpeg(exif_segment(whole()), exif_segment(whole(turned=8))), "JPEG"),
    "another lead": (jpeg(exif_segment(whole(">"), b"Exif\0\xff")), "JPEG"),
    "capitals": (jpeg(exif_segment(whole(), b"EXIF\0\0")), "JPEG"),
    "wrong number": (jpeg(exif_segment(b"II\0*" + whole("<")[4:])), "JPEG"),
    "longs as directories": (jpeg(exif_segment(whole().replace(b"\x25\x88\x04", b"\x25\x88\x0d"))), "JPEG"),
    "png": (png(whole(">")), "PNG"),
    "png, behind the pixels": (png(whole("<"), is_behind=True), "PNG"),
    "webp": (webp(whole("<")), "WEBP"),
    "webp with JPEG's lead": (webp(whole(">"), b"Exif\0\0"), "WEBP"),
    "heic": (heic(whole("<")), "HEIF"),
    "heic that decoders leave as it lies": (heic(whole(">"), turned_as=whole(">", turned=1)), "HEIF"),
}


@pytest.mark.parametrize(("photo", "kind"), CARRIERS.values(), ids=CARRIERS)
def test_every_file_that_carries_exif_says_the_same(photo: bytes, kind: str) -> None:
    found = inspect(photo)
    assert found.format is PhotoFormat(kind)
    assert (found.taken_at, found.offset, found.orientation) == (TAKEN, "+08:00", 6)
    assert found.gps.state is GpsState.PRESENT
    assert (found.gps.lat, found.gps.lon) == pytest.approx(HERE, abs=1e-9)
    assert (found.gps.accuracy_m, found.gps.utc) == (4.793, "2024:05:07 01:32:09.07")
    assert (found.make, found.software, found.modified_at) == ("Google", "HDR+ 1.0", "2024:05:08 00:00:00")
    assert found.is_readable
    assert PhotoProblem.READERS_DIFFER not in found.problems or kind != "WEBP"


def test_a_heic_keeps_the_size_and_orientation_that_are_stored() -> None:
    lying = inspect(heic(whole(turned=6)))
    assert (lying.width, lying.height, lying.orientation) == (128, 96, 6)
    told_otherwise = inspect(heic(whole(turned=1), turned_as=whole(turned=6)))
    assert (told_otherwise.width, told_otherwise.height, told_otherwise.orientation) == (128, 96, 1)


def _at(lat: Parts, lon: Parts, north: str = "N", east: str = "E", *more: Entry) -> bytes:
    return located(position(lat, north, lon, east, *more))


NOUGHT: Final = ((0, 1), (0, 1), (0, 1))
BLANK: Final = ((0, 0), (0, 0), (0, 0))

POSITIONS: Final = {
    "south and west": (_at(NORTH, EAST, "S", "W"), "present", -HERE[0], -HERE[1]),
    "small letters": (_at(NORTH, EAST, "s", "w"), "present", -HERE[0], -HERE[1]),
    "words": (_at(NORTH, EAST, "South", "West"), "present", -HERE[0], -HERE[1]),
    "letters as bytes": (
        located([Entry(1, 1, b"S\0"), ratio(2, *NORTH), Entry(3, 7, b"W\0"), ratio(4, *EAST)]),
        "present",
        -HERE[0],
        -HERE[1],
    ),
    "minutes with a fraction": (_at([(30, 1), (376590, 10000)], [(119, 1), (443260, 10000)]), "present", *HERE),
    "seconds alone": (_at([(0, 1), (0, 1), (109800, 1)], EAST), "present", 30.5, HERE[1]),
    "whole numbers": (
        located([text(1, "N"), Entry(2, 4, [30, 30, 0]), text(3, "E"), Entry(4, 3, [119, 30, 0])]),
        "present",
        30.5,
        119.5,
    ),
    "a pole": (_at([(90, 1), (0, 1), (0, 1)], [(180, 1), (0, 1), (0, 1)], "S", "W"), "present", -90.0, -180.0),
    "no references": (_at(NORTH, EAST, "", ""), "present", *HERE),
    "degrees alone": (_at([(30500000, 1000000)], [(1197445, 10000)]), "present", 30.5, 119.7445),
    "degrees and minutes": (_at([(30, 1), (30, 1)], [(119, 1), (4500, 100)]), "present", 30.5, 119.75),
    "minutes beyond sixty": (_at([(30, 1), (75, 1), (0, 1)], [(119, 1), (0, 1), (0, 1)]), "present", 31.25, 119.0),
    "on the equator": (_at(NOUGHT, [(119, 1), (30, 1), (0, 1)]), "present", 0.0, 119.5),
    "doubles": (
        located([text(1, "N"), Entry(2, 12, [30.5]), text(3, "E"), Entry(4, 12, [119.5])]),
        "present",
        30.5,
        119.5,
    ),
    "text": (located([text(1, "N"), text(2, "30.5"), text(3, "E"), text(4, "119.5")]), "present", 30.5, 119.5),
    "a sign beside its reference": (
        located([text(1, "N"), Entry(2, 10, [(-30, 1)]), text(3, "E"), Entry(4, 10, [(119, 1)])]),
        "present",
        30.0,
        119.0,
    ),
    "null island": (_at(NOUGHT, NOUGHT), "null_island", 0.0, 0.0),
    "blanked": (_at(BLANK, BLANK), "redacted", None, None),
    "half blanked": (_at(NORTH, BLANK), "redacted", None, None),
    "no number of degrees": (_at([(1, 0), (1, 1), (1, 1)], EAST), "redacted", None, None),
    "no number of seconds": (_at([(30, 1), (1, 1), (0, 0)], EAST), "redacted", None, None),
    "values of no length": (located([text(1, "N"), Entry(2, 5, []), Entry(4, 5, [])]), "redacted", None, None),
    "latitude alone": (located([text(1, "N"), ratio(2, *NORTH)]), "redacted", None, None),
    "beyond the pole": (_at([(200, 1)], [(300, 1)]), "out_of_range", 200.0, 300.0),
    "no directory": (dated(text(0x9003, TAKEN)), "absent", None, None),
    "an empty directory": (located([]), "absent", None, None),
    "a version alone": (located([Entry(0, 1, (2, 3, 0, 0))]), "absent", None, None),
    "a directory that is cut": (
        jpeg(exif_segment(block([], [short(0x9208, 1)], position(NORTH, "N", EAST, "E"))[:-100])),
        "absent",
        None,
        None,
    ),
    "text for a directory": (jpeg(exif_segment(block([text(tiff.GPS, "where?")]))), "absent", None, None),
}


@pytest.mark.parametrize(("photo", "state", "lat", "lon"), POSITIONS.values(), ids=POSITIONS)
def test_positions_and_their_states(photo: bytes, state: str, lat: float | None, lon: float | None) -> None:
    gps = inspect(photo).gps
    assert gps.state == state
    assert (gps.lat, gps.lon) == ((None, None) if lat is None else pytest.approx((lat, lon), abs=1e-9))


def test_both_readers_take_letters_that_are_written_as_bytes() -> None:
    found = inspect(POSITIONS["letters as bytes"][0])
    assert found.readers["exifread"]["lat"] == pytest.approx(-HERE[0])
    assert PhotoProblem.READERS_DIFFER not in found.problems


def test_metres_above_and_below_the_sea() -> None:
    above, below = (_at(NORTH, EAST, "N", "E", Entry(5, 1, (ref,)), ratio(6, (121, 10))) for ref in (0, 1))
    assert (inspect(above).gps.altitude_m, inspect(below).gps.altitude_m) == (12.1, -12.1)


DATES: Final = {
    "usual": (dated(text(0x9003, TAKEN)), TAKEN),
    "missing": (dated(), None),
    "all blanks": (dated(text(0x9003, "    :  :     :  :  ")), "    :  :     :  :  "),
    "noughts": (dated(text(0x9003, "0000:00:00 00:00:00")), "0000:00:00 00:00:00"),
    "day 259": (dated(text(0x9003, "2014:09:259")), "2014:09:259"),
    "the year 2099": (dated(text(0x9003, "2099:09:29 10:10:10")), "2099:09:29 10:10:10"),
    "not ended": (dated(Entry(0x9003, 2, b"2020:01:01 00:00:07")), "2020:01:01 00:00:07"),
    "as bytes": (dated(Entry(0x9003, 7, b"2020:01:01 00:00:07\0")), "2020:01:01 00:00:07"),
    "empty": (dated(text(0x9003, "")), None),
    "blank": (dated(text(0x9003, "  ")), None),
    "in the wrong directory": (jpeg(exif_segment(block([text(0x9003, TAKEN)]))), None),
    "cut off": (jpeg(exif_segment(block([], [text(0x9003, TAKEN)])[:-12])), None),
}


@pytest.mark.parametrize(("photo", "taken_at"), DATES.values(), ids=DATES)
def test_the_time_is_told_as_it_is_written(photo: bytes, taken_at: str | None) -> None:
    assert inspect(photo).taken_at == taken_at


@pytest.mark.parametrize(
    ("clock", "told"),
    [
        (((23, 1), (59, 1), (59999, 1000)), "2024:05:07 23:59:59.999"),
        (((7, 1), (5, 1), (9, 1)), "2024:05:07 07:05:09"),
        (((7, 1), (11, 1), (0, 0)), "2024:05:07 07:11:00"),
        (((0, 0), (11, 1), (0, 1)), None),
    ],
)
def test_the_receivers_clock(clock: tuple[tuple[int, int], ...], told: str | None) -> None:
    photo = _at(NORTH, EAST, "N", "E", ratio(7, *clock), text(0x1D, "2024:05:07"))
    assert inspect(photo).gps.utc == told


@pytest.mark.parametrize(
    ("entry", "stored"), [(short(0x0112, 3), 3), (short(0x0112, 0), 0), (Entry(0x0112, 1, (6,)), 6), (None, None)]
)
def test_the_orientation_is_exifs_own_whatever_xmp_says(entry: Entry | None, stored: int | None) -> None:
    photo = jpeg(XMP_SAYS_8, exif_segment(block([entry] if entry else [text(0x010F, "x")])))
    assert inspect(photo).orientation == stored


def test_a_broken_first_directory_says_nothing() -> None:
    claims_more = bytearray(block([short(0x0112, 6)]))
    claims_more[8:10] = (30).to_bytes(2, "little")
    found = inspect(jpeg(exif_segment(bytes(claims_more))))
    assert found.orientation is None
    assert PhotoProblem.EXIF_DAMAGED in found.problems


def test_a_position_that_only_an_editor_wrote_is_noticed_and_not_used() -> None:
    found = inspect(jpeg(tiff.xmp_segment('exif:GPSLatitude="30,37.659N" exif:GPSLongitude="119,44.326E"')))
    assert (found.gps.state, found.gps.lat) == (GpsState.ABSENT, None)
    assert PhotoProblem.POSITION_ONLY_IN_XMP in found.problems


def test_readers_that_differ_are_kept_side_by_side() -> None:
    single = [text(1, "N"), Entry(2, 11, [30.5]), text(3, "E"), Entry(4, 11, [119.5])]  # which ExifRead cannot read
    found = inspect(located(single))
    assert found.gps.state is GpsState.PRESENT
    assert PhotoProblem.READERS_DIFFER in found.problems
    assert found.readers["exifread"]["gps_state"] == "redacted"
    assert found.readers["pillow"]["gps_state"] == "present"
    assert "lat" in found.readers["differing"]


def test_a_reference_that_is_missing_is_told() -> None:
    assert PhotoProblem.GPS_REFERENCE_MISSING in inspect(_at(NORTH, EAST, "", "")).problems


@pytest.mark.parametrize(("photo", "problems"), hostile.files().values(), ids=hostile.files())
def test_hostile_files_end_with_a_reason(photo: bytes, problems: set[str]) -> None:
    assert problems <= set(inspect(photo).problems)


def test_what_can_be_read_of_a_hostile_file_is_read() -> None:
    slow, far = (inspect(hostile.files()[name][0]) for name in ("slow exif", "4 GB in a heic"))
    assert slow.readers["pillow"]["error"] is None
    assert slow.is_readable
    assert (far.taken_at, far.orientation) == (TAKEN, 6)


def test_an_end_that_is_missing_and_a_film_behind_it() -> None:
    plain = tiff.bare("JPEG")
    film = b"\0\0\0\x18ftypmp42" + bytes(64)
    assert PhotoProblem.END_MISSING in inspect(plain[:-2]).problems
    assert inspect(plain).problems == ()
    assert inspect(plain + bytes(64)).problems == ()
    in_a_box = heic(whole()) + b"\0\0\0\x10mpvd" + bytes(8)
    for photo in (plain + film, in_a_box, tiff.bare("PNG") + film, tiff.bare("WEBP") + film, heic(whole()) + film):
        found = inspect(photo)
        assert found.trailing_video
        assert PhotoProblem.TRAILING_VIDEO in found.problems


def test_a_picture_of_several_counts_as_jpeg() -> None:
    target = BytesIO()
    tiff.picture().save(target, "MPO", save_all=True, append_images=[tiff.picture().rotate(90)])
    found = inspect(target.getvalue())
    assert (found.format, found.is_readable, found.trailing_video) == (PhotoFormat.JPEG, True, False)


def _large() -> bytes:
    target = BytesIO()
    Image.new("RGB", (6000, 4000)).save(target, "PNG", compress_level=1)
    return target.getvalue()


def test_a_photo_that_takes_too_long_has_told_its_beginning_and_harms_nobody_after_it() -> None:
    hurried = Limits(cpu_seconds=0.03, cpu_seconds_each_million=0)
    found = inspect(_large(), limits=hurried)
    assert found.problems == (PhotoProblem.TIME_LIMIT,)
    assert (found.format, found.width, found.is_readable) == (PhotoFormat.PNG, 6000, False)
    assert inspect(tiff.bare("JPEG"), limits=hurried).problems == ()


def test_a_heic_has_the_longer_time_that_its_decoder_needs() -> None:
    photo = tiff.bare("HEIF", 800, 600)
    hurried = Limits(cpu_seconds=0.02, cpu_seconds_each_million=5, cpu_seconds_each_million_of_heif=0)
    usual = replace(hurried, cpu_seconds_each_million=0, cpu_seconds_each_million_of_heif=5)
    inspect(tiff.bare("HEIF"))
    assert inspect(photo, limits=hurried).problems == (PhotoProblem.TIME_LIMIT,)
    assert inspect(photo, limits=usual).problems == ()


def test_a_picture_of_many_scans_is_walked_once() -> None:
    target = BytesIO()
    tiff.picture(640, 480).save(target, "JPEG", progressive=True)
    photo = target.getvalue()
    film = b"\0\0\0\x18ftypmp42" + bytes(64)
    assert inspect(photo + film).trailing_video
    begin, end = photo.index(b"\xff\xda"), photo.rindex(b"\xff\xda")
    scans = photo[begin:end] * 300  # megabytes in which the last scan stands far from the first
    found = inspect(photo[:begin] + scans + photo[end:], limits=Limits(cpu_seconds=0.2, cpu_seconds_each_million=0))
    assert found.readers["pillow"]["error"] is None


def test_a_photo_that_takes_too_much_memory() -> None:
    found = inspect(_large(), limits=Limits(memory_bytes=140 << 20))
    assert found.problems == (PhotoProblem.MEMORY_LIMIT,)
    assert not found.is_readable


def test_limits_on_bytes_and_pixels() -> None:
    photo = tiff.bare("PNG")
    assert inspect(photo, limits=Limits(most_bytes=10)).problems == (PhotoProblem.TOO_MANY_BYTES,)
    assert inspect(photo, limits=Limits(most_pixels=100)).problems == (PhotoProblem.TOO_MANY_PIXELS,)


def _children() -> set[int]:
    mine = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            if parent == str(os.getpid()) and b"photo.child" in (entry / "cmdline").read_bytes():
                mine.add(int(entry.name))
        except OSError:
            continue
    return mine


def test_children_stay_warm_and_are_replaced_when_they_die() -> None:
    photo = tiff.bare("JPEG")
    before = inspect(photo)
    warm = _children()
    assert warm
    inspect(photo)
    assert _children() == warm
    for child, how in zip(warm, (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL), strict=False):
        os.kill(child, how)
    assert inspect(photo) == before
    assert not _children() & warm


def test_a_child_is_given_none_of_our_secrets() -> None:
    inspect(tiff.bare("JPEG"))
    for child in _children():
        names = {line.partition(b"=")[0] for line in (Path(f"/proc/{child}/environ").read_bytes()).split(b"\0") if line}
        assert names <= {b"PATH", b"PYTHONPATH", b"LD_LIBRARY_PATH", b"LANG", b"COVERAGE_PROCESS_CONFIG"}


def test_the_command_reads_no_settings_and_leaves_the_file_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import wsgi

    first, second = tmp_path / "照片 1.jpg", tmp_path / "2.heic"
    first.write_bytes(jpeg(exif_segment(whole())))
    second.write_bytes(heic(whole()))
    assert wsgi.main(["inspect-photo", str(first), str(second)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == [str(first), str(second)]
    keys = {"file", "sha256", "size", "format", "width", "height", "orientation", "taken_at", "offset", "gps", "codes"}
    assert keys | {"problems", "hashes", "readers"} <= set(lines[0])
    assert {"state", "lat", "lon", "accuracy_m", "utc"} <= set(lines[0]["gps"])
    assert first.read_bytes() == jpeg(exif_segment(whole()))
    assert wsgi.main(["inspect-photo", str(tmp_path / "none.jpg")]) == 2
    assert not any(name.startswith("SONGDA_") for name in os.environ)


_TOLD_WHAT_IS_LOADED: Final = """
import sys, wsgi
status = wsgi.main(["inspect-photo", sys.argv[1]])
loaded = {"sqlalchemy", "flask", "phonenumbers", "delivery.settings", "delivery.runtime", "PIL"} & set(sys.modules)
sys.exit(status or ", ".join(sorted(loaded)) or 0)
"""


def test_the_command_loads_nothing_of_a_court_and_so_answers_at_once(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(tiff.bare("JPEG"))
    command = [sys.executable, "-c", _TOLD_WHAT_IS_LOADED, str(tmp_path / "photo.jpg")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["format"] == "JPEG"
