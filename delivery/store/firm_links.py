"""A law firm's inbox as rows.

Each order that was sent to the firm, with its papers and what the firm has done so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from delivery.store.journal import DeliveryEvent
from delivery.store.links import ServiceLink
from delivery.store.order_list import OrderRow, rows_of

PAGE = 40
ACTS = ("link_opened", "acknowledged", "declined")


@dataclass(frozen=True, slots=True)
class FirmItem:
    """One order in the inbox. `link` is the newest that was sent; `acts` has the first instant of each kind of act.

    What somebody but the lawyer did stands under the kind with `_other`: it does not count as the lawyer's.
    """

    link: ServiceLink
    row: OrderRow
    acts: dict[str, datetime]


@dataclass(frozen=True, slots=True)
class FirmPage:
    """Some items, and the link id before which the next page begins."""

    items: tuple[FirmItem, ...]
    next: UUID | None


def firm_inbox(
    session: Session, court_id: UUID, law_firm_id: UUID, *, before: UUID | None = None, limit: int = PAGE
) -> FirmPage:
    """The firm's orders, newest first; an order that was sent twice stands at its newest sending."""
    newer = aliased(ServiceLink)
    query = (
        select(ServiceLink)
        .where(
            ServiceLink.court_id == court_id,
            ServiceLink.law_firm_id == law_firm_id,
            ~select(newer.id)
            .where(
                newer.court_id == court_id,
                newer.order_id == ServiceLink.order_id,
                newer.law_firm_id == law_firm_id,
                newer.id > ServiceLink.id,
            )
            .exists(),
        )
        .order_by(ServiceLink.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(ServiceLink.id < before)
    links = list(session.scalars(query))
    shown = links[:limit]
    return FirmPage(items_of(session, court_id, law_firm_id, shown), shown[-1].id if len(links) > limit else None)


def items_of(session: Session, court_id: UUID, law_firm_id: UUID, links: Sequence[ServiceLink]) -> tuple[FirmItem, ...]:
    """These links as items of the inbox."""
    order_ids = [link.order_id for link in links]
    if not order_ids:
        return ()
    ours = {
        str(link_id)
        for link_id in session.scalars(
            select(ServiceLink.id).where(
                ServiceLink.court_id == court_id,
                ServiceLink.law_firm_id == law_firm_id,
                ServiceLink.order_id.in_(order_ids),
            )
        )
    }
    acts: dict[UUID, dict[str, datetime]] = {}
    events = session.scalars(
        select(DeliveryEvent)
        .where(DeliveryEvent.court_id == court_id, DeliveryEvent.order_id.in_(order_ids), DeliveryEvent.kind.in_(ACTS))
        .order_by(DeliveryEvent.occurred_at)
    )
    for event in events:
        if event.args.get("link") in ours:
            name = event.kind if event.args.get("role") == "lawyer" else f"{event.kind}_other"
            acts.setdefault(event.order_id, {}).setdefault(name, event.occurred_at)
    rows = rows_of(session, court_id, order_ids)
    return tuple(FirmItem(link, row, acts.get(link.order_id, {})) for link, row in zip(links, rows, strict=True))


def newest_link(session: Session, court_id: UUID, law_firm_id: UUID, order_id: UUID) -> ServiceLink | None:
    """The newest link of an order to this firm."""
    return session.scalar(
        select(ServiceLink)
        .where(
            ServiceLink.court_id == court_id,
            ServiceLink.order_id == order_id,
            ServiceLink.law_firm_id == law_firm_id,
        )
        .order_by(ServiceLink.id.desc())
        .limit(1)
    )
