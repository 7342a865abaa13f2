"""What went wrong with an exchange, turned into what the other side may have received."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.http import LONGEST_ANSWER, Timeouts, fault_of_status, post_form, retry_after, use_no_proxy_for_loopback
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from tests.adapters.certificates import self_signed
from tests.adapters.local_http import LocalHttp, Seen, Told, Trouble
from tests.infrastructure.network import free_port

QUICK = Timeouts(connect=1.0, read=0.3, whole=0.5)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def _post(session: requests.Session, answer: Callable[[Seen], Told | Trouble]) -> bytes:
    with LocalHttp(answer) as server:
        use_no_proxy_for_loopback(session, server.url)
        return post_form(session, server.url, {"to": "13900000001"}, QUICK).body


def test_an_answer_is_read(session: requests.Session) -> None:
    assert _post(session, lambda _: Told(200, "好".encode())) == "好".encode()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, Misconfigured),
        (400, Permanent),
        (401, Misconfigured),
        (403, Misconfigured),
        (404, Misconfigured),
        (408, Transient),
        (409, Permanent),
        (425, Transient),
        (429, Transient),
        (500, OutcomeUnknown),
        (503, OutcomeUnknown),
    ],
)
def test_a_status_becomes_an_error(session: requests.Session, status: int, error: type[SendError]) -> None:
    with pytest.raises(error) as caught:
        _post(session, lambda _: Told(status))
    assert caught.value.detail == str(status)


@pytest.mark.parametrize(("trouble", "reason"), [(Trouble.HANG, "read_timeout"), (Trouble.RESET, "connection_lost")])
def test_silence_after_the_request_is_unknown(session: requests.Session, trouble: Trouble, reason: str) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        _post(session, lambda _: trouble)
    assert caught.value.reason == reason


def test_an_endless_answer_is_not_read_to_its_end(session: requests.Session) -> None:
    with pytest.raises(OutcomeUnknown):
        _post(session, lambda _: Told(200, b"x" * (LONGEST_ANSWER + 1)))


def test_nobody_there_is_transient(session: requests.Session) -> None:
    with pytest.raises(Transient) as caught:
        post_form(session, f"http://127.0.0.1:{free_port()}/?to=13900000001", {}, QUICK)
    assert caught.value.reason == "connection_refused"
    assert "13900000001" not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_an_address_that_is_none_is_ours_to_mend(session: requests.Session) -> None:
    with pytest.raises(Misconfigured):
        post_form(session, "http://", {}, QUICK)


def test_a_certificate_that_nobody_vouches_for_is_ours_to_mend(session: requests.Session, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path, "127.0.0.1"))
    with LocalHttp(lambda _: Told(200), context) as server, pytest.raises(Misconfigured) as caught:
        post_form(session, server.url, {}, Timeouts())
    assert caught.value.reason == "certificate_not_trusted"
    assert server.seen == []


@given(st.integers(100, 599))
def test_every_status_means_something(status: int) -> None:
    assert (fault_of_status(status, {}) is None) == (200 <= status < 300)


@given(st.text(), st.text())
def test_any_time_to_wait_is_a_span_of_at_most_a_day(text: str, date: str) -> None:
    span = retry_after({"Retry-After": text, "Date": date})
    assert span is None or timedelta(0) <= span <= timedelta(days=1)


@settings(deadline=None)
@given(st.integers(-1_000_000, 1_000_000))
def test_a_date_to_wait_for_is_taken_against_the_answers_own(seconds: int) -> None:
    now = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    headers = {"Date": format_datetime(now), "Retry-After": format_datetime(now + timedelta(seconds=seconds))}
    assert retry_after(headers) == timedelta(seconds=min(max(seconds, 0), 86_400))


def test_loopback_goes_by_no_proxy(session: requests.Session) -> None:
    assert use_no_proxy_for_loopback(session, "https://api.example").trust_env
    assert not use_no_proxy_for_loopback(session, "http://127.0.0.1:8100/x").trust_env
