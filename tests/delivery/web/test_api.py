"""The JSON API as programs use it."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from delivery.clock import SteppedClock
from delivery.runtime import Runtime
from delivery.store.accounts import ApiKey
from delivery.store.courts import court_by_code
from delivery.store.tasks import next_due_at
from delivery.tasks import run_due

SCOPES = "orders:write orders:read visits slips desk searches publications"
BYTES = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PDF = base64.b64encode(BYTES).decode()
Program = Callable[..., "Reply"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a program reads of a response."""

    status_code: int
    mimetype: str
    text: str
    content: Any


def reply(response: TestResponse) -> Reply:
    return Reply(response.status_code, response.mimetype or "", response.text, response.get_json(silent=True))


@pytest.fixture
def key(runtime: Runtime) -> Callable[..., str]:
    """Makes keys of a court."""

    def make(scopes: str = SCOPES, court: str = "qinghe") -> str:
        secret = f"key-{court}-{hashlib.sha256(scopes.encode()).hexdigest()[:8]}"
        with runtime.transaction() as session:
            found = court_by_code(session, court)
            assert found is not None
            session.add(
                ApiKey(
                    court_id=found.id,
                    key_hash=hashlib.sha256(secret.encode()).hexdigest(),
                    label="test",
                    scopes=scopes,
                    created_at=runtime.now(),
                )
            )
        return secret

    return make


@pytest.fixture
def program(app: Flask, key: Callable[..., str]) -> Program:
    """Calls the API with a full key."""
    secret = key()

    def call(method: str, path: str, body: object = None, **headers: str) -> Reply:
        client: FlaskClient = app.test_client()
        sent = {"Authorization": f"Bearer {secret}", **{name.replace("_", "-"): text for name, text in headers.items()}}
        return reply(client.open(f"/api/v1{path}", method=method, json=body, headers=sent, buffered=True))

    return call


def order(number: int = 1, **changes: object) -> dict[str, Any]:
    """A valid request for an order."""
    return {
        "case": {"number": f"(2026)云0102民初{number}号", "procedure": "ordinary", "accepted_on": "2026-03-01"},
        "recipient": {"name": "张三丰", "kind": "natural_person", "identity_number": "110101199003070134"},
        "addresses": [
            {"kind": "mobile", "value": "138 0000 0001"},
            {"kind": "postal", "value": "云州省云州市青河区长安路1号"},
        ],
        "documents": [{"title": "起诉状副本", "content": PDF}],
        **changes,
    }


def climb(runtime: Runtime, until: timedelta) -> None:
    """Let the platform work until a span has passed."""
    assert isinstance(runtime.clock, SteppedClock)
    end = runtime.now() + until
    while True:
        while run_due(runtime, "test"):
            pass
        with runtime.reading() as session:
            due = next_due_at(session)
        if due is None or due > end:
            runtime.clock.step_to(end)
            return
        runtime.clock.step_to(due)


def test_an_order_is_opened_once_and_can_be_read(program: Program) -> None:
    first = program("POST", "/orders", order())
    assert first.status_code == 201, first.text
    again = program("POST", "/orders", order())
    assert again.status_code == 200
    assert again.content == {"orders": first.content["orders"], "created": False, "differences": []}
    read = program("GET", f"/orders/{first.content['orders'][0]}")
    assert read.content["case_number"] == "（2026）云0102民初1号"
    assert [entry["kind"] for entry in read.content["journal"]] == ["order_opened"]
    assert read.content["documents"][0]["sha256"]
    assert [item["id"] for item in program("GET", "/orders?status=open").content["items"]] == first.content["orders"]


def test_wrong_input_is_named_field_by_field(program: Program) -> None:
    wrong = order(recipient={"name": "", "kind": "person"}, surprise=1)
    answer = program("POST", "/orders", wrong)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert {item["pointer"] for item in answer.content["errors"]} == {"/recipient/name", "/recipient/kind", "/surprise"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"addresses": [{"kind": "mobile", "value": "12"}]}, None),
        (
            {"recipient": {"name": "甲", "kind": "natural_person", "identity_number": "110101199003070135"}},
            "id_checksum",
        ),
        ({"case": {"number": "12", "procedure": "ordinary"}}, "case_number_malformed"),
        ({"documents": [{"title": "起诉状副本", "content": "AAAA"}]}, "document_unsupported"),
        ({"plan": "none"}, "plan_unknown"),
    ],
)
def test_values_that_cannot_be_right_are_refused(program: Program, change: dict[str, Any], code: str | None) -> None:
    answer = program("POST", "/orders", order(**change))
    assert answer.status_code == 422, answer.text
    assert code is None or answer.content["code"] == code


def test_an_idempotency_key_gives_the_stored_answer_and_refuses_another_body(program: Program) -> None:
    first = program("POST", "/orders", order(2), Idempotency_Key='"a-1"')
    again = program("POST", "/orders", order(2), Idempotency_Key='"a-1"')
    other = program("POST", "/orders", order(3), Idempotency_Key="a-1")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert (other.status_code, other.content["code"]) == (422, "idempotency_key_reused")


def test_keys_open_only_their_scopes_and_their_court(app: Flask, program: Program, key: Callable[..., str]) -> None:
    made = program("POST", "/orders", order(4)).content["orders"][0]
    client = app.test_client()
    narrow = {"Authorization": f"Bearer {key('visits')}"}
    neighbour = {"Authorization": f"Bearer {key(SCOPES, 'baishan')}"}
    assert client.get("/api/v1/orders").status_code == 401
    assert client.get("/api/v1/orders", headers=narrow).status_code == 403
    assert client.get(f"/api/v1/orders/{made}", headers=neighbour).status_code == 404
    assert client.get("/api/v1/orders", headers=neighbour).json == {"items": [], "next": None}
    assert client.post(f"/api/v1/orders/{made}/hold", json={"reason": "other"}, headers=neighbour).status_code == 404


def test_a_visit_is_listed_with_the_least_data_and_its_report_serves(program: Program, runtime: Runtime) -> None:
    made = program(
        "POST", "/orders", order(5, addresses=[{"kind": "postal", "value": "云州省云州市青河区长安路1号"}])
    ).content
    climb(runtime, timedelta(days=1))
    visit = program("GET", "/visits?state=open").content["items"][0]
    assert set(visit) == {
        "id", "order_id", "channel", "meaning", "recipient_name", "address", "phone", "document_titles", "due_on",
    }  # fmt: skip
    report = {
        "result": "signed",
        "at": runtime.now().isoformat(),
        "place": "residence",
        "signer": {"role": "recipient", "id_checked": True, "adult": True},
        "signed_on": "2026-03-03",
        "report_id": "r1",
    }
    assert program("POST", f"/visits/{visit['id']}/report", report).content["status"] == "answered"
    assert program("POST", f"/visits/{visit['id']}/report", report).status_code == 200
    climb(runtime, timedelta(hours=1))
    read = program("GET", f"/orders/{made['orders'][0]}").content
    assert (read["status"], read["outcome"], read["effective_on"]) == ("concluded", "SERVED", "2026-03-03")
    assert [entry["kind"] for entry in read["journal"]].count("visited") == 1


def test_a_visit_in_the_future_and_an_unknown_result_are_refused(program: Program, runtime: Runtime) -> None:
    program("POST", "/orders", order(6, addresses=[{"kind": "postal", "value": "云州省云州市青河区长安路1号"}]))
    climb(runtime, timedelta(days=1))
    visit = program("GET", "/visits").content["items"][0]
    later = (runtime.now() + timedelta(hours=2)).isoformat()
    answer = program("POST", f"/visits/{visit['id']}/report", {"result": "nobody_home", "at": later})
    assert (answer.status_code, answer.content["code"]) == (422, "at_in_future")
    assert program("POST", f"/visits/{visit['id']}/report", {"result": "maybe", "at": later}).status_code == 422


def test_only_a_court_officers_key_approves_a_notice(
    app: Flask, program: Program, key: Callable[..., str], runtime: Runtime
) -> None:
    made = program(
        "POST", "/orders", order(7, addresses=[{"kind": "postal", "value": "云州省云州市青河区长安路1号"}])
    ).content
    climb(runtime, timedelta(days=60))
    assert program("GET", "/desk?kind=approve_notice").content["items"] == [], "nobody has been asked where he is"
    visit = program("GET", "/visits").content["items"][0]
    report = {"result": "not_found", "at": runtime.now().isoformat()}
    assert program("POST", f"/visits/{visit['id']}/report", report).status_code == 200
    for search in program("GET", "/searches?state=open").content["items"]:
        assert program("POST", f"/searches/{search['id']}/reply", {"answer": "nothing"}).status_code == 200
    climb(runtime, timedelta(hours=1))
    item = program("GET", "/desk?kind=approve_notice").content["items"][0]
    refused = program("POST", f"/desk/{item['id']}/resolve", {"action": "approve_notice"})
    assert (refused.status_code, refused.content["code"]) == (403, "court_officer_only")
    officer = {"Authorization": f"Bearer {key(f'{SCOPES} role:court_officer')}"}
    body = {"action": "approve_notice", "reason": "穷尽其他方式"}
    path = f"/api/v1/desk/{item['id']}/resolve"
    assert app.test_client().post(path, json=body, headers=officer).status_code == 200
    assert app.test_client().post(path, json=body, headers=officer).status_code == 409
    climb(runtime, timedelta(hours=1))
    notice = {
        "postings": [{"place": "website", "on": "2026-05-04"}],
        "content": ["reason", "claim_points", "answer_period", "consequence_of_no_answer"],
    }
    order_path = f"/orders/{made['orders'][0]}"
    assert program("POST", f"{order_path}/publications", notice).status_code == 200
    climb(runtime, timedelta(days=40))
    read = program("GET", order_path).content
    # Nobody ever went there and no mail came back: the notice came too early, and the law engine says so.
    assert (read["outcome"], read["effective_on"]) == ("NOT_SERVED", None)


def test_bytes_put_later_let_the_ladder_start(app: Flask, program: Program, runtime: Runtime) -> None:
    made = program("POST", "/orders", order(8, documents=[{"title": "起诉状副本"}])).content["orders"][0]
    climb(runtime, timedelta(hours=1))
    waiting = program("GET", f"/orders/{made}").content
    assert [entry["reason"] for entry in waiting["journal"] if entry["kind"] == "referred"] == ["papers_missing"]
    assert not waiting["tier"]
    path = f"/documents/{waiting['documents'][0]['id']}/content"
    assert program("PUT", path).status_code == 422
    with_bytes = _put(app, path, BYTES)
    assert with_bytes.status_code == 200, with_bytes.text
    climb(runtime, timedelta(hours=1))
    assert program("GET", f"/orders/{made}").content["tier"]


def _put(app: Flask, path: str, content: bytes) -> TestResponse:
    secret = f"key-qinghe-{hashlib.sha256(SCOPES.encode()).hexdigest()[:8]}"
    return app.test_client().put(
        f"/api/v1{path}", data=content, headers={"Authorization": f"Bearer {secret}"}, buffered=True
    )


def test_the_description_is_valid_and_names_every_route(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").json
    assert document is not None
    validate(document)
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api_")]
    assert len(described) == sum(len((rule.methods or set()) - {"HEAD", "OPTIONS"}) for rule in rules)


def test_an_order_that_tells_another_hearing_moves_it_only_when_asked(program: Program) -> None:
    told = order()
    told["case"] |= {"hearing_at": "2026-04-08T09:30:00+08:00"}
    program("POST", "/orders", told)
    told["case"] |= {"hearing_at": "2026-04-20T14:00:00+08:00"}
    told["recipient"] |= {"name": "另一个名字"}

    named = program("POST", "/orders", told).content["differences"]
    moved = program("POST", "/orders", {**told, "move_hearing": True}).content["differences"]

    hearing = {"field": "hearing_at", "held": "2026-04-08T01:30:00+00:00", "told": "2026-04-20T06:00:00+00:00"}
    name = {"field": "recipient", "held": None, "told": None, "standing": "open"}
    assert named == [{**hearing, "standing": "open"}, name]
    assert moved == [{**hearing, "standing": "applied"}, name]
    assert program("POST", "/orders", told).content["differences"] == [name]
