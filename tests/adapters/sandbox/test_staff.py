"""Servers, mail desk and officer over the API, in office hours, the same in every run."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from adapters.sandbox import hours
from adapters.sandbox.parameters import Parameters
from adapters.sandbox.people import DoorState, Kind
from adapters.sandbox.population import Population, draw_population
from tests.adapters.sandbox.settings import CLERK, STAFF, START_ON, drawn, key_number, quarter


def visits(population: Population, state: DoorState, channel: str = "in_person") -> list[dict[str, Any]]:
    doors = [door for door in population.doors.values() if door.state is state]
    return [
        {
            "id": f"v-{channel}-{index}",
            "order_id": f"o{index}",
            "channel": channel,
            "recipient_name": population.parties[door.resident].name,
            "address": door.place.text,
            "phone": population.parties[door.resident].mobile,
            "document_titles": ["传票"],
            "due_on": "2026-03-06",
        }
        for index, door in enumerate(doors)
    ]


def test_servers_report_what_they_find() -> None:
    population = draw_population(7, 250, START_ON, 60)
    with quarter(population, staff=True) as here:
        wanted = [visit for state in DoorState for visit in visits(population, state, f"{state}")]
        for visit in wanted:
            visit["channel"] = "in_person"
        here.court.visits = list(wanted)
        here.pass_time(timedelta(days=20))
        reports = {what.split("/")[1]: body for key, what, body in here.court.reports if key == STAFF.server}
        assert set(reports) == {visit["id"] for visit in wanted}
        results = Counter((identity.split("-")[1], body["result"]) for identity, body in reports.items())
        assert {result for state, result in results if state == "void"} == {"not_found"}
        assert {result for state, result in results if state == "moved"} == {"moved", "nobody_home"}
        right = {result: count for (state, result), count in results.items() if state == "right"}
        assert abs(right["nobody_home"] / sum(right.values()) - 0.43) < 0.12
        assert all(body.get("signer") for body in reports.values() if body["result"] == "signed")
        for _, what, body in here.court.reports:
            at = hours.local(datetime.fromisoformat(body["at"])) if what.startswith("visits/") else None
            assert at is None or (9 <= at.hour < 18 and hours.is_working_day(at.date()))


def test_no_more_stops_a_day_than_four_servers_can_make() -> None:
    population = draw_population(7, 250, START_ON, 60)
    with quarter(population, staff=True) as here:
        here.court.visits = visits(population, DoorState.RIGHT)
        here.pass_time(timedelta(hours=20))
        assert len(here.court.reports) == 4 * 14


def test_two_quarters_of_servers_agree() -> None:
    population = drawn()

    def week(names: str) -> list[Any]:
        with quarter(population, staff=True) as here:
            here.court.visits = visits(population, DoorState.RIGHT)
            for visit in here.court.visits:
                visit["id"] = f"{names}{visit['id']}"
            if names == "b":
                here.court.visits.reverse()
            here.pass_time(timedelta(days=7))
            return [(body["at"], body["result"], body.get("signer")) for _, _, body in here.court.reports]

    assert week("a") == week("b") != []


def test_the_second_visit_comes_at_the_other_time_of_day() -> None:
    population = drawn()
    with quarter(population, staff=True) as here:
        [first, *_] = visits(population, DoorState.VOID)
        here.court.visits = [first]
        here.pass_time(timedelta(days=1))
        here.court.visits = [{**first, "id": "again"}]
        here.pass_time(timedelta(days=2))
        times = [hours.local(datetime.fromisoformat(body["at"])).hour for _, _, body in here.court.reports]
        assert len(times) == 2
        assert (times[0] < 12) != (times[1] < 12)


def test_notices_are_posted_and_paper_slips_keyed() -> None:
    population = drawn()
    with quarter(population, staff=True) as here:
        here.court.visits = [
            {**visit, "meaning": "visit_card"} for visit in visits(population, DoorState.RIGHT, "posting")[:3]
        ]
        provider = here.post()
        parties = list(population.parties.values())[:25]
        waybills = [provider.submit(here.mail_item(party, key_number(n))).reference for n, party in enumerate(parties)]
        here.pass_time(timedelta(days=45))
        posted = [body for _, what, body in here.court.reports if what.startswith("visits/")]
        assert [body["meaning"] for body in posted] == ["visit_card"] * 3
        assert all(body["process_media"] for body in posted)
        slips = [body for key, what, body in here.court.reports if what == "slips" and key == STAFF.mail_desk]
        assert {slip["waybill"] for slip in slips} <= set(waybills)
        assert len(slips) > 20
        assert {slip["result"] for slip in slips} <= {"signed", "returned", "no_proof"}
        for slip in slips:
            assert slip["result"] != "returned" or (slip["return_reason"] and slip["attempts_on"])
            assert slip["result"] != "signed" or slip["signer"]["role"]


def test_organisations_are_signed_for_by_their_people() -> None:
    population = draw_population(
        7, 250, START_ON, 60, Parameters(door_met=1, door_family=0, door_refused=0, door_nobody=0)
    )
    with quarter(population, staff=True) as here:
        companies = {party.name for party in population.parties.values() if party.kind is Kind.ORGANISATION}
        wanted = [visit for visit in visits(population, DoorState.RIGHT) if visit["recipient_name"] in companies]
        here.court.visits = wanted
        here.pass_time(timedelta(days=10))
        roles = {body["signer"]["role"] for _, _, body in here.court.reports}
        assert roles <= {"office_staff", "mail_room_staff", "duty_room_staff"}


def test_the_officer_decides_and_has_notices_published() -> None:
    with quarter(drawn(), staff=True) as here:
        here.court.desk = [
            {"id": f"d{n}", "kind": kind, "order_id": f"o{n}", "case_number": f"c{n}", "recipient_name": "某"}
            for n, kind in enumerate(["approve_notice", "confirm_outcome", "papers_missing"] * 20)
        ]
        here.pass_time(timedelta(days=2))
        assert {item["kind"] for item in here.court.desk} == {"papers_missing"}
        decided = Counter(body["action"] for _, what, body in here.court.reports if what.startswith("desk/"))
        assert decided["approve_notice"] + decided["decline_notice"] == decided["confirm"] + decided["send_back"] == 20
        published = [body for _, what, body in here.court.reports if what.endswith("/publications")]
        assert len(published) == decided["approve_notice"] > 15
        assert {posting["place"] for posting in published[0]["postings"]} == {"court_board", "website"}
        assert "reason" in published[0]["content"]


def _questions(population: Population) -> list[dict[str, Any]]:
    return [
        {
            "id": f"s-{order.key}-{source}",
            "case_number": case.number,
            "recipient_name": population.parties[order.party].name,
            "source": source,
        }
        for case in population.cases
        for order in case.orders
        for source in ("household_register", "ask_plaintiff", "carrier_lookup")
    ]


def test_registers_and_people_answer_where_somebody_is() -> None:
    population = drawn(200)
    questions = _questions(population)
    with quarter(population, clerk=True) as here:
        here.court.searches = list(questions)
        here.pass_time(timedelta(days=20))
        told = {what.split("/")[1]: body for key, what, body in here.court.reports if what.startswith("searches/")}
        assert set(told) == {question["id"] for question in questions}
        of_register = [body for name, body in told.items() if name.endswith("household_register")]
        assert {body["answer"] for body in of_register} == {"found"}
        states = Counter(population.doors[body["value"]].state for body in of_register)
        assert 0.5 < states[DoorState.RIGHT] / len(of_register) < 0.75
        assert set(states) == {DoorState.RIGHT, DoorState.MOVED}
        knew = [body for name, body in told.items() if name.endswith("ask_plaintiff") and body["answer"] == "found"]
        assert 0 < len(knew) < len(questions) / 3 / 3


def test_two_towns_answer_alike_whatever_order_they_are_asked_in() -> None:
    population = drawn()

    def answers(names: str) -> list[Any]:
        with quarter(population, clerk=True) as here:
            here.court.searches = [
                {**question, "id": f"{names}{question['id']}"} for question in _questions(population)
            ]
            if names == "b":
                here.court.searches.reverse()
            here.pass_time(timedelta(days=20))
            return [(what[10:], body) for _, what, body in here.court.reports if what.startswith("searches/")]

    assert answers("a") == answers("b") != []


def test_the_clerk_tells_of_settlements_and_moved_hearings_once() -> None:
    population = drawn(200)
    with quarter(population, clerk=True) as here:
        here.court.orders = [
            {"id": f"o-{case.number}-{number}", "case_number": case.number}
            for case in population.cases
            for number, _ in enumerate(case.orders)
        ]
        here.pass_time(timedelta(days=90))
        told = [(what, body) for key, what, body in here.court.reports if key == CLERK]
        cancelled = [what.split("/")[1] for what, _ in told if what.endswith("/cancel")]
        wanted = [order["id"] for case in population.cases if case.settled_on for order in here.court.orders
                  if order["case_number"] == case.number]  # fmt: skip
        assert sorted(cancelled) == sorted(wanted) != []
        assert {body["reason"] for what, body in told if what.endswith("/cancel")} == {"settled", "withdrawn"}
        moved = {
            body["number"]: datetime.fromisoformat(body["hearing_at"]) for what, body in told if what == "hearings"
        }
        assert len(moved) == sum(what == "hearings" for what, _ in told) > 0
        for case in population.cases:
            if case.number in moved and case.hearing_at is not None:
                assert case.hearing_at + timedelta(days=7) <= moved[case.number]
                assert hours.is_working_day(moved[case.number].date())


def test_the_clerk_moves_most_lost_hearings_once_to_the_day_proposed() -> None:
    was, proposed = "2026-03-20T01:30:00+00:00", "2026-04-28T09:30:00+08:00"
    with quarter(drawn(), clerk=True) as here:
        here.court.desk = [
            {"id": f"d{n}", "kind": "hearing_lost", "case_id": f"c{n}", "case_number": f"n{n:03}",
             "args": {"hearing_at": was}}
            for n in range(60)
        ]  # fmt: skip
        here.court.proposals = {f"c{n}": proposed for n in range(0, 60, 2)}
        here.pass_time(timedelta(days=4))
        moved = [
            (body["number"], body["hearing_at"])
            for _, what, body in here.court.reports
            if what == "hearings" and body["number"].startswith("n")
        ]
        assert len(moved) == len(dict(moved))
        assert 40 < len(moved) < 58
        for number, hearing_at in moved:
            if int(number[1:]) % 2 == 0:
                assert hearing_at == proposed
            else:
                assert datetime.fromisoformat(hearing_at) >= datetime.fromisoformat(was) + timedelta(days=7)
