"""The tests' own servers do what the other tests rely on."""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from sqlalchemy import create_engine, text

from tests.infrastructure.network import LeftTheMachine, free_port
from tests.infrastructure.spreading import spread, stretches

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_gets_an_empty_database_on_either_engine(engine_url: str, turn: int) -> None:
    engine = create_engine(engine_url)
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept (turn integer)"))
            connection.execute(text("INSERT INTO kept VALUES (:turn)"), {"turn": turn})
        with engine.begin() as connection:
            assert connection.execute(text("SELECT turn FROM kept")).scalars().all() == [turn]
    finally:
        engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_gets_an_empty_redis(redis_url: str, turn: int) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("kept", turn)


def test_chromium_draws_a_page_and_reaches_no_other_host(chromium: "Browser") -> None:
    page = chromium.new_page()
    page.set_content("<h1>送达</h1>")
    assert page.inner_text("h1") == "送达"
    page.close()


def test_no_test_leaves_this_machine() -> None:
    with pytest.raises(LeftTheMachine):
        socket.getaddrinfo("court.example", 443)
    with socket.socket() as away, pytest.raises(LeftTheMachine):
        away.connect(("192.0.2.1", 80))


def test_a_free_port_is_given_once_and_never_one_that_an_outgoing_connection_may_take() -> None:
    ports = [free_port(successors=1) for _ in range(3)]
    assert len(set(ports)) == 3
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    assert max(ports) + 1 < lowest
    with socket.create_server(("127.0.0.1", ports[0])), socket.create_server(("127.0.0.1", ports[0] + 1)):
        assert all(free_port() not in {ports[0], ports[0] + 1} for _ in range(64))


@dataclass(frozen=True)
class _Named:
    path: str
    number: int


@pytest.mark.parametrize(
    ("long_modules", "short", "workers"), [(3, 40, 1), (5, 40, 4), (2, 7, 4), (9, 1, 4), (0, 6, 2)]
)
def test_every_worker_begins_with_its_share_of_the_long_tests(long_modules: int, short: int, workers: int) -> None:
    long = [_Named(f"long_{module}", number) for module in range(long_modules) for number in range(2)]
    others = [_Named("short", number) for number in range(short)]
    order = spread(long, others, workers)
    assert sorted(order, key=repr) == sorted(long + others, key=repr)
    assert [one for one in order if one.path == "short"] == others
    sizes = list(stretches(len(order), workers))
    assert sum(sizes) == len(order)
    if short >= workers * len(long):  # enough for each worker to have long ones at its head and short ones behind
        firsts = {order[sum(sizes[:worker])].path for worker in range(min(workers, long_modules))}
        assert firsts == {f"long_{module}" for module in range(min(workers, long_modules))}
