"""What an order's deadlines and its hearing ask of it is said on its day, once, and taken back when it is settled."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from delivery.domain.event import Channel, EventKind
from delivery.domain.paper import DocumentKind
from delivery.intake_entries import PaperEntry
from delivery.order_life import cancel_order, hold_order, move_hearing
from delivery.store.cases import Case
from delivery.store.desk import DeskItem
from delivery.store.hearings import Hearing
from tests.delivery.scene import HOME, MOBILE, PAPER, Scene

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Wednesday 1 April 2026, half past nine. The answer takes fifteen days, so the papers must be effective by 16 March.
HEARING = datetime(2026, 4, 1, 1, 30, tzinfo=UTC)


@pytest.fixture
def court(scene: Scene) -> Scene:
    return scene


def _summons(court: Scene) -> tuple[PaperEntry, ...]:
    sha256 = court.runtime.blobs.put(court.court_id, PAPER)
    return (PaperEntry(DocumentKind.SUMMONS, "传票", sha256, len(PAPER), "application/pdf"),)


def _items(court: Scene, kind: str, *, every: bool = False) -> list[DeskItem]:
    with court.looking() as session:
        found = select(DeskItem).where(DeskItem.kind == kind).order_by(DeskItem.opened_at)
        return [item for item in session.scalars(found) if every or item.closed_at is None]


def _hearings(court: Scene) -> list[Hearing]:
    with court.looking() as session:
        return list(session.scalars(select(Hearing).order_by(Hearing.set_at, Hearing.hearing_at)))


def _move(court: Scene, hearing_at: datetime | None) -> None:
    with court.runtime.transaction() as session:
        case = session.scalars(select(Case)).one()
        move_hearing(session, case, hearing_at=hearing_at, by=None, now=court.now)


def _until(court: Scene, day: date, hour: int = 9) -> None:
    court.run_until(datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=hour))


def _signed(court: Scene, on: str) -> None:
    post = court.attempts()[-1]
    args = {"result": "signed", "signer": {"role": "recipient"}, "signed_on": on}
    court.tell(EventKind.SLIP_RECORDED, post, args=args)
    court.run()


def test_a_lost_hearing_is_said_on_the_first_day_of_it_and_once(court: Scene) -> None:
    court.open(HOME, hearing_at=HEARING, plan="mail-only")
    _until(court, date(2026, 3, 16), 23)
    assert _items(court, "hearing_lost") == []
    _until(court, date(2026, 3, 17))
    (item,) = _items(court, "hearing_lost")
    assert item.opened_at.astimezone(SHANGHAI).isoformat() == "2026-03-17T08:30:00+08:00"
    assert (item.order_id, item.args["serve_by"], item.args["lost_on"]) == (court.order_id, "2026-03-16", "2026-03-17")
    referred = [event for event in court.journal() if event.reason == "hearing_lost"]
    _until(court, date(2026, 3, 25))
    assert len(referred) == len(_items(court, "hearing_lost", every=True)) == 1
    (hearing,) = _hearings(court)
    assert (hearing.lost_on, hearing.lost_order_id) == (date(2026, 3, 17), court.order_id)


def test_a_hearing_that_was_set_too_near_is_lost_at_once(court: Scene) -> None:
    court.open(HOME, hearing_at=HEARING - timedelta(days=16), plan="mail-only")
    court.run()
    (item,) = _items(court, "hearing_lost")
    assert item.args["lost_on"] == "2026-03-02"


def test_while_it_is_asked_where_somebody_is_the_hearing_is_not_lost(court: Scene) -> None:
    court.open(hearing_at=HEARING, procedure="summary")
    _until(court, date(2026, 3, 31), 23)
    assert _items(court, "hearing_lost", every=True) == []
    court.run_until(HEARING)
    assert [hearing.result for hearing in _hearings(court)] == ["vacated"]


def test_the_last_days_are_near(court: Scene) -> None:
    court.open(HOME, hearing_at=HEARING, plan="mail-only")
    _until(court, date(2026, 3, 11), 23)
    assert _items(court, "deadline_near") == []
    _until(court, date(2026, 3, 12))
    (item,) = _items(court, "deadline_near")
    assert item.args == {"deadline": "serve_by", "due_on": "2026-03-16"}
    _until(court, date(2026, 3, 17))
    assert _items(court, "deadline_near") == []


def test_service_in_time_takes_the_nearness_back_and_the_hearing_is_met(court: Scene) -> None:
    court.open(HOME, hearing_at=HEARING, plan="mail-only")
    _until(court, date(2026, 3, 12))
    _signed(court, "2026-03-12")
    assert court.order().status == "concluded"
    assert _items(court, "deadline_near") == []
    court.run_until(HEARING)
    assert [hearing.result for hearing in _hearings(court)] == ["met"]
    assert _items(court, "hearing_lost", every=True) == []


def test_service_that_comes_too_late_does_not_find_the_hearing_again(court: Scene) -> None:
    court.open(HOME, hearing_at=HEARING, plan="mail-only")
    _until(court, date(2026, 3, 18))
    _signed(court, "2026-03-18")
    assert court.order().status == "concluded"
    assert len(_items(court, "hearing_lost")) == 1
    court.run_until(HEARING)
    assert [hearing.result for hearing in _hearings(court)] == ["vacated"]
    assert _items(court, "hearing_lost") == []


def test_a_slip_that_tells_of_an_earlier_day_finds_the_hearing_again(court: Scene) -> None:
    court.open(HOME, hearing_at=HEARING, plan="mail-only")
    _until(court, date(2026, 3, 18))
    _signed(court, "2026-03-13")
    (item,) = _items(court, "hearing_lost", every=True)
    assert item.resolution == "settled_by_itself"
    assert _hearings(court)[0].lost_on is None
    court.run_until(HEARING)
    assert [hearing.result for hearing in _hearings(court)] == ["met"]


@pytest.mark.parametrize(
    ("day", "hour", "result"),
    [
        (date(2026, 3, 10), 9, "moved_in_time"),  # before it was lost
        (date(2026, 3, 29), 9, "moved_in_time"),  # lost, but three days before
        (date(2026, 3, 30), 9, "moved_late"),
        (date(2026, 4, 1), 9, "moved_late"),  # half an hour before
    ],
)
def test_what_is_moved_is_moved_in_time_or_late(court: Scene, day: date, hour: int, result: str) -> None:
    court.open(HOME, hearing_at=HEARING, plan="mail-only")
    _until(court, day, hour)
    later = datetime(2026, 5, 13, 1, 30, tzinfo=UTC)
    _move(court, later)
    court.run()
    assert [(hearing.hearing_at, hearing.result) for hearing in _hearings(court)] == [(HEARING, result), (later, "")]
    assert _items(court, "hearing_lost") == _items(court, "deadline_near") == []
    assert all(item.resolution == "hearing_moved" for item in _items(court, "hearing_lost", every=True))


def test_the_new_day_may_be_lost_again(court: Scene) -> None:
    court.open(HOME, hearing_at=HEARING, plan="mail-only")
    _until(court, date(2026, 3, 17))
    _move(court, HEARING + timedelta(days=7))
    court.run()
    assert _items(court, "hearing_lost") == []
    _until(court, date(2026, 3, 24))
    assert len(_items(court, "hearing_lost")) == 1
    assert len(_items(court, "hearing_lost", every=True)) == 2


def test_a_hearing_moved_to_the_same_hour_is_the_same_hearing(court: Scene) -> None:
    court.open(HOME, hearing_at=HEARING, plan="mail-only")
    court.run()
    _move(court, HEARING)
    assert len(_hearings(court)) == 1
    _move(court, None)
    assert [hearing.result for hearing in _hearings(court)] == ["dropped"]


def test_a_hearing_that_comes_later_than_the_order_is_watched_too(court: Scene) -> None:
    court.open(HOME, plan="mail-only")
    court.run()
    assert _hearings(court) == []
    _move(court, HEARING)
    _until(court, date(2026, 3, 17))
    assert len(_items(court, "hearing_lost")) == 1


@pytest.mark.parametrize(("reason", "result"), [("settled", "dropped"), ("opened_by_mistake", "dropped")])
def test_who_is_no_longer_to_be_served_blocks_no_hearing(court: Scene, reason: str, result: str) -> None:
    court.open(HOME, hearing_at=HEARING, plan="mail-only")
    _until(court, date(2026, 3, 17))
    court.change(lambda session, order: cancel_order(session, order, reason=reason, by=None, now=court.now))
    assert _items(court, "hearing_lost") == []
    court.run_until(HEARING)
    assert [hearing.result for hearing in _hearings(court)] == [result]


def _open_two(court: Scene) -> tuple[UUID, UUID]:
    first = court.open(HOME, hearing_at=HEARING, plan="mail-only")
    second = court.open(
        HOME, hearing_at=HEARING, plan="mail-only", recipient_name="王强", identity_number="110105194912310038"
    )
    return first, second


def test_one_item_for_a_case_and_it_goes_to_the_next_who_stands_in_the_way(court: Scene) -> None:
    first, second = _open_two(court)
    _until(court, date(2026, 3, 17))
    (item,) = _items(court, "hearing_lost")
    assert item.order_id in {first, second}
    court.order_id = item.order_id
    _signed(court, "2026-03-16")
    (item,) = _items(court, "hearing_lost")
    assert item.order_id == ({first, second} - {court.order_id}).pop()
    court.run_until(HEARING)
    assert [hearing.result for hearing in _hearings(court)] == ["vacated"]


def test_what_a_person_has_seen_to_is_not_said_again(court: Scene) -> None:
    court.open(HOME, hearing_at=HEARING, plan="mail-only")
    _until(court, date(2026, 3, 17))
    with court.runtime.transaction() as session:
        item = session.scalars(select(DeskItem).where(DeskItem.kind == "hearing_lost")).one()
        item.closed_at, item.closed_by, item.resolution = court.now, UUID(int=7), "done"
    court.change(lambda session, order: hold_order(session, order, reason="other", by=None, now=court.now))
    _until(court, date(2026, 3, 20))
    assert len(_items(court, "hearing_lost", every=True)) == 1


def test_a_summons_in_summary_procedure_is_in_time_the_day_before(court: Scene) -> None:
    soon = datetime(2026, 3, 9, 1, 30, tzinfo=UTC)  # Monday
    court.open(MOBILE, hearing_at=soon, procedure="summary", papers=_summons(court))
    _until(court, date(2026, 3, 8))
    assert _items(court, "hearing_lost") == []
    _until(court, date(2026, 3, 9))
    assert len(_items(court, "hearing_lost")) == 1


def test_papers_that_no_hearing_waits_for_lose_none(court: Scene) -> None:
    sha256 = court.runtime.blobs.put(court.court_id, PAPER)
    judgment = PaperEntry(DocumentKind.JUDGMENT, "民事判决书", sha256, len(PAPER), "application/pdf")
    court.open(HOME, hearing_at=HEARING, plan="mail-only", papers=(judgment,))
    court.run_until(HEARING)
    assert _items(court, "hearing_lost", every=True) == []
    assert [hearing.result for hearing in _hearings(court)] == ["dropped"]


def _open_accepted(court: Scene, accepted_on: date, **more: Any) -> None:  # noqa: ANN401 -- fields of an entry
    paper = PaperEntry(DocumentKind.COMPLAINT_COPY, "起诉状副本")  # its bytes have not come: nothing can leave
    court.open(MOBILE, accepted_on=accepted_on, papers=(paper,), **more)


def test_a_complaint_that_does_not_leave_is_near_and_then_late(court: Scene) -> None:
    _open_accepted(court, date(2026, 2, 27))  # Friday: five days end on Wednesday 4 March
    court.run()
    assert _items(court, "deadline_near")[0].args == {"deadline": "dispatch_due", "due_on": "2026-03-04"}
    _until(court, date(2026, 3, 4), 23)
    assert _items(court, "dispatch_late") == []
    _until(court, date(2026, 3, 5))
    (item,) = _items(court, "dispatch_late")
    assert item.args == {"due_on": "2026-03-04"}
    assert _items(court, "deadline_near") == []
    court.change(lambda session, order: cancel_order(session, order, reason="settled", by=None, now=court.now))
    assert _items(court, "dispatch_late") == []


def test_a_complaint_on_its_way_out_is_not_near(court: Scene) -> None:
    court.open(MOBILE, accepted_on=date(2026, 2, 27))
    court.run()
    assert court.attempt(Channel.SMS).submitted_at is not None
    assert _items(court, "deadline_near", every=True) == []
    _until(court, date(2026, 3, 6))
    assert _items(court, "dispatch_late", every=True) == []
