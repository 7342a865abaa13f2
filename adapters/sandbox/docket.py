"""The docket as a court's case system exports it: one row a recipient, under Chinese headings."""

from collections.abc import Iterable, Mapping

from adapters.sandbox.people import Case, Firm, Kind, Order, Party, Side

_SIDES = {Side.PLAINTIFF: "原告", Side.DEFENDANT: "被告"}
_KINDS = {Kind.NATURAL: "自然人", Kind.ORGANISATION: "法人"}
_CONSENT = {True: "是", False: "否", None: ""}
HEADINGS = (
    "案号", "案由", "程序", "立案日期", "开庭时间", "送达文书", "受送达人", "诉讼地位", "类型", "证件号码", "手机",
    "电子邮箱", "送达地址", "地址依据", "确认日期", "电子送达同意", "代理律所", "代理律师", "律所邮箱", "文书文件",
    "微信送达账号", "律所微信",
)  # fmt: skip


def rows(cases: Iterable[Case], parties: Mapping[str, Party], firms: Mapping[str, Firm]) -> list[dict[str, str]]:
    """Rows under `HEADINGS`, times as local wall-clock text, several documents joined by semicolons."""
    return [_row(case, order, parties[order.party], firms.get(order.firm)) for case in cases for order in case.orders]


def _row(case: Case, order: Order, party: Party, firm: Firm | None) -> dict[str, str]:
    values = (
        case.number,
        case.cause,
        case.procedure,
        case.accepted_on.isoformat(),
        f"{case.hearing_at:%Y-%m-%d %H:%M}" if case.hearing_at else "",
        ";".join(order.documents),
        party.name,
        _SIDES[order.side],
        _KINDS[party.kind],
        order.id_number,
        order.mobile,
        order.email,
        order.address,
        order.basis,
        order.confirmed_on.isoformat() if order.confirmed_on else "",
        _CONSENT[order.consents],
        firm.name if firm else "",
        order.lawyer,
        firm.email if firm else "",
        ";".join(file_name(case, title) for title in order.documents),
        order.wechat,
        firm.wechat if firm else "",
    )
    return dict(zip(HEADINGS, values, strict=True))


def file_name(case: Case, title: str) -> str:
    """The name under which a case's paper lies in the ZIP beside the docket."""
    return f"{case.number}-{title}.pdf"
