"""The sums of a day are what counting its orders gives, whatever happened to them and whenever they were made."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from delivery.cohort_summing import sum_cohorts
from delivery.domain.event import EventKind
from delivery.order_life import cancel_order
from delivery.reporting import Figures, figures, spans_of
from delivery.store.cohorts import CohortDay, live_sums
from tests.delivery.scene import EMAIL, HOME, MOBILE, Scene, mail_relay, post_office, text_carrier
from tests.infrastructure.engines import BOTH

ENGINES = BOTH

SINCE, UNTIL = date(2026, 3, 1), date(2026, 3, 31)
# Machine time long after the facts were written, so that they lie before what is summed.
LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def scene(tables_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = Scene(
        tables_url, f"file://{tmp_path_factory.mktemp('blobs')}", (text_carrier(), mail_relay(), post_office())
    )
    yield made
    made.close()


def _live(scene: Scene) -> None:
    """Three days with an order each: one served, one on the ladder, one cancelled."""
    scene.open(MOBILE, EMAIL)
    scene.run()
    scene.report(scene.carriers["texts"], EventKind.DELIVERED)
    scene.run()
    scene.step(timedelta(days=1))
    scene.open(HOME, case_number="（2026）云0102民初2号", recipient_name="张敏", identity_number="")
    scene.run()
    scene.step(timedelta(days=1))
    scene.open(EMAIL, case_number="（2026）云0102民初3号", recipient_name="王强", identity_number="")
    scene.run()
    scene.change(lambda session, order: cancel_order(session, order, reason="settled", by=None, now=scene.now))


def _told(scene: Scene) -> Figures:
    with scene.runtime.reading() as session:
        return figures(session, scene.court_id, SINCE, UNTIL)


def _stored(scene: Scene) -> dict[date, object]:
    with scene.runtime.reading() as session:
        return {row.opened_on: row.sums for row in session.scalars(select(CohortDay))}


def test_the_sums_kept_are_those_counted(scene: Scene) -> None:
    _live(scene)
    before = _told(scene)
    assert (before.total.initiated, before.total.effective, before.total.cancelled) == (3, 1, 1)

    assert sum_cohorts(scene.runtime) == 3

    with scene.runtime.reading() as session:
        assert _stored(scene) == live_sums(session, scene.court_id, [(SINCE, UNTIL)])
    assert _told(scene) == before


def test_what_is_kept_is_read_and_not_counted_again(scene: Scene) -> None:
    _live(scene)
    scene.clock.machine = lambda: LATER
    assert sum_cohorts(scene.runtime) == 3
    assert sum_cohorts(scene.runtime) == 0
    with scene.runtime.transaction() as session:
        for row in session.scalars(select(CohortDay)):
            row.sums = {**row.sums, "total": {"": [7] * 7}}

    assert _told(scene).total.initiated == 21


def test_a_day_on_which_something_happened_is_counted_anew(scene: Scene) -> None:
    _live(scene)
    sum_cohorts(scene.runtime)
    scene.open(EMAIL, case_number="（2026）云0102民初4号", recipient_name="赵云", identity_number="")
    scene.run()

    assert _told(scene).total.initiated == 4
    assert sum_cohorts(scene.runtime) >= 1
    assert _told(scene).total.initiated == 4


def test_sums_older_than_a_day_are_made_again(scene: Scene) -> None:
    _live(scene)
    sum_cohorts(scene.runtime)
    scene.clock.machine = lambda: LATER

    assert sum_cohorts(scene.runtime) == 3


@given(st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 1))))
def test_spans_hold_exactly_the_days(days: set[date]) -> None:
    spans = spans_of(days)
    told = [first + timedelta(days=one) for first, last in spans for one in range((last - first).days + 1)]
    assert told == sorted(days)
    assert all(after[0] - before[1] > timedelta(days=1) for before, after in pairwise(spans))
