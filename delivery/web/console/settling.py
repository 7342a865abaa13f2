"""Settling an item as the form in hand says: the same from the desk's list and from the officer's page."""

from uuid import UUID

from flask import request

from delivery.desk_work import resolve_item
from delivery.officer_acts import OfficerAct
from delivery.store.desk import DeskItem
from delivery.web.request_state import court_id, now, person, runtime, session


def settle_as_told(item_id: UUID, officer: OfficerAct | None = None) -> DeskItem:
    """The action and the reason of the form, by whoever is signed in. Raises as `resolve_item`."""
    return resolve_item(
        runtime(),
        session(),
        court_id(),
        item_id,
        action=request.form.get("action", ""),
        reason=request.form.get("reason", "").strip(),
        by=person().account_id,
        roles=frozenset({str(person().role)}),
        now=now(),
        officer=officer,
    )
