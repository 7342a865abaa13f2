"""Single cells of a docket: dates, times, choices, lists and consents as people and spreadsheet programs write them.

Times on a docket are wall-clock times of the court; they leave here as aware UTC. A value is read in full or refused:
there is no best guess, because a hearing on the wrong day is worse than a row that must be corrected.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from rapidfuzz import process

from delivery.domain.address import Basis
from delivery.domain.case import PartyKind, PartyRole, Procedure
from delivery.domain.errors import BadValue
from delivery.domain.paper import DocumentKind, clean_title, kind_of, known_titles
from delivery.domain.text import compact, half_width, tidy

Cell = str | date | datetime
T = TypeVar("T")

# Blanks are kept until the day is read: 4/1 12:30 without them would be the eleventh at 2:30.
_DATE = re.compile(r"(\d{4})(?:\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?:\s?日)?|(\d{2})(\d{2}))(?!\d)")
_TIME = re.compile(
    r"(?P<half>上午|早上|中午|下午|晚上|am|pm)?(?P<hour>\d{1,2})(?:(?::|时|点)(?:(?P<minute>\d{1,2})分?|(?P<thirty>半)|整)?)"
    r"(?::\d{2}(?:\.0+)?)?(?P<after>am|pm)?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"^(?:[(]?(?:星期|周)[一二三四五六日天][)]?)?[t,，]?", re.IGNORECASE)
_AFTERNOON = frozenset({"下午", "晚上", "pm"})
_NOON = 12
_YEARS = range(1990, 2100)
_LIST = re.compile(r"[;；\n]")
_TITLES = re.compile(r"[;；,，、\n]+")
_NUMBERS = re.compile(r"[;；,，、/\n]+")
_YES = frozenset({"是", "同意", "有", "接受", "涉密", "不公开", "yes", "y", "true", "1", "√", "✓"})
_NO = frozenset({"否", "不同意", "无", "不接受", "公开", "no", "n", "false", "0", "×"})

PROCEDURES: Mapping[str, Procedure] = {
    **dict.fromkeys(("普通", "普通程序", "一审普通程序", "二审", "二审程序", "再审", "再审程序"), Procedure.ORDINARY),
    **dict.fromkeys(("执行", "执行程序", "特别程序"), Procedure.ORDINARY),
    **dict.fromkeys(("简易", "简易程序", "一审简易程序"), Procedure.SUMMARY),
    **dict.fromkeys(("小额", "小额诉讼", "小额诉讼程序", "小额程序", "small claims"), Procedure.SMALL_CLAIMS),
    **dict.fromkeys(("支付令", "督促", "督促程序", "payment order"), Procedure.PAYMENT_ORDER),
    **{procedure.value: procedure for procedure in Procedure},
}
ROLES: Mapping[str, PartyRole] = {
    **dict.fromkeys(("原告", "反诉原告", "起诉人"), PartyRole.PLAINTIFF),
    **dict.fromkeys(("被告", "反诉被告"), PartyRole.DEFENDANT),
    **dict.fromkeys(("第三人", "third party"), PartyRole.THIRD_PARTY),
    **dict.fromkeys(("上诉人", "再审申请人"), PartyRole.APPELLANT),
    **dict.fromkeys(("被上诉人", "再审被申请人"), PartyRole.APPELLEE),
    "申请人": PartyRole.APPLICANT,
    "被申请人": PartyRole.RESPONDENT,
    "债权人": PartyRole.CREDITOR,
    "债务人": PartyRole.DEBTOR,
    "申请执行人": PartyRole.ENFORCEMENT_APPLICANT,
    "被执行人": PartyRole.ENFORCEMENT_DEBTOR,
    **{role.value: role for role in PartyRole},
}
KINDS: Mapping[str, PartyKind] = {
    **dict.fromkeys(("自然人", "个人", "person", "natural person"), PartyKind.NATURAL_PERSON),
    **dict.fromkeys(("法人", "单位", "公司", "企业", "组织", "机关"), PartyKind.ORGANISATION),
    **dict.fromkeys(("非法人组织", "其他组织", "个体工商户", "organization", "company"), PartyKind.ORGANISATION),
    **{kind.value: kind for kind in PartyKind},
}
BASES: Mapping[str, Basis] = {
    **dict.fromkeys(("已确认", "本案确认", "确认书", "地址确认书", "送达地址确认书"), Basis.CONFIRMED),
    **dict.fromkeys(("口头", "口头提供", "口头告知"), Basis.GIVEN_ORALLY),
    **dict.fromkeys(("本人诉状", "本人提供", "起诉状", "答辩状"), Basis.OWN_FILING),
    **dict.fromkeys(("诉前约定", "合同约定", "约定"), Basis.PRE_DISPUTE_AGREED),
    **dict.fromkeys(("他案", "其他案件", "另案"), Basis.OTHER_PROCEEDINGS),
    **dict.fromkeys(("经常使用", "近期使用"), Basis.REGULAR_USE),
    **dict.fromkeys(("登记", "户籍", "户籍登记", "工商登记", "身份证"), Basis.REGISTRY),
    **dict.fromkeys(("经常居住地", "居住地"), Basis.HABITUAL_RESIDENCE),
    **dict.fromkeys(("原告提供", "对方提供"), Basis.PLAINTIFF_SUPPLIED),
    **dict.fromkeys(("法院查找", "查询", "法院查明"), Basis.FOUND),
    **{basis.value: basis for basis in Basis},
}
LANGUAGES: Mapping[str, str] = {
    **dict.fromkeys(("中文", "汉语", "简体中文", "zh", "zh-cn", "chinese"), "zh"),
    **dict.fromkeys(("英文", "英语", "en", "english"), "en"),
}
# Many printed forms still leave these three out, as the law did before 2022.
_DECISIONS: Mapping[str, DocumentKind] = {
    "判决": DocumentKind.JUDGMENT,
    "裁定": DocumentKind.RULING,
    "调解": DocumentKind.MEDIATION_STATEMENT,
}


@dataclass(frozen=True, slots=True)
class ElectronicConsent:
    """A party's answer about e-service, with the kinds of papers that it covers (none when it is no)."""

    given: bool
    scope: frozenset[DocumentKind]


def written(cell: Cell) -> str:
    """The cell as a person would read it, for error reports."""
    match cell:
        case datetime():
            return f"{cell:%Y-%m-%d %H:%M}"
        case date():
            return cell.isoformat()
        case str():
            return cell


def read_date(cell: Cell) -> date:
    """A day. Raises `BadValue`: `date_unreadable`, `date_impossible`."""
    match cell:
        case datetime():
            return cell.date()
        case date():
            return cell
        case str():
            day, rest = _day(cell)
            if rest and not re.fullmatch(r"[Tt]?0{1,2}:00(:00)?", rest):
                raise BadValue("date_unreadable")
            return day


def read_moment(cell: Cell, zone: ZoneInfo) -> datetime:
    """A day and an hour of the court's wall clock, as aware UTC.

    Raises `BadValue`: as `read_date`, and `time_missing` (a day alone, or midnight), `time_unreadable`.
    """
    match cell:
        case datetime():
            day, clock = cell.date(), cell.time()
        case date():
            raise BadValue("time_missing")
        case str():
            day, rest = _day(cell)
            clock = _clock(_BETWEEN.sub("", rest))
    if clock == time(0):
        raise BadValue("time_missing")
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _day(text: str) -> tuple[date, str]:
    """The day at the head of a text, and what follows it without blanks."""
    text = half_width(tidy(text))
    found = _DATE.match(text)
    if found is None:
        raise BadValue("date_unreadable")
    year, month, day = int(found[1]), int(found[2] or found[4]), int(found[3] or found[5])
    try:
        if year not in _YEARS:
            raise BadValue("date_impossible")
        return date(year, month, day), compact(text[found.end() :])
    except ValueError:
        raise BadValue("date_impossible") from None


def _clock(text: str) -> time:
    if not text:
        raise BadValue("time_missing")
    found = _TIME.fullmatch(text)
    if found is None:
        raise BadValue("time_unreadable")
    hour = int(found["hour"])
    minute = 30 if found["thirty"] else int(found["minute"] or 0)
    if (found["half"] or found["after"] or "").lower() in _AFTERNOON and hour < _NOON:
        hour += _NOON
    try:
        return time(hour, minute)
    except ValueError:
        raise BadValue("time_unreadable") from None


def read_choice(cell: Cell, choices: Mapping[str, T], code: str) -> T:
    """One of a few words, in Chinese or English. Raises `BadValue(code)`."""
    key = half_width(tidy(written(cell))).casefold()
    for form in (key, "".join(key.split()), key.replace("_", " "), key.replace(" ", "_")):
        if form in choices:
            return choices[form]
    raise BadValue(code)


def read_flag(cell: Cell) -> bool:
    """Yes or no. Raises `BadValue("flag_unreadable")`."""
    word = compact(written(cell)).casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadValue("flag_unreadable")


def read_consent(cell: Cell) -> ElectronicConsent:
    """Yes, no, or yes without judgments, rulings or mediation statements. Raises `BadValue("consent_unreadable")`."""
    word = compact(written(cell)).casefold()
    if word in _NO:
        return ElectronicConsent(given=False, scope=frozenset())
    if word in _YES:
        return ElectronicConsent(given=True, scope=frozenset(DocumentKind))
    left_out = frozenset(kind for name, kind in _DECISIONS.items() if name in word)
    if left_out and word.startswith(("是", "同意", "接受")) and re.search(r"除外|不含|不包括", word):
        return ElectronicConsent(given=True, scope=frozenset(DocumentKind) - left_out)
    raise BadValue("consent_unreadable")


def read_titles(cell: Cell) -> tuple[tuple[str, DocumentKind], ...]:
    """The papers of a row, each with its kind, in the order written.

    Raises `BadValue`: `document_unknown` (`title`, `nearest`: known titles like it), `document_twice` (`title`).
    """
    papers: list[tuple[str, DocumentKind]] = []
    for part in _TITLES.split(tidy(written(cell))):
        if not (title := clean_title(part)):
            continue
        kind = kind_of(title)
        if kind is None:
            nearest = "、".join(found[0] for found in process.extract(title, known_titles(), limit=3))
            raise BadValue("document_unknown", title=title, nearest=nearest)
        if title in (earlier for earlier, _ in papers):
            raise BadValue("document_twice", title=title)
        papers.append((title, kind))
    return tuple(papers)


def read_files(cell: Cell) -> tuple[str, ...]:
    """File names in the order of the papers; an empty place between separators means that this paper comes later."""
    return tuple(name.strip() for name in _LIST.split(tidy(written(cell)).rstrip(";；")))


def read_list(cell: Cell) -> tuple[str, ...]:
    """Several numbers or addresses in one cell."""
    return tuple(part.strip() for part in _NUMBERS.split(tidy(written(cell))) if part.strip())
