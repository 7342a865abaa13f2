"""The whole way round: an attempt leaves through the real adapter, and what the provider says of it comes in."""

import re
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import select

from adapters.smtp import bounce_token
from delivery.domain.event import Channel, EventKind
from delivery.domain.order import AttemptStatus
from delivery.store.inbox import Callback, Quarantine
from delivery.store.parties import Address
from delivery.web.app import create_app
from tests.adapters.fake_ems import trace
from tests.adapters.fake_smtp import RESET
from tests.adapters.local_http import Trouble
from tests.delivery.scene import EMAIL, HOME, MOBILE
from tests.infrastructure.engines import BOTH
from tests.webhooks.round_trip import BASE, RoundTrip, round_trip
from tests.webhooks.test_smtp import REPORT

LINK, CODE = re.compile(r"/e/[\w-]+"), re.compile(r"(?<![\w/-])([2-9A-Z]{4}-?[2-9A-Z]{4})(?![\w-])", re.ASCII)
ENGINES = BOTH  # these walk through everything that edges ask of the store


class Start(Protocol):
    """Starts a court with these providers."""

    def __call__(self, *names: str) -> AbstractContextManager[RoundTrip]: ...


@pytest.fixture
def start(tables_url: str, tmp_path: Path) -> Start:
    return partial(round_trip, tables_url, f"file://{tmp_path / 'blobs'}")


def test_a_text_is_followed_to_the_device(start: Start) -> None:
    with start("twilio") as trip:
        trip.scene.open(MOBILE)
        trip.scene.run()
        assert trip.scene.attempt(Channel.SMS).reference == trip.texts.messages[0]["sid"]
        for status in ("sent", "delivered", "delivered", "sent"):  # repeated, and out of order
            assert trip.tell(status) == 200
        kinds = trip.scene.kinds()
        assert (kinds.count(EventKind.SENT), kinds.count(EventKind.DELIVERED)) == (1, 1)
        assert trip.scene.attempt(Channel.SMS).status == AttemptStatus.ARRIVED
        assert trip.count(Callback) == 4


def test_a_dead_number_lowers_the_address(start: Start) -> None:
    with start("twilio") as trip:
        trip.scene.open(MOBILE)
        trip.scene.run()
        trip.tell("undelivered", ErrorCode="30005")
        attempt = trip.scene.attempt(Channel.SMS)
        assert (attempt.status, attempt.reason) == (AttemptStatus.FAILED, "unknown_number")
        with trip.scene.looking() as session:
            assert session.scalars(select(Address.standing)).all() == ["dead"]


def test_a_forged_call_is_refused_and_waits_in_quarantine(start: Start) -> None:
    with start("twilio") as trip:
        trip.scene.open(MOBILE)
        trip.scene.run()
        assert trip.tell("delivered", proof="token-foreign") == 401
        assert trip.push(trace("704"), "TvaBgrhE46sft3nZlfe7xw==") == 401
        assert trip.bounce(b"Subject: hello\n\n", "secret-foreign") == 401
        assert (trip.count(Callback), trip.count(Quarantine)) == (0, 3)
        assert EventKind.DELIVERED not in trip.scene.kinds()
        assert trip.tell("delivered", proof="token-old") == 200


def test_news_of_a_text_whose_answer_was_lost_finds_it_by_our_key(start: Start) -> None:
    with start("twilio") as trip:
        trip.texts.trouble = Trouble.RESET
        trip.scene.open(MOBILE)
        trip.scene.run()
        assert trip.scene.attempt(Channel.SMS).status == AttemptStatus.UNKNOWN
        assert trip.tell("delivered") == 200
        assert trip.scene.attempt(Channel.SMS).status == AttemptStatus.ARRIVED
        trip.texts.trouble = None
        trip.scene.step(timedelta(hours=2))
        assert len(trip.texts.messages) == 1


def test_a_lost_answer_is_asked_for_and_nothing_is_sent_twice(start: Start) -> None:
    with start("twilio") as trip:
        trip.texts.trouble = Trouble.HANG
        trip.scene.open(MOBILE)
        trip.scene.run()
        trip.texts.trouble = None
        trip.scene.step(timedelta(hours=2))
        assert trip.scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED
        assert len(trip.texts.messages) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", EventKind.REPLIED),
        ("3", EventKind.NOT_ME),
        ("stop", EventKind.OPTED_OUT),
        ("请明天再打给我", EventKind.REPLIED),
    ],
)
def test_an_answer_finds_the_text_that_it_answers(start: Start, text: str, kind: EventKind) -> None:
    with start("twilio") as trip:
        trip.scene.open(MOBILE)
        trip.scene.run()
        assert trip.answer(text) == 200
        assert trip.scene.kinds().count(kind) == 1


def test_not_me_by_text_ends_every_link_and_code_of_the_number_at_once(start: Start) -> None:
    with start("twilio") as trip:
        scene = trip.scene
        first = scene.open(MOBILE)
        scene.run()
        scene.open(MOBILE, case_number="（2026）云0102民初2号")
        scene.run()
        pages = create_app(scene.runtime).test_client()
        texts = [str(message["body"]) for message in trip.texts.messages]
        links = [found[0] for text in texts if (found := LINK.search(text))]
        codes = [found[1] for text in texts if (found := CODE.search(text))]
        assert (len(links), len(codes)) == (2, 2), texts
        assert [pages.get(link).status_code for link in links] == [200, 200]

        assert trip.answer("3") == 200
        assert trip.answer("3") == 200

        assert [pages.get(link).status_code for link in links] == [410, 410]
        for code in codes:
            page = pages.get("/s").text
            form = re.search(r'name="form" value="([^"]+)"', page)
            assert form is not None
            answer = pages.post("/s", data={"form": form[1], "code": code}).text
            assert "链接已经作废" in answer
            assert "138****" not in answer
        scene.run()
        for order_id in (first, scene.order_id):
            scene.order_id = order_id
            revoked = [event.args for event in scene.journal() if event.reason == "links_revoked"]
            assert revoked == [{"links": 1}]
        assert scene.desk().count("number_not_theirs") == 1
        scene.open(MOBILE, case_number="（2026）云0102民初3号")
        scene.run()
        assert len(trip.texts.messages) == 2


def test_an_answer_from_nobody_known_goes_to_the_desk(start: Start) -> None:
    with start("twilio") as trip:
        trip.scene.open(MOBILE)
        trip.scene.run()
        assert trip.answer("hello", "+8613900000009") == 200
        trip.scene.step(timedelta(hours=5))
        assert "callback_unmatched" in trip.scene.desk()


def test_mail_is_followed_to_the_door_and_back(start: Start) -> None:
    with start("ems") as trip:
        trip.scene.open(HOME, plan="mail-only")
        trip.scene.run()
        waybill = trip.scene.attempt(Channel.POST).reference
        assert waybill in trip.post.waybills.values()
        assert trip.push(trace("704", waybillNo=waybill, deliverCode="10")) == 200
        assert trip.scene.attempt(Channel.POST).status == AttemptStatus.ARRIVED
        later = {"waybillNo": waybill, "opTime": "2026-03-05 12:00:00"}
        assert trip.push(trace("743", **later)) == 200  # the carrier takes it back
        assert trip.push(trace("743", **later)) == 200  # and says so twice
        assert trip.scene.kinds().count(EventKind.POST_REVERSED) == 1
        assert trip.scene.attempt(Channel.POST).status != AttemptStatus.ARRIVED


def test_a_lost_answer_about_mail_is_cured_by_the_same_number(start: Start) -> None:
    with start("ems") as trip:
        trip.post.trouble = Trouble.RESET
        trip.scene.open(HOME, plan="mail-only")
        trip.scene.run()
        trip.post.trouble = None
        trip.scene.step(timedelta(hours=1))
        assert trip.scene.attempt(Channel.POST).status == AttemptStatus.SUBMITTED
        assert len(trip.post.orders) == 1


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [("failed", "5.1.1", AttemptStatus.FAILED), ("delivered", "2.1.5", AttemptStatus.ARRIVED)],
)
def test_a_late_report_answers_what_became_of_a_mail_whose_answer_was_lost(
    start: Start, action: str, status: str, expected: AttemptStatus
) -> None:
    with start("smtp") as trip:
        trip.relay.script.replies["CONTENT"] = RESET
        trip.scene.open(EMAIL)
        trip.scene.run()
        attempt = trip.scene.attempt(Channel.EMAIL)
        assert attempt.status == AttemptStatus.UNKNOWN
        assert "outcome_unknown" in trip.scene.desk()
        values = {"token": bounce_token(attempt.idempotency_key, "secret-new"), "key": attempt.idempotency_key}
        assert trip.bounce(REPORT.format(**values, action=action, status=status).encode()) == 204
        assert trip.scene.attempt(Channel.EMAIL).status == expected
        assert "outcome_unknown" not in trip.scene.desk()


def test_what_cannot_be_read_is_kept_and_shown(start: Start) -> None:
    with start("ems") as trip:
        trip.scene.open(HOME, plan="mail-only")
        trip.scene.run()
        waybill = trip.scene.attempt(Channel.POST).reference
        assert trip.push(trace("704", waybillNo=waybill, opTime="昨天")) == 200
        assert "callback_malformed" in trip.scene.desk()
        assert trip.push(trace("306", waybillNo=waybill)) == 200
        assert EventKind.UNRECOGNISED in trip.scene.kinds()


def test_a_bounce_finds_its_mail_and_lowers_the_address(start: Start) -> None:
    with start("smtp") as trip:
        trip.scene.open(EMAIL)
        trip.scene.run()
        attempt = trip.scene.attempt(Channel.EMAIL)
        assert f"bounce+{attempt.reference}@court.example" in trip.relay.taken[0].mail
        values = {"token": attempt.reference, "key": attempt.idempotency_key}
        assert trip.bounce(REPORT.format(**values, action="delayed", status="4.2.2").encode()) == 204
        assert trip.bounce(REPORT.format(**values, action="failed", status="5.1.1").encode()) == 204
        attempt = trip.scene.attempt(Channel.EMAIL)
        assert (attempt.status, attempt.reason) == (AttemptStatus.FAILED, "mailbox_unknown")
        with trip.scene.looking() as session:
            assert session.scalars(select(Address.standing)).all() == ["dead"]


def test_the_address_to_call_back_is_this_court_s(start: Start) -> None:
    with start("twilio") as trip:
        trip.scene.open(MOBILE)
        trip.scene.run()
        key = trip.scene.attempt(Channel.SMS).idempotency_key
        assert trip.callback_url() == f"{BASE}/webhooks/twilio/qinghe?key={key}"


def test_a_number_that_is_used_again_belongs_to_the_newest_mail(start: Start) -> None:
    with start("ems") as trip:
        trip.scene.open(HOME)
        trip.scene.step(timedelta(days=10))
        old = trip.scene.attempt(Channel.POST)
        trip.push(trace("711", waybillNo=old.reference, opTime="2026-03-20 10:00:00"))
        ended = trip.scene.attempt(Channel.POST)
        assert ended.status == AttemptStatus.FAILED
        trip.post.waybills.clear()  # the post begins to count anew

        trip.scene.clock.step_to(trip.scene.now + timedelta(days=400))
        trip.scene.open(HOME, case_number="（2027）云0102民初9号")
        trip.scene.step(timedelta(days=10))
        fresh = trip.scene.attempt(Channel.POST)
        assert fresh.reference == old.reference
        # The old course once more, as a carrier's query gives it, and then news of the new mail.
        trip.push(trace("704", waybillNo=old.reference, deliverCode="10", opTime="2026-03-19 10:00:00"))
        assert trip.scene.attempt(Channel.POST).status == AttemptStatus.SUBMITTED
        day = trip.scene.now.strftime("%Y-%m-%d")
        trip.push(trace("203", waybillNo=old.reference, opTime=f"{day} 18:00:00"))
        assert trip.scene.attempt(Channel.POST).status == AttemptStatus.UNDERWAY
        with trip.scene.looking() as session:
            untouched = session.get_one(type(old), (old.court_id, old.id))
        assert (untouched.status, untouched.ended_at) == (ended.status, ended.ended_at)
