"""A docket that comes again with changed rows: every difference is named, nothing is changed silently, nothing lost."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from delivery.docket_changes import DESK_KIND, differences_of, settle
from delivery.domain.errors import NotFound, RequestError
from delivery.domain.event import EventKind
from delivery.import_report import ImportReport
from delivery.store.cases import Case, LawFirm
from delivery.store.desk import DeskItem
from delivery.store.imports import ImportJob, RowDifference
from delivery.store.orders import ServiceOrder, documents_of
from delivery.store.parties import Address, AddressBasis, Party
from tests.delivery.dockets import row
from tests.delivery.import_scene import counts, figures, import_rows
from tests.delivery.scene import Scene

OLD, NEW = datetime(2026, 4, 8, 1, 30, tzinfo=UTC), datetime(2026, 4, 20, 6, 0, tzinfo=UTC)
MOVED = {"开庭时间": "2026-04-20 14:00"}


def told(report: ImportReport) -> dict[str, tuple[str, str, str]]:
    return {one.field: (one.held, one.told, one.standing) for one in report.differences}


def newest(court: Scene) -> UUID:
    with court.looking() as session:
        return session.scalars(select(ImportJob.id).order_by(ImportJob.id.desc())).first() or UUID(int=0)


def decide(court: Scene, action: str, field: str, job_id: UUID | None = None) -> int:
    with court.runtime.transaction() as session:
        wanted = job_id or newest(court)
        return settle(session, court.court_id, wanted, action=action, by=None, now=court.now, field=field)


def the_case(court: Scene) -> Case:
    with court.looking() as session:
        return session.scalars(select(Case)).one()


def journal(court: Scene) -> list[str]:
    with court.looking() as session:
        court.order_id = session.scalars(select(ServiceOrder.id).order_by(ServiceOrder.id)).first() or UUID(int=0)
    return court.kinds()


def test_a_moved_hearing_is_told_and_applied_by_one_press(court: Scene, tmp_path: Path) -> None:
    other = {"受送达人": "李四", "证件号码": "", "手机": "13900001234", "电子邮箱": "l@example.com"}
    import_rows(court, [row(), row(**other)], tmp_path)
    before = counts(court)

    again = import_rows(court, [row(**MOVED), row(**other, **MOVED)], tmp_path)

    assert figures(again) == (2, 0, 2, 0)
    assert [(one.row, one.field, one.held, one.told, one.standing) for one in again.differences] == [
        (number, "hearing_at", OLD.isoformat(), NEW.isoformat(), "open") for number in (2, 3)
    ]
    assert again.differing == 2
    assert the_case(court).hearing_at == OLD
    assert court.desk() == [DESK_KIND]
    assert {name for name, count in counts(court).items() if count != before[name]} == {"desk_item", "row_difference"}

    assert decide(court, "apply", "hearing_at") == 1
    assert decide(court, "apply", "hearing_at") == 0

    assert the_case(court).hearing_at == NEW
    assert journal(court).count(EventKind.HEARING_MOVED) == 1
    assert court.desk() == []
    with court.looking() as session:
        assert [one.standing for one in differences_of(session, court.court_id, newest(court))] == ["applied"] * 2
    assert import_rows(court, [row(**MOVED), row(**other, **MOVED)], tmp_path).differing == 0


def test_the_flag_moves_hearings_at_once(court: Scene, tmp_path: Path) -> None:
    import_rows(court, [row()], tmp_path)

    again = import_rows(court, [row(**MOVED)], tmp_path, moves_hearings=True)

    assert figures(again) == (1, 1, 0, 0)
    assert told(again) == {"hearing_at": (OLD.isoformat(), NEW.isoformat(), "applied")}
    assert the_case(court).hearing_at == NEW
    assert EventKind.HEARING_MOVED in journal(court)
    assert court.desk() == []


def test_what_was_told_of_an_older_state_is_outdated(court: Scene, tmp_path: Path) -> None:
    import_rows(court, [row()], tmp_path)
    import_rows(court, [row(**MOVED)], tmp_path)
    first = newest(court)
    import_rows(court, [row(开庭时间="2026-05-06 09:00")], tmp_path)
    assert decide(court, "apply", "hearing_at") == 1

    assert decide(court, "apply", "hearing_at", first) == 0

    assert the_case(court).hearing_at == datetime(2026, 5, 6, 1, 0, tzinfo=UTC)
    with court.looking() as session:
        assert [one.standing for one in differences_of(session, court.court_id, first)] == ["outdated"]
    assert court.desk() == []


def test_the_same_difference_again_takes_the_place_of_the_earlier(court: Scene, tmp_path: Path) -> None:
    import_rows(court, [row()], tmp_path)
    import_rows(court, [row(**MOVED)], tmp_path)
    import_rows(court, [row(**MOVED)], tmp_path)

    with court.looking() as session:
        standings = list(session.scalars(select(RowDifference.standing).order_by(RowDifference.id)))
        items = list(session.scalars(select(DeskItem).where(DeskItem.closed_at.is_(None))))
    assert standings == ["superseded", "open"]
    assert [item.subject for item in items] == [f"{DESK_KIND}:{newest(court)}"]
    assert decide(court, "keep", "hearing_at") == 0
    assert the_case(court).hearing_at == OLD
    assert court.desk() == []


def test_new_addresses_and_counsel_come_in_with_their_basis_and_are_told(court: Scene, tmp_path: Path) -> None:
    import_rows(court, [row()], tmp_path)
    court.run()

    changed = row(
        手机="13700009999", 送达地址="浙江省杭州市西湖区文三路91号", 代理律所="青河律师事务所", 代理律师="赵律师",
        律所邮箱="post@qinghe.example", 地址依据="", 确认日期="", 电子送达同意="",
    )  # fmt: skip
    again = import_rows(court, [changed], tmp_path)

    assert figures(again) == (1, 1, 0, 0)
    assert told(again) == {
        "mobile": ("+8613800001234", "+8613700009999", "taken"),
        "address": ("浙江省|杭州市|西湖区|文三路90号|", "浙江省|杭州市|西湖区|文三路91号|", "taken"),
        "law_firm": ("云州律师事务所", "青河律师事务所", "taken"),
    }
    with court.looking() as session:
        bases = {
            address.value: basis.basis
            for address, basis in session.execute(
                select(Address, AddressBasis).join(AddressBasis, AddressBasis.address_id == Address.id)
            )
        }
    assert bases["+8613700009999"] == "plaintiff_supplied"
    assert bases["+8613800001234"] == "confirmed"
    assert EventKind.ADDRESS_RECORDED in journal(court)
    before = counts(court)
    assert figures(import_rows(court, [changed], tmp_path)) == (1, 0, 1, 0)
    assert import_rows(court, [changed], tmp_path).differences == ()
    assert counts(court) == before


CORRECTIONS = {
    "recipient": ({"受送达人": "张叁"}, "张三", "张叁"),
    "cause": ({"案由": "买卖合同纠纷"}, "民间借贷纠纷", "买卖合同纠纷"),
    "procedure": ({"程序": "简易程序"}, "ordinary", "summary"),
    "role": ({"诉讼地位": "第三人"}, "defendant", "third_party"),
    "confidential": ({"涉密/不公开": "是"}, "no", "yes"),
    "lawyer": ({"代理律师": "王五"}, "李四", "王五"),
    "law_firm_email": ({"律所邮箱": "new@firm.example"}, "service@firm.example", "new@firm.example"),
}


def test_corrections_wait_for_a_person_and_are_facts_in_the_order(court: Scene, tmp_path: Path) -> None:
    import_rows(court, [row()], tmp_path)
    changes = {heading: value for change, _, _ in CORRECTIONS.values() for heading, value in change.items()}

    again = import_rows(court, [row(**changes)], tmp_path)

    assert figures(again) == (1, 0, 1, 0)
    assert told(again) == {field: (held, new, "open") for field, (_, held, new) in CORRECTIONS.items()}
    assert journal(court).count(EventKind.DETAILS_CORRECTED) == 0
    for field in CORRECTIONS:
        assert decide(court, "apply", field) == 1
    assert journal(court).count(EventKind.DETAILS_CORRECTED) == len(CORRECTIONS)
    assert court.desk() == []
    with court.looking() as session:
        assert session.scalars(select(Party)).one().name == "张叁"
        assert session.scalars(select(LawFirm)).one().email == "new@firm.example"
    assert import_rows(court, [row(**changes)], tmp_path).differences == ()


def test_other_papers_are_served_by_an_order_of_their_own_and_fewer_change_nothing(
    court: Scene, tmp_path: Path
) -> None:
    import_rows(court, [row(送达文书="起诉状副本；传票")], tmp_path)

    more = import_rows(court, [row(送达文书="起诉状副本；传票；举证通知书")], tmp_path)
    fewer = import_rows(court, [row(送达文书="传票")], tmp_path)

    assert told(more) == {"documents": ("传票; 起诉状副本", "起诉状副本; 传票; 举证通知书", "taken")}
    assert told(fewer) == {"documents": ("传票; 起诉状副本", "传票", "noted")}
    assert (figures(more), figures(fewer)) == ((1, 1, 0, 0), (1, 0, 1, 0))
    with court.looking() as session:
        orders = list(session.scalars(select(ServiceOrder).order_by(ServiceOrder.id)))
        assert [[paper.title for paper in documents_of(session, court.court_id, order.id)] for order in orders] == [
            ["起诉状副本", "传票"],
            ["举证通知书"],
        ]


def test_somebody_new_who_looks_like_somebody_there_is_named(court: Scene, tmp_path: Path) -> None:
    bare = {"证件号码": "", "代理律所": "", "代理律师": "", "律所邮箱": ""}
    import_rows(court, [row(**bare)], tmp_path)

    corrected = import_rows(court, [row(**bare, 受送达人="张山")], tmp_path)
    numbered = import_rows(court, [row(**{**bare, "证件号码": "11010519491231002X"})], tmp_path)

    assert told(corrected) == {"recipient": ("张三", "张山", "noted")}
    assert told(numbered)["identity_number"] == ("", "11010519491231002X", "noted")


def test_a_known_number_under_another_name_is_named_in_a_new_case_too(court: Scene, tmp_path: Path) -> None:
    import_rows(court, [row()], tmp_path)

    other = import_rows(court, [row(案号="（2026）云0188民初77号", 受送达人="章三")], tmp_path)

    assert told(other) == {"recipient": ("张三", "章三", "open")}


def test_differences_are_sealed_and_stay_in_their_court(court: Scene, tmp_path: Path) -> None:
    import_rows(court, [row()], tmp_path)
    import_rows(court, [row(受送达人="张叁")], tmp_path)
    with court.looking() as session:
        raw = session.connection().exec_driver_sql("SELECT * FROM row_difference").all()
        (one,) = differences_of(session, court.court_id, newest(court))
        assert differences_of(session, UUID(int=5), newest(court)) == []
    assert "张" not in str(raw)
    with court.runtime.transaction() as session:
        with pytest.raises(NotFound):
            settle(session, UUID(int=5), newest(court), action="apply", by=None, now=court.now, difference_id=one.id)
        with pytest.raises(RequestError):
            settle(session, court.court_id, newest(court), action="burn", by=None, now=court.now, field="recipient")
