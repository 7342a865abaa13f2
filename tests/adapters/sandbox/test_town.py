"""The town as a whole: faults, retries, a journal that outlives it, speed, and its pages."""

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from adapters.sandbox.faults import Faults
from adapters.sandbox.texts import case_number, essence, links
from delivery.domain.errors import OutcomeUnknown, SendError
from tests.adapters.sandbox.settings import Quarter, drawn, key_number, owners, quarter
from tests.infrastructure.waiting import until

POPULATION = drawn()


def write(here: Quarter, number: int, body: str = "你好", to: str = "") -> None:
    to = to or owners(POPULATION)[number % 20].mobile
    here.texts().submit(here.text_message(to, f"{body}（2026）云0199民初{number}号", key_number(number)))


def test_what_is_not_acknowledged_is_told_again_and_in_the_end_given_up() -> None:
    with quarter(POPULATION) as here:
        here.court.refusing = lambda: len(here.court.looked) <= 4
        write(here, 1)
        here.pass_time(timedelta(hours=1))
        assert {one["MessageStatus"] for one in here.court.statuses} == {"delivered", "sent"}
        assert here.town.counts()["callbacks_sent"] == 2
        here.court.refusing = lambda: True
        write(here, 2)
        here.pass_time(timedelta(days=4))
        counts = here.town.counts()
        assert (counts["callbacks_sent"], counts["given_up"]) == (2, 2)
        assert here.town.next_due() is None


def test_a_reset_after_writing_leaves_the_message_with_the_carrier() -> None:
    with quarter(POPULATION, faults=Faults(reset_after_write=1.0)) as here:
        with pytest.raises(OutcomeUnknown):
            write(here, 1)
        party = owners(POPULATION)[0]
        with pytest.raises(OutcomeUnknown):
            here.post().submit(here.mail_item(party, key_number(2)))
        assert here.town.counts()["sms"] == here.town.counts()["mail_orders"] == 1
        here.pass_time(timedelta(hours=1))
        assert len(here.court.statuses) == 2


def test_a_server_error_takes_nothing_and_the_next_try_may_pass() -> None:
    with quarter(POPULATION, faults=Faults(server_error=0.5)) as here:
        failed = 0
        for number in range(40):
            try:
                write(here, number)
            except SendError:
                failed += 1
        counts = here.town.counts()
        assert 8 < failed < 32
        assert (counts["requests_received"], counts["sms"]) == (40, 40 - failed)


def test_reports_come_twice_late_and_early_as_told() -> None:
    with quarter(POPULATION, faults=Faults(duplicate=1.0)) as here:
        write(here, 1)
        here.pass_time(timedelta(hours=1))
        assert sorted(one["MessageStatus"] for one in here.court.statuses) == ["delivered", "delivered", "sent", "sent"]
        assert here.town.counts()["callbacks_sent"] == 4
    with quarter(POPULATION, faults=Faults(reorder=0.5)) as here:
        for number in range(30):
            write(here, number)
        here.pass_time(timedelta(hours=2))
        first = {one["MessageSid"]: one["MessageStatus"] for one in reversed(here.court.statuses)}
        assert set(first.values()) == {"sent", "delivered"}
    with quarter(POPULATION, faults=Faults(callback_before_response=1.0)) as here:
        write(here, 1)
        assert [one["MessageStatus"] for one in here.court.statuses] == ["sent"]


def test_a_slow_answer_is_an_answer() -> None:
    with quarter(POPULATION, faults=Faults(slow=1.0, slow_seconds=0.2)) as here:
        begun = time.monotonic()
        write(here, 1)
        assert time.monotonic() - begun >= 0.2


def test_a_town_that_is_opened_again_goes_on_where_it_was(tmp_path: Path) -> None:
    journal = tmp_path / "town.db"
    with quarter(POPULATION, journal=journal) as here:
        write(here, 1)
        waybill = here.post().submit(here.mail_item(owners(POPULATION)[0], key_number(5))).reference
    with quarter(POPULATION, journal=journal) as here:
        assert here.town.counts()["sms"] == 1
        assert here.town.next_due() is not None
        assert here.post().submit(here.mail_item(owners(POPULATION)[0], key_number(5))).reference == waybill
        here.pass_time(timedelta(days=30))
        assert here.court.traces
        write(here, 1)
        assert here.town.counts()["sms"] == 2


def test_parallel_requests_are_all_taken_and_fast() -> None:
    with quarter(POPULATION) as here:
        begun = time.monotonic()
        provider = here.texts()
        to = owners(POPULATION)[0].mobile

        def send(start: int) -> None:
            for number in range(start, start + 50):
                provider.submit(here.text_message(to, f"你好（2026）云0199民初{number}号", key_number(number)))

        threads = [threading.Thread(target=send, args=(1000 * index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert here.town.counts()["sms"] == 200
        assert time.monotonic() - begun < 5


def test_the_pages_let_one_play_a_recipient() -> None:
    with quarter(POPULATION) as here:
        party = owners(POPULATION)[0]
        write(here, 0, f"<b>回复1邮寄 {here.court.url}/e/tok1", party.mobile)
        waybill = here.post().submit(here.mail_item(party, key_number(2))).reference
        here.pass_time(timedelta(minutes=5))
        for path in (
            "/",
            f"/phone/{party.mobile}",
            f"/mailbox/{party.email}",
            f"/waybill/{waybill}",
            "/people?name=王",
        ):
            for language, word in (("zh", "沙盒"), ("en", "Sandbox")):
                page = requests.get(here.addresses.url + path, params={"lang": language}, timeout=5)
                assert page.status_code == 200
                assert word in page.text
                assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        phone = requests.get(f"{here.addresses.url}/phone/{party.mobile}", timeout=5).text
        assert f'href="{here.court.url}/e/tok1"' in phone
        assert "&lt;b&gt;" in phone
        assert party.digits in phone
        answered = requests.post(f"{here.addresses.url}/phone/{party.mobile}/answer", data={"answer": "2"}, timeout=5)
        assert answered.status_code == 200
        here.pass_time(timedelta(minutes=1))
        assert [reply["Body"] for reply in here.court.replies if reply["From"].endswith(party.mobile)][-1] == "2"
        foreign = {"Origin": "https://elsewhere.example"}
        url = f"{here.addresses.url}/phone/{party.mobile}/answer"
        assert requests.post(url, data={"answer": "1"}, headers=foreign, timeout=5).status_code == 403
        assert requests.get(here.addresses.url, headers={"Host": "evil.example"}, timeout=5).status_code == 421
        assert requests.get(f"{here.addresses.url}/waybill/1", timeout=5).status_code == 404


def test_the_first_page_tells_in_words_what_everybody_did_there() -> None:
    case = POPULATION.cases[0]
    name = POPULATION.parties[case.orders[0].party].name
    with quarter(POPULATION, clerk=True) as here:
        here.court.searches = [
            {"id": "s1", "case_number": case.number, "recipient_name": name, "source": "ask_plaintiff"}
        ]
        here.pass_time(timedelta(days=10))
        deeds = {(who, what) for _, who, what, _ in here.town.deeds()}
        assert deeds == {("source", "reply")}
        for language, words in (("zh", "答复了地址查询"), ("en", "answered the search for an address")):
            page = requests.get(here.addresses.url, params={"lang": language}, timeout=5)
            assert words in page.text
            assert "source" not in page.text


def test_a_town_that_keeps_pace_moves_by_itself() -> None:
    with quarter(POPULATION, keep_pace=True) as here:
        write(here, 1)
        here.clock.step(timedelta(minutes=5))
        # A callback counts as sent when its answer is there, a moment after the court has it.
        until(lambda: here.town.counts()["callbacks_sent"] == 2, seconds=5)
        assert len(here.court.statuses) == 2


def test_fates_hang_on_what_a_text_says_and_not_on_its_links() -> None:
    one = "【某院】（2026）云0199民初1号一案，王芳：http://127.0.0.1:81/e/abc 核验码ABCD-EFGH"
    same = "【某院】（2026）云0199民初1号一案，王芳：http://127.0.0.1:99/e/xyz 核验码2345-6789"
    other = "【某院】（2026）云0199民初12号一案，王芳：http://127.0.0.1:81/e/abc 核验码ABCD-EFGH"
    assert essence(one) == essence(same) != essence(other)
    assert case_number(one) == "（2026）云0199民初1号"
    assert links(f"{one}，http://elsewhere.example/e/x", "http://127.0.0.1:81") == ["http://127.0.0.1:81/e/abc"]
