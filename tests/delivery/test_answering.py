"""An SMS-only telephone reaches all four ends: post it, I collect it, not me, call me."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from delivery.desk_work import resolve_item
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import OrderStatus
from delivery.store.desk import DeskItem
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Address
from delivery.tracking import record_report
from tests.delivery.scene import HOME, MOBILE, Scene

# Known, but nobody agreed to be served there: no answer by itself is service.
NUMBER = replace(MOBILE, consent_scope="")
OTHER_CASE = "（2026）云0102民初2号"


def _text(scene: Scene, kind: EventKind, **args: str) -> None:
    """The telephone answers, and that is all that it does."""
    report = Report(kind, f"SM|{kind}{args}", scene.now, args=args, detail={"from": MOBILE.value, "text": "x"})
    with scene.runtime.transaction() as session:
        record_report(session, scene.court_id, "texts", report, scene.now)
    scene.run()


def _settle(scene: Scene, kind: str, action: str) -> None:
    with scene.runtime.transaction() as session:
        item = session.scalar(select(DeskItem).where(DeskItem.kind == kind, DeskItem.closed_at.is_(None)))
        assert item is not None
        resolve_item(
            scene.runtime, session, scene.court_id, item.id,
            action=action, reason="", by=None, roles=frozenset({"clerk"}), now=scene.now,
        )  # fmt: skip
    scene.run()


def _texted(scene: Scene) -> None:
    scene.open(NUMBER, HOME)
    scene.run()
    assert len(scene.carriers["texts"].sent) == 1


def test_post_it_posts_it_on_the_next_working_day(scene: Scene) -> None:
    _texted(scene)
    _text(scene, EventKind.REPLIED, choice="post_it")
    scene.step(timedelta(hours=20))
    assert scene.carriers["ems"].sent == []
    scene.step(timedelta(hours=5))
    assert len(scene.carriers["ems"].sent) == 1
    assert scene.order().tier == "mail"
    skipped = {run.tier: run.skipped_reason for run in scene.tiers() if run.skipped_reason}
    assert skipped["visit"] == "post_wanted"
    assert scene.attempts(Channel.IN_PERSON) == []


def test_post_it_on_a_friday_waits_for_monday(scene: Scene) -> None:
    scene.step(timedelta(days=4))
    _texted(scene)
    _text(scene, EventKind.REPLIED, choice="post_it")
    scene.step(timedelta(days=2, hours=23))
    assert scene.carriers["ems"].sent == []
    scene.step(timedelta(hours=1))
    assert len(scene.carriers["ems"].sent) == 1


def test_post_it_without_an_address_goes_on_as_before(scene: Scene) -> None:
    scene.open(NUMBER)
    scene.run()
    _text(scene, EventKind.REPLIED, choice="post_it")
    scene.step(timedelta(days=2))
    assert scene.order().tier == "electronic"


def test_i_collect_is_waited_for_and_handed_over_at_the_counter(scene: Scene) -> None:
    _texted(scene)
    _text(scene, EventKind.REPLIED, choice="i_collect")
    assert scene.desk() == ["collects_at_court"]
    scene.step(timedelta(days=4))  # the electronic tier would have ended
    assert scene.order().tier == "electronic"
    _settle(scene, "collects_at_court", "handed_over")
    order = scene.order()
    assert (order.status, order.outcome, order.effect_method) == (OrderStatus.CONCLUDED, "SERVED", "collected_at_court")
    assert str(order.effective_on) == "2026-03-06"


def test_who_does_not_come_is_served_otherwise(scene: Scene) -> None:
    _texted(scene)
    _text(scene, EventKind.REPLIED, choice="i_collect")
    scene.step(timedelta(days=4))
    _settle(scene, "collects_at_court", "did_not_come")
    assert scene.order().tier == "visit"


def test_nobody_is_waited_for_without_end(scene: Scene) -> None:
    _texted(scene)
    _text(scene, EventKind.REPLIED, choice="i_collect")
    scene.step(timedelta(days=8))
    assert scene.order().tier == "visit"
    assert scene.desk() == ["collects_at_court"]


def test_not_me_stops_the_number_for_this_party_in_all_cases(scene: Scene) -> None:
    _texted(scene)
    first = scene.order_id
    _text(scene, EventKind.NOT_ME)
    with scene.looking() as session:
        mobiles = list(session.scalars(select(Address.standing).where(Address.kind == "mobile")))
    assert mobiles == ["not_theirs"]
    scene.open(NUMBER, HOME, case_number=OTHER_CASE)
    scene.step(timedelta(days=1))
    assert len(scene.carriers["texts"].sent) == 1
    with scene.looking() as session:
        assert session.get_one(ServiceOrder, (scene.court_id, first)).outcome == "NOT_SERVED"


def test_call_me_lies_on_the_desk_until_somebody_calls(scene: Scene) -> None:
    _texted(scene)
    _text(scene, EventKind.REPLIED, choice="call_me")
    assert scene.desk() == ["call_wanted"]


def test_paper_that_is_wanted_after_electronic_service_is_a_task_and_moves_no_date(scene: Scene) -> None:
    """CPL 90: whoever agreed to messages is served by them, and gets paper on request."""
    scene.open(MOBILE, HOME)
    scene.run()
    scene.report(scene.carriers["texts"], EventKind.DELIVERED)
    scene.report(scene.carriers["texts"], EventKind.LINK_OPENED)
    scene.run()
    _text(scene, EventKind.REPLIED, choice="post_it")
    assert (scene.order().outcome, str(scene.order().effective_on)) == ("SERVED", "2026-03-02")
    assert scene.desk() == ["paper_wanted"]
