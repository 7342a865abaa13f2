"""Asking the law engine about an order, and writing its answer back onto the order."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from delivery.domain.escalation import Standing
from delivery.domain.event import EventKind, Report
from delivery.domain.law import CalendarMissing, LegalEffect, assess, parse_facts
from delivery.domain.order import OrderStatus
from delivery.legal_facts import facts_of_order
from delivery.runtime import CourtCalendar
from delivery.store.desk import put_on_desk
from delivery.store.journal import DeliveryEvent, canonical, entry_hash
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.parties import Address, addresses_in_case
from delivery.tracking import record_fact


def reassess(
    session: Session,
    order: ServiceOrder,
    events: Sequence[DeliveryEvent],
    attempts: Sequence[Attempt],
    calendar: CourtCalendar,
    now: datetime,
) -> Standing:
    """Derive the legal effect anew; record it if it changed, and tell the desk when a conclusion no longer holds."""
    facts = facts_of_order(session, order, events, attempts, now)
    try:
        effect = assess(parse_facts(facts), calendar.law)
    except CalendarMissing as error:
        put_on_desk(session, order.court_id, kind="calendar_missing", subject=str(error.year), at=now, year=error.year)
        return Standing()
    fingerprint = entry_hash(canonical({"o": effect.outcome, "d": str(effect.effective_on), "a": effect.by_act}))[:16]
    changed = order.effect.get("fingerprint") != fingerprint
    if changed:
        _write_effect(session, order, effect, attempts, fingerprint, now)
    confirmed = any(
        event.kind == EventKind.OUTCOME_CONFIRMED and event.args.get("fingerprint") == fingerprint for event in events
    )
    return Standing(str(effect.outcome), effect.needs_confirmation, confirmed, fingerprint)


def _write_effect(
    session: Session,
    order: ServiceOrder,
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
    order.effect_basis = _basis_of(session, order, act)
    if was == (order.outcome, order.effective_on):
        return
    args = {"outcome": order.outcome, "effective_on": str(effect.effective_on or ""), "cites": list(effect.cites)}
    record_fact(session, order, Report(EventKind.EFFECT_DERIVED, "", now, args=args), now=now, look_again=False)
    if order.status == OrderStatus.CONCLUDED:
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


def _basis_of(session: Session, order: ServiceOrder, act: Attempt | None) -> str:
    if act is None or act.address_id is None:
        return "counsel" if act is not None and act.law_firm_id else ""
    pairs = addresses_in_case(
        session, order.court_id, order.case_id, session.get_one(Address, (order.court_id, act.address_id)).party_id
    )
    for address, basis in pairs:
        if address.id == act.address_id:
            return f"reused_{basis.source_basis}" if basis.source_case_id else basis.basis
    return ""
