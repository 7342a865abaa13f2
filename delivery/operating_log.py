"""The operating log: one JSON object a line on standard error, of codes and ids alone.

What may stand in a line is named here; everything else is left out, because names, numbers, addresses and bodies
travel in the messages and arguments of libraries. A library's line keeps its logger, level and kind of error.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

FIELDS: Final = (
    *("handler", "tries", "buried", "task", "shard", "claimed", "waited"),
    *("court", "order", "attempt", "callback", "provider", "channel", "reason"),
    *("endpoint", "method", "status", "error", "seconds", "batch", "rows", "table"),
)
"""The extra values that our own lines may carry: codes, ids, counts."""

OURS: Final = ("delivery", "adapters", "webhooks", "mobile_upload", "wsgi")


class CodesOnly(logging.Formatter):
    """Formats a record without anything that could be about a person."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.split(".", maxsplit=1)[0] in OURS:
            # Our own messages are constants; the values travel beside them.
            line["event"] = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
            line |= {name: value for name in FIELDS if (value := _plain(record.__dict__.get(name))) is not None}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float) else str(value)[:80]


def write_operating_log(out: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send everything that is logged in this process through the one formatter. Calling it again changes nothing."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, CodesOnly) for handler in root.handlers):
        return
    handler = logging.StreamHandler(out or sys.stderr)
    handler.setFormatter(CodesOnly())
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("alembic", "rq", "urllib3", "granian", "_granian"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
