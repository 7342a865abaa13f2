"""Dockets become orders: all good rows, none twice, whatever dies in between; bad rows with what is wrong with them."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from delivery.correcting import correction
from delivery.domain.errors import BadValue, NotFound
from delivery.domain.event import EventKind
from delivery.importing import (
    import_file,
    job_of,
    problems_of,
)
from delivery.store.cases import Case, Counsel, Document, LawFirm, Recipient
from delivery.store.courts import Court
from delivery.store.orders import ServiceOrder, documents_of
from delivery.store.parties import Address, AddressBasis, AddressConfirmation, Party
from tests.delivery.dockets import csv_file, large_docket, row, xlsx_file, zip_file
from tests.delivery.import_scene import counts, figures, import_rows, job_now, pdf_of, start
from tests.delivery.scene import Scene
from tests.infrastructure.engines import BOTH

ENGINES = BOTH


def test_a_large_docket_comes_in_once_in_either_format(court: Scene, tmp_path: Path) -> None:
    rows = large_docket(bad_each=2, rows=600)
    (tmp_path / "docket.csv").write_bytes(csv_file(rows, encoding="gb18030").getvalue())
    (tmp_path / "docket.xlsx").write_bytes(xlsx_file(rows).getvalue())

    first = import_file(court.runtime, "qinghe", tmp_path / "docket.csv")

    assert figures(first) == (600, 580, 0, 20)
    codes = Counter(error.code for error in first.errors)
    assert len(codes) == 10
    assert set(codes.values()) == {2}
    assert all(error.column in rows[0] and error.message and error.message_en for error in first.errors)
    before = counts(court)
    assert before["service_order"] == before["case"] == 580
    assert before["document"] == 4 * 580
    assert before["desk_item"] == 0

    for name in ("docket.csv", "docket.xlsx"):
        again = import_file(court.runtime, "qinghe", tmp_path / name)
        assert figures(again) == (600, 0, 580, 20)
        assert again.errors == first.errors
        assert counts(court) == before


def test_a_row_becomes_an_order_with_all_that_it_says(court: Scene, tmp_path: Path) -> None:
    assert figures(import_rows(court, [row()], tmp_path)) == (1, 1, 0, 0)

    with court.looking() as session:
        case = session.scalars(select(Case)).one()
        party = session.scalars(select(Party)).one()
        recipient = session.scalars(select(Recipient)).one()
        firm = session.scalars(select(LawFirm)).one()
        form = session.scalars(select(AddressConfirmation)).one()
        bases = list(session.scalars(select(AddressBasis)))
        order = session.scalars(select(ServiceOrder)).one()
        papers = [paper.title for paper in documents_of(session, court.court_id, order.id)]
        assert (party.name, party.identity_number, party.born_on) == ("张三", "11010519491231002X", "1949-12-31")
        assert (firm.name, firm.email) == ("云州律师事务所", "service@firm.example")
        assert session.scalars(select(Counsel)).one().lawyer == "李四"
        assert {address.kind: address.value for address in session.scalars(select(Address))} == {
            "mobile": "+8613800001234",
            "email": "zs@example.com",
            "postal": "浙江省|杭州市|西湖区|文三路90号|",
        }
    assert (case.number, case.procedure, case.accepted_on) == ("（2026）云0188民初1234号", "ordinary", date(2026, 3, 2))
    assert (recipient.role, recipient.address_confirmation) == ("defendant", "given")
    assert (form.signed_on, form.consent_scope) == (date(2026, 3, 3), "all")
    assert {basis.basis for basis in bases} == {"confirmed"}
    assert {basis.confirmation_id for basis in bases} == {form.id}
    assert sorted(basis.consent_scope for basis in bases) == ["", "all", "all"]
    assert papers == ["起诉状副本", "应诉通知书", "举证通知书", "传票"]
    assert order.due_on == date(2026, 4, 1)


def test_without_a_basis_an_address_is_its_bringers_word(court: Scene, tmp_path: Path) -> None:
    bare = {"地址依据": "", "确认日期": ""}
    rows = [
        row(**bare),
        row(**bare, 受送达人="李四", 证件号码="", 诉讼地位="原告", 手机="0571-88888888转12"),
    ]

    report = import_rows(court, rows, tmp_path)

    with court.looking() as session:
        found = session.execute(
            select(Recipient.role, Address.kind, AddressBasis.basis, AddressBasis.consent_scope)
            .join(Address, Address.party_id == Recipient.party_id)
            .join(AddressBasis, AddressBasis.address_id == Address.id)
        )
        told = {(role, kind): (basis, scope) for role, kind, basis, scope in found}
    assert told == {
        ("defendant", "mobile"): ("plaintiff_supplied", ""),
        ("defendant", "email"): ("plaintiff_supplied", ""),
        ("defendant", "postal"): ("plaintiff_supplied", ""),
        ("plaintiff", "landline"): ("own_filing", ""),
        ("plaintiff", "email"): ("own_filing", "all"),
        ("plaintiff", "postal"): ("own_filing", ""),
    }
    # The defendant's consent has nowhere to be: that is said, and not silently dropped.
    assert report.notices == {"consent_without_address": {"count": 1}}


def test_papers_under_different_gates_become_sibling_orders(court: Scene, tmp_path: Path) -> None:
    papers = "起诉状副本；民事判决书；民事调解书"

    import_rows(court, [row(送达文书=papers, 电子送达同意="同意，判决、裁定、调解书除外")], tmp_path)

    with court.looking() as session:
        orders = list(session.scalars(select(ServiceOrder)))
        listed = sorted([paper.title for paper in documents_of(session, court.court_id, order.id)] for order in orders)
    assert listed == [["民事判决书"], ["民事调解书"], ["起诉状副本"]]
    # The form comes in once more with another consent: the papers are still the same papers.
    again = import_rows(court, [row(送达文书=papers, 电子送达同意="是")], tmp_path)
    assert (again.accepted, again.unchanged) == (0, 1)
    assert counts(court)["service_order"] == 3


def test_cases_of_one_dispute_belong_together_in_whichever_order_they_come(court: Scene, tmp_path: Path) -> None:
    first, second, third = ("（2025）云0188民初7号", "（2025）云01民终8号", "（2026）云0188执9号")

    import_rows(court, [row(案号=third, 原审案号=second), row(案号=second, 原审案号=first)], tmp_path)
    import_rows(court, [row(案号=first, 立案日期="2025-01-06")], tmp_path)

    with court.looking() as session:
        disputes = {case.number: (case.dispute, case.instance) for case in session.scalars(select(Case))}
    assert disputes == {first: (first, "first"), second: (first, "second"), third: (first, "enforcement")}


def test_a_form_signed_since_raises_the_basis_and_an_old_docket_lowers_nothing(court: Scene, tmp_path: Path) -> None:
    old = row(地址依据="", 确认日期="", 电子送达同意="")
    import_rows(court, [old], tmp_path)

    better = import_rows(court, [row()], tmp_path)

    assert (better.accepted, better.unchanged) == (1, 0)
    assert (import_rows(court, [old], tmp_path).unchanged, import_rows(court, [row()], tmp_path).unchanged) == (1, 1)
    with court.looking() as session:
        bases = list(session.scalars(select(AddressBasis)))
        court.order_id = session.scalars(select(ServiceOrder.id)).one()
        assert session.scalars(select(AddressConfirmation)).one().signed_on == date(2026, 3, 3)
        assert session.scalars(select(Recipient)).one().address_confirmation == "given"
    assert [basis.basis for basis in bases] == ["confirmed"] * 3
    assert sorted(basis.consent_scope for basis in bases) == ["", "all", "all"]
    recorded = [event for event in court.journal() if event.kind == EventKind.ADDRESS_RECORDED]
    assert [event.args["kinds"] for event in recorded] == [["mobile", "email", "postal"]]
    assert court.order().reached_at is None


def test_a_hearing_that_has_a_date_now_is_a_fact_in_every_order(court: Scene, tmp_path: Path) -> None:
    import_rows(court, [row(开庭时间="")], tmp_path)

    assert import_rows(court, [row()], tmp_path).accepted == 1

    with court.looking() as session:
        court.order_id = session.scalars(select(ServiceOrder.id)).one()
    assert EventKind.HEARING_MOVED in court.kinds()


def test_papers_come_from_the_archive_by_content(court: Scene, tmp_path: Path) -> None:
    rows = [
        row(文书文件="一/起诉状.pdf;;;传票甲.pdf"),
        row(受送达人="李四", 证件号码="", 手机="13900001234", 文书文件="起诉状.pdf;;;传票乙.pdf"),
        row(受送达人="王五", 证件号码="", 手机="13700001234", 文书文件="起诉状.pdf;;;木马.pdf"),
        row(受送达人="赵六", 证件号码="", 手机="13600001234", 文书文件="起诉状.pdf;;;没有.pdf"),
    ]
    papers = {
        "一/起诉状.pdf": pdf_of("complaint"),
        "传票甲.pdf": pdf_of("summons of Zhang"),
        "传票乙.pdf": pdf_of("summons of Li"),
        "木马.pdf": b"MZ\x90\x00 not a paper",
    }

    report = import_rows(court, rows, tmp_path, papers)

    assert figures(report) == (4, 2, 0, 2)
    assert [(error.row, error.column, error.value, error.code) for error in report.errors] == [
        (4, "文书文件", "木马.pdf", "document_unsupported"),
        (5, "文书文件", "没有.pdf", "file_absent"),
    ]
    with court.looking() as session:
        kept = list(session.execute(select(Document.title, Document.sha256, Document.media_type)))
        contents = sorted(court.runtime.blobs.get(court.court_id, sha256) for _, sha256, _ in kept if sha256)
    assert contents == sorted([pdf_of("complaint"), pdf_of("summons of Zhang"), pdf_of("summons of Li")])
    assert sorted(title for title, sha256, _ in kept if sha256) == ["传票", "传票", "起诉状副本"]
    assert {media_type for _, sha256, media_type in kept if sha256} == {"application/pdf"}
    assert figures(import_rows(court, rows[:2], tmp_path, papers)) == (2, 0, 2, 0)


def test_an_archive_that_comes_later_gives_each_order_its_own_papers(court: Scene, tmp_path: Path) -> None:
    names = {"送达文书": "起诉状副本；传票", "文书文件": "起诉状.pdf;甲.pdf"}
    rows = [
        row(**names),
        row(**{**names, "文书文件": "起诉状.pdf;乙.pdf"}, 受送达人="李四", 证件号码="", 手机="13900001234"),
    ]
    papers = {"起诉状.pdf": pdf_of("complaint"), "甲.pdf": pdf_of("to Zhang"), "乙.pdf": pdf_of("to Li")}

    without = import_rows(court, rows, tmp_path)
    court.run()

    assert without.notices == {"papers_to_come": {"count": 4}}
    assert court.desk() == ["papers_missing", "papers_missing"]
    assert figures(import_rows(court, rows, tmp_path, papers)) == (2, 2, 0, 0)
    assert court.desk() == []
    with court.looking() as session:
        served = {
            session.get_one(Party, (court.court_id, recipient.party_id)).name: [
                court.runtime.blobs.get(court.court_id, paper.sha256 or "")
                for paper in documents_of(session, court.court_id, order.id)
            ]
            for order, recipient in session.execute(
                select(ServiceOrder, Recipient).join(Recipient, Recipient.id == ServiceOrder.recipient_id)
            )
        }
    assert served == {
        "张三": [pdf_of("complaint"), pdf_of("to Zhang")],
        "李四": [pdf_of("complaint"), pdf_of("to Li")],
    }
    before = counts(court)
    assert figures(import_rows(court, rows, tmp_path, papers)) == (2, 0, 2, 0)
    assert counts(court) == before

    papers["甲.pdf"] = pdf_of("to Zhang, corrected")
    differing = import_rows(court, rows, tmp_path, papers)

    assert figures(differing) == (2, 0, 1, 1)
    assert [(error.row, error.value, error.code) for error in differing.errors] == [(2, "甲.pdf", "paper_differs")]
    assert counts(court) == before


BAD_FILES: dict[str, Callable[[], bytes]] = {
    "docket_empty": lambda: b"",
    "headings_wrong": lambda: csv_file([{"案号码": "1", "程式": "2", "当事人": "3", "手机": "4"}]).getvalue(),
    "docket_encoding": lambda: csv_file([row()]).getvalue() + b"\xff\xfe\xfa",
    "docket_not_a_table": lambda: b"%PDF-1.7 something else",
    "docket_rows": lambda: csv_file([row()]).getvalue() + b",\r\n" * 20_001,
    "docket_too_large": lambda: csv_file([row()]).getvalue() + b" " * (20 << 20),
    "docket_broken": lambda: b"PK\x03\x04 cut short",
}


@pytest.mark.parametrize("code", BAD_FILES)
def test_a_file_that_cannot_be_read_is_refused_whole(court: Scene, code: str) -> None:
    job = job_now(court, start(court, BAD_FILES[code]()))

    assert (job.status, job.reason) == ("refused", code)
    assert not court.tasks()
    assert not court.runtime.blobs.has(court.court_id, job.sha256)
    for language in ("zh", "en"):
        words = correction(language, job.reason, job.reason_args)
        assert words.message
        assert words.cure


def test_a_hostile_archive_is_refused_and_its_names_are_not_kept(court: Scene) -> None:
    job_id = start(court, csv_file([row()]).getvalue(), zip_file({"../王小二.pdf": pdf_of("x")}).getvalue())

    job = job_now(court, job_id)

    assert (job.status, job.reason) == ("refused", "archive_path")
    assert "王小二" not in str(job.reason_args)
    assert correction("zh", job.reason, job.reason_args).message


def test_values_of_bad_rows_are_sealed(court: Scene) -> None:
    job_id = start(court, csv_file([row(证件号码="110105194912310021")]).getvalue())
    court.run()
    with court.looking() as session:
        (problem,) = problems_of(session, court.court_id, job_id)
        raw = session.connection().exec_driver_sql("SELECT * FROM row_problem").all()
    assert (problem.row, problem.heading, problem.value) == (2, "证件号码", "110105194912310021")
    assert "110105194912310021" not in str(raw)


def test_what_other_courts_import_is_not_to_be_seen(court: Scene) -> None:
    job_id = start(court, csv_file([row(手机="1380000123")]).getvalue())
    court.run()
    with court.runtime.transaction() as session:
        neighbour = Court(code="baishan", name="云州市白山区人民法院", name_en="Baishan District Court")
        session.add(neighbour)
        session.flush()
        other = neighbour.id
    with court.looking() as session:
        with pytest.raises(NotFound):
            job_of(session, other, job_id)
        assert problems_of(session, other, job_id) == []


def test_the_command_line_names_what_is_wrong_with_the_whole(court: Scene, tmp_path: Path) -> None:
    (tmp_path / "docket.csv").write_bytes(b"%PDF-1.7")
    with pytest.raises(BadValue) as refused:
        import_file(court.runtime, "qinghe", tmp_path / "docket.csv")
    assert refused.value.code == "docket_not_a_table"
    with pytest.raises(NotFound):
        import_file(court.runtime, "nowhere", tmp_path / "docket.csv")
