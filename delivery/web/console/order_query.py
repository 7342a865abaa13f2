"""The address of an orders list: its parameters as a filter, and back, so that every number links to its orders."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.domain.address import parse_phone
from delivery.domain.case import parse_case_number
from delivery.domain.errors import BadValue
from delivery.domain.event import Channel
from delivery.domain.order import UNFINISHED
from delivery.domain.text import compact
from delivery.reporting import MEASURES
from delivery.store.order_list import STATUSES, Cursor, OrderFilter
from delivery.store.order_search import Matches, search

_PHONE_DIGITS = 7


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """What a person asked for, as they asked for it; unknown values are dropped, never an error."""

    status: str = ""
    tier: str = ""
    channel: str = ""
    q: str = ""
    measure: str = ""
    notice: str = ""
    ran: str = ""
    used: str = ""
    failed: str = ""
    via: str = ""
    at_tier: str = ""
    basis: str = ""
    since: str = ""
    until: str = ""

    def filter(self, today: date) -> OrderFilter:
        """The filter behind it. Searches and figures look at all orders, a plain list at those that are not over."""
        statuses: tuple[str, ...] = UNFINISHED
        if self.status in STATUSES:
            statuses = (self.status,)
        elif self.status == "all" or self.q or self.measure or self.since:
            statuses = STATUSES
        return OrderFilter(
            statuses=UNFINISHED if self.status == "late" else statuses,
            tier=self.tier,
            channel=self.channel,
            late_on=today if self.status == "late" else None,
            measure=self.measure,
            without_notice=self.notice == "without",
            ran=self.ran,
            used=self.used,
            failed=self.failed,
            via=self.via,
            at_tier=self.at_tier,
            basis=self.basis,
            opened_since=_day(self.since),
            opened_until=_day(self.until),
        )

    def address(self, **changes: str) -> str:
        """`?a=b` of this query with some parameters changed."""
        values = {name: getattr(self, name) for name in self.__slots__} | changes
        return "?" + urlencode({name: value for name, value in values.items() if value})

    @property
    def from_figures(self) -> bool:
        """Whether the list was opened from a number."""
        return bool(self.measure or self.since)


def read_query(args: Mapping[str, str]) -> OrderQuery:
    """The query of a request's parameters."""
    values = {name: args.get(name, "").strip()[:100] for name in OrderQuery.__slots__}
    if values["channel"] not in set(Channel):
        values["channel"] = ""
    if values["measure"] not in MEASURES:
        values["measure"] = ""
    return OrderQuery(**values)


def read_cursor(text: str) -> Cursor | None:
    """`date_id` of the last order before; anything else begins anew."""
    due, _, order_id = text.partition("_")
    try:
        return Cursor(date.fromisoformat(due), UUID(order_id))
    except ValueError:
        return None


def cursor_text(cursor: Cursor) -> str:
    """The parameter that `read_cursor` reads."""
    return f"{cursor.due_on.isoformat()}_{cursor.order_id}"


def find(session: Session, court_id: UUID, text: str) -> Matches | None:
    """What a text means: a case number or its beginning, a phone number, else a party's exact name."""
    text = compact(text)
    if not text:
        return None
    try:
        return search(session, court_id, number=parse_case_number(text).text)
    except BadValue:
        pass
    if text[0] in "（(〔[" or text[:4].isdigit() and len(text) > 4 and not text.isdigit():  # noqa: PLR2004, RUF021 -- a year
        return search(session, court_id, number_prefix=text.replace("(", "（").replace(")", "）"))
    if sum(letter.isdigit() for letter in text) >= _PHONE_DIGITS:
        try:
            return search(session, court_id, phone=parse_phone(text).number)
        except BadValue:
            return Matches((), ())
    return search(session, court_id, name=text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
