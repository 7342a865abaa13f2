"""The page and the API of outgoing webhooks, with a real receiver on loopback that verifies what it hears."""

import hashlib
import json
import re
import ssl
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from standardwebhooks import Webhook

from adapters.announcer import HttpAnnouncer, Settings
from delivery.announcement_sending import announce
from delivery.clock import SteppedClock
from delivery.domain.announcement import CHOICES
from delivery.order_life import hold_order, order_to_change, resume_order
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.accounts import AccessRecord, ApiKey
from delivery.store.announcements import TASK, AnnouncementDelivery, WebhookEndpoint
from delivery.tasks import run_due
from tests.adapters.certificates import self_signed
from tests.adapters.local_http import LocalHttp, Seen, Told
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import CourtLife

KEY = "key-of-the-case-system"


@dataclass
class Receiver:
    """A court's case system: takes what verifies under one of its secrets, once for each id, and answers as told."""

    secrets: list[str] = field(default_factory=list)
    statuses: deque[int] = field(default_factory=deque)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)

    def answer(self, seen: Seen) -> Told:
        """What an honest receiver does."""
        headers = {name.lower(): value for name, value in seen.headers.items()}
        self.heard.append(headers["webhook-id"])
        if self.statuses:
            return Told(self.statuses.popleft())
        for secret in self.secrets:
            try:
                body = Webhook(secret).verify(seen.body, headers)
            except Exception:  # noqa: BLE001, S112 -- the next secret
                continue
            self.taken.setdefault(headers["webhook-id"], body)
            return Told(204)
        return Told(401)

    @property
    def types(self) -> list[str]:
        return [body["type"] for body in self.taken.values()]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def working(runtime: Runtime) -> Runtime:
    """The installation with its real way out."""
    runtime.announcer = HttpAnnouncer(Settings(timeout_seconds=5))
    assert isinstance(runtime.handlers, dict)
    runtime.handlers[TASK] = announce
    return runtime


@pytest.fixture
def listening(receiver: Receiver) -> Iterator[LocalHttp]:
    with LocalHttp(receiver.answer) as server:
        yield server


def _work(runtime: Runtime, span: timedelta = timedelta(0)) -> None:
    clock = runtime.clock
    assert isinstance(clock, SteppedClock)
    clock.step(span)
    while run_due(runtime, "worker"):
        pass


def _secret_on(text: str) -> str:
    found = re.search(r"<code>(whsec_[^<]+)</code>", text)
    assert found is not None
    return found[1]


def _only(runtime: Runtime) -> WebhookEndpoint:
    with runtime.reading() as session:
        found = session.scalars(select(WebhookEndpoint)).one()
        session.expunge(found)
        return found


def _statuses(runtime: Runtime) -> list[str]:
    with runtime.reading() as session:
        return list(session.scalars(select(AnnouncementDelivery.status).order_by(AnnouncementDelivery.id)))


def _add(browser: Browser, url: str, *types: str) -> None:
    form = {"url": url, "description": "审判管理系统", "types": list(types or CHOICES)}
    answer = browser.send("/webhooks", form)
    assert (answer.status_code, answer.location) == (303, "/webhooks"), answer.text


def _hold_and_resume(life: CourtLife, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        order = order_to_change(session, life.court_id, life.orders[1])
        hold_order(session, order, reason="settlement_talks", by=None, now=runtime.now())
        resume_order(session, order, by=None, now=runtime.now())


def test_a_court_sets_up_a_receiver_and_is_heard(
    life: CourtLife, working: Runtime, sign_in_as: SignInAs, receiver: Receiver, listening: LocalHttp
) -> None:
    browser = sign_in_as(Role.SUPERVISOR)
    _add(browser, f"{listening.url}/hook")
    endpoint = _only(working)
    receiver.secrets.append(_secret_on(browser.send(f"/webhook-endpoints/{endpoint.id}/secret").text))
    assert browser.send(f"/webhook-endpoints/{endpoint.id}/test").status_code == 303
    _hold_and_resume(life, working)
    _work(working)

    assert receiver.types[0] == "webhook.test"
    assert {"order.held", "order.resumed"} <= set(receiver.types)
    page = browser.look("/webhooks").text
    assert "审判管理系统" in page
    assert "已送达" in page
    assert "204" in page
    assert "whsec_" not in page, "only when it is asked for"
    with working.reading() as session:
        acts = set(session.scalars(select(AccessRecord.act).where(AccessRecord.subject_id == endpoint.id)))
    assert acts == {"webhook_added", "webhook_secret_read", "webhook_tested"}


def test_an_error_is_tried_again_and_arrives_once(
    working: Runtime, sign_in_as: SignInAs, receiver: Receiver, listening: LocalHttp
) -> None:
    browser = sign_in_as(Role.ADMINISTRATOR)
    _add(browser, listening.url)
    endpoint = _only(working)
    receiver.secrets.append(_secret_on(browser.send(f"/webhook-endpoints/{endpoint.id}/secret").text))
    receiver.statuses.append(500)
    browser.send(f"/webhook-endpoints/{endpoint.id}/test")
    _work(working)
    assert _statuses(working) == ["waiting"]
    _work(working, timedelta(seconds=5))
    assert _statuses(working) == ["delivered"]
    assert len(receiver.heard) == 2
    assert len(set(receiver.heard)) == len(receiver.taken) == 1


def test_gone_disables_and_the_page_says_so_until_a_person_enables(
    working: Runtime, sign_in_as: SignInAs, receiver: Receiver, listening: LocalHttp
) -> None:
    browser = sign_in_as(Role.ADMINISTRATOR)
    _add(browser, listening.url)
    endpoint = _only(working)
    receiver.statuses.append(410)
    browser.send(f"/webhook-endpoints/{endpoint.id}/test")
    _work(working)
    _work(working, timedelta(days=1))
    assert len(receiver.heard) == 1
    assert "接收端答复 410" in browser.look("/webhooks").text
    assert "案件系统推送已停用" in browser.look("/desk").text
    assert browser.send(f"/webhook-endpoints/{endpoint.id}/test").status_code == 409
    assert browser.send(f"/webhook-endpoints/{endpoint.id}/enable").status_code == 303
    assert "案件系统推送已停用" not in browser.look("/desk").text


def test_a_rotated_secret_and_the_old_one_both_verify_for_a_day(
    working: Runtime, sign_in_as: SignInAs, receiver: Receiver, listening: LocalHttp
) -> None:
    browser = sign_in_as(Role.ADMINISTRATOR)
    _add(browser, listening.url)
    endpoint = _only(working)
    old = _secret_on(browser.send(f"/webhook-endpoints/{endpoint.id}/secret").text)
    new = _secret_on(browser.send(f"/webhook-endpoints/{endpoint.id}/rotate").text)
    assert old != new
    for secret in (old, new):
        receiver.secrets = [secret]
        browser.send(f"/webhook-endpoints/{endpoint.id}/test")
        _work(working)
    assert _statuses(working) == ["delivered", "delivered"]
    receiver.secrets = [old]
    _work(working, timedelta(hours=25))
    browser.send(f"/webhook-endpoints/{endpoint.id}/test")
    _work(working)
    assert _statuses(working)[-1] == "waiting"


def test_what_was_missed_is_replayed_from_the_page(
    life: CourtLife, working: Runtime, sign_in_as: SignInAs, receiver: Receiver, listening: LocalHttp
) -> None:
    browser = sign_in_as(Role.ADMINISTRATOR)
    _add(browser, listening.url, "order.held", "order.resumed")
    endpoint = _only(working)
    receiver.secrets.append(_secret_on(browser.send(f"/webhook-endpoints/{endpoint.id}/secret").text))
    browser.send(f"/webhook-endpoints/{endpoint.id}/disable")
    _hold_and_resume(life, working)
    _work(working)
    assert receiver.heard == []
    browser.send(f"/webhook-endpoints/{endpoint.id}/enable")
    page = browser.look(f"/webhooks?to={endpoint.id}&status=stopped").text
    assert page.count('class="badge warn"') == 2
    since = re.search(r'type="datetime-local" value="([^"]+)"', page)
    assert since is not None
    assert browser.send(f"/webhook-endpoints/{endpoint.id}/replay", {"since": "x"}).status_code == 422
    assert browser.send(f"/webhook-endpoints/{endpoint.id}/replay", {"since": since[1]}).status_code == 303
    _work(working)
    assert sorted(receiver.types) == ["order.held", "order.resumed"]
    one = re.search(r"/webhook-deliveries/[^/]+/replay", browser.look("/webhooks").text)
    assert one is not None
    assert browser.send(one[0]).status_code == 303
    _work(working)
    assert (len(receiver.heard), len(receiver.taken)) == (3, 2)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://case.court.example/", "https://"),
        ("https://169.254.169.254/latest", "保留网段"),
        ("https://2130706433/", "地址格式不正确"),
        ("https://user:secret@case.court.example/", "地址格式不正确"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused_in_words(
    runtime: Runtime, sign_in_as: SignInAs, url: str, told: str
) -> None:
    browser = sign_in_as(Role.ADMINISTRATOR)
    answer = browser.send("/webhooks", {"url": url, "description": "x", "types": ["order.opened"]})
    assert answer.status_code == 422
    assert told in answer.text
    with runtime.reading() as session:
        assert session.scalars(select(WebhookEndpoint)).all() == []


def test_the_page_is_for_those_who_lead(sign_in_as: SignInAs) -> None:
    clerk = sign_in_as(Role.CLERK)
    assert clerk.look("/webhooks").status_code == 403
    assert "系统推送" not in clerk.look("/orders").text
    assert "系统推送" in sign_in_as(Role.SUPERVISOR).look("/orders").text


def test_urls_and_secrets_lie_sealed(runtime: Runtime, sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.ADMINISTRATOR)
    _add(browser, "https://case.court.example/hook?token=in-the-clear")
    endpoint = _only(runtime)
    secret = _secret_on(browser.send(f"/webhook-endpoints/{endpoint.id}/rotate").text)
    raw = repr([bytes(endpoint.url_sealed), bytes(endpoint.secret_sealed), endpoint.description, endpoint.types])
    assert "in-the-clear" not in raw
    assert secret not in raw


class Program:
    """A program with a key of the first court."""

    def __init__(self, app: Flask, runtime: Runtime, court_id: object) -> None:
        with runtime.transaction() as session:
            digest = hashlib.sha256(KEY.encode()).hexdigest()
            session.add(
                ApiKey(court_id=court_id, key_hash=digest, label="x", scopes="webhooks", created_at=runtime.now())
            )
        self._client = app.test_client()

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """The status and the JSON."""
        answer = self._client.open(
            f"/api/v1{path}",
            method=method,
            json=body,
            headers={"Authorization": f"Bearer {KEY}", **headers},
            buffered=True,
        )
        return answer.status_code, answer.get_json()


def test_a_program_sets_itself_up_over_https(
    life: CourtLife,
    working: Runtime,
    app: Flask,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    certificate = self_signed(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    working.announcer = HttpAnnouncer(Settings(timeout_seconds=5, ca_file=str(certificate)))
    program = Program(app, working, life.court_id)
    with LocalHttp(receiver.answer, context) as server:
        wanted = {"url": f"{server.url}/hook", "description": "审判", "types": ["order.held", "order.resumed"]}
        keyed = {"Idempotency-Key": "set-up-1"}
        status, made = program.call("POST", "/webhook-endpoints", wanted, **keyed)
        assert status == 201
        assert program.call("POST", "/webhook-endpoints", wanted, **keyed) == (201, made)
        receiver.secrets.append(made["secret"])
        _, listed = program.call("GET", "/webhook-endpoints")
        assert [one["id"] for one in listed["items"]] == [made["id"]]
        assert "secret" not in listed["items"][0]
        receiver.statuses.append(503)
        _hold_and_resume(life, working)
        _work(working)
        _work(working, timedelta(seconds=6))
        assert sorted(receiver.types) == ["order.held", "order.resumed"]
        _, told = program.call("GET", f"/webhook-deliveries?endpoint={made['id']}&status=delivered")
        assert {one["type"] for one in told["items"]} == {"order.held", "order.resumed"}
        assert sorted(one["status"] for item in told["items"] for one in item["tries"]) == [204, 204, 503]
        place = f"/webhook-deliveries/{told['items'][0]['id']}/replay"
        assert program.call("POST", place)[0] == 200
        assert program.call("POST", place)[1]["code"] == "webhook_on_its_way"
        _, rotated = program.call("POST", f"/webhook-endpoints/{made['id']}/rotate")
        receiver.secrets = [rotated["secret"]]
        _work(working)
        assert program.call("POST", f"/webhook-endpoints/{made['id']}/disable")[1]["state"] == "disabled"
        assert program.call("POST", f"/webhook-endpoints/{made['id']}/test")[0] == 409
        assert program.call("POST", f"/webhook-endpoints/{made['id']}/enable")[1]["state"] == "active"
        assert program.call("POST", f"/webhook-endpoints/{made['id']}/test")[0] == 200
        since = {"since": "2026-03-01T00:00:00+08:00"}
        assert program.call("POST", f"/webhook-endpoints/{made['id']}/replay", since)[1]["replayed"] == 0
        _work(working)
    assert set(_statuses(working)) == {"delivered"}
    assert json.loads(json.dumps(receiver.types))[-1] == "webhook.test"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"url": "http://case.court.example/"}, "webhook_url_not_https"),
        ({"url": "https://127.1/"}, "webhook_url_invalid"),
        ({"types": ["webhook.test"]}, "webhook_types_invalid"),
        ({"types": ["order.unknown"]}, "fields_invalid"),
        ({"description": ""}, "fields_invalid"),
    ],
)
def test_a_program_is_told_by_code_what_is_wrong(
    life: CourtLife,
    runtime: Runtime,
    app: Flask,
    changed: dict[str, object],
    code: str,
) -> None:
    program = Program(app, runtime, life.court_id)
    wanted = {"url": "https://case.court.example/", "description": "x", "types": ["order.opened"], **changed}
    status, problem = program.call("POST", "/webhook-endpoints", wanted)
    assert (status, problem["code"]) == (422, code)
