"""The operating log: codes and ids, and nothing about anybody, whoever logs."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from delivery.operating_log import CodesOnly, write_operating_log

LOGGERS = ("delivery.tasks", "delivery.dispatch", "sqlalchemy.engine", "urllib3.connectionpool", "twilio", "rq")
PERSONAL = ("李伟", "13800138000", "li@mail.example", "Binjiang Road 8")


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Where the log goes; the machine's own logging comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    hooks = sys.excepthook, threading.excepthook
    root.handlers = []
    for logger in (logging.getLogger(name) for name in LOGGERS):
        logger.disabled = False  # a library that other tests use turns off all loggers but its own
    written = io.StringIO()
    write_operating_log(written)
    yield written
    root.handlers = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)


def _lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_our_lines_carry_their_code_and_the_named_values_only(out: io.StringIO) -> None:
    logging.getLogger("delivery.tasks").warning("lease_lost", extra={"handler": "submit_attempt", "name_of": "李伟"})
    (line,) = _lines(out)
    assert line["event"] == "lease_lost"
    assert line["handler"] == "submit_attempt"
    assert line["level"] == "warning"
    assert set(line) == {"at", "level", "logger", "event", "handler"}


@pytest.mark.parametrize("logger", LOGGERS)
def test_nothing_personal_gets_through(out: io.StringIO, logger: str) -> None:
    log = logging.getLogger(logger)
    for text in PERSONAL:
        log.error("sent to %s", text, extra={"to": text})
        log.error("failed", exc_info=ValueError(text))
    written = out.getvalue()
    assert not any(text in written for text in PERSONAL)
    lines = _lines(out)
    assert {line["logger"] for line in lines} == {logger}
    assert [line.get("error") for line in lines] == [None, "ValueError"] * len(PERSONAL)


def test_what_nobody_caught_is_told_without_its_words(out: io.StringIO) -> None:
    logging.getLogger("delivery.operating_log").disabled = False

    def fail() -> None:
        raise ValueError(PERSONAL[0])

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    lines = _lines(out)
    assert [line.get("event") for line in lines] == ["thread_failed", "process_failed"]
    assert {line.get("error") for line in lines} == {"ValueError"}
    assert all("test_operating_log.py:" in str(line["where"]) for line in lines)
    assert not any(text in out.getvalue() for text in PERSONAL)


def test_beginning_twice_is_beginning_once(out: io.StringIO) -> None:
    write_operating_log(out)
    assert sum(isinstance(handler.formatter, CodesOnly) for handler in logging.getLogger().handlers) == 1
