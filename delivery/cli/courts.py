"""The court that a command names: every command that takes `--court` asks for it in the same words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from delivery.store.courts import Court


def court_named(session: "Session", code: str) -> "Court":
    """The court with this code. Raises `NotFound`: `court_unknown`."""
    from delivery.domain.errors import NotFound
    from delivery.store.courts import court_by_code

    court = court_by_code(session, code)
    if court is None:
        unknown = "court_unknown"
        raise NotFound(unknown, court=code)
    return court
