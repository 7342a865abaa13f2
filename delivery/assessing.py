"""Asking the law engine about an order, and writing its answer back onto the order."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.event import EventKind, Report
from delivery.domain.ladder import CANNOT_TELL, Standing
from delivery.domain.law import CalendarMissing, Facts, FactsInvalid, LegalEffect, assess, parse_facts
from delivery.domain.law.weighing import RULED_SERVED
from delivery.domain.order import OrderStatus
from delivery.legal_facts import facts_of_order
from delivery.officer_reading import confirmation_of
from delivery.runtime import CourtCalendar
from delivery.store.desk import last_resolution, put_on_desk, was_answered
from delivery.store.journal import DeliveryEvent, canonical, entry_hash
from delivery.store.order_list import EFFECTIVE
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.surroundings import Surroundings
from delivery.tracking import record_fact

_ACT = re.compile(r"acts\[(\d+)\]")


def reassess(
    session: Session,
    order: ServiceOrder,
    around: Surroundings,
    events: Sequence[DeliveryEvent],
    attempts: Sequence[Attempt],
    calendar: CourtCalendar,
    now: datetime,
) -> Standing:
    """Derive the legal effect anew; record it if it changed, and tell the desk when a conclusion no longer holds."""
    facts = facts_of_order(around, order, events, attempts, now)
    try:
        effect = assess(_usable(session, order, facts, now), calendar.law)
    except CalendarMissing as error:
        put_on_desk(session, order.court_id, kind="calendar_missing", subject=str(error.year), at=now, year=error.year)
        return Standing(CANNOT_TELL)
    except FactsInvalid as error:
        _unusable(session, order, str(order.id), error, now)
        return Standing(CANNOT_TELL)
    fingerprint = entry_hash(canonical({"o": effect.outcome, "d": str(effect.effective_on), "a": effect.by_act}))[:16]
    if order.effect != {**effect.to_json(), "fingerprint": fingerprint}:
        # Also when only the reasons are new: the page of an order says what the engine says today.
        _write_effect(session, order, around, effect, attempts, fingerprint, now)
    confirmation = confirmation_of(order, events)
    # Who confirmed an earlier answer has not confirmed this one.
    order.confirmed_by = UUID(confirmation.by) if confirmation and confirmation.by else None
    order.confirmed_at = confirmation.at if confirmation else None
    asked = f"confirm_outcome:{order.id}:{fingerprint}"
    return Standing(
        str(effect.outcome),
        needs_confirmation=effect.needs_confirmation,
        confirmed=confirmation is not None,
        # Only what would end the ladder is ever asked about.
        sent_back=effect.outcome in EFFECTIVE and last_resolution(session, order.court_id, asked) == "send_back",
        fingerprint=fingerprint,
    )


def _usable(session: Session, order: ServiceOrder, facts: dict[str, Any], now: datetime) -> Facts:
    """The facts that the law engine understands; an act told in words that it does not know is left to a person.

    Raises `FactsInvalid` when it is not an act that is wrong.
    """
    while True:
        try:
            return parse_facts(facts)
        except FactsInvalid as error:
            place = _ACT.match(error.path)
            if place is None:
                raise
            act = facts["acts"].pop(int(place[1]))
            _unusable(session, order, f"{order.id}:{act.get('id', '')}", error, now)


def _unusable(session: Session, order: ServiceOrder, subject: str, error: FactsInvalid, now: datetime) -> None:
    if was_answered(session, order.court_id, f"fact_unusable:{subject}"):
        return
    put_on_desk(
        session,
        order.court_id,
        kind="fact_unusable",
        subject=subject,
        at=now,
        order_id=order.id,
        place=error.path,
        problem=error.problem,
    )


def _write_effect(
    session: Session,
    order: ServiceOrder,
    around: Surroundings,
    effect: LegalEffect,
    attempts: Sequence[Attempt],
    fingerprint: str,
    now: datetime,
) -> None:
    was = order.outcome, order.effective_on
    order.outcome, order.effective_on = str(effect.outcome), effect.effective_on
    order.effect = {**effect.to_json(), "fingerprint": fingerprint}
    act = next((a for a in attempts if effect.by_act and effect.by_act.startswith(str(a.id))), None)
    order.effect_channel = act.channel if act else ""
    order.effect_tier = act.tier if act else ""
    order.effect_method = str(getattr(effect, "method", None) or "")
    order.effect_basis = _basis_of(around, act)
    if was == (order.outcome, order.effective_on):
        return
    args = {"outcome": order.outcome, "effective_on": str(effect.effective_on or ""), "cites": list(effect.cites)}
    record_fact(session, order, Report(EventKind.EFFECT_DERIVED, "", now, args=args), now=now, look_again=False)
    if order.status == OrderStatus.CONCLUDED and effect.by_reason != RULED_SERVED:
        # A conclusion never flips by itself: a person decides what follows.
        put_on_desk(
            session,
            order.court_id,
            kind="effect_changed",
            subject=f"{order.id}:{fingerprint}",
            at=now,
            order_id=order.id,
            was=was[0],
            now=order.outcome,
        )


def _basis_of(around: Surroundings, act: Attempt | None) -> str:
    if act is None or act.address_id is None:
        return "counsel" if act is not None and act.law_firm_id else ""
    for address, basis in around.addresses:
        if address.id == act.address_id:
            return f"reused_{basis.source_basis}" if basis.source_case_id else basis.basis
    return ""
