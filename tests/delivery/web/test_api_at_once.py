"""Programs that do the same at the same moment, and many that do the like: nothing is doubled, nothing is lost."""

import hashlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from delivery.runtime import Runtime
from delivery.store.accounts import ApiKey
from delivery.store.courts import court_by_code
from delivery.store.orders import ServiceOrder
from delivery.web.api.exchange import idempotency_key

KEY = "key-at-once"
Answer = tuple[int, Any]


@pytest.fixture
def post(app: Flask, runtime: Runtime) -> Callable[..., Answer]:
    """Sends one order."""
    with runtime.transaction() as session:
        court = court_by_code(session, "qinghe")
        assert court is not None
        digest = hashlib.sha256(KEY.encode()).hexdigest()
        session.add(
            ApiKey(court_id=court.id, key_hash=digest, label="x", scopes="orders:write", created_at=runtime.now())
        )

    def send(body: object, **headers: str) -> Answer:
        sent = {"Authorization": f"Bearer {KEY}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        answer = app.test_client().post("/api/v1/orders", json=body, headers=sent, buffered=True)
        return answer.status_code, answer.get_json()

    return send


def order(number: int, **changes: object) -> dict[str, Any]:
    """A small order."""
    return {
        "case": {"number": f"(2026)云0102民初{number}号", "procedure": "ordinary"},
        "recipient": {"name": f"王{number}", "kind": "natural_person"},
        "addresses": [{"kind": "mobile", "value": f"138{number:08}"}],
        "documents": [{"title": "起诉状副本"}],
        **changes,
    }


def at_once(*acts: Callable[[], Answer]) -> list[Answer]:
    """Let all begin together; their answers in their own order."""
    gate = threading.Barrier(len(acts))
    answers: dict[int, Answer] = {}

    def run(place: int, act: Callable[[], Answer]) -> None:
        gate.wait()
        answers[place] = act()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[place] for place in range(len(acts))]


def _count(runtime: Runtime) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(ServiceOrder)) or 0


def test_the_same_idempotency_key_at_once_opens_one_order(post: Callable[..., Answer], runtime: Runtime) -> None:
    answers = at_once(*[lambda: post(order(1), Idempotency_Key="k-1")] * 4)
    assert {status for status, _ in answers} == {201}
    assert len({str(body) for _, body in answers}) == 1
    assert _count(runtime) == 1


def test_the_same_order_at_once_is_opened_once(post: Callable[..., Answer], runtime: Runtime) -> None:
    answers = at_once(*[lambda: post(order(2))] * 6)
    assert sorted(status for status, _ in answers) == [200, 200, 200, 200, 200, 201]
    assert len({body["orders"][0] for _, body in answers}) == 1
    assert _count(runtime) == 1


def test_of_many_at_once_each_hears_what_became_of_its_own(post: Callable[..., Answer], runtime: Runtime) -> None:
    def sender(number: int) -> Callable[[], Answer]:
        changes = {"plan": "none"} if number == 14 else {}
        return lambda: post(order(number, **changes))

    answers = at_once(*[sender(number) for number in range(10, 22)])
    assert [status for status, _ in answers] == [422 if number == 14 else 201 for number in range(10, 22)]
    assert answers[4][1]["code"] == "plan_unknown"
    assert len({body["orders"][0] for status, body in answers if status == 201}) == 11
    assert _count(runtime) == 11


def test_a_key_may_be_quoted_and_is_bounded(app: Flask) -> None:
    with app.test_request_context(headers={"Idempotency-Key": '"a-1"'}):
        assert idempotency_key() == "a-1"
    with app.test_request_context(headers={"Idempotency-Key": "x" * 121}), pytest.raises(Exception, match="too_long"):
        idempotency_key()
