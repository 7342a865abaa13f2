"""Dockets for tests: a good row, its variations, and the two file formats that courts export."""

import io
import zipfile
from collections.abc import Iterable, Sequence

import xlsxwriter

GOOD = {
    "案号": "（2026）云0188民初1234号",
    "原审案号": "",
    "案由": "民间借贷纠纷",
    "程序": "普通程序",
    "立案日期": "2026-03-02",
    "开庭时间": "2026-04-08 09:30",
    "送达文书": "起诉状副本；应诉通知书；举证通知书；传票",
    "受送达人": "张三",
    "诉讼地位": "被告",
    "类型": "自然人",
    "证件号码": "11010519491231002X",
    "手机": "13800001234",
    "电子邮箱": "zs@example.com",
    "送达地址": "浙江省杭州市西湖区文三路90号",
    "地址依据": "confirmed",
    "确认日期": "2026-03-03",
    "电子送达同意": "是",
    "代理律所": "云州律师事务所",
    "代理律师": "李四",
    "律所邮箱": "service@firm.example",
    "文书文件": "",
    "涉密/不公开": "否",
    "语言": "中文",
    "微信送达账号": "",
    "律所微信": "",
}

FIRST_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"


def row(**changes: str) -> dict[str, str]:
    """A good row with some columns changed."""
    return {**GOOD, **changes}


def large_docket(bad_each: int = 15, rows: int = 5_000) -> list[dict[str, str]]:
    """Rows of different people, the last ones bad in ten ways, mixed in evenly."""
    spoilt = [
        {"受送达人": ""},
        {"证件号码": "110105194912310021"},
        {"手机": "1380000123"},
        {"电子邮箱": "someone.example.com"},
        {"送达文书": "应诉通知书;起诉书状"},
        {"立案日期": "三月初"},
        {"开庭时间": "2026-02-08 09:30"},
        {"案号": "2026云0188民初1号"},
        {"程序": "快捷程序"},
        dict.fromkeys(("手机", "电子邮箱", "送达地址", "地址依据", "确认日期", "代理律所", "代理律师", "律所邮箱"), ""),
    ]
    every = rows // (bad_each * len(spoilt))
    docket = []
    for number in range(rows):
        name = SURNAMES[number % 20] + FIRST_NAMES[number % 24] + FIRST_NAMES[number // 24 % 24]
        one = row(
            案号=f"（2026）云0188民初{number + 1}号",
            受送达人=name,
            证件号码="",
            手机=f"138{number:08d}",
            电子邮箱=f"party{number}@example.com",
        )
        if number % every == every - 1 and number // every < bad_each * len(spoilt):
            one.update(spoilt[number // every % len(spoilt)])
        docket.append(one)
    return docket


def csv_file(rows: Iterable[dict[str, str]], *, encoding: str = "utf-8", separator: str = ",") -> io.BytesIO:
    """The rows under their headings as delimited text."""
    rows = list(rows)
    lines = [list(rows[0]), *(list(each.values()) for each in rows)]
    text = "".join(separator.join(_quoted(cell, separator) for cell in line) + "\r\n" for line in lines)
    return io.BytesIO(text.encode(encoding))


def _quoted(cell: str, separator: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if separator in cell or '"' in cell or "\n" in cell else cell


def workbook_file(lines: Iterable[Sequence[object]], *, before: Sequence[str] = ()) -> io.BytesIO:
    """Lines of cells as a workbook; strings stay text. Sheets named in `before` stand, empty, in front of it."""
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "default_date_format": "yyyy-mm-dd hh:mm"})
    for name in before:
        workbook.add_worksheet(name)
    sheet = workbook.add_worksheet("送达")
    for number, line in enumerate(lines):
        for place, cell in enumerate(line):
            if isinstance(cell, str):
                sheet.write_string(number, place, cell)
            else:
                sheet.write(number, place, cell)
    workbook.close()
    file.seek(0)
    return file


def xlsx_file(rows: Iterable[dict[str, str]]) -> io.BytesIO:
    """The rows under their headings as a workbook."""
    rows = list(rows)
    return workbook_file([list(rows[0]), *(list(each.values()) for each in rows)])


def zip_file(entries: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    """A ZIP of these entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    file.seek(0)
    return file


def changed_zip(file: io.BytesIO, changes: dict[str, bytes | None]) -> io.BytesIO:
    """The same ZIP with entries replaced, added, or (None) left out."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries.update({name: content for name, content in changes.items() if content is not None})
    return zip_file({name: content for name, content in entries.items() if changes.get(name, b"") is not None})
