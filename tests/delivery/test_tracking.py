"""The single door for facts: each once, none refused, and bad news remembered."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from delivery.domain.errors import OutcomeUnknown, Transient, UnknownReference
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.store.journal import DeliveryEvent
from delivery.store.links import ServiceLink
from delivery.store.orders import Attempt, lock_order
from delivery.store.parties import Address
from delivery.tracking import record_fact, record_report
from tests.delivery.scene import EMAIL, HOME, MOBILE, Fault, Scene
from tests.infrastructure.engines import BOTH

ENGINES = BOTH


def _standing(scene: Scene, channel: Channel) -> str:
    with scene.looking() as session:
        address = session.get_one(Address, (scene.court_id, scene.attempts(channel)[0].address_id))
        return address.standing


@pytest.fixture
def texted(scene: Scene) -> Scene:
    """A text went out."""
    scene.open(MOBILE, EMAIL, HOME)
    scene.run()
    return scene


@pytest.fixture
def posted(scene: Scene) -> Scene:
    """A letter is with the post: nobody was reached before."""
    scene.open(HOME)
    scene.step(timedelta(days=10))
    assert scene.carriers["ems"].sent
    return scene


def test_a_repeated_report_is_one_fact(texted: Scene) -> None:
    texts = texted.carriers["texts"]
    for _ in range(3):
        texted.report(texts, EventKind.DELIVERED)
    assert texted.kinds().count(EventKind.DELIVERED) == 1
    assert texted.attempt(Channel.SMS).status == AttemptStatus.ARRIVED


def test_the_database_itself_refuses_the_same_report_twice(texted: Scene) -> None:
    first = texted.journal()[0]
    with pytest.raises(IntegrityError), texted.runtime.transaction() as session:
        session.add(
            DeliveryEvent(
                court_id=first.court_id,
                order_id=first.order_id,
                sequence=first.sequence + 1000,
                entry="{}",
                hash="0" * 64,
                kind="information",
                provider=first.provider,
                event_id=first.event_id,
                occurred_at=first.occurred_at,
                recorded_at=first.recorded_at,
            )
        )


def test_reports_out_of_order_come_to_the_same_end(texted: Scene) -> None:
    texts = texted.carriers["texts"]
    texted.report(texts, EventKind.DELIVERED)
    texted.report(texts, EventKind.SENT)
    assert texted.attempt(Channel.SMS).status == AttemptStatus.ARRIVED
    assert {EventKind.SENT, EventKind.DELIVERED} <= set(texted.kinds())


def test_a_report_about_something_unknown_says_so(texted: Scene) -> None:
    with pytest.raises(UnknownReference):
        texted.report(texted.carriers["texts"], EventKind.DELIVERED, reference="nobody-knows")


def test_a_report_that_overtakes_our_own_commit_is_matched_by_our_key(scene: Scene) -> None:
    texts = scene.carriers["texts"]

    def callback_comes_first() -> None:
        key = texts.sent[-1].idempotency_key
        scene.report(texts, EventKind.DELIVERED, reference="not-yet-known", args={"key": key})

    texts.meanwhile = callback_comes_first
    scene.open(MOBILE)
    scene.run()
    attempt = scene.attempt(Channel.SMS)
    assert attempt.status == AttemptStatus.ARRIVED
    assert attempt.reference == f"texts-{attempt.idempotency_key}"


def test_an_answer_is_matched_by_who_wrote_it(texted: Scene) -> None:
    report = Report(
        EventKind.REPLIED, "SM1|reply", texted.now, args={"choice": "post_it"}, detail={"from": "+86 138 0013 8000"}
    )
    with texted.runtime.transaction() as session:
        record_report(session, texted.court_id, "texts", report, texted.now)
    assert texted.attempt(Channel.SMS).status == AttemptStatus.ANSWERED
    event = texted.journal()[-1] if texted.kinds()[-1] == EventKind.REPLIED else None
    found = [e for e in texted.journal() if e.kind == EventKind.REPLIED]
    assert len(found) == 1
    assert not any(number in found[0].entry for number in ("13800138000", "138 0013 8000"))
    assert event is None or event.id == found[0].id


def test_an_answer_does_not_lend_its_own_name_to_a_text_whose_name_was_lost(scene: Scene) -> None:
    scene.carriers["texts"].faults.append(Fault(OutcomeUnknown("timed_out"), taken=True))
    scene.open(MOBILE)
    scene.run()
    assert scene.attempt(Channel.SMS).status == AttemptStatus.UNKNOWN
    report = Report(
        EventKind.REPLIED,
        "SM9|reply",
        scene.now,
        "SM9",
        args={"choice": "post_it"},
        detail={"from": "+86 138 0013 8000"},
    )
    with scene.runtime.transaction() as session:
        record_report(session, scene.court_id, "texts", report, scene.now)
    attempt = scene.attempt(Channel.SMS)
    assert (attempt.status, attempt.reference) == (AttemptStatus.ANSWERED, "")


@pytest.mark.parametrize(("kind", "standing"), [(EventKind.NOT_ME, "not_theirs"), (EventKind.OPTED_OUT, "opted_out")])
def test_what_people_say_about_a_number_is_remembered(texted: Scene, kind: EventKind, standing: str) -> None:
    texted.report(texted.carriers["texts"], kind)
    assert _standing(texted, Channel.SMS) == standing

    texted.open(MOBILE, case_number="（2026）云0102民初2号")
    texted.run()
    assert texted.attempts(Channel.SMS) == []


def test_a_not_me_by_text_ends_the_links_that_went_to_the_number(texted: Scene) -> None:
    texted.report(texted.carriers["texts"], EventKind.NOT_ME)
    with texted.looking() as session:
        links = session.scalars(select(ServiceLink).where(ServiceLink.court_id == texted.court_id)).all()
        there = [link for link in links if session.get_one(Attempt, (link.court_id, link.attempt_id)).channel == "sms"]
    assert [link.revoked_at for link in there] == [texted.now]


def test_a_not_me_waits_for_no_other_order_of_the_party(scene: Scene) -> None:
    first = scene.open(MOBILE)
    scene.run()
    sms = scene.attempt(Channel.SMS)
    other = scene.open(MOBILE, case_number="（2026）云0102民初2号")
    scene.run()
    with scene.runtime.reading() as holding:  # as whoever says the same of the other order does at this moment
        lock_order(holding, scene.court_id, other)
        with scene.runtime.transaction() as session:
            if not scene.runtime.database.is_sqlite:
                session.execute(text("SET LOCAL lock_timeout = '300ms'"))
            order = lock_order(session, scene.court_id, first)
            assert order is not None
            attempt = session.get_one(Attempt, (order.court_id, sms.id))
            record_fact(session, order, Report(EventKind.NOT_ME, "", scene.now), now=scene.now, attempt=attempt)
    scene.run()
    for scene.order_id in (first, other):
        assert [event.args for event in scene.journal() if event.reason == "links_revoked"] == [{"links": 1}]


def test_bad_news_after_good_is_a_contradiction_for_a_person(texted: Scene) -> None:
    texts = texted.carriers["texts"]
    texted.report(texts, EventKind.DELIVERED)
    texted.report(texts, EventKind.FAILED, reason="number_void")
    assert texted.attempt(Channel.SMS).status == AttemptStatus.FAILED
    assert _standing(texted, Channel.SMS) == "dead"
    assert "contradiction" in texted.desk()


@pytest.mark.parametrize("wrong", [timedelta(days=-400), timedelta(days=400)])
def test_a_clock_that_is_wrong_dates_nothing_before_it_left_or_after_it_was_heard(
    texted: Scene, wrong: timedelta
) -> None:
    left_at = texted.attempt(Channel.SMS).submitted_at
    texted.step(timedelta(hours=1))
    texted.report(texted.carriers["texts"], EventKind.DELIVERED, occurred_at=texted.now + wrong)
    (told,) = (event for event in texted.journal() if event.kind == EventKind.DELIVERED)
    assert told.occurred_at == (left_at if wrong < timedelta(0) else texted.now)
    assert told.args["carrier_time"][:4] == f"{(texted.now + wrong).year}"


def test_a_delivery_dated_in_the_future_can_still_be_voided(posted: Scene) -> None:
    post, ahead = posted.carriers["ems"], posted.now + timedelta(days=4000)
    more = {"recipient_class": "addressee"}
    posted.report(post, EventKind.POST_DELIVERED, raw_code="704", event_id="1", args=more, occurred_at=ahead)
    posted.step(timedelta(hours=1))
    posted.report(post, EventKind.POST_REVERSED, raw_code="743", event_id="2", args={"reverses": "704"})
    assert posted.attempt(Channel.POST).status == AttemptStatus.SUBMITTED


def test_a_voided_delivery_is_taken_back_and_the_rest_counts(posted: Scene) -> None:
    post = posted.carriers["ems"]
    posted.report(post, EventKind.POSTED, raw_code="203", event_id="1")
    posted.report(post, EventKind.POST_OUT, raw_code="702", event_id="2")
    posted.report(post, EventKind.POST_DELIVERED, raw_code="704", event_id="3", args={"recipient_class": "person"})
    assert posted.attempt(Channel.POST).status == AttemptStatus.ARRIVED

    posted.report(post, EventKind.POST_REVERSED, raw_code="743", event_id="4", args={"reverses": "704"})
    assert posted.attempt(Channel.POST).status == AttemptStatus.UNDERWAY
    assert len([kind for kind in posted.kinds() if kind == EventKind.POST_DELIVERED]) == 1, "nothing is removed"


def test_a_voided_return_gives_the_address_its_name_back(posted: Scene) -> None:
    post = posted.carriers["ems"]
    posted.report(post, EventKind.POSTED, raw_code="203", event_id="1")
    posted.report(post, EventKind.POST_RETURNED, raw_code="711", event_id="2", reason="unclaimed")
    assert _standing(posted, Channel.POST) == "returned"

    posted.report(post, EventKind.POST_REVERSED, raw_code="742", event_id="3", args={"reverses": "711"})
    attempt = posted.attempts(Channel.POST)[0]
    assert (attempt.status, attempt.reason, attempt.ended_at) == (AttemptStatus.UNDERWAY, "", None)
    assert _standing(posted, Channel.POST) == "good"


def test_facts_come_in_whatever_the_order_has_become(texted: Scene) -> None:
    texted.tell(EventKind.ORDER_CANCELLED, reason="settled")
    assert texted.order().status == OrderStatus.CANCELLED
    texted.report(texted.carriers["texts"], EventKind.DELIVERED)
    assert texted.kinds()[-1] == EventKind.DELIVERED
    assert texted.order().status == OrderStatus.CANCELLED


def test_the_journal_holds_codes_and_the_detail_is_sealed_beside_it(texted: Scene) -> None:
    texted.tell(EventKind.DECLINED, texted.attempt(Channel.SMS), detail={"note": "我是李伟，住址不对"})
    with texted.runtime.reading() as session:
        entries = [event.entry for event in texted.journal()]
        raw = session.connection().exec_driver_sql("SELECT content_sealed FROM event_detail").scalars().all()
    assert not any("李伟" in entry for entry in entries)
    assert raw
    assert not any("李伟".encode() in bytes(content) for content in raw)


def test_the_moment_of_sending_is_when_the_request_left(scene: Scene) -> None:
    scene.carriers["texts"].faults.append(Fault(Transient("busy")))
    scene.open(MOBILE)
    opened_at = scene.now
    scene.step(timedelta(minutes=5))
    (sent,) = [event for event in scene.journal() if event.kind == EventKind.SUBMITTED]
    assert sent.occurred_at == opened_at + timedelta(minutes=2)
    assert scene.order().first_sent_at == sent.occurred_at
