"""Closed cases from before Songda: who was a party to them, and which address each confirmed there.

No orders come of them.
"""

import io
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.docket_entry import entry_of
from delivery.docket_reading import open_docket
from delivery.docket_row import DocketRow
from delivery.intake import open_orders
from delivery.runtime import Runtime
from delivery.store.courts import Court

_BATCH = 200


def remember_cases(runtime: Runtime, session: Session, court: Court, docket: bytes) -> int:
    """Record the cases of a docket (CSV or XLSX) without opening orders; returns how many rows.

    Bad rows are passed over.
    """
    rows = open_docket(io.BytesIO(docket), zone=ZoneInfo(court.time_zone))
    entries = [replace(entry_of(row, {}), papers=()) for row in rows if isinstance(row, DocketRow)]
    for first in range(0, len(entries), _BATCH):
        open_orders(session, court, entries[first : first + _BATCH], now=runtime.now(), start=False)
    return len(entries)
