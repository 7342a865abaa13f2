"""The ladder as it is climbed: from a reused address to a public notice, with its waits, holds and corrections."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from delivery.auditing import audit
from delivery.desk_work import resolve_item
from delivery.domain.event import Channel, EventKind
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.domain.paper import DocumentKind
from delivery.field_reports import record_publication, record_slip, report_visit
from delivery.intake_entries import PaperEntry
from delivery.order_life import add_bytes, cancel_order, hold_order, move_hearing, replace_document, resume_order
from delivery.store.cases import Case, Document
from delivery.store.desk import DeskItem
from delivery.store.orders import ServiceOrder
from delivery.store.tasks import Lease
from tests.delivery.conftest import SetScene
from tests.delivery.scene import EMAIL, HOME, MOBILE, PAPER, Scene, mail_relay, post_office, text_carrier

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _tiers(scene: Scene) -> dict[str, str]:
    """Each tier with the day on which it started, or why it was passed over."""
    return {
        run.tier: run.skipped_reason or f"{run.started_at.astimezone(SHANGHAI):%m-%d %H:%M}" for run in scene.tiers()
    }


def _visit(scene: Scene, result: str, **more: object) -> None:
    """A field server reports the visit that is waiting."""
    waiting = next(a for a in scene.attempts(Channel.IN_PERSON) if a.status == AttemptStatus.PLANNED)
    with scene.runtime.transaction() as session:
        report = {"result": result, "at": scene.now, **more}
        report_visit(session, scene.court_id, waiting.id, report, by=None, now=scene.now)
    scene.run()


def _settle(scene: Scene, kind: str, action: str) -> None:
    with scene.runtime.transaction() as session:
        item = session.scalars(select(DeskItem).where(DeskItem.kind == kind, DeskItem.closed_at.is_(None))).one()
        resolve_item(
            scene.runtime,
            session,
            scene.court_id,
            item.id,
            action=action,
            reason="",
            by=None,
            roles=frozenset({"court_officer"}),
            now=scene.now,
        )
    scene.run()


def _slip(scene: Scene, **slip: object) -> None:
    waybill = scene.attempts(Channel.POST)[-1].reference
    with scene.runtime.transaction() as session:
        record_slip(session, scene.court_id, waybill, slip, by=None, now=scene.now)
    scene.run()


def test_the_whole_ladder_from_a_text_to_a_public_notice(scene: Scene) -> None:
    scene.open(*(replace(address, basis="plaintiff_supplied", consent_scope="") for address in (MOBILE, EMAIL, HOME)))
    scene.run()
    assert _tiers(scene) == {
        "reuse": "nothing_to_reuse",
        "counsel": "not_represented",
        "electronic": "03-02 09:00",
    }
    scene.report(scene.carriers["texts"], EventKind.DELIVERED)
    scene.step(timedelta(days=3))
    assert _tiers(scene)["visit"] == "03-05 09:00", "three working days on"
    assert scene.order().outcome == "NOT_SERVED", "delivered is not served"

    _visit(scene, "nobody_home")
    assert [a.status for a in scene.attempts(Channel.IN_PERSON)] == [AttemptStatus.FAILED, AttemptStatus.PLANNED]
    scene.step(timedelta(hours=20))
    _visit(scene, "nobody_home")
    assert _tiers(scene)["mail"] == "03-06 05:00"

    post = scene.carriers["ems"]
    scene.report(post, EventKind.POSTED)
    scene.report(post, EventKind.POST_RETURNED, reason="unclaimed")
    scene.run()
    assert "posting" in _tiers(scene)
    scene.step(timedelta(days=10))
    assert [search.source for search in scene.searches()] == ["ask_plaintiff", "household_register"]
    assert scene.desk() == [], "a notice waits for both answers"
    scene.answer_searches()
    assert "approve_notice" in scene.desk()

    _settle(scene, "approve_notice", "approve_notice")
    assert scene.order().tier == "publication"
    with scene.runtime.transaction() as session:
        record_publication(
            session,
            scene.court_id,
            scene.order_id,
            {"postings": [{"place": "website", "on": "2026-03-20"}], "content": ["reason", "claim_points"]},
            by=None,
            now=scene.now,
        )
    scene.step(timedelta(days=45))
    assert scene.order().status in {OrderStatus.OPEN, OrderStatus.CONCLUDED}
    assert audit(scene.runtime) == []


def test_a_signature_at_the_door_ends_the_ladder(scene: Scene) -> None:
    scene.open(HOME)
    scene.run()
    _visit(
        scene,
        "signed",
        signed_on="2026-03-02",
        signer={"role": "recipient", "id_checked": True},
        place="residence",
        process_media="video",
    )

    order = scene.order()
    assert (order.status, order.outcome, str(order.effective_on)) == ("concluded", "SERVED", "2026-03-02")
    assert (order.effect_channel, order.effect_tier) == ("in_person", "visit")
    assert order.finished_at is not None
    assert scene.desk() == []
    before = scene.kinds()
    scene.step(timedelta(days=60))
    assert scene.carriers["ems"].sent == []
    assert scene.kinds() == before


def test_what_waits_to_be_sent_is_withdrawn_when_served_otherwise(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier(), mail_relay())
    evening = datetime(2026, 3, 2, 21, 30, tzinfo=SHANGHAI)
    scene.clock.step_to(evening)
    scene.open(MOBILE, EMAIL, HOME)
    scene.run()
    assert scene.attempt(Channel.SMS).status == AttemptStatus.PLANNED, "no texts at night"
    assert scene.attempt(Channel.EMAIL).status == AttemptStatus.SUBMITTED

    scene.tell(EventKind.ACKNOWLEDGED, scene.attempt(Channel.EMAIL), args={"role": "recipient"})
    scene.step(timedelta(hours=12))
    if scene.order().status == OrderStatus.CONCLUDED:
        assert scene.attempt(Channel.SMS).status == AttemptStatus.WITHDRAWN
        assert scene.carriers["texts"].sent == []


def test_a_slip_not_the_carriers_word_serves(set_scene: SetScene) -> None:
    scene = set_scene(post_office())
    scene.open(HOME)
    scene.run()
    _visit(scene, "not_found")
    post = scene.carriers["ems"]
    scene.report(post, EventKind.POSTED)
    scene.report(post, EventKind.POST_DELIVERED, args={"recipient_class": "person"})
    scene.run()
    assert scene.order().outcome == "NOT_SERVED"

    scene.step(timedelta(days=4))
    _slip(scene, result="signed", signed_on="2026-03-04", signer={"role": "recipient"})
    assert scene.order().outcome == "SERVED"
    assert scene.order().status == OrderStatus.CONCLUDED


def test_a_doubt_leaves_the_desk_when_a_later_fact_settles_it(set_scene: SetScene) -> None:
    scene = set_scene(post_office())
    scene.open(HOME)
    scene.run()
    # INT 131: refused away from home without a note by judge or clerk, so that an officer must look.
    _visit(scene, "refused", place="elsewhere", refused_by={"role": "recipient"}, process_media="video")
    assert scene.order().outcome == "COURT_REVIEW"
    assert "court_review" in scene.desk()

    scene.step(timedelta(days=8))
    scene.report(scene.carriers["ems"], EventKind.POSTED)
    _slip(scene, result="signed", signed_on="2026-03-10", signer={"role": "recipient"})
    assert scene.order().status == OrderStatus.CONCLUDED
    assert "court_review" not in scene.desk()


def test_a_hold_stops_the_ladder_and_a_resume_goes_on(scene: Scene) -> None:
    scene.open(MOBILE, HOME)
    scene.change(lambda session, order: hold_order(session, order, reason="settlement_talks", by=None, now=scene.now))
    scene.step(timedelta(days=20))
    assert scene.attempts() == []
    assert scene.order().status == OrderStatus.HELD
    assert audit(scene.runtime) == []

    scene.change(lambda session, order: resume_order(session, order, by=None, now=scene.now))
    scene.run()
    assert len(scene.carriers["texts"].sent) == 1


def test_a_cancelled_order_sends_nothing_more(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier())
    scene.clock.step_to(datetime(2026, 3, 2, 22, 0, tzinfo=SHANGHAI))
    scene.open(MOBILE)
    scene.run()
    scene.change(lambda session, order: cancel_order(session, order, reason="settled", by=None, now=scene.now))
    scene.step(timedelta(days=30))
    assert scene.carriers["texts"].sent == []
    assert scene.attempt(Channel.SMS).status == AttemptStatus.WITHDRAWN
    assert audit(scene.runtime) == []


def test_a_moved_hearing_shortens_the_wait_at_once(scene: Scene) -> None:
    scene.open(HOME)
    scene.run()
    _visit(scene, "not_found")
    scene.report(scene.carriers["ems"], EventKind.POSTED)
    scene.run()
    before = scene.order().look_again_at
    with scene.runtime.transaction() as session:
        case = session.scalars(select(Case)).one()
        move_hearing(session, case, hearing_at=scene.now + timedelta(days=14), by=None, now=scene.now)
    scene.run()
    after = scene.order().look_again_at
    assert before is not None
    assert after is not None
    assert after < before


def test_nothing_starts_without_the_papers_bytes(scene: Scene) -> None:
    scene.open(MOBILE, papers=(PaperEntry(DocumentKind.COMPLAINT_COPY, "起诉状副本"),))
    scene.run()
    assert scene.attempts() == []
    assert scene.desk() == ["papers_missing"]

    with scene.runtime.transaction() as session:
        paper = session.scalars(select(Document)).one()
        add_bytes(scene.runtime, session, paper, content=PAPER, media_type="application/pdf")
    scene.run()
    assert len(scene.carriers["texts"].sent) == 1
    assert scene.desk() == []


def test_a_corrected_paper_is_served_anew_from_the_foot_of_the_ladder(scene: Scene) -> None:
    scene.open(MOBILE, HOME)
    scene.step(timedelta(days=4))
    assert scene.order().tier == "visit"
    _visit(scene, "signed", signed_on="2026-03-06", signer={"role": "recipient"}, place="residence")
    assert scene.order().status == OrderStatus.CONCLUDED

    with scene.runtime.transaction() as session:
        paper = session.scalars(select(Document)).one()
        replace_document(
            scene.runtime,
            session,
            paper,
            content=b"%PDF-1.7 corrected",
            media_type="application/pdf",
            by=None,
            now=scene.now,
        )
    scene.run()
    order = scene.order()
    assert (order.status, order.round, order.tier) == (OrderStatus.OPEN, 2, "electronic")
    assert len(scene.carriers["texts"].sent) == 2
    assert len({a.idempotency_key for a in scene.attempts()}) == len(scene.attempts())
    assert audit(scene.runtime) == []


def test_looking_again_is_harmless(scene: Scene) -> None:
    scene.open(MOBILE, EMAIL, HOME)
    scene.run()
    journal, attempts, tasks = scene.kinds(), len(scene.attempts()), len(scene.tasks())
    for _ in range(3):
        scene.change(
            lambda session, order: scene.runtime.handlers["advance_order"](
                scene.runtime, session, _lease_for(order), scene.now
            )
        )
    assert (scene.kinds(), len(scene.attempts()), len(scene.tasks())) == (journal, attempts, tasks)


def _lease_for(order: ServiceOrder) -> Lease:
    return Lease(order.id, order.court_id, order.id, "advance_order", {}, 1, 0, "test", order.opened_at)


@pytest.mark.parametrize("channels", [("mails",), ()])
def test_channels_that_are_not_configured_are_passed_over_with_a_reason(
    set_scene: SetScene, channels: tuple[str, ...]
) -> None:
    scene = set_scene(*([mail_relay()] if channels else []))
    scene.open(MOBILE, HOME)
    scene.run()
    assert _tiers(scene)["electronic"] == ("no_address" if channels else "channel_not_configured")
    assert scene.order().tier == "visit"


def test_what_happened_at_a_door_after_the_visit_was_withdrawn_is_still_a_fact(scene: Scene) -> None:
    scene.open(replace(HOME, basis="plaintiff_supplied"))
    scene.run()
    (waiting,) = (a for a in scene.attempts(Channel.IN_PERSON) if a.status == AttemptStatus.PLANNED)
    scene.change(lambda session, order: cancel_order(session, order, reason="settled", by=None, now=scene.now))
    assert scene.attempt(Channel.IN_PERSON).status == AttemptStatus.WITHDRAWN
    scene.step(timedelta(hours=1))
    with scene.runtime.transaction() as session:
        report = {"result": "nobody_home", "at": scene.now}
        report_visit(session, scene.court_id, waiting.id, report, by=None, now=scene.now)
    scene.run()
    assert EventKind.VISITED in scene.kinds()
    assert scene.attempt(Channel.IN_PERSON).status == AttemptStatus.WITHDRAWN
    assert scene.order().status == OrderStatus.CANCELLED
