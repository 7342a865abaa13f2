"""The figures of one simulation, as `songda simulate --json` prints them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.auditing import audit
from delivery.domain.order import AttemptStatus
from delivery.hearing_figures import hearing_figures
from delivery.rehearsing import START_ON, ZONE, Scene, Town
from delivery.reporting import Figures, figures
from delivery.runtime import Runtime
from delivery.store.desk import DeskItem
from delivery.store.inbox import Callback
from delivery.store.orders import Attempt, ServiceOrder

_OF_THE_TOWN = (
    "requests_received",
    "callbacks_sent",
    "sms",
    "calls",
    "emails",
    "mail_orders",
    "staff_refused",
    "given_up",
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What is tried: the plan by name, and whether addresses confirmed in other cases are used."""

    name: str = "standard"
    reuse: bool = True


def report_of(runtime: Runtime, town: Town, court_id: UUID, scene: Scene, policy: Policy) -> dict[str, Any]:
    """The figures; `requests_sent` and `callbacks_received` are the platform's counts, `town` holds the town's own."""
    counts = town.counts()
    with runtime.reading() as session:
        found = figures(session, court_id, *(at.astimezone(ZONE).date() for at in (scene.starts_at, scene.ends_at)))
        heard = hearing_figures(session, court_id, START_ON, START_ON + timedelta(days=scene.days - 1), ZONE)
        counted = _counted(session, court_id)
    findings = [str(finding) for finding in audit(runtime)]
    total = found.total
    return {
        "orders": scene.orders,
        "days": scene.days,
        "seed": scene.seed,
        "policy": policy.name,
        "reuse": policy.reuse,
        "initiated": total.initiated,
        "finished": total.finished,
        "reached": total.reached,
        "effective": total.effective,
        "effective_without_notice": total.without_notice,
        "censored": total.censored,
        "cancelled": total.cancelled,
        "by_channel": _by(found, "by_channel"),
        "by_tier": _by(found, "by_tier"),
        "by_basis": _by(found, "by_basis"),
        "days_to_service": {"median": found.days_median, "p90": found.days_p90},
        "hearings": heard.to_json(),
        **counted,
        "town": {name: counts[name] for name in _OF_THE_TOWN},
        "doubled_sends": len(counts["doubled"]),
        "audit": findings or "clean",
        "guesses": dict(town.guesses),
    }


def _by(found: Figures, name: str) -> dict[str, dict[str, int]]:
    groups = sorted(getattr(found, name), key=lambda group: group.key)
    return {group.key: {"tried": group.counts.initiated, "effective": group.counts.effective} for group in groups}


def _counted(session: Session, court_id: UUID) -> dict[str, Any]:
    """What the platform counted itself, to be held against the town's own counts."""
    requests = session.scalar(
        select(func.coalesce(func.sum(Attempt.tries), 0)).where(Attempt.court_id == court_id, Attempt.provider != "")
    )
    callbacks = session.scalar(select(func.count()).select_from(Callback).where(Callback.court_id == court_id))
    unknown = session.scalar(
        select(func.count())
        .select_from(Attempt)
        .where(Attempt.court_id == court_id, Attempt.status == AttemptStatus.UNKNOWN)
    )
    desk = session.execute(
        select(DeskItem.kind, func.count())
        .where(DeskItem.court_id == court_id, DeskItem.closed_at.is_(None))
        .group_by(DeskItem.kind)
        .order_by(DeskItem.kind)
    )
    statuses = session.execute(
        select(ServiceOrder.status, func.count())
        .where(ServiceOrder.court_id == court_id)
        .group_by(ServiceOrder.status)
        .order_by(ServiceOrder.status)
    )
    return {
        "requests_sent": int(requests or 0),
        "callbacks_received": int(callbacks or 0),
        "unknown_outcomes": int(unknown or 0),
        "desk": {row[0]: row[1] for row in desk},
        "statuses": {row[0]: row[1] for row in statuses},
    }


def summary(report: Mapping[str, Any]) -> list[str]:
    """The report in a few lines for a terminal, always also without public notice."""
    initiated = report["initiated"] or 1
    effective, without = report["effective"], report["effective_without_notice"]
    counts = ", ".join(f"{name} {report[name]}" for name in ("initiated", "finished", "reached", "effective"))
    lines = [
        f"orders: {counts} ({effective / initiated:.1%}), open {report['censored']}, cancelled {report['cancelled']}",
        f"without public notice: effective {without} ({without / initiated:.1%})",
    ]
    lines.append("hearings: " + ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in report["hearings"].items()))
    for name in ("by_tier", "by_channel"):
        parts = [f"{key} {group['effective']}/{group['tried']}" for key, group in report[name].items()]
        lines.append(f"{name.replace('_', ' ')} (effective/tried): {', '.join(parts)}")
    guesses = ", ".join(f"{name} {value:g}" for name, value in report["guesses"].items())
    lines.append(f"guesses behind the people: {guesses}")
    return lines
