"""The operating log: one JSON object a line on standard error, of codes and ids alone.

What may stand in a line is named here; everything else is left out, because names, numbers, addresses and bodies
travel in the messages and arguments of libraries. A library's line keeps its logger, level and kind of error.
"""

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, TextIO

LOG = logging.getLogger(__name__)

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
            line["where"] = _place(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)


def _place(trace: TracebackType | None) -> str:
    """The file and line where an error was raised: all of a traceback that names nobody."""
    last = traceback.extract_tb(trace, limit=-1)
    return f"{last[0].filename}:{last[0].lineno}" if last else ""


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
    # What nobody caught would be written by the interpreter, with its message; a warning too.
    sys.excepthook = _end
    threading.excepthook = _end_thread
    logging.captureWarnings(capture=True)
    for noisy in ("alembic", "rq", "urllib3", "granian", "_granian"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A process ends with an error that nobody caught."""
    if issubclass(kind, KeyboardInterrupt):
        return
    LOG.critical("process_failed", exc_info=(kind, error, trace))


def _end_thread(told: threading.ExceptHookArgs) -> None:
    """A thread does."""
    error = told.exc_value
    if error is not None:
        LOG.critical("thread_failed", exc_info=(told.exc_type, error, told.exc_traceback))
