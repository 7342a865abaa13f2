"""The papers of a batch of entries: which rows they are, which orders list them, and bytes that come later.

The same title with the same bytes in one case is one paper. Bytes for a paper that so far had none go to the orders
that name them, and to no other recipient's: a summons has the same title for everybody, and is not the same paper.
Papers are the most numerous rows of a docket, so they are written in bulk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from delivery.intake_entries import PaperEntry
from delivery.store.cases import Document
from delivery.store.courts import Court
from delivery.store.desk import close_item
from delivery.store.ids import new_id
from delivery.store.orders import OrderDocument, ServiceOrder
from delivery.store.tasks import schedule


@dataclass(slots=True)
class _Paper:
    """A paper in force, as far as a batch needs it, and the orders that list it with its place there."""

    id: UUID
    case_id: UUID
    title: str
    sha256: str | None
    version: int
    places: dict[UUID, int]


class Papers:
    """One batch's view of the papers in its cases."""

    def __init__(self, session: Session, court: Court, now: datetime) -> None:
        self._session = session
        self._court_id = court.id
        self._now = now
        self._by_bytes: dict[tuple[UUID, str, str | None], _Paper] = {}
        self._of_order: dict[UUID, list[_Paper]] = {}
        self._new_papers: list[dict[str, Any]] = []
        self._new_listings: list[dict[str, Any]] = []

    def look_up(self, case_ids: Sequence[UUID]) -> None:
        """The papers in force in these cases, and the orders that list them."""
        if not case_ids:
            return
        found: dict[UUID, _Paper] = {}
        in_cases = select(Document.id, Document.case_id, Document.title, Document.sha256, Document.version).where(
            Document.court_id == self._court_id, Document.case_id.in_(case_ids), Document.replaced_at.is_(None)
        )
        for row in self._session.execute(in_cases.order_by(Document.id)):
            paper = found[row.id] = _Paper(*row, places={})
            self._by_bytes.setdefault((paper.case_id, paper.title, paper.sha256), paper)
        listed = select(OrderDocument.document_id, OrderDocument.order_id, OrderDocument.position).where(
            OrderDocument.court_id == self._court_id, OrderDocument.document_id.in_(list(found))
        )
        for document_id, order_id, position in self._session.execute(listed):
            found[document_id].places[order_id] = position
            self._of_order.setdefault(order_id, []).append(found[document_id])

    def titles_of(self, order: ServiceOrder) -> set[str]:
        """What an order lists."""
        return {paper.title for paper in self._of_order.get(order.id, ())}

    def enlist(self, order: ServiceOrder, papers: Sequence[PaperEntry]) -> None:
        """List the papers of a new order, in their order."""
        for position, paper in enumerate(papers):
            self._list(order, self._paper_of(order.case_id, paper), position)

    def write(self) -> None:
        """Write what is new."""
        if self._new_papers:
            self._session.execute(insert(Document), self._new_papers)
        if self._new_listings:
            self._session.execute(insert(OrderDocument), self._new_listings)
        self._new_papers, self._new_listings = [], []

    def _paper_of(self, case_id: UUID, entry: PaperEntry) -> _Paper:
        key = (case_id, entry.title, entry.sha256)
        paper = self._by_bytes.get(key)
        if paper is None:
            paper = self._by_bytes[key] = _Paper(new_id(), case_id, entry.title, entry.sha256, 1, {})
            self._new_papers.append(
                {
                    "court_id": self._court_id,
                    "id": paper.id,
                    "case_id": case_id,
                    "kind": entry.kind,
                    "title": entry.title,
                    "version": 1,
                    "sha256": entry.sha256,
                    "size": entry.size,
                    "media_type": entry.media_type,
                    "created_at": self._now,
                }
            )
        return paper

    def _list(self, order: ServiceOrder, paper: _Paper, position: int) -> None:
        paper.places[order.id] = position
        self._of_order.setdefault(order.id, []).append(paper)
        self._new_listings.append(
            {"court_id": self._court_id, "order_id": order.id, "document_id": paper.id, "position": position}
        )

    def complete(self, order: ServiceOrder, entries: Sequence[PaperEntry]) -> tuple[bool, list[str]]:
        """Give an order the bytes that it waited for.

        Whether any came, and the titles of papers that have other bytes already: those need a new version, by a person.
        """
        came, differing = False, []
        by_title = {entry.title: entry for entry in entries if entry.sha256 is not None}
        for paper in list(self._of_order.get(order.id, ())):
            entry = by_title.get(paper.title)
            if entry is None or entry.sha256 == paper.sha256:
                continue
            if paper.sha256 is None:
                self._give_bytes(order, paper, entry)
                came = True
            elif paper.version == 1:
                differing.append(paper.title)
        if came:
            subject = f"papers_missing:{order.id}"
            close_item(self._session, self._court_id, subject, at=self._now, resolution="came_in")
            schedule(self._session, self._court_id, "advance_order", order.id, due_at=self._now, created_at=self._now)
        return came, differing

    def _give_bytes(self, order: ServiceOrder, paper: _Paper, entry: PaperEntry) -> None:
        self.write()
        same = self._by_bytes.get((paper.case_id, paper.title, entry.sha256))
        if same is None and set(paper.places) == {order.id}:
            self._change(paper, sha256=entry.sha256, size=entry.size, media_type=entry.media_type)
            self._by_bytes.pop((paper.case_id, paper.title, None), None)
            self._by_bytes[paper.case_id, paper.title, entry.sha256] = paper
            paper.sha256 = entry.sha256
            return
        position = paper.places.pop(order.id)
        self._of_order[order.id].remove(paper)
        self._session.execute(
            delete(OrderDocument).where(
                OrderDocument.court_id == self._court_id,
                OrderDocument.order_id == order.id,
                OrderDocument.document_id == paper.id,
            )
        )
        self._list(order, self._paper_of(order.case_id, entry), position)
        if not paper.places:
            # Nothing serves the empty row any more.
            self._change(paper, replaced_at=self._now)
            self._by_bytes.pop((paper.case_id, paper.title, None), None)

    def _change(self, paper: _Paper, **values: object) -> None:
        self._session.execute(
            update(Document).where(Document.court_id == self._court_id, Document.id == paper.id).values(**values)
        )
