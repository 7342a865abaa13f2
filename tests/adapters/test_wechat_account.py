"""The access token has one owner: who fetches it, who waits, and what a refused one leads to."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.wechat_account import TokenOwner
from delivery.domain.errors import Misconfigured, OutcomeUnknown, SendError, Transient
from tests.adapters.contract import NOW
from tests.adapters.fake_wechat import APP_ID, FakeOffice, FakeWeChat, FakeWeCom, TokensInMemory, answer
from tests.adapters.local_http import Told, Trouble
from tests.adapters.wechat_harness import OfficeHarness, harness_of

ACCOUNT = f"wechat:{APP_ID}"
SECOND = "0195a000-0000-7000-8000-000000000002"


@pytest.fixture(params=[FakeWeChat, FakeWeCom])
def harness(request: pytest.FixtureRequest) -> Iterator[OfficeHarness]:
    office: FakeOffice = request.param()
    with harness_of(office) as found:
        yield found


def test_one_token_serves_many_messages_and_every_process(harness: OfficeHarness) -> None:
    harness.provider.submit(harness.message())
    harness.another().submit(harness.message(SECOND))
    assert len(harness.side.forced) == 1
    assert harness.made() == 2


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_refused_token_is_renewed_once_and_the_message_goes(harness: OfficeHarness, code: int) -> None:
    harness.provider.submit(harness.message())
    harness.side.void_code = code
    harness.side.void.add("token-1")
    harness.later(timedelta(minutes=1))
    harness.provider.submit(harness.message(SECOND))
    assert harness.side.tokens == ["token-1", "token-2"]
    assert harness.made() == 2


def test_a_new_token_that_is_refused_too_is_our_fault(harness: OfficeHarness) -> None:
    harness.provider.submit(harness.message())
    harness.side.refuse = answer(42001)
    for later, fetched in ((timedelta(minutes=1), 2), (timedelta(seconds=5), 2)):
        harness.later(later)
        with pytest.raises(Misconfigured) as caught:
            harness.provider.submit(harness.message(SECOND))
        assert caught.value.reason == "credentials_refused"
        assert len(harness.side.forced) == fetched  # at most one each thirty seconds
    assert harness.made() == 1


def test_a_renewal_is_forced_where_the_provider_would_give_the_same_again() -> None:
    with harness_of(FakeWeChat()) as harness:
        harness.provider.submit(harness.message())
        harness.side.void.add("token-1")
        harness.later(timedelta(minutes=1))
        harness.provider.submit(harness.message(SECOND))
        assert harness.side.forced == [False, True]


def test_the_token_that_another_process_fetched_meanwhile_is_taken(harness: OfficeHarness) -> None:
    other = harness.another()
    harness.provider.submit(harness.message())
    harness.side.void.add("token-1")
    harness.later(timedelta(minutes=1))
    owner = TokenOwner(ACCOUNT, harness.state, lambda _forced: pytest.fail("not fetched"), harness.clock)
    other.submit(harness.message(SECOND))
    if isinstance(harness.side, FakeWeChat):
        assert owner.renewed("token-1") == "token-2"
        assert owner.token() == "token-2"


REFUSED_TOKENS: list[tuple[Told, tuple[type[SendError], str]]] = [
    (answer(40013), (Misconfigured, "credentials_refused")),
    (answer(40125), (Misconfigured, "credentials_refused")),
    (answer(12345), (Misconfigured, "credentials_refused")),
    (answer(-1), (Transient, "provider_busy")),
    (answer(45009), (Transient, "rate_limited")),
    (Told(422), (Misconfigured, "credentials_refused")),
    (Told(404), (Misconfigured, "address_unusable")),
    (Told(429), (Transient, "rate_limited")),
    # Whatever became of a request for a token, no message went out with it.
    (Told(500), (Transient, "token_not_fetched")),
    (Told(200, b"<html>"), (Transient, "token_not_fetched")),
    (Told(200, b"{}"), (Transient, "token_not_fetched")),
    (Told(200, b'{"access_token": "", "expires_in": 7200}'), (Transient, "token_not_fetched")),
    (Told(200, b'{"errcode": "x"}'), (Transient, "token_not_fetched")),
]


@pytest.mark.parametrize(("told", "expected"), REFUSED_TOKENS)
def test_without_a_token_nothing_was_sent(
    harness: OfficeHarness, told: Told, expected: tuple[type[SendError], str]
) -> None:
    harness.side.token_refuse = told
    with pytest.raises(SendError) as caught:
        harness.provider.submit(harness.message())
    assert (type(caught.value), caught.value.reason) == expected
    assert harness.made() == 0
    harness.recover()
    harness.provider.submit(harness.message())  # the claim was given back
    assert harness.made() == 1


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_lost_answer_about_a_token_is_no_lost_message(harness: OfficeHarness, trouble: Trouble) -> None:
    harness.side.token_trouble = trouble
    with pytest.raises(Transient) as caught:
        harness.provider.submit(harness.message())
    assert caught.value.reason == "token_not_fetched"


def test_the_secret_is_not_raised(harness: OfficeHarness) -> None:
    harness.side.token_refuse = answer(40013)
    with pytest.raises(Misconfigured) as caught:
        harness.provider.submit(harness.message())
    assert "secret-0001" not in f"{caught.value!r} {caught.value.__context__!r}"


class Fetcher:
    """A provider of tokens that lasts for two hours, and can be stopped half-way."""

    def __init__(self) -> None:
        self.count = 0
        self.go = threading.Event()
        self.begun = threading.Event()
        self.go.set()

    def __call__(self, forced: bool) -> tuple[str, timedelta]:  # noqa: FBT001 - the port's form
        del forced
        self.count += 1
        self.begun.set()
        assert self.go.wait(10)
        return f"token-{self.count}", timedelta(hours=2)


def test_a_token_is_fetched_anew_early_and_before_it_ends() -> None:
    state, fetch, now = TokensInMemory(), Fetcher(), [NOW]
    owner = TokenOwner(ACCOUNT, state, fetch, lambda: now[0], early=timedelta(minutes=4))
    assert owner.token() == "token-1"
    now[0] += timedelta(hours=1, minutes=55)
    assert owner.token() == "token-1"
    now[0] += timedelta(minutes=1)
    assert owner.token() == "token-2"
    assert fetch.count == 2


def test_while_another_process_fetches_the_old_token_serves_and_then_nothing_does() -> None:
    state, fetch, now = TokensInMemory(), Fetcher(), [NOW]
    owner = TokenOwner(ACCOUNT, state, fetch, lambda: now[0], early=timedelta(minutes=4))
    owner.token()
    now[0] += timedelta(hours=1, minutes=57)
    assert state.claim(ACCOUNT, now=now[0], until=now[0] + timedelta(minutes=3, seconds=30))
    assert owner.token() == "token-1"
    now[0] += timedelta(minutes=3)
    with pytest.raises(Transient) as caught:
        owner.token()
    assert caught.value.reason == "token_being_fetched"
    with pytest.raises(Transient):
        owner.renewed("token-1")
    now[0] += timedelta(seconds=30)  # whoever had the claim is dead
    assert owner.token() == "token-2"


def test_threads_that_all_need_a_token_fetch_it_once() -> None:
    state, fetch = TokensInMemory(), Fetcher()
    owner = TokenOwner(ACCOUNT, state, fetch, lambda: NOW)
    fetch.go.clear()
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(owner.token())) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert fetch.begun.wait(10)
    fetch.go.set()
    for thread in threads:
        thread.join()
    assert got == ["token-1"] * 8
    assert fetch.count == 1


def test_an_unknown_outcome_of_a_message_stays_one(harness: OfficeHarness) -> None:
    harness.provider.submit(harness.message())
    harness.side.trouble = Trouble.RESET
    with pytest.raises(OutcomeUnknown):
        harness.provider.submit(harness.message(SECOND))
