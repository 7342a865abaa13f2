"""The figures: each number has exactly the orders behind it that its link shows, and the rates are what they say."""

import re
from datetime import date, timedelta
from html import unescape

from delivery.reporting import Counts, Week, figures, weeks_of
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.web.console.charts import nice_top, weekly
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import CourtLife

LINKED_NUMBER = re.compile(r'<a (?:class="tile" )?href="(/orders\?[^"]+)">\s*(?:<b class="[^"]*">)?(\d+)<')


def test_every_number_opens_exactly_its_orders(life: CourtLife, sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.SUPERVISOR)
    numbers = LINKED_NUMBER.findall(browser.look("/success").text)
    assert len(numbers) > 60
    for address, number in numbers:
        listed = browser.look(unescape(address)).text.count("<tr") - 1
        assert max(listed, 0) == int(number), address
    assert len(life.orders) == int(numbers[0][1])


def test_the_four_denominators_and_the_censored(life: CourtLife, runtime: Runtime) -> None:
    since, until = date(2026, 2, 1), date(2026, 3, 31)
    with runtime.reading() as session:
        found = figures(session, life.court_id, since, until)
        nothing = figures(session, life.court_id, until + timedelta(days=1), until + timedelta(days=8))
    total = found.total
    assert total.initiated == len(life.orders)
    assert total.finished + total.censored == total.initiated
    assert total.without_notice <= total.effective <= min(total.reached, total.finished)
    assert sum(week.counts.initiated for week in found.by_week) == total.initiated
    assert sum(group.counts.effective for group in found.by_channel) == total.effective
    assert sum(group.counts.effective for group in found.by_tier) == total.effective
    assert sum(group.counts.effective for group in found.by_basis) == total.effective
    failed = {group.key: group.counts.initiated for group in found.by_reason}
    assert failed == {"moved": 2, "nobody_home": 2, "unclaimed": 4, "unknown_number": 1}
    assert all(group.counts.effective <= group.counts.initiated for group in found.by_reason)
    assert (nothing.total, nothing.by_channel, nothing.days_median) == (Counts(), (), None)
    assert nothing.total.share("effective") is None
    assert nothing.total.effective_at_most is None


def test_weeks_begin_on_mondays() -> None:
    sunday = date(2026, 3, 8)
    weeks = weeks_of(sunday, sunday + timedelta(days=14))
    assert [week.isoformat() for week in weeks] == ["2026-03-02", "2026-03-09", "2026-03-16"]
    assert len(weeks_of(sunday, sunday + timedelta(days=3000))) == 60


def test_a_chart_has_room_for_its_highest_bar() -> None:
    assert [nice_top(value) for value in (0, 1, 3, 7, 11, 61, 999)] == [2, 2, 4, 10, 20, 100, 1000]
    week = Week(date(2026, 3, 2), Counts(initiated=4, finished=3, reached=2, effective=1))
    assert [(bar.measure, bar.number) for bar in weekly((week,)).bars] == [
        ("initiated", 4),
        ("finished", 3),
        ("reached", 2),
        ("effective", 1),
    ]
    chart = weekly(())
    assert chart.bars == ()
    assert [row.text for row in chart.rows] == ["0", "1", "2"]
