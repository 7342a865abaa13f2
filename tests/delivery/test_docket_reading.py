"""Whole dockets: formats, encodings, headings, hostile files, and a large one with one bad row in thirty."""

import ast
import csv
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery import wording
from delivery.correcting import column_name, correction
from delivery.docket_headings import NAMES, Column
from delivery.docket_reading import Docket, DocketLimits, open_docket
from delivery.docket_row import DocketRow
from delivery.domain.errors import BadValue
from tests.delivery.dockets import GOOD, changed_zip, csv_file, row, workbook_file, xlsx_file, zip_file


def refused(file: io.BytesIO, *, limits: DocketLimits | None = None) -> BadValue:
    with pytest.raises(BadValue) as why:
        list(open_docket(file, limits=limits))
    for language in ("zh", "en"):
        words = correction(language, why.value.code, why.value.arguments)
        assert words.message
        assert words.cure
    return why.value


def codes(docket: Docket) -> list[str]:
    return [error.code for one in docket if isinstance(one, tuple) for error in one]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_is_read_in_every_encoding_that_courts_use(encoding: str, separator: str) -> None:
    docket = open_docket(csv_file([row(受送达人="张㛃𬭎")], encoding=encoding, separator=separator))
    (one,) = docket
    assert isinstance(one, DocketRow)
    assert one.recipient == "张㛃𬭎"
    assert docket.notices == ()


def test_both_formats_read_the_same() -> None:
    rows = [row(), row(受送达人="王五", 证件号码="", 手机="12"), row(受送达人="赵六", 证件号码="")]
    assert list(open_docket(csv_file(rows))) == list(open_docket(xlsx_file(rows)))


def test_a_docket_can_be_read_again_from_the_start() -> None:
    docket = open_docket(csv_file([row()]))
    assert list(docket) == list(docket)


def test_spreadsheet_cells_keep_their_types() -> None:
    values = {**GOOD, "手机": 13800001234, "立案日期": date(2026, 3, 2), "开庭时间": datetime(2026, 4, 8, 9, 30)}  # noqa: DTZ001 -- a sheet knows no zone
    (one,) = open_docket(workbook_file([list(values), list(values.values())]))
    assert isinstance(one, DocketRow)
    assert (one.accepted_on, one.hearing_at) == (date(2026, 3, 2), datetime(2026, 4, 8, 1, 30, tzinfo=UTC))
    assert one.phones[0].number == "+8613800001234"


def test_a_number_that_excel_has_rounded_is_not_believed() -> None:
    values = {**GOOD, "证件号码": 110105194912310021}
    assert codes(open_docket(workbook_file([list(values), list(values.values())]))) == ["id_rounded"]


def test_titles_above_and_empty_lines_between_keep_the_numbering() -> None:
    lines = [["云州市青河区人民法院送达清单"], [], list(GOOD), [], list(row(手机="12").values())]
    (one,) = open_docket(workbook_file(lines, before=["说明"]))
    assert isinstance(one, tuple)
    assert one[0].number == 5
    text = "送达清单\r\n\r\n" + csv_file([row(手机="12")]).getvalue().decode()
    (same,) = open_docket(io.BytesIO(text.encode()))
    assert isinstance(same, tuple)
    assert same[0].number == 4


def test_headings_may_stand_in_any_order_and_language() -> None:
    turned = dict(reversed(row().items()))
    assert list(open_docket(csv_file([turned]))) == list(open_docket(csv_file([row()])))
    english = {column_name("en", column): GOOD[NAMES[column][0]] for column in Column}
    assert list(open_docket(csv_file([english]))) == list(open_docket(csv_file([row()])))
    decorated = {f" {heading}（必填）*": value for heading, value in row().items()}
    assert [one for one in open_docket(csv_file([decorated])) if isinstance(one, DocketRow)]


def test_every_column_is_found_by_each_of_its_names() -> None:
    for column, (ours, *others) in NAMES.items():
        for name in (ours, *others, column.value, column_name("zh", column), column_name("en", column)):
            written = {name: "x", **{heading: value for heading, value in GOOD.items() if heading != ours}}
            assert open_docket(csv_file([written])).headings.of(column) == name


def test_numbers_in_two_columns_are_one_list() -> None:
    (one,) = open_docket(csv_file([{**row(), "固定电话": "010-62345678"}]))
    assert isinstance(one, DocketRow)
    assert [phone.mobile for phone in one.phones] == [True, False]


def test_wrong_headings_are_named_with_what_they_may_have_meant() -> None:
    renamed = {
        {"案号": "案件号吗", "送达文书": "要送的"}.get(heading, heading): value for heading, value in GOOD.items()
    }
    why = refused(csv_file([renamed]))
    assert why.code == "headings_wrong"
    words = correction("zh", why.code, why.arguments).message
    assert "缺少列：案号、送达文书" in words
    assert "要送的" in words
    assert "“案件号吗”应为“案号”？" in words


def test_a_mistyped_optional_heading_is_not_lost_in_silence() -> None:
    why = refused(csv_file([{{"手机": "手机号吗"}.get(heading, heading): value for heading, value in GOOD.items()}]))
    assert why.arguments["nearest"] == "手机号吗=mobile"


def test_a_column_that_means_nothing_to_us_is_said_to_be_unused() -> None:
    (notice,) = open_docket(csv_file([{**row(), "承办法官": "钱七"}])).notices
    assert "承办法官" in wording.say("zh", f"import.notice.{notice.code}", **notice.arguments)


def test_a_heading_may_not_stand_twice() -> None:
    assert refused(workbook_file([[*GOOD, "案号"], [*GOOD.values(), "x"]])).code == "heading_twice"


def test_big5_is_seen_before_names_are_garbled() -> None:
    headings = "case_number,procedure,accepted_on,documents,recipient,kind,mobile"
    line = "（2026）雲0188民初1號,ordinary,2026-03-02,summons,歐陽麗華與陳劉黃張蘇鄧關寶龍,person,13800001234"
    (notice,) = open_docket(io.BytesIO(f"{headings}\r\n{line}\r\n".encode("big5"))).notices
    assert notice.code == "looks_big5"
    chinese = "案號,程序,立案日期,送達文書,受送達人,訴訟地位,類型\r\n（2026）雲0188民初1號,普通程序,,,歐陽麗華,,\r\n"
    assert refused(io.BytesIO(chinese.encode("big5"))).code == "docket_big5"


def test_a_stray_quotation_mark_costs_its_own_row_only() -> None:
    good = csv_file([row()]).getvalue()
    bad = good.split(b"\r\n")[1].replace("张三".encode(), '"张"三'.encode())
    read = list(open_docket(io.BytesIO(good.split(b"\r\n")[0] + b"\r\n" + bad + b"\r\n" + good.split(b"\r\n")[1])))
    assert isinstance(read[0], tuple)
    assert read[0][0].code == "line_quotes"
    assert isinstance(read[1], DocketRow)


def test_text_that_guards_numbers_by_a_formula_is_read() -> None:
    docket = open_docket(csv_file([row(证件号码='="11010519491231002X"')]))
    assert all(isinstance(one, DocketRow) for one in docket)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "docket_empty"),
        (b"%PDF-1.7 ...", "docket_not_a_table"),
        (b"\x89PNG\r\n\x1a\n...", "docket_not_a_table"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "docket_not_a_table"),
        (b"just a line of words\r\nand another\r\n", "docket_not_a_table"),
        (b"a,b,c\x00\x01\x02", "docket_not_a_table"),
        (",".join(["案号", "程序", *map(str, range(10_000))]).encode(), "docket_columns"),
        ("案号,程序".encode() + b"\xff\xff,x,y", "docket_encoding"),
        (b"PK\x03\x04 not really a zip", "docket_broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "docket_old_excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "docket_encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "_VBA_PROJECT".encode("utf-16-le"), "docket_macros"),
    ],
)
def test_what_is_no_docket_is_said_to_be_so(content: bytes, code: str) -> None:
    assert refused(io.BytesIO(content)).code == code


def macro_types(content: bytes) -> bytes:
    return content.replace(b"spreadsheetml.sheet.main+xml", b"sheet.macroEnabled.main+xml")


def sheet_of(file: io.BytesIO, change: Callable[[bytes], bytes], entry: str = "xl/worksheets/sheet1.xml") -> io.BytesIO:
    with zipfile.ZipFile(file) as archive:
        content = archive.read(entry)
    return changed_zip(file, {entry: change(content)})


def cells(old: bytes, new: bytes) -> Callable[[], io.BytesIO]:
    return lambda: sheet_of(xlsx_file([row()]), lambda xml: xml.replace(old, new))


MANY_ROWS = b"<row></row>" * 30_000 + b"</sheetData>"
WIDE_ROW = b"<x:row>" + b"<x:c/>" * 300 + b"</x:row></sheetData>"
HOSTILE: dict[str, tuple[Callable[[], io.BytesIO], str]] = {
    "a VBA project": (lambda: changed_zip(xlsx_file([row()]), {"xl/vbaProject.bin": b"program"}), "docket_macros"),
    "Excel 4 macros": (
        lambda: changed_zip(xlsx_file([row()]), {"xl/macrosheets/sheet1.xml": b"<x/>"}),
        "docket_macros",
    ),
    "the type of xlsm": (lambda: sheet_of(xlsx_file([row()]), macro_types, "[Content_Types].xml"), "docket_macros"),
    "a DOCX": (lambda: zip_file({"word/document.xml": b"<x/>", "[Content_Types].xml": b"<x/>"}), "docket_not_a_table"),
    "a bomb": (lambda: changed_zip(xlsx_file([row()]), {"xl/media/bomb": bytes(60 << 20)}), "docket_bomb"),
    "half a sheet": (lambda: sheet_of(xlsx_file([row()]), lambda xml: xml[: len(xml) // 2]), "docket_broken"),
    "no sheets": (lambda: changed_zip(xlsx_file([row()]), {"xl/workbook.xml": b"<workbook/>"}), "docket_not_a_table"),
    "a sheet in UTF-16": (
        lambda: sheet_of(xlsx_file([row()]), lambda xml: xml.decode().encode("utf-16")),
        "docket_broken",
    ),
    # The corner cell would make the reader ask for 500 GB.
    "the corner cell": (cells(b'"B2"', b'"XFD1048576"'), "docket_rows"),
    "a far column": (cells(b'"B2"', b"'ZZZ2'"), "docket_columns"),
    "a far row": (cells(b'<row r="2"', b'<row r="9999999"'), "docket_rows"),
    "many rows without a number": (cells(b"</sheetData>", MANY_ROWS), "docket_rows"),
    "many cells without a name": (cells(b"</sheetData>", WIDE_ROW), "docket_columns"),
}


@pytest.mark.parametrize(("make", "code"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_workbook_is_refused_before_it_is_read(make: Callable[[], io.BytesIO], code: str) -> None:
    assert refused(make()).code == code


def test_size_and_rows_are_bounded() -> None:
    assert refused(csv_file([row()]), limits=DocketLimits(file_bytes=100)).code == "docket_too_large"
    rows = [row(受送达人=f"张{number}", 证件号码="") for number in range(5)]
    assert refused(csv_file(rows), limits=DocketLimits(rows=4)).code == "docket_rows"
    assert refused(xlsx_file(rows), limits=DocketLimits(rows=4)).code == "docket_rows"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_docket_or_are_refused(content: bytes) -> None:
    try:
        list(open_docket(io.BytesIO(content)))
    except BadValue:
        return


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="\x00"), max_size=12), min_size=23, max_size=23), max_size=4
    )
)
def test_any_cells_are_rows_or_errors(lines: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([list(GOOD), *lines])
    for one in open_docket(io.BytesIO(text.getvalue().encode("utf-8", "replace"))):
        assert isinstance(one, DocketRow | tuple)


def codes_raised(path: Path) -> set[str]:
    """The codes that a module's source gives to `BadValue`, to empty cells (`missing=`) and to lines (`Line`)."""
    found: set[str] = set()
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name | ast.Attribute):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr
        places: list[ast.expr] = []
        if name == "BadValue":
            first = call.args[0]
            places += [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
        elif name == "RowError":
            places += call.args[4:5]
        elif name == "Line":
            places += call.args[2:]
        elif name in {"take", "_choice"}:
            places += [keyword.value for keyword in call.keywords if keyword.arg == "missing"]
        found.update(
            place.value for place in places if isinstance(place, ast.Constant) and isinstance(place.value, str)
        )
    return found - {""}


def test_every_code_has_a_message_and_a_cure_and_no_words_are_idle() -> None:
    delivery = Path(wording.__file__).parent
    modules = [*delivery.glob("docket_*.py"), *delivery.glob("document_*.py"), delivery / "archives.py"]
    modules += [delivery / "import_files.py", delivery / "importing.py"]
    modules += [delivery / "domain" / f"{name}.py" for name in ("address", "case", "identity", "postal")]
    raised = set().union(*map(codes_raised, modules))
    raised |= {f"{column}_unknown" for column in ("procedure", "role", "kind", "address_basis", "language")}
    words = {tuple(key.split(".")[2:]) for key in wording.keys_under("import.problem")}
    assert words == {(code, part) for code in raised for part in ("message", "cure")}
