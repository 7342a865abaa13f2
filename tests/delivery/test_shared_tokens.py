"""Tokens that all processes share: sealed, and one claim at a time, on both engines."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from delivery.shared_tokens import SharedTokens, Token
from delivery.store.access_tokens import AccessToken
from delivery.store.database import Database
from delivery.store.vault import generate_keys, parse_keys
from tests.infrastructure.engines import BOTH

ENGINES = BOTH

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TOKEN = Token("secret-value", NOW + timedelta(hours=2), NOW)
SOON = NOW + timedelta(seconds=60)


@pytest.fixture
def database(tables_url: str) -> Iterator[Database]:
    opened = Database(tables_url, parse_keys(generate_keys()))
    yield opened
    opened.dispose()


@pytest.fixture
def tokens(database: Database) -> SharedTokens:
    return SharedTokens(database.reading, database.transaction)


def test_what_one_keeps_the_other_finds(database: Database, tokens: SharedTokens) -> None:
    assert tokens.newest("wechat:a") is None
    tokens.keep("wechat:a", TOKEN)
    assert SharedTokens(database.reading, database.transaction).newest("wechat:a") == TOKEN
    assert tokens.newest("wechat:b") is None
    later = Token("next", TOKEN.expires_at, NOW + timedelta(hours=1))
    tokens.keep("wechat:a", later)
    assert tokens.newest("wechat:a") == later


def test_a_token_is_sealed_at_rest(database: Database, tokens: SharedTokens) -> None:
    tokens.keep("wechat:a", TOKEN)
    with database.reading() as session:
        (sealed,) = session.scalars(select(AccessToken.value_sealed))
    assert sealed is not None
    assert b"secret-value" not in sealed
    assert "secret-value" not in repr(TOKEN)


def test_a_claim_is_one_at_a_time_and_ends(tokens: SharedTokens) -> None:
    assert tokens.claim("wechat:a", now=NOW, until=SOON)
    assert not tokens.claim("wechat:a", now=NOW + timedelta(seconds=59), until=SOON + timedelta(hours=1))
    assert tokens.claim("wechat:b", now=NOW, until=SOON)
    assert tokens.newest("wechat:a") is None
    assert tokens.claim("wechat:a", now=SOON, until=SOON + timedelta(minutes=1))


def test_keeping_or_giving_back_ends_the_claim(tokens: SharedTokens) -> None:
    assert tokens.claim("wechat:a", now=NOW, until=SOON)
    tokens.keep("wechat:a", TOKEN)
    assert tokens.claim("wechat:a", now=NOW, until=SOON)
    tokens.give_back("wechat:a")
    assert tokens.claim("wechat:a", now=NOW, until=SOON)
    assert tokens.newest("wechat:a") == TOKEN


def test_of_many_that_claim_at_once_one_has_it(tokens: SharedTokens) -> None:
    start = threading.Barrier(6)
    got: list[bool] = []

    def claim() -> None:
        start.wait()
        got.append(tokens.claim("wechat:a", now=NOW, until=SOON))

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 5 + [True]
