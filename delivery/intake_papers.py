"""The papers of a batch of entries: which rows they are, which orders list them, and bytes that come later.

The same title with the same bytes in one case is one paper. Bytes for a paper that so far had none go to the orders
that name them, and to no other recipient's: a summons has the same title for everybody, and is not the same paper.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.intake_entries import PaperEntry
from delivery.store.cases import Document
from delivery.store.courts import Court
from delivery.store.desk import close_item
from delivery.store.ids import new_id
from delivery.store.orders import OrderDocument, ServiceOrder
from delivery.store.tasks import schedule


class Papers:
    """One batch's view of the papers in its cases. The caller flushes new papers before their listings."""

    def __init__(self, session: Session, court: Court, now: datetime) -> None:
        self._session = session
        self._court = court
        self._now = now
        self._documents: dict[UUID, Document] = {}
        self._by_bytes: dict[tuple[UUID, str, str | None], Document] = {}
        self._listings: dict[UUID, list[OrderDocument]] = {}
        self._listed_by: dict[UUID, set[UUID]] = {}

    def look_up(self, case_ids: Sequence[UUID]) -> None:
        """The papers in force in these cases, and the orders that list them."""
        court_id = self._court.id
        in_cases = select(Document).where(
            Document.court_id == court_id, Document.case_id.in_(case_ids), Document.replaced_at.is_(None)
        )
        for document in self._session.scalars(in_cases.order_by(Document.id)):
            self._remember(document)
        listed = select(OrderDocument).where(
            OrderDocument.court_id == court_id, OrderDocument.document_id.in_(list(self._documents))
        )
        for listing in self._session.scalars(listed):
            self._note(listing)

    def _remember(self, document: Document) -> None:
        self._documents[document.id] = document
        self._by_bytes.setdefault((document.case_id, document.title, document.sha256), document)

    def _note(self, listing: OrderDocument) -> None:
        self._listings.setdefault(listing.order_id, []).append(listing)
        self._listed_by.setdefault(listing.document_id, set()).add(listing.order_id)

    def document_of(self, case_id: UUID, paper: PaperEntry) -> Document:
        """The row of one paper in the case, made if it is new."""
        key = (case_id, paper.title, paper.sha256)
        document = self._by_bytes.get(key)
        if document is None:
            document = Document(
                court_id=self._court.id,
                id=new_id(),
                case_id=case_id,
                kind=paper.kind,
                title=paper.title,
                version=1,
                sha256=paper.sha256,
                size=paper.size,
                media_type=paper.media_type,
                created_at=self._now,
            )
            self._session.add(document)
            self._remember(document)
        return document

    def titles_of(self, order: ServiceOrder) -> list[str]:
        """What an order lists."""
        return [self._documents[listing.document_id].title for listing in self._listings.get(order.id, ())]

    def enlist(self, order: ServiceOrder, papers: Sequence[PaperEntry]) -> None:
        """List the papers of a new order, in their order."""
        for position, paper in enumerate(papers):
            self._list(order, self.document_of(order.case_id, paper), position)

    def _list(self, order: ServiceOrder, document: Document, position: int) -> None:
        listing = OrderDocument(court_id=order.court_id, order_id=order.id, document_id=document.id, position=position)
        self._session.add(listing)
        self._note(listing)

    def complete(self, order: ServiceOrder, papers: Sequence[PaperEntry]) -> tuple[bool, list[str]]:
        """Give an order the bytes that it waited for.

        Whether any came, and the titles of papers that have other bytes already: those need a new version, by a person.
        """
        came, differing = False, []
        for listing in list(self._listings.get(order.id, ())):
            document = self._documents[listing.document_id]
            paper = next((one for one in papers if one.title == document.title), None)
            if paper is None or paper.sha256 is None or paper.sha256 == document.sha256:
                continue
            if document.sha256 is None:
                self._give_bytes(order, listing, document, paper)
                came = True
            elif document.version == 1:
                differing.append(document.title)
        if came:
            subject = f"papers_missing:{order.id}"
            close_item(self._session, order.court_id, subject, at=self._now, resolution="came_in")
            schedule(self._session, order.court_id, "advance_order", order.id, due_at=self._now, created_at=self._now)
        return came, differing

    def _give_bytes(self, order: ServiceOrder, listing: OrderDocument, document: Document, paper: PaperEntry) -> None:
        same = self._by_bytes.get((document.case_id, document.title, paper.sha256))
        others = self._listed_by[document.id] - {order.id}
        if same is None and not others:
            self._by_bytes.pop((document.case_id, document.title, None), None)
            document.sha256, document.size, document.media_type = paper.sha256, paper.size, paper.media_type
            self._remember(document)
            return
        known = self.document_of(document.case_id, paper)
        if same is None:
            self._session.flush()
        self._session.delete(listing)
        self._listings[order.id].remove(listing)
        self._listed_by[document.id].discard(order.id)
        self._list(order, known, listing.position)
        if not others:
            # Nothing serves the empty row any more.
            document.replaced_at = self._now
            self._by_bytes.pop((document.case_id, document.title, None), None)
