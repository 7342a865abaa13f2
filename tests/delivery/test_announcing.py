"""What the court's case system is told: each fact once, in its own transaction, with codes and ids only."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.announcement import EventType
from delivery.domain.errors import Conflict
from delivery.domain.event import EventKind
from delivery.order_life import cancel_order, hold_order, resume_order, stop_sending
from delivery.store.announcements import Announcement
from delivery.store.courts import Court
from delivery.store.desk import put_on_desk
from delivery.store.orders import ServiceOrder
from delivery.subscribing import MOST_ENDPOINTS, By, Wanted, add_endpoint, disable_endpoint, enable_endpoint
from tests.delivery.announced import CaseSystem, deliveries, listening
from tests.delivery.scene import EMAIL, HOME, MOBILE, Scene


@pytest.fixture
def system() -> CaseSystem:
    return CaseSystem()


def test_an_order_is_announced_from_its_opening_to_its_end(scene: Scene, system: CaseSystem) -> None:
    listening(scene, system)
    order_id = scene.open(MOBILE)
    scene.run()
    scene.change(lambda session, order: hold_order(session, order, reason="settlement_talks", by=None, now=scene.now))
    scene.change(lambda session, order: resume_order(session, order, by=None, now=scene.now))
    scene.change(lambda session, order: cancel_order(session, order, reason="withdrawn", by=None, now=scene.now))
    scene.run()

    told = [one for one in system.told if one["type"] != EventType.ORDER_NEEDS_PERSON]
    assert [one["type"] for one in told] == ["order.opened", "order.held", "order.resumed", "order.cancelled"]
    for one in told:
        assert one["data"]["court"] == "qinghe"
        assert one["data"]["order_id"] == str(order_id)
        assert one["data"]["case_number"] == "（2026）云0102民初1号"
    assert told[0]["timestamp"] == "2026-03-02T01:00:00.000Z"
    assert (told[1]["data"]["reason"], told[1]["data"]["status"]) == ("settlement_talks", "held")
    assert told[3]["data"]["reason"] == "withdrawn"


def test_an_effect_is_told_with_its_day_and_its_articles(scene: Scene, system: CaseSystem) -> None:
    listening(scene, system, EventType.EFFECT_CHANGED, EventType.ORDER_CONCLUDED)
    scene.open(MOBILE, EMAIL)
    scene.run()
    (attempt,) = scene.attempts()[:1]
    scene.tell(EventKind.ACKNOWLEDGED, attempt, args={"role": "recipient", "identity_checked": True})
    scene.run()

    order = scene.order()
    changed, concluded = system.told
    assert (changed["type"], concluded["type"]) == ("effect.changed", "order.concluded")
    for one in (changed, concluded):
        assert one["data"]["outcome"] == order.outcome == "SERVED"
        assert one["data"]["effective_on"] == str(order.effective_on)
        assert one["data"]["articles"] == order.effect["cites"] != []
        assert one["data"]["awaits_confirmation"] is False


def test_what_needs_a_person_is_told_once(scene: Scene, system: CaseSystem) -> None:
    listening(scene, system, EventType.ORDER_NEEDS_PERSON, EventType.HEARING_AT_RISK)
    order_id = scene.open(MOBILE)
    for kind in ("court_review", "court_review", "hearing_lost"):
        with scene.runtime.transaction() as session:
            item = put_on_desk(
                session,
                scene.court_id,
                kind=kind,
                subject="x",
                at=scene.now,
                order_id=order_id,
                lost_on="2026-03-03",
                name="李伟",
            )
            item_id = item.id
    scene.run()
    first, second = system.told[:2]
    assert (first["type"], first["data"]["need"]) == ("order.needs_person", "court_review")
    assert (second["type"], second["data"]["lost_on"]) == ("hearing.at_risk", "2026-03-03")
    assert second["data"]["item_id"] == str(item_id)


def test_nothing_personal_leaves(scene: Scene, system: CaseSystem) -> None:
    listening(scene, system)
    scene.open(MOBILE, EMAIL, HOME)
    scene.step(timedelta(days=12))
    scene.tell(EventKind.ORDER_HELD, reason="李伟要求暂停")
    with scene.runtime.transaction() as session:
        args = {"name": "李伟", "due_on": "2026-03-20"}
        put_on_desk(session, scene.court_id, kind="x", subject="x", at=scene.now, order_id=scene.order_id, **args)
    scene.run()
    assert {EventType.ORDER_OPENED, EventType.ORDER_NEEDS_PERSON, EventType.ORDER_HELD} <= set(system.types)
    said = "".join(request.body.decode() for request in system.heard)
    personal = ("李伟", "13800138000", "li@mail.example", "11010519491231002X", "滨河路", "起诉状")
    assert [text for text in personal if text in said] == []


def test_an_endpoint_hears_what_it_asked_for(scene: Scene, system: CaseSystem) -> None:
    listening(scene, system, EventType.ORDER_CANCELLED)
    scene.open(MOBILE)
    scene.run()
    assert system.heard == []
    scene.change(lambda session, order: cancel_order(session, order, reason="withdrawn", by=None, now=scene.now))
    scene.run()
    assert system.types == ["order.cancelled"]


def test_two_endpoints_are_told_alike_under_their_own_secrets(scene: Scene, system: CaseSystem) -> None:
    for path in ("a", "b"):
        listening(scene, system, EventType.ORDER_OPENED, url=f"https://case.court.example/{path}")
    scene.open(MOBILE)
    scene.run()
    first, second = system.heard
    assert {first.destination.target, second.destination.target} == {"/a", "/b"}
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_what_did_not_happen_is_not_told(scene: Scene, system: CaseSystem) -> None:
    """The announcement lies in the transaction of its fact."""
    listening(scene, system)

    scene.open(MOBILE)
    with pytest.raises(Undone):
        scene.change(_hold_and_undo)
    scene.run()
    assert EventType.ORDER_HELD not in system.types


class Undone(Exception):
    """The transaction ends here."""


def _hold_and_undo(session: Session, order: ServiceOrder) -> None:
    hold_order(session, order, reason="other", by=None, now=order.opened_at)
    raise Undone


def test_without_endpoints_nothing_is_written(scene: Scene) -> None:
    scene.open(MOBILE)
    scene.run()
    with scene.looking() as session:
        assert session.scalars(select(Announcement)).all() == []
    assert deliveries(scene) == []


def test_another_court_s_endpoint_hears_nothing(scene: Scene, system: CaseSystem) -> None:
    with scene.runtime.transaction() as session:
        other = Court(code="baishan", name="白山区人民法院", name_en="Baishan District Court")
        session.add(other)
        session.flush()
        other_id = other.id
    own, scene.court_id = scene.court_id, other_id
    listening(scene, system)
    scene.court_id = own
    scene.open(MOBILE)
    scene.run()
    assert system.heard == []


def test_an_emergency_stop_holds_announcements_back(scene: Scene, system: CaseSystem) -> None:
    listening(scene, system, EventType.ORDER_OPENED)
    scene.open(MOBILE)
    with scene.runtime.transaction() as session:
        stop_sending(session.get_one(Court, scene.court_id), reason="test", now=scene.now)
    scene.step(timedelta(hours=1))
    assert system.heard == []
    with scene.runtime.transaction() as session:
        court = session.get_one(Court, scene.court_id)
        court.sending_stopped_at = None
    scene.step(timedelta(minutes=6))
    assert system.types == ["order.opened"]
    (delivery,) = deliveries(scene)
    assert delivery.status == "delivered"


def test_a_court_whose_endpoints_are_all_in_use_disables_one_for_the_next(scene: Scene) -> None:
    wanted, by = Wanted("http://127.0.0.1:9/hook", "案件系统", ("order.opened",)), By("administrator")
    with scene.runtime.transaction() as session:
        made = [add_endpoint(session, scene.court_id, wanted, by=by, now=scene.now) for _ in range(MOST_ENDPOINTS)]
        with pytest.raises(Conflict, match="webhook_too_many"):
            add_endpoint(session, scene.court_id, wanted, by=by, now=scene.now)
        disable_endpoint(session, made[0], by=by, now=scene.now)
        add_endpoint(session, scene.court_id, wanted, by=by, now=scene.now)
        with pytest.raises(Conflict, match="webhook_too_many"):
            enable_endpoint(session, made[0], by=by, now=scene.now)
