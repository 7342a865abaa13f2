"""People drawn from a seed: valid, in the proportions that are asked for, and the same in every run."""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from math import sqrt
from pathlib import Path

import phonenumbers
from stdnum.cn import ric, uscc

from adapters.sandbox import papers
from adapters.sandbox.parameters import Mark, Parameters
from adapters.sandbox.people import DoorState, Kind, Order, PhoneState, Side
from adapters.sandbox.population import Population, draw_population
from delivery.docket_reading import open_docket
from tests.adapters.sandbox.settings import START_ON, drawn

LARGE = draw_population(11, 3000, START_ON, 90)


def within(share: float, hits: int, of: int) -> bool:
    """Whether a count is within four standard deviations of what the share lets expect."""
    return abs(hits - share * of) <= 4 * sqrt(of * share * (1 - share)) + 1


def defendants(population: Population, kind: Kind) -> list[Order]:
    return [
        order
        for order in population.orders
        if order.side is Side.DEFENDANT and population.parties[order.party].kind is kind
    ]


def share_of(orders: Iterable[Order], share: float, attribute: str) -> bool:
    rows = list(orders)
    return within(share, sum(bool(getattr(order, attribute)) for order in rows), len(rows))


def test_the_same_seed_draws_the_same_town() -> None:
    assert drawn() == drawn()
    assert drawn(seed=8) != drawn()
    assert len(drawn(orders=61).orders) == 61


def test_every_number_is_valid_and_nobody_bears_two() -> None:
    for party in LARGE.parties.values():
        check = ric if party.kind is Kind.NATURAL else uscc
        assert check.validate(party.id_number) == party.id_number
        assert phonenumbers.is_valid_number(phonenumbers.parse(party.mobile, "CN"))
    assert len({party.id_number for party in LARGE.parties.values()}) == len(LARGE.parties)
    assert all(address.endswith(".example") for address in LARGE.mailboxes)


def test_the_docket_has_the_proportions_that_were_asked_for() -> None:
    numbers = LARGE.parameters
    natural, organisations = defendants(LARGE, Kind.NATURAL), defendants(LARGE, Kind.ORGANISATION)
    plaintiffs = [order for order in LARGE.orders if order.side is Side.PLAINTIFF]
    assert within(45 / 62, len(natural), len(natural) + len(organisations))
    assert abs(len(plaintiffs) / len(LARGE.orders) - 0.38) < 0.03
    assert share_of(natural, numbers.natural_has_id, "id_number")
    assert share_of(organisations, numbers.organisation_has_id, "id_number")
    assert share_of(natural, numbers.counsel_natural, "firm")
    assert share_of(plaintiffs, numbers.counsel_plaintiff, "firm")
    assert share_of(plaintiffs, numbers.plaintiff_confirmed_here, "confirmed_on")
    assert share_of([*natural, *organisations], numbers.defendant_confirmed_here, "confirmed_on")


def test_the_truth_has_the_proportions_that_were_asked_for() -> None:
    numbers = LARGE.parameters
    supplied = [order for order in defendants(LARGE, Kind.NATURAL) if order.basis == "plaintiff_supplied"]
    states = [LARGE.phones[order.mobile].state for order in supplied if order.mobile]
    doors = [LARGE.doors[order.address].state for order in supplied]
    assert within(numbers.phone_dead / 100, states.count(PhoneState.DEAD), len(states))
    assert within(numbers.phone_stranger / 100, states.count(PhoneState.STRANGER), len(states))
    assert within(numbers.address_right_natural, doors.count(DoorState.RIGHT), len(doors))
    assert within(0.32 * 0.75, doors.count(DoorState.MOVED), len(doors))


def test_prior_cases_are_other_cases_of_the_same_parties() -> None:
    current = {order.party for order in LARGE.orders}
    assert LARGE.prior_cases
    assert all(case.closed and case.orders[0].party in current for case in LARGE.prior_cases)
    assert {case.number for case in LARGE.prior_cases}.isdisjoint(case.number for case in LARGE.cases)
    ages = [(START_ON - case.accepted_on).days for case in LARGE.prior_cases]
    assert within(LARGE.parameters.prior_within_year, sum(age <= 365 for age in ages), len(ages))


def test_no_firm_stands_on_both_sides_of_a_case() -> None:
    for case in LARGE.cases:
        plaintiff, *others = case.orders
        assert not plaintiff.firm or plaintiff.firm not in {order.firm for order in others}


def test_a_docket_is_rows_of_text_under_chinese_headings() -> None:
    population = drawn()
    rows = population.docket_rows()
    assert len(rows) == len(population.orders)
    day = population.cases[0].accepted_on
    assert 0 < len(population.docket_rows(day)) < len(rows)
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    assert written.getvalue().encode("gb18030")
    files = papers.papers_of(population.cases)
    assert {name for row in rows for name in row["文书文件"].split(";")} == set(files)
    assert all(content.startswith(b"%PDF-1.4") and content.endswith(b"%%EOF\n") for content in files.values())


def test_every_number_of_the_town_is_marked_and_can_be_varied() -> None:
    numbers = Parameters()
    assert {entry.mark for entry in numbers.table()} == set(Mark)
    assert all(numbers.varied(entry.name, 1.3) != numbers for entry in numbers.guesses() if entry.value < 1)
    assert numbers.varied("sms_delivered", 1.3).sms_delivered == 1.0
    assert numbers.varied("phone_dead", 0.7) == replace(numbers, phone_dead=numbers.phone_dead * 0.7)


def test_the_platform_reads_every_row_of_the_docket() -> None:
    """The town writes what courts write; the reader must find nothing wrong in it."""
    rows = [*LARGE.docket_rows(), *LARGE.prior_rows()]
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    docket = open_docket(io.BytesIO(written.getvalue().encode("gb18030")))
    read = list(docket)
    assert [row for row in read if isinstance(row, tuple)] == []
    assert len(read) == len(rows)
    assert docket.notices == ()


def test_the_page_about_the_town_shows_the_numbers_in_force() -> None:
    page = (Path(__file__).parents[3] / "docs" / "town.md").read_text(encoding="utf-8")
    rows = [f"| `{entry.name}` | {entry.value:g} | {entry.mark} |" for entry in Parameters().table()]
    assert "\n".join(rows) in page
