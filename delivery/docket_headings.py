"""The columns of a docket, and the many names that courts give them.

Every court's case system exports other headings in another order. A heading is recognised by its synonyms in Chinese or
English; one that is nearly right is an error with a suggestion rather than a column lost in silence, because the
column lost may be the one with the telephone numbers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz, process

from delivery.domain.errors import BadValue
from delivery.domain.text import compact


class Column(StrEnum):
    """What a column holds; the value is the English heading."""

    CASE_NUMBER = "case_number"
    ORIGIN = "origin_case"
    CAUSE = "cause"
    PROCEDURE = "procedure"
    ACCEPTED_ON = "accepted_on"
    HEARING_AT = "hearing_at"
    DOCUMENTS = "documents"
    RECIPIENT = "recipient"
    ROLE = "role"
    KIND = "kind"
    IDENTITY = "identity_number"
    PHONE = "mobile"
    EMAIL = "email"
    WECHAT = "wechat"
    ADDRESS = "address"
    BASIS = "address_basis"
    CONFIRMED_ON = "confirmed_on"
    CONSENT = "e_service_consent"
    LAW_FIRM = "law_firm"
    LAWYER = "lawyer"
    LAW_FIRM_EMAIL = "law_firm_email"
    LAW_FIRM_WECHAT = "law_firm_wechat"
    FILES = "document_files"
    CONFIDENTIAL = "confidential"
    LANGUAGE = "language"


REQUIRED = (Column.CASE_NUMBER, Column.PROCEDURE, Column.ACCEPTED_ON, Column.DOCUMENTS, Column.RECIPIENT)
# Numbers of one party often stand in two columns; both are read as one list.
REPEATABLE = frozenset({Column.PHONE, Column.EMAIL})
# The first name is the one that we print.
NAMES: Mapping[Column, tuple[str, ...]] = {
    Column.CASE_NUMBER: ("案号", "案件编号", "案件号", "case number", "case no"),
    Column.ORIGIN: ("原审案号", "一审案号", "原案号", "执行依据案号", "执行依据文号", "earlier case"),
    Column.CAUSE: ("案由", "立案案由", "cause of action"),
    Column.PROCEDURE: ("程序", "适用程序", "审理程序", "审判程序"),
    Column.ACCEPTED_ON: ("立案日期", "立案时间", "受理日期", "收案日期", "accepted", "filing date", "accepted at"),
    Column.HEARING_AT: ("开庭时间", "开庭日期", "开庭日", "庭审时间", "hearing", "hearing time", "hearing date"),
    Column.DOCUMENTS: ("送达文书", "文书名称", "送达文书名称", "文书", "诉讼文书", "papers"),
    Column.RECIPIENT: ("受送达人", "受送达人姓名", "受送达人名称", "当事人", "当事人姓名", "当事人名称", "name"),
    Column.ROLE: ("诉讼地位", "当事人地位", "诉讼身份", "party role"),
    Column.KIND: ("类型", "当事人类型", "受送达人类型", "party kind", "type"),
    Column.IDENTITY: ("证件号码", "证件号", "身份证号", "身份证号码", "公民身份号码", "统一社会信用代码", "id number"),
    Column.PHONE: ("手机", "手机号", "手机号码", "联系电话", "电话", "联系方式", "固定电话", "phone", "mobile phone"),
    Column.EMAIL: ("电子邮箱", "邮箱", "电子邮件", "邮件地址", "e-mail", "email address"),
    Column.WECHAT: ("微信送达账号", "wechat account"),
    Column.ADDRESS: ("送达地址", "地址", "住址", "住所地", "联系地址", "通讯地址", "postal address"),
    Column.BASIS: ("地址依据", "地址来源", "basis"),
    Column.CONFIRMED_ON: ("确认日期", "地址确认日期", "确认书日期", "confirmation date"),
    Column.CONSENT: ("电子送达同意", "同意电子送达", "是否同意电子送达", "是否接受电子送达", "电子送达", "consent"),
    Column.LAW_FIRM: ("代理律所", "律所", "律师事务所", "代理人单位", "firm"),
    Column.LAWYER: ("代理律师", "律师", "诉讼代理人", "代理人", "counsel"),
    Column.LAW_FIRM_EMAIL: ("律所邮箱", "律师邮箱", "代理人邮箱", "firm email", "counsel email"),
    Column.LAW_FIRM_WECHAT: ("律所微信", "律师微信", "代理人微信", "firm wechat", "counsel wechat"),
    Column.FILES: ("文书文件", "文件名", "文书文件名", "附件", "files", "file names"),
    Column.CONFIDENTIAL: ("涉密/不公开", "涉密", "不公开", "是否不公开", "不公开审理", "private"),
    Column.LANGUAGE: ("语言", "送达语言", "lang"),
}
_REMARK = re.compile(r"[(\[【].*?[)\]】]|[*:]|必填|选填")
_NEAR = 75
_NEAR_SAME_LENGTH = 65
_ENOUGH = 3


def _key(heading: str) -> str:
    return re.sub(r"[\s_\-./]", "", _REMARK.sub("", compact(heading))).casefold()


_COLUMNS = {_key(name): column for column, names in NAMES.items() for name in (column.value, *names)}


@dataclass(frozen=True, slots=True)
class Headings:
    """Where each column stands (indexes from 0), what the file calls it, and the headings that mean nothing to us."""

    places: Mapping[Column, tuple[int, ...]]
    written: Mapping[Column, str]
    ignored: tuple[str, ...]

    def of(self, column: Column) -> str:
        """The heading in the words of the file; ours when the file has no such column."""
        return self.written.get(column, NAMES[column][0])


def is_heading_row(cells: Sequence[str]) -> bool:
    """Whether a row is the heading row: titles and notes above the table hold no three of our headings."""
    return len({_COLUMNS[key] for cell in cells if (key := _key(cell)) in _COLUMNS}) >= _ENOUGH


def read_headings(cells: Sequence[str]) -> Headings:
    """The columns of a heading row.

    Raises `BadValue`: `headings_wrong` with `missing` (codes of required columns), `unknown` (headings as written) and
    `nearest` (pairs `written=code`), each joined by `;`; `heading_twice` (`heading`).
    """
    places: dict[Column, tuple[int, ...]] = {}
    written: dict[Column, str] = {}
    unknown: list[str] = []
    for place, cell in enumerate(cells):
        column = _COLUMNS.get(_key(cell))
        if column is None:
            unknown += [cell] if cell else []
            continue
        if column in places and column not in REPEATABLE:
            raise BadValue("heading_twice", heading=cell)
        places[column] = (*places.get(column, ()), place)
        written.setdefault(column, cell)
    missing = [column for column in REQUIRED if column not in places]
    nearest = {cell: column for cell in unknown if (column := _nearest(cell)) is not None and column not in places}
    if missing or nearest:
        raise BadValue(
            "headings_wrong",
            missing=";".join(missing),
            unknown=";".join(unknown if missing else nearest),
            nearest=";".join(f"{cell}={column}" for cell, column in nearest.items()),
        )
    return Headings(places, written, tuple(unknown))


def _nearest(heading: str) -> Column | None:
    """The column that a mistyped heading may mean: nearly the same name, or one wrong character in a name of three."""
    key = _key(heading)
    found = process.extractOne(key, _COLUMNS.keys(), scorer=fuzz.ratio, score_cutoff=_NEAR_SAME_LENGTH)
    if found is None or (found[1] < _NEAR and len(found[0]) != len(key)):
        return None
    return _COLUMNS[found[0]]
