"""Our adapter and our receiver against the town's post office."""

from collections import Counter
from datetime import UTC, timedelta

import pytest

from adapters.sandbox.chance import Chance
from adapters.sandbox.parameters import Parameters
from adapters.sandbox.parcels import RETURNED, Fate, Postman
from adapters.sandbox.people import Door, DoorState, Kind, Place
from delivery.domain.errors import Transient
from delivery.domain.event import EventKind
from tests.adapters.sandbox.settings import START, drawn, key_number, quarter

PLACE = Place("云岭省", "云州市", "青河区", "学府街2号")
ALL = Parameters()


def test_the_same_order_gives_the_same_waybill_once() -> None:
    population = drawn()
    with quarter(population) as here:
        party = next(iter(population.parties.values()))
        provider = here.post()
        first = provider.submit(here.mail_item(party, key_number(1)))
        again = provider.submit(here.mail_item(party, key_number(1)))
        other = provider.submit(here.mail_item(party, key_number(2)))
        assert first.kind is EventKind.POST_ACCEPTED
        assert first.reference == again.reference != other.reference
        assert len(first.reference) == 13
        counts = here.town.counts()
        assert (counts["mail_orders"], counts["requests_received"], counts["doubled"]) == (2, 3, [])


def test_traces_are_pushed_as_time_passes_and_agree_with_the_query() -> None:
    population = drawn()
    with quarter(population) as here:
        provider = here.post()
        parties = list(population.parties.values())[:20]
        waybills = [provider.submit(here.mail_item(party, key_number(n))).reference for n, party in enumerate(parties)]
        assert all(provider.track(waybill) == () for waybill in waybills)
        here.pass_time(timedelta(days=40))
        pushed = {waybill: [t for t in here.court.traces if t["waybillNo"] == waybill] for waybill in waybills}
        for waybill in waybills:
            reports = provider.track(waybill)
            assert len(reports) == len(pushed[waybill]) > 4
            assert all(report.kind is not EventKind.UNRECOGNISED for report in reports)
            assert all(report.occurred_at <= here.clock.now().astimezone(UTC) for report in reports)
            # What is taken from a locker never counts as handed over, so it ends as awaiting collection.
            ended = {report.kind for report in reports}
            assert ended & {EventKind.POST_DELIVERED, EventKind.POST_RETURNED, EventKind.POST_AWAITING_COLLECTION}
        assert here.town.counts()["callbacks_sent"] == len(here.court.traces)


def test_an_order_can_be_taken_back_before_it_is_posted_and_not_after() -> None:
    population = drawn()
    with quarter(population) as here:
        party = next(iter(population.parties.values()))
        provider = here.post()
        waybill = provider.submit(here.mail_item(party, key_number(1))).reference
        provider.cancel(key_number(1), waybill)
        late = provider.submit(here.mail_item(party, key_number(2))).reference
        here.pass_time(timedelta(days=20))
        assert {trace["waybillNo"] for trace in here.court.traces} == {late}
        with pytest.raises(Transient):
            provider.cancel(key_number(2), late)
        with pytest.raises(Transient):
            provider.track("9999999999999")


def courses(state: DoorState, kind: Kind, number: int = 3000) -> list[Fate]:
    postman = Postman(Chance(3), ALL, {"x": kind})
    door = Door(PLACE, state, "x", in_area=True)
    return [postman.carry(door, f"item{index}", START).fate for index in range(number)]


def test_fates_have_the_proportions_of_the_door() -> None:
    right = Counter(courses(DoorState.RIGHT, Kind.NATURAL))
    assert abs(right[Fate.UNCLAIMED] / 3000 - 0.075) < 0.02
    assert abs(right[Fate.SELF] / 3000 - 0.925 * 0.959 * 0.44) < 0.03
    assert abs(right[Fate.REFUSED] / 3000 - 0.925 * 0.041) < 0.02
    assert right[Fate.DESK] == 0
    desks = Counter(courses(DoorState.RIGHT, Kind.ORGANISATION))
    assert abs(desks[Fate.DESK] / 3000 - 0.925 * 0.959 * 0.64) < 0.03
    moved = Counter(courses(DoorState.MOVED, Kind.NATURAL))
    assert moved[Fate.SELF] == moved[Fate.FAMILY] == 0
    assert abs(moved[Fate.MOVED] / 3000 - 0.38) < 0.04
    assert set(courses(DoorState.VOID, Kind.NATURAL, 200)) == {Fate.NO_SUCH_ADDRESS, Fate.NO_SUCH_PERSON}


def test_the_carriers_published_totals_come_out_over_all_addresses() -> None:
    mixture = {DoorState.RIGHT: 806, DoorState.MOVED: 146, DoorState.VOID: 48}
    postman = Postman(Chance(4), ALL, {})
    fates = Counter(
        postman.carry(Door(PLACE, state, "", in_area=True), f"{state}{index}", START).fate
        for state, number in mixture.items()
        for index in range(number * 5)
    )
    total = sum(fates.values())
    delivered = sum(count for fate, count in fates.items() if fate not in RETURNED) + fates[Fate.REFUSED]
    bad = fates[Fate.MOVED] + fates[Fate.NO_SUCH_ADDRESS] + fates[Fate.NO_SUCH_PERSON]
    assert abs(delivered / total - 0.79) < 0.02
    assert abs(bad / total - 0.103) < 0.015


def test_returns_take_three_tries_within_five_days_or_too_few() -> None:
    postman = Postman(Chance(5), ALL, {})
    door = Door(PLACE, DoorState.VOID, "", in_area=True)
    tries = [postman.carry(door, f"item{index}", START).attempts for index in range(2000)]
    assert abs(sum(len(dates) < 3 for dates in tries) / 2000 - 0.30) < 0.04
    assert all((dates[-1] - dates[0]).days < 5 for dates in tries)


def test_every_course_is_told_in_the_order_of_time() -> None:
    postman = Postman(Chance(6), ALL.varied("post_reversed", 20), {})
    for index in range(500):
        course = postman.carry(Door(PLACE, DoorState.RIGHT, "", in_area=True), f"item{index}", START)
        times = [trace.at for trace in course.traces]
        assert times == sorted(times)
        codes = [trace.code for trace in course.traces]
        assert "743" not in codes or codes.index("704") < codes.index("743")
        assert course.slip_at is None or course.slip_at > course.ended_at
