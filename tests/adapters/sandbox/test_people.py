"""People behind links: who they are comes first, scanners only look, and the order of requests changes nothing."""

import smtplib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from itertools import pairwise

import pytest

from adapters.sandbox.parameters import Parameters
from adapters.sandbox.people import BoxKind, DoorState, Party, PhoneState
from adapters.sandbox.population import Population, draw_population
from tests.adapters.sandbox.settings import START_ON, Quarter, drawn, key_number, owners, quarter

WILLING = Parameters(sms_opened=0.85, opened_declines=0.0, opened_leaves=0.0, identity_mistyped=0.5, prior_says_yes=0.6)
TEXT = "【云州市青河区人民法院】{case}一案的传票已送达，请查收：{url}/e/{token} 核验码ABCD-EFGH。回复1邮寄 3非本人"


def willing(orders: int = 40) -> Population:
    return draw_population(7, orders, START_ON, 60, WILLING)


def write_to_all(here: Quarter, numbers: Iterable[str]) -> None:
    provider = here.texts()
    for index, number in enumerate(numbers):
        body = TEXT.format(case="（2026）云0199民初1号", url=here.court.url, token=f"t{number}")
        provider.submit(here.text_message(number, body, key_number(index)))


def test_nobody_acts_before_he_has_said_who_he_is() -> None:
    population = willing()
    with quarter(population) as here:
        by_number = {party.mobile: party for party in owners(population)}
        here.court.digits = {f"t{number}": party.digits for number, party in by_number.items()}
        write_to_all(here, by_number)
        here.pass_time(timedelta(days=12))
        done = here.court.acts
        assert {act.act for act in done} == {"identity", "open", "acknowledge", "confirm-address"}
        assert all(act.identified for act in done if act.act != "identity")
        assert any(act.form["digits"] != here.court.digits[act.token] for act in done if act.act == "identity")
        per_person = {token: [act.act for act in done if act.token == token] for token in here.court.digits}
        for acts in filter(None, per_person.values()):
            assert acts[0] == "identity"
            assert acts.index("open") < acts.index("acknowledge")
        for act in done:
            if act.act == "confirm-address":
                home = by_number[act.token[1:]].home
                assert (act.form["city"], act.form["street"]) == (home.city, home.street)
                assert act.form["consent"] in {"yes", "no"}
        counts = here.town.counts()
        assert counts["callbacks_sent"] == len(here.court.statuses) + len(here.court.replies)


def test_whoever_does_not_know_the_number_does_nothing() -> None:
    population = willing()
    with quarter(population) as here:
        numbers = [party.mobile for party in owners(population)]
        here.court.digits = {f"t{number}": "never" for number in numbers}
        write_to_all(here, numbers)
        here.pass_time(timedelta(days=12))
        assert {act.act for act in here.court.acts} == {"identity"}
        assert {what for _, _, what, _ in here.town.deeds()} <= {"identity_failed", "replied"}


def test_strangers_say_that_it_is_not_they_and_nothing_else() -> None:
    population = draw_population(7, 400, START_ON, 60, Parameters(stranger_says_not_me=1.0))
    with quarter(population) as here:
        strangers = [phone.number for phone in population.phones.values() if phone.state is PhoneState.STRANGER]
        write_to_all(here, strangers[:5])
        provider = here.texts()
        for index, number in enumerate(strangers[5:10]):
            body = f"【云州市青河区人民法院】传票已送达：{here.court.url}/e/t{number}"
            provider.submit(here.text_message(number, body, key_number(100 + index)))
        here.pass_time(timedelta(days=12))
        assert [reply["Body"] for reply in here.court.replies] == ["3"] * 5
        assert [act.act for act in here.court.acts] == ["not-me"] * 5


def send_mail(here: Quarter, address: str, body: str, attempt: str = "a1") -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "court@qinghe.example", address, "送达通知"
    mail["Message-ID"], mail["X-Songda-Attempt"] = f"<{attempt}@court.example>", attempt
    mail.set_content(body)
    with smtplib.SMTP(here.addresses.smtp_host, here.addresses.smtp_port) as server:
        server.send_message(mail)


def test_scanners_look_and_firms_acknowledge() -> None:
    population = draw_population(
        7, 60, START_ON, 60, Parameters(scanner_on_firm_mail=1.0, firm_opened=1.0, mandate_missing=0.0, bounce_firm=0.0)
    )
    with quarter(population) as here:
        case, order = next((case, order) for case in population.cases for order in case.orders if order.firm)
        here.court.digits = {"tok1": population.parties[order.party].digits}
        text = f"{case.number}一案，{population.parties[order.party].name}：{here.court.url}/e/tok1"
        send_mail(here, population.firms[order.firm].email, text)
        here.pass_time(timedelta(minutes=2))
        assert {method for method, _ in here.court.looked} == {"GET", "HEAD"}
        assert ("GET", "/style.css") in here.court.looked
        assert here.court.acts == []
        here.pass_time(timedelta(days=9))
        assert [act.act for act in here.court.acts if act.identified] == ["open", "acknowledge"]
        assert here.court.acts[0].form["role"] in {"lawyer", "assistant"}


def test_mailboxes_bounce_and_repeated_attempts_are_seen() -> None:
    population = drawn(300)
    with quarter(population) as here:
        dead = next(box for box in population.mailboxes.values() if box.bounces)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send_mail(here, dead.address, "x")
        assert refused.value.recipients[dead.address][0] == 550
        alive = next(box for box in population.mailboxes.values() if box.kind is BoxKind.PERSON and not box.bounces)
        for attempt in ("a1", "a2", "a2"):
            send_mail(here, alive.address, "x", attempt)
        counts = here.town.counts()
        assert (counts["emails"], counts["emails_refused"], counts["requests_received"]) == (3, 1, 4)
        assert len(counts["doubled"]) == 1


def told(here: Quarter) -> list[tuple[str, ...]]:
    """What the court saw, in its order, without links and numbers of the provider."""
    statuses = [("status", one["To"], one["MessageStatus"], one.get("ErrorCode", "")) for one in here.court.statuses]
    replies = [("reply", one["From"], one["Body"]) for one in here.court.replies]
    traces = [("trace", one["opCode"], one["opTime"], one["deliverCode"]) for one in here.court.traces]
    return [*statuses, *replies, *traces]


def busy_fortnight(population: Population, way: str) -> list[tuple[str, ...]]:
    with quarter(population) as here:
        jobs = list(enumerate(owners(population)[:25]))

        def ask(job: tuple[int, Party]) -> None:
            number, party = job
            # Links and keys differ from run to run, as they do in life.
            body = TEXT.format(case="（2026）云0199民初1号", url=here.court.url, token=f"{way}{number}")
            offset = 1000 * len(way)
            here.texts().submit(here.text_message(party.mobile, body, key_number(number + offset)))
            here.post().submit(here.mail_item(party, key_number(100 + number + offset)))

        if way == "parallel":
            with ThreadPoolExecutor(4) as hands:
                list(hands.map(ask, jobs))
        else:
            for job in reversed(jobs) if way == "backwards" else jobs:
                ask(job)
        here.pass_time(timedelta(days=30))
        deeds = [(at.isoformat(), who, what) for at, who, what, _ in here.town.deeds()]
        return [*told(here), *deeds]


def test_runs_agree_whatever_the_order_of_requests() -> None:
    population = willing()
    forwards = busy_fortnight(population, "forwards")
    assert len(forwards) > 200
    assert busy_fortnight(population, "backwards") == forwards
    assert busy_fortnight(population, "parallel") == forwards


def test_a_mailbox_that_nobody_drew_takes_everything_and_stays_silent() -> None:
    with quarter(drawn()) as here:
        send_mail(here, "anna@elsewhere.example", f"{here.court.url}/e/tok1")
        here.pass_time(timedelta(days=9))
        assert here.court.looked == []
        assert here.town.counts()["emails"] == 1


def test_people_sleep_at_night() -> None:
    population = willing()
    with quarter(population) as here:
        write_to_all(here, [party.mobile for party in owners(population)])
        here.pass_time(timedelta(days=12))
        times = [at for at, _, _, _ in here.town.deeds()]
        assert times
        assert all(first <= second for first, second in pairwise(times))
        assert all(8 <= (at + timedelta(hours=8)).hour < 22 for at in times)


def test_a_specimen_is_one_order_more_and_changes_nobody_else() -> None:
    plain, shown = (draw_population(7, 20, START_ON, 60, specimen=specimen) for specimen in (False, True))
    *others, case = shown.cases
    (order,) = case.orders
    assert tuple(others) == plain.cases
    assert (case.accepted_on, order.basis, order.consents) == (START_ON, "confirmed", False)
    assert (order.mobile, order.email) == ("", "")
    assert shown.doors[order.address].state is DoorState.VOID
