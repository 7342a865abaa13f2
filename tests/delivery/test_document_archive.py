"""The ZIP beside a docket: names in any encoding, nothing outside, nothing without bounds."""

import io
import stat
import struct
import unicodedata
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.archives import UnpackLimits
from delivery.document_archive import DocumentArchive
from delivery.domain.errors import BadValue
from tests.delivery.dockets import zip_file


def raw_named(name: bytes, content: bytes = b"paper", *, extra: bytes = b"") -> io.BytesIO:
    """A ZIP whose one name is these very bytes, without the flag that says UTF-8."""
    check = zlib.crc32(content)
    size = len(content)
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 0, check, size, size, len(name), 0) + name + content
    fields = (20, 20, 0, 0, 0, 0, check, size, size, len(name), len(extra), 0, 0, 0, 0, 0)
    central = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *fields)
    directory = central + name + extra
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), len(local), 0)
    return io.BytesIO(local + directory + end)


def refused(file: io.BytesIO, limits: UnpackLimits | None = None) -> str:
    with pytest.raises(BadValue) as why:
        DocumentArchive(file, limits) if limits else DocumentArchive(file)
    return why.value.code


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_of_windows_and_of_others_are_read(encoding: str) -> None:
    archive = DocumentArchive(raw_named("1234号/起诉状副本.pdf".encode(encoding)))
    assert archive.names == ("1234号/起诉状副本.pdf",)
    assert archive.find("起诉状副本.pdf") == "1234号/起诉状副本.pdf"
    assert archive.read("1234号/起诉状副本.pdf") == b"paper"


def test_a_stated_unicode_name_wins() -> None:
    name = "传票.pdf".encode()
    extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, 0) + name
    assert DocumentArchive(raw_named(b"____.pdf", extra=extra)).names == ("传票.pdf",)


def test_the_form_of_a_name_does_not_matter() -> None:
    archive = DocumentArchive(
        zip_file({unicodedata.normalize("NFD", "（2026）Übersicht.PDF"): b"x", "A\\传票.pdf": b"y"})
    )
    assert archive.find("(2026)übersicht.pdf") == "（2026）Übersicht.PDF"
    assert archive.find("传票.pdf") == "A/传票.pdf"
    assert archive.find("A\\传票.pdf") == "A/传票.pdf"
    assert archive.find("判决.pdf") is None


def test_two_files_of_one_name_need_their_folder() -> None:
    archive = DocumentArchive(zip_file({"甲/传票.pdf": b"1", "乙/传票.pdf": b"2"}))
    with pytest.raises(BadValue, match="file_ambiguous"):
        archive.find("传票.pdf")
    assert archive.read(archive.find("乙/传票.pdf") or "") == b"2"


def test_the_litter_of_operating_systems_is_passed_over() -> None:
    litter = {"__MACOSX/._传票.pdf": b"", ".DS_Store": b"", "a/Thumbs.db": b"", "~$传票.docx": b"", "empty/": b""}
    assert DocumentArchive(zip_file({**litter, "传票.pdf": b"x"})).names == ("传票.pdf",)


@pytest.mark.parametrize(
    "name", ["../传票.pdf", "a/../../传票.pdf", "/etc/传票.pdf", "C:/传票.pdf", "..\\传票.pdf", "a\nb.pdf"]
)
def test_a_name_that_points_outside_spoils_the_archive(name: str) -> None:
    assert refused(raw_named(name.encode())) == "archive_path"


def test_a_link_spoils_the_archive() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        link = zipfile.ZipInfo("传票.pdf")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert refused(file) == "archive_path"


def test_one_name_twice_spoils_the_archive() -> None:
    assert refused(zip_file({"甲/传票.pdf": b"1", "甲\\传票.pdf": b"2"})) == "archive_twice"


def test_an_archive_keeps_to_its_bounds() -> None:
    small = UnpackLimits(entries=2, entry_bytes=1_000, total_bytes=1_500)
    assert refused(zip_file({"1": b"", "2": b"", "3": b""}), small) == "archive_entries"
    assert refused(zip_file({"1": bytes(1_001)}), small) == "archive_bomb"
    assert refused(zip_file({"1": bytes(800), "2": bytes(800)}), small) == "archive_bomb"
    assert refused(zip_file({"1": bytes(32 << 20)}), UnpackLimits(ratio=100)) == "archive_bomb"
    assert refused(io.BytesIO(b"PK\x03\x04 nothing")) == "archive_broken"
    # A directory is refused unread when it is longer than that of so many entries, whatever number it names.
    entry = zip_file({"1": b""}).getvalue()
    entry = entry[entry.index(b"PK\x01\x02") : entry.index(b"PK\x05\x06")]
    many = entry * ((1 << 18) // len(entry))
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2, 2, len(many), 0, 0)
    assert refused(io.BytesIO(many + end), small) == "archive_entries"
    assert refused(zip_file({"1": bytes(99)}, compression=zipfile.ZIP_LZMA)) == "archive_broken"


def test_a_damaged_entry_is_refused_when_it_is_read() -> None:
    content = zip_file({"传票.pdf": b"paper" * 50}, compression=zipfile.ZIP_STORED).getvalue()
    archive = DocumentArchive(io.BytesIO(content.replace(b"paper", b"other", 1)))
    with pytest.raises(BadValue, match="archive_broken"):
        archive.read("传票.pdf")


@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes_are_an_archive_or_are_refused(junk: bytes, place: int) -> None:
    content = zip_file({"传票.pdf": b"paper", "判决.pdf": b"x"}).getvalue()
    damaged = content[: place % len(content)] + junk + content[place % len(content) + len(junk) :]
    try:
        archive = DocumentArchive(io.BytesIO(damaged))
        for name in archive.names:
            archive.read(name)
    except BadValue:
        return
