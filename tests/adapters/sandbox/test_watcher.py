"""Our adapter and our receiver of Kuaidi100 against the town's watcher."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

import pytest

from adapters.sandbox.faults import Faults
from delivery.domain.errors import Misconfigured, OutcomeUnknown
from delivery.domain.event import EventKind, Report
from tests.adapters.sandbox.settings import SALT, Quarter, drawn, key_number, quarter
from webhooks.kuaidi100 import Kuaidi100Receiver
from webhooks.receiver import InboundRequest

T = TypeVar("T")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def posted(here: Quarter, number: int = 1) -> str:
    """A mail that is on its way."""
    party = list(here.population.parties.values())[number]
    return here.post().submit(here.mail_item(party, key_number(number))).reference


def read(here: Quarter) -> list[list[Report]]:
    """Every push, verified and read."""
    receiver, found = Kuaidi100Receiver((SALT,)), []
    for fields in here.court.watched:
        body = urlencode(fields).encode()
        request = InboundRequest("POST", "/webhooks/kuaidi100/qinghe", FORM, body, received_at=here.clock.now())
        receiver.verify(request)
        found.append(receiver.event_reports(request))
    return found


def test_a_subscription_brings_the_whole_history_anew_with_every_push() -> None:
    with quarter(drawn()) as here:
        waybills = [posted(here, number) for number in range(1, 9)]
        for waybill in waybills:
            assert here.watcher().submit(here.to_watch(waybill)).reference == waybill
        here.pass_time(timedelta(days=30))
        pushes = read(here)
        assert len(pushes) == len(here.court.traces)
        for waybill in waybills:
            mine = [push for push in pushes if push[0].reference == waybill]
            assert [len(push) for push in mine] == list(range(1, len(mine) + 1))
            assert {report.event_id for report in mine[0]} <= {report.event_id for report in mine[-1]}
            assert not [report for report in mine[-1] if report.kind is EventKind.UNRECOGNISED]
            assert mine[-1][-1].kind in {EventKind.POST_DELIVERED, EventKind.POST_RETURNED}


def test_the_same_subscription_again_is_taken_and_brings_nothing_twice() -> None:
    with quarter(drawn()) as here:
        waybill = posted(here)
        for _ in range(2):
            here.watcher().submit(here.to_watch(waybill))
        here.pass_time(timedelta(days=30))
        assert len(here.court.watched) == len(here.court.traces)


def test_a_foreign_key_is_a_matter_of_settings() -> None:
    with quarter(drawn()) as here, pytest.raises(Misconfigured, match="credentials_refused"):
        here.watcher("another-key").submit(here.to_watch(posted(here)))


def test_a_cut_line_leaves_a_subscription_that_is_known_the_second_time() -> None:
    with quarter(drawn(), faults=Faults(reset_after_write=0.5)) as here:
        lost = 0
        for number in range(1, 7):
            waybill, _ = _insist(partial(posted, here, number))
            lost += _insist(partial(here.watcher().submit, here.to_watch(waybill)))[1]
        here.pass_time(timedelta(days=30))
        assert lost > 0
        assert len(here.court.watched) == len(here.court.traces)


def _insist(call: Callable[[], T]) -> tuple[T, int]:
    """Call until there is an answer, and say how many were lost."""
    for lost in range(20):
        with suppress(OutcomeUnknown):
            return call(), lost
    raise AssertionError


def test_reports_come_twice_and_late_and_are_known_again() -> None:
    with quarter(drawn(), faults=Faults(duplicate=0.5, reorder=0.5)) as here:
        here.watcher().submit(here.to_watch(posted(here)))
        here.pass_time(timedelta(days=30))
        told = [report for push in read(here) for report in push]
        longest = max(len(push) for push in read(here))
        assert len(here.court.watched) > longest
        assert len({report.event_id for report in told}) == longest
