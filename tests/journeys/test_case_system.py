"""A worker process is killed while the court's case system hears it: the next one tells the same under the same id."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

import wsgi
from delivery.domain.announcement import CHOICES, DeliveryStatus
from delivery.runtime import Runtime
from delivery.store.announcements import AnnouncementDelivery, AnnouncementTry
from delivery.store.courts import court_by_code
from delivery.store.vault import generate_keys
from delivery.subscribing import By, Wanted, add_endpoint, send_test
from tests.adapters.local_http import LocalHttp, Seen, Told, Trouble
from tests.delivery.web.prepared import prepare
from tests.infrastructure.tree import ROOT
from tests.infrastructure.waiting import until

WORKER = (
    "import os, threading, wsgi\n"
    "from delivery.tasks import drain_forever\n"
    "drain_forever(wsgi.install(os.environ).runtime, lambda: False, lambda: threading.Event().wait(0.05))\n"
)
BY = By("administrator")


@pytest.fixture
def environ(engine_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "SONGDA_DATA": str(tmp_path),
        "SONGDA_DATABASE_URL": engine_url,
        "SONGDA_KEYS": generate_keys(),
        "SONGDA_LEASE_SECONDS": "5",
        "SONGDA_WEBHOOKS_TIMEOUT_SECONDS": "2",
    }


@pytest.fixture
def runtime(environ: dict[str, str]) -> Iterator[Runtime]:
    """A sandbox installation as the composition root builds it."""
    found = wsgi.install(environ).runtime
    prepare(found)
    yield found
    found.database.dispose()


@contextmanager
def _worker(environ: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env={**os.environ, **environ})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_killed_worker_s_announcement_is_made_again_under_its_id(runtime: Runtime, environ: dict[str, str]) -> None:
    workers: list[subprocess.Popen[bytes]] = []
    heard: list[Seen] = []

    def answer(seen: Seen) -> Told | Trouble:
        heard.append(seen)
        if len(heard) > 1:
            return Told(204)
        workers[0].kill()  # it has sent, and will never write down what came of it
        workers[0].wait()
        return Trouble.RESET

    def arrived() -> bool:
        with runtime.reading() as session:
            return session.scalars(select(AnnouncementDelivery.status)).all() == [DeliveryStatus.DELIVERED]

    with LocalHttp(answer) as server:
        with runtime.transaction() as session:
            court = court_by_code(session, "qinghe")
            assert court is not None
            wanted = Wanted(f"{server.url}/hook", "x", CHOICES)
            endpoint = add_endpoint(session, court.id, wanted, by=BY, now=runtime.now())
            secret = endpoint.secret
            assert secret is not None
            send_test(session, endpoint, by=BY, now=runtime.now())
        with _worker(environ) as first:
            workers.append(first)
            until(lambda: bool(heard), seconds=90)
            first.wait(timeout=30)
        assert not arrived()
        with _worker(environ):
            until(arrived, seconds=90)

    before, after = heard
    assert before.headers["webhook-id"] == after.headers["webhook-id"]
    assert before.body == after.body
    for seen in heard:
        Webhook(secret).verify(seen.body, dict(seen.headers))
    with runtime.reading() as session:
        tries = session.scalars(select(AnnouncementTry).order_by(AnnouncementTry.id)).all()
        assert [(made.status, made.fault) for made in tries] == [(0, "interrupted"), (204, "")]
