"""For those who run the installation: is it alive, is it ready, what does it count.

Figures and states only, never a person's data.
"""

import time
from http import HTTPStatus

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select, text

from delivery.store.desk import DeskItem
from delivery.store.tasks import Task
from delivery.web.rendering import instant
from delivery.web.request_state import now, runtime, session

blueprint = Blueprint("operations", __name__)
_SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database answers too."""
    try:
        with runtime().reading() as reading:
            reading.execute(text("SELECT 1"))
    except Exception:  # noqa: BLE001 -- whatever keeps the database from answering, the answer is the same
        return jsonify(status="database_away"), HTTPStatus.SERVICE_UNAVAILABLE
    return jsonify(status="ok")


@blueprint.get("/clock")
def clock() -> ResponseReturnValue:
    """Court time, for the moving clock of a sandbox."""
    return jsonify(now=now().isoformat(), text=instant(now()))


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Prometheus' text format: this process's requests, and what lies in the task table and on the desk."""
    measures = _measures()
    tasks = GaugeMetricFamily("songda_tasks", "Tasks by status.", labels=["status"])
    for status, count in session().execute(
        select(Task.status, func.count()).where(Task.status != "done").group_by(Task.status)
    ):
        tasks.add_metric([status], count)
    desk = GaugeMetricFamily("songda_desk_items", "Open items that need a person.", labels=["kind"])
    for kind, count in session().execute(
        select(DeskItem.kind, func.count()).where(DeskItem.closed_at.is_(None)).group_by(DeskItem.kind)
    ):
        desk.add_metric([kind], count)
    scrape = CollectorRegistry()
    scrape.register(_Once(tasks, desk))
    body = generate_latest(measures.registry) + generate_latest(scrape)
    return Response(body, mimetype="text/plain")


class _Once:
    """Families that were computed for this scrape."""

    def __init__(self, *families: GaugeMetricFamily) -> None:
        self._families = families

    def collect(self) -> tuple[GaugeMetricFamily, ...]:
        return self._families


class Measures:
    """What one application counts; a registry of its own, so that two applications in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("songda_requests", "Requests answered.", ["endpoint", "status"], registry=self.registry)
        self.seconds = Histogram(
            "songda_request_seconds", "Time to answer.", ["endpoint"], registry=self.registry, buckets=_SLOW
        )


def _measures() -> Measures:
    from flask import current_app

    found = current_app.extensions["songda_measures"]
    assert isinstance(found, Measures)
    return found


def count_requests(app: Flask) -> None:
    """Count and time every request of this application."""
    measures = app.extensions["songda_measures"] = Measures()

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        measures.requests.labels(endpoint, f"{response.status_code // 100}xx").inc()
        if "started" in g:
            measures.seconds.labels(endpoint).observe(time.perf_counter() - g.started)
        return response
