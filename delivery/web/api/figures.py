"""Figures over the API: the success page's numbers for a span, and whether a case is ready for its hearing."""

from dataclasses import asdict
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from delivery.domain.errors import RequestError
from delivery.hearing_figures import hearing_figures
from delivery.readiness import Cell, Row, case_readiness
from delivery.reporting import Counts, Group, figures
from delivery.timetabling import Warned
from delivery.web.api.exchange import answer, parameters
from delivery.web.request_state import api_caller, note_read, now, runtime, session

blueprint = Blueprint("api_figures", __name__, url_prefix="/api/v1")
_USUAL = timedelta(weeks=12)
_LONGEST = timedelta(days=366)


@blueprint.get("/figures")
def read() -> Response:
    """The figures of the orders opened in a span of court-local days, and of the hearings whose day lies in it."""
    zone = ZoneInfo(api_caller().court.time_zone)
    given = parameters("since", "until")
    until = _day(given, "until") or now().astimezone(zone).date()
    since = _day(given, "since") or until - _USUAL + timedelta(days=1)
    if not timedelta(0) <= until - since <= _LONGEST:
        raise RequestError("span_wrong", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    court_id = api_caller().court_id
    found = figures(session(), court_id, since, until)
    hearings = hearing_figures(session(), court_id, since, until, zone)
    note_read("figures_read", since=since.isoformat(), until=until.isoformat())
    return answer(
        {
            "since": since.isoformat(),
            "until": until.isoformat(),
            **asdict(found.total),
            "by_channel": _groups(found.by_channel),
            "by_tier": _groups(found.by_tier),
            "by_basis": _groups(found.by_basis),
            "days_to_service": {"median": found.days_median, "p90": found.days_p90},
            "hearings": hearings.to_json(),
        }
    )


def _day(given: dict[str, str], name: str) -> date | None:
    if name not in given:
        return None
    try:
        return date.fromisoformat(given[name])
    except ValueError:
        raise RequestError("span_wrong", status=HTTPStatus.UNPROCESSABLE_ENTITY) from None


def _groups(groups: tuple[Group, ...]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counts] = {group.key: group.counts for group in groups}
    return {key: {"tried": of.initiated, "effective": of.effective} for key, of in counts.items()}


@blueprint.get("/cases/<uuid:case>/readiness")
def readiness(case: UUID) -> Response:
    """Whether a case is ready for its hearing: recipients, papers, what is weak, late and lost, in codes and days."""
    found = case_readiness(runtime(), session(), api_caller().court_id, case)
    note_read("readiness_read", case)
    hearing_at = found.case.hearing_at
    return answer(
        {
            "number": found.case.number,
            "hearing_at": hearing_at.isoformat() if hearing_at else None,
            "ready": found.ready,
            "lost": found.lost,
            "blocking": _row(found.blocking) if found.blocking else None,
            "propose_at": found.propose_at.isoformat() if found.propose_at else None,
            "recipients": [_row(row) for row in found.rows],
        }
    )


def _row(row: Row) -> dict[str, Any]:
    return {
        "recipient_id": str(row.recipient.id),
        "role": row.recipient.role,
        "number": row.number,
        "name": row.name,
        "blocks": row.blocks,
        "last_chance_on": _text(row.last_chance_on),
        "deadlines": {name: on.isoformat() for name, on in row.deadlines.items()},
        "warnings": [_warned(warned) for warned in row.warnings],
        "papers": [{"kind": kind, "title": title, **_cell(cell)} for (kind, title), cell in row.cells.items()],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "order_id": str(cell.order_id),
        "state": cell.state,
        "effective_on": _text(cell.effective_on),
        "weakest": cell.weakest[1] or None,
        "latest_start_on": _text(cell.latest_start_on),
        "latest_tier": cell.latest_tier or None,
    }


def _warned(warned: Warned) -> dict[str, Any]:
    return {"code": warned.code, "on": warned.on.isoformat(), "bad": warned.bad}


def _text(on: date | None) -> str | None:
    return on.isoformat() if on else None
