"""A provider that asks for less is spared by all attempts of the court, and is trusted again step by step."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.errors import Transient
from delivery.domain.event import Channel
from delivery.domain.order import AttemptStatus
from delivery.domain.waiting import sparing
from delivery.order_life import resume_provider
from delivery.provider_health import closed_providers, note_success, throttle
from delivery.store.courts import ProviderState
from tests.delivery.scene import MOBILE, Fault, Scene, mail_relay, text_carrier

HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def scene(tables_url: str, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tables_url, f"file://{tmp_path / 'blobs'}", (text_carrier(), mail_relay()))
    yield scene
    scene.close()


def closed(scene: Scene) -> dict[str, str]:
    with scene.runtime.reading() as session:
        return dict(closed_providers(session, scene.court_id, scene.now))


@given(st.integers(min_value=1, max_value=1000))
def test_the_span_doubles_up_to_a_limit(times: int) -> None:
    assert timedelta(minutes=1) <= sparing(times) <= sparing(times + 1) <= timedelta(minutes=32)
    assert sparing(times + 1) in {sparing(times) * 2, timedelta(minutes=32)}


def test_the_next_attempt_waits_for_what_the_first_was_told(scene: Scene) -> None:
    texts = scene.carriers["texts"]
    texts.faults.append(Fault(Transient("rate_limited", retry_after=HALF_HOUR)))
    scene.open(MOBILE)
    scene.run()
    assert (texts.calls, closed(scene)) == (1, {"texts": "rate_limited"})
    scene.open(MOBILE, case_number="（2026）云0102民初777号")
    scene.run()
    assert texts.calls == 1  # the second is not even tried
    scene.step(HALF_HOUR + timedelta(minutes=1))
    assert len(texts.sent) == 2
    assert closed(scene) == {}


def test_too_many_to_one_number_delay_that_number_and_nobody_else(scene: Scene) -> None:
    texts = scene.carriers["texts"]
    texts.faults += [Fault(Transient("number_limited"))] * 5
    scene.open(MOBILE)
    scene.run()
    assert (texts.calls, len(texts.sent), closed(scene)) == (1, 0, {})
    scene.step(timedelta(hours=26))  # the account's limits count a rolling day
    assert len(texts.sent) == 0
    texts.faults.clear()
    scene.open(MOBILE, case_number="（2026）云0102民初777号")
    scene.run()
    assert len(texts.sent) == 1  # another message goes out while the first still waits
    with scene.runtime.reading() as session:
        assert session.get(ProviderState, (scene.court_id, "texts")) is None  # nor is the provider trusted less
    scene.step(timedelta(hours=22))
    assert len(texts.sent) == 2
    assert texts.calls <= 7


def test_what_is_asked_again_is_spared_longer_and_trust_returns_by_halves(scene: Scene) -> None:
    spans = []
    with scene.runtime.transaction() as session:
        now = scene.now
        for _ in range(4):
            until = throttle(session, scene.court_id, "texts", None, now)
            assert throttle(session, scene.court_id, "texts", None, now) == until  # heard twice, asked once
            spans.append(until - now)
            now = until
        assert spans == [timedelta(minutes=n) for n in (1, 2, 4, 8)]
        state = session.get_one(ProviderState, (scene.court_id, "texts"))
        note_success(session, scene.court_id, "texts", now - timedelta(seconds=1))
        assert state.throttles == 4  # what was on its way before says nothing
        for left in (2, 1, 0):
            note_success(session, scene.court_id, "texts", now)
            assert state.throttles == left
        assert state.throttled_at is state.reopens_at is None


def test_a_person_ends_it_at_once(scene: Scene) -> None:
    scene.carriers["texts"].faults.append(Fault(Transient("rate_limited", retry_after=timedelta(hours=5))))
    scene.open(MOBILE)
    scene.run()
    with scene.runtime.transaction() as session:
        resume_provider(session, scene.court_id, "texts", now=scene.now)
    scene.run()
    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED
