"""Reading `songda ...`: which command, with which arguments, on what.

What a command needs is handed over by the composition root and built only when the command asks for it, so that
`songda assess` reads no setting and opens no database. A command that needs nothing of a court does not even load the
code for one: it stands alone, and answers at once.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from delivery.domain.errors import RequestError
    from delivery.runtime import Runtime

WRONG_USE = 2
BROKEN_OFF = 130  # what a shell makes of Ctrl-C

Command = Callable[[argparse.Namespace, "Equipment"], int]
"""Does the work; returns the exit status."""

Register = Callable[["Parsers", "Equipment"], None]
"""Adds commands."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of the requests in quarantine: read again after they verified, or still not genuine."""

    accepted: int
    refused: int


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the composition root hands to commands.

    `application` builds the web application; `replay` (court code, provider) verifies quarantined requests again;
    `more` is what registers commands that need packages which the core must not know, such as the sandbox town;
    `alone`, by its name, what registers a command that needs nothing of a court.
    """

    runtime: "Callable[[], Runtime]"
    application: Callable[[], Any]
    replay: Callable[[str, str], Replayed]
    more: Callable[[], Sequence[Register]] = tuple
    alone: Mapping[str, Register] = field(default_factory=dict)


def at_least(least: int, most: int | None = None) -> Callable[[str], int]:
    """A reader of whole numbers for an argument, between two bounds."""

    def read(text: str) -> int:
        number = int(text) if text.removeprefix("-").isdecimal() else least - 1
        if number < least or (most is not None and number > most):
            bound = f"of at least {least}" if most is None else f"from {least} to {most}"
            message = f"must be a whole number {bound}"
            raise argparse.ArgumentTypeError(message)
        return number

    return read


class Parsers:
    """The commands by name, as argparse keeps them."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(self, name: str, command: Command, summary: str) -> argparse.ArgumentParser:
        """Add one command; returns its parser, for its arguments."""
        parser: argparse.ArgumentParser = self._commands.add_parser(name, help=summary, description=summary)
        parser.set_defaults(run=command)
        return parser

    def group(self, name: str, summary: str) -> "Parsers":
        """Add a word with commands of its own behind it."""
        return Parsers(self._commands.add_parser(name, help=summary, description=summary))


def run(arguments: Sequence[str], equipment: Equipment) -> int:
    """Run one command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="songda", description="Serve court documents and prove that they were served."
    )
    parsers = Parsers(parser)
    for register in equipment.alone.values():
        register(parsers, equipment)
    is_alone = any(name in equipment.alone for name in arguments[:1])
    if not is_alone:
        _register_all(parsers, equipment)
    chosen = parser.parse_args(arguments)
    command: Command = chosen.run
    return command(chosen, equipment) if is_alone else _guarded(command, chosen, equipment)


def _register_all(parsers: Parsers, equipment: Equipment) -> None:
    from delivery.cli import administration, carriers, checking, data_abroad, files, keeping, leaving, posting, running

    for module in (running, files, checking, keeping, administration, leaving, carriers, data_abroad, posting):
        module.register(parsers)
    for register in equipment.more():
        register(parsers, equipment)


def _guarded(command: Command, chosen: argparse.Namespace, equipment: Equipment) -> int:
    """What the command returns; what it or its surroundings refuse is told in the operator's words."""
    from delivery.cli.refusals import told
    from delivery.domain.errors import RequestError, SongdaError
    from delivery.settings import WrongSettings

    try:
        return command(chosen, equipment)
    except WrongSettings as error:
        print(error, file=sys.stderr)
    except RequestError as error:
        print(f"songda: {words_for(error)}", file=sys.stderr)
    except SongdaError as error:
        print(f"songda: {error}", file=sys.stderr)
    except BrokenPipeError:
        # Whoever read what is printed has read enough; nothing more is written, not even when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("songda: broken off", file=sys.stderr)
        return BROKEN_OFF
    except Exception as error:
        line = told(error, equipment)
        if line is None:
            raise
        print(f"songda: {line}", file=sys.stderr)
    return WRONG_USE


def words_for(error: "RequestError") -> str:
    """What to tell the operator: the words for the code, or the code itself where there are none."""
    from delivery.correcting import correction
    from delivery.wording import knows, say

    if knows(f"import.problem.{error.code}.message"):
        told = correction("en", error.code, error.arguments)
        return f"{told.message} {told.cure}"
    return say("en", f"error.{error.code}", **error.arguments) if knows(f"error.{error.code}") else error.code
