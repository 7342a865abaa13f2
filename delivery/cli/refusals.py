"""What an operator is told when the surroundings refuse: files, the database, the queue.

Those are no bugs, and a traceback helps nobody with them: one line says what does not answer and what to look at. A
message of the database may hold what somebody wrote, so only those are shown that come before any row is touched.
"""

from typing import TYPE_CHECKING

from delivery.cli.command_line import Equipment
from delivery.domain.errors import SongdaError

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

_BUSY = "the database is held by another process: see what it does, end it or wait for it, and try again"


def told(error: Exception, equipment: Equipment) -> str | None:
    """The line for an error of the surroundings; None for any other error, which is a bug."""
    from redis.exceptions import RedisError
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError):
        return _of_tables(equipment) or _of_database(error)
    if isinstance(error, RedisError):
        return f"Redis does not answer: {_line(error)}; check SONGDA_REDIS_URL, and that Redis runs there"
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or type(error).__name__}"
    return None


def _of_tables(equipment: Equipment) -> str | None:
    """What is wrong with the tables; None if they are this version's, or cannot be looked at."""
    from sqlalchemy.exc import DBAPIError

    from delivery.migrating import check_current

    try:
        check_current(equipment.runtime().database)
    except SongdaError as error:
        return str(error)
    except DBAPIError:
        return None
    return None


def _of_database(error: "DBAPIError") -> str | None:
    from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, ProgrammingError

    said = _line(error.orig)
    if "database is locked" in said or "lock timeout" in said:
        return _BUSY
    if isinstance(error, (IntegrityError, ProgrammingError)):
        return None
    if isinstance(error, (OperationalError, InterfaceError)) or "not a database" in said or "malformed" in said:
        return f"the database does not answer as it should: {said}; check SONGDA_DATABASE_URL (or SONGDA_DATA)"
    return None


def _line(error: BaseException | None) -> str:
    """What it says, its first line alone."""
    return (str(error).splitlines() or [type(error).__name__])[0]
