"""Rows of a docket: what is read from a good one, and the one error that each kind of bad one gets."""

from datetime import UTC, date, datetime

import pytest

from delivery.correcting import correction
from delivery.docket_headings import Column
from delivery.docket_reading import open_docket
from delivery.docket_row import DocketCounsel, DocketRow, RowError
from delivery.domain.address import Basis, Phone
from delivery.domain.case import Instance, PartyKind, PartyRole, Procedure
from delivery.domain.errors import BadValue
from delivery.domain.paper import DocumentKind
from tests.delivery.dockets import csv_file, row

Read = DocketRow | tuple[RowError, ...]


class Folder:
    """A stand-in for the archive beside the docket."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def find(self, name: str) -> str | None:
        if name == "twice.pdf":
            raise BadValue("file_ambiguous", count=2)
        return f"papers/{name}" if name in self._names else None


def read(*rows: dict[str, str], papers: Folder | None = None) -> list[Read]:
    return list(open_docket(csv_file(rows), papers=papers))


def good(one: Read) -> DocketRow:
    assert isinstance(one, DocketRow), one
    return one


def errors(one: Read) -> list[tuple[Column, str]]:
    assert isinstance(one, tuple)
    for error in one:
        for language in ("zh", "en"):
            words = correction(language, error.code, error.arguments)
            assert words.message
            assert words.cure
    return [(error.column, error.code) for error in one]


def test_a_good_row_is_read_in_full() -> None:
    read_row = good(read(row())[0])
    assert read_row.number == 2
    assert (read_row.case.text, read_row.case.instance) == ("（2026）云0188民初1234号", Instance.FIRST)
    assert (read_row.cause, read_row.procedure) == ("民间借贷纠纷", Procedure.ORDINARY)
    assert read_row.accepted_on == date(2026, 3, 2)
    assert read_row.hearing_at == datetime(2026, 4, 8, 1, 30, tzinfo=UTC)
    assert [document.kind for document in read_row.documents] == [
        DocumentKind.COMPLAINT_COPY,
        DocumentKind.OTHER_DOCUMENT,
        DocumentKind.EVIDENCE_NOTICE,
        DocumentKind.SUMMONS,
    ]
    assert (read_row.recipient, read_row.role, read_row.kind) == ("张三", PartyRole.DEFENDANT, PartyKind.NATURAL_PERSON)
    assert read_row.identity is not None
    assert read_row.identity.checked
    assert read_row.phones == (Phone("+8613800001234", mobile=True),)
    assert read_row.emails == ("zs@example.com",)
    assert read_row.postal is not None
    assert read_row.postal.county == "西湖区"
    assert (read_row.basis, read_row.confirmed_on) == (Basis.CONFIRMED, date(2026, 3, 3))
    assert read_row.consent is not None
    assert read_row.consent.scope == frozenset(DocumentKind)
    assert read_row.counsel == DocketCounsel("云州律师事务所", "李四", "service@firm.example")
    assert (read_row.confidential, read_row.language) == (False, "zh")


BAD = [
    ("案号", "", Column.CASE_NUMBER, "case_number_missing"),
    ("案号", "1234", Column.CASE_NUMBER, "case_number_malformed"),
    ("程序", "", Column.PROCEDURE, "procedure_missing"),
    ("程序", "特快程序", Column.PROCEDURE, "procedure_unknown"),
    ("立案日期", "", Column.ACCEPTED_ON, "accepted_missing"),
    ("立案日期", "去年春天", Column.ACCEPTED_ON, "date_unreadable"),
    ("立案日期", "2026-02-30", Column.ACCEPTED_ON, "date_impossible"),
    ("立案日期", "46083", Column.ACCEPTED_ON, "date_unreadable"),
    ("开庭时间", "2026-04-08", Column.HEARING_AT, "time_missing"),
    ("开庭时间", "2026-04-08 25:30", Column.HEARING_AT, "time_unreadable"),
    ("开庭时间", "2026-03-01 09:30", Column.HEARING_AT, "hearing_before_acceptance"),
    ("送达文书", "", Column.DOCUMENTS, "documents_missing"),
    ("送达文书", "起诉状复本件；传票", Column.DOCUMENTS, "document_unknown"),
    ("送达文书", "传票；传票", Column.DOCUMENTS, "document_twice"),
    ("受送达人", "", Column.RECIPIENT, "name_missing"),
    ("受送达人", "——", Column.RECIPIENT, "name_unreadable"),
    ("受送达人", "#N/A", Column.RECIPIENT, "cell_formula_error"),
    ("受送达人", "张" * 101, Column.RECIPIENT, "cell_too_long"),
    ("诉讼地位", "证人", Column.ROLE, "role_unknown"),
    ("类型", "外星人", Column.KIND, "kind_unknown"),
    ("类型", "法人", Column.IDENTITY, "uscc_of_person"),
    ("证件号码", "110105194912310021", Column.IDENTITY, "id_checksum"),
    ("证件号码", "1.10105194912310E+17", Column.IDENTITY, "id_rounded"),
    ("证件号码", "91350100M000100Y43", Column.IDENTITY, "id_of_organisation"),
    ("手机", "1380000123", Column.PHONE, "phone_impossible"),
    ("手机", "95588", Column.PHONE, "phone_short_code"),
    ("手机", "13800001234；12", Column.PHONE, "phone_length"),
    ("电子邮箱", "zs.example.com", Column.EMAIL, "email_at_missing"),
    ("电子邮箱", "zs@example", Column.EMAIL, "email_domain"),
    ("送达地址", "文三路90号", Column.ADDRESS, "address_incomplete"),
    ("送达地址", "香港九龙弥敦道1号", Column.ADDRESS, "address_outside_mainland"),
    ("地址依据", "听说", Column.BASIS, "address_basis_unknown"),
    ("确认日期", "", Column.CONFIRMED_ON, "confirmation_date_missing"),
    ("电子送达同意", "也许", Column.CONSENT, "consent_unreadable"),
    ("代理律所", "", Column.LAW_FIRM, "law_firm_missing"),
    ("律所邮箱", "service.firm.example", Column.LAW_FIRM_EMAIL, "email_at_missing"),
    ("律所微信", "zhoulvshi_88", Column.LAW_FIRM_WECHAT, "wechat_form"),
    ("微信送达账号", "wxid_abc", Column.WECHAT, "wechat_form"),
    ("文书文件", "a.pdf;b.pdf", Column.FILES, "files_count"),
    ("涉密/不公开", "看情况", Column.CONFIDENTIAL, "flag_unreadable"),
    ("语言", "法文", Column.LANGUAGE, "language_unknown"),
]


@pytest.mark.parametrize(("heading", "value", "column", "code"), BAD)
def test_one_mistake_gives_one_error_in_its_column(heading: str, value: str, column: Column, code: str) -> None:
    assert errors(read(row(**{heading: value}))[0]) == [(column, code)]


def test_an_error_shows_row_heading_and_value_as_the_person_sees_them() -> None:
    error = read(row(), row(手机="12345"))[1]
    assert isinstance(error, tuple)
    assert (error[0].number, error[0].heading, error[0].value) == (3, "手机", "12345")


def test_every_mistake_of_a_row_is_reported_at_once() -> None:
    one = read(row(受送达人="", 手机="12", 开庭时间="2026-03-01 09:00", 语言="法文"))[0]
    assert {code for _, code in errors(one)} == {
        "name_missing",
        "phone_length",
        "hearing_before_acceptance",
        "language_unknown",
    }


def test_with_nothing_to_serve_at_the_row_is_refused() -> None:
    nowhere = {"手机": "", "电子邮箱": "", "送达地址": "", "地址依据": "", "确认日期": ""}
    assert errors(read(row(**nowhere, 代理律所="", 代理律师="", 律所邮箱=""))[0]) == [
        (Column.ADDRESS, "nothing_to_serve_at")
    ]
    assert good(read(row(**nowhere))[0]).counsel is not None


def test_the_same_line_again_is_refused_and_names_the_first() -> None:
    first, other, again = read(
        row(), row(受送达人="王五", 证件号码=""), row(送达文书="传票;举证通知书;应诉通知书;起诉状副本")
    )
    assert isinstance(first, DocketRow)
    assert isinstance(other, DocketRow)
    assert errors(again) == [(Column.RECIPIENT, "row_twice")]
    assert isinstance(again, tuple)
    assert again[0].arguments == {"first_row": 2}


def test_other_papers_for_the_same_recipient_are_another_row() -> None:
    assert all(isinstance(one, DocketRow) for one in read(row(), row(送达文书="民事判决书")))


def test_a_bad_row_is_not_the_first_of_anything() -> None:
    bad, fine = read(row(手机="12"), row())
    assert isinstance(bad, tuple)
    assert isinstance(fine, DocketRow)


@pytest.mark.parametrize(
    ("heading", "value", "column"),
    [
        ("程序", "简易程序", Column.PROCEDURE),
        ("立案日期", "2026-03-03", Column.ACCEPTED_ON),
        ("开庭时间", "2026-04-08 14:30", Column.HEARING_AT),
        ("涉密/不公开", "是", Column.CONFIDENTIAL),
    ],
)
def test_two_versions_of_one_case_are_pointed_out(heading: str, value: str, column: Column) -> None:
    _, second = read(row(), row(受送达人="王五", 证件号码="", **{heading: value}))
    assert errors(second) == [(column, "case_contradiction")]


def test_a_hearing_may_be_told_in_one_row_only() -> None:
    assert all(isinstance(one, DocketRow) for one in read(row(), row(受送达人="王五", 证件号码="", 开庭时间="")))


@pytest.mark.parametrize(
    "value",
    [
        "2026-04-08 9:30",
        "2026/4/8 09:30:00",
        "2026.4.8 9点半",
        "2026年4月8日上午9时30分",
        "2026 年 4 月 8 日（周三） 9:30",
        "20260408 9:30 AM",
        "2026-04-08T09:30",
    ],
)
def test_times_are_read_however_courts_write_them(value: str) -> None:
    assert good(read(row(开庭时间=value))[0]).hearing_at == datetime(2026, 4, 8, 1, 30, tzinfo=UTC)


def test_the_day_never_runs_into_the_hour() -> None:
    assert good(read(row(立案日期="2026/3/1", 开庭时间="2026/4/1 12:30"))[0]).hearing_at == datetime(
        2026, 4, 1, 4, 30, tzinfo=UTC
    )


def test_an_afternoon_is_an_afternoon() -> None:
    assert good(read(row(开庭时间="2026年4月8日下午2点30分"))[0]).hearing_at == datetime(2026, 4, 8, 6, 30, tzinfo=UTC)
    assert good(read(row(开庭时间="2026-04-08 2:30pm"))[0]).hearing_at == datetime(2026, 4, 8, 6, 30, tzinfo=UTC)


def test_an_old_form_leaves_decisions_out_of_the_consent() -> None:
    consent = good(read(row(电子送达同意="是（判决书、裁定书、调解书除外）"))[0]).consent
    assert consent is not None
    assert frozenset(DocumentKind) - consent.scope == {
        DocumentKind.JUDGMENT,
        DocumentKind.RULING,
        DocumentKind.MEDIATION_STATEMENT,
    }
    refused = good(read(row(电子送达同意="不同意"))[0]).consent
    assert refused is not None
    assert (refused.given, refused.scope) == (False, frozenset())
    assert good(read(row(电子送达同意=""))[0]).consent is None


def test_what_is_left_out_takes_the_least_assuming_value() -> None:
    left_out = {"诉讼地位": "", "地址依据": "", "确认日期": "", "电子送达同意": "", "涉密/不公开": "", "语言": ""}
    read_row = good(read(row(**left_out))[0])
    assert (read_row.role, read_row.basis, read_row.consent) == (PartyRole.DEFENDANT, None, None)
    assert (read_row.confidential, read_row.language) == (False, "zh")


@pytest.mark.parametrize(
    ("number", "kind"),
    [("11010519491231002X", PartyKind.NATURAL_PERSON), ("91350100M000100Y43", PartyKind.ORGANISATION)],
)
def test_the_kind_follows_from_a_number_that_holds(number: str, kind: PartyKind) -> None:
    assert good(read(row(类型="", 证件号码=number))[0]).kind is kind


def test_the_kind_never_follows_from_anything_less() -> None:
    assert errors(read(row(类型="", 证件号码=""))[0]) == [(Column.KIND, "kind_missing")]
    assert errors(read(row(类型="", 证件号码="E12345678"))[0]) == [(Column.KIND, "kind_missing")]
    assert errors(read(row(类型="", 证件号码="110105194912310021"))[0]) == [(Column.IDENTITY, "id_checksum")]


def test_files_are_paired_with_papers_and_looked_for() -> None:
    papers = Folder("起诉状.pdf", "传票.pdf")
    named = row(送达文书="起诉状副本;举证通知书;传票", 文书文件="起诉状.pdf;;传票.pdf")
    documents = good(read(named, papers=papers)[0]).documents
    assert [document.file for document in documents] == ["papers/起诉状.pdf", "", "papers/传票.pdf"]
    absent = row(送达文书="起诉状副本", 文书文件="判决.pdf")
    assert errors(read(absent, papers=papers)[0]) == [(Column.FILES, "file_absent")]
    twice = row(送达文书="起诉状副本", 文书文件="twice.pdf")
    assert errors(read(twice, papers=papers)[0]) == [(Column.FILES, "file_ambiguous")]


def test_several_numbers_may_stand_in_one_cell() -> None:
    read_row = good(read(row(手机="138 0000 1234、010-62345678转803", 电子邮箱="a@example.com;b@example.com"))[0])
    assert [phone.number for phone in read_row.phones] == ["+8613800001234", "+861062345678"]
    assert read_row.emails == ("a@example.com", "b@example.com")
