"""`take-mail`: one message from a mail server's pipe, which retries or returns it by the exit status (sysexits)."""

import argparse
import os
import sys
from collections.abc import Callable

from delivery.cli.command_line import Equipment, Parsers, words_for
from delivery.domain.errors import RequestError
from delivery.settings import WrongSettings

TakeMail = Callable[[bytes, str, str, str], bool]
"""Message, sender and recipient of its envelope, court code -> whether it was taken; False: it is none of ours."""


def registering(take: TakeMail) -> Callable[[Parsers, Equipment], None]:
    """What adds the command, given how the composition root takes a message."""

    def register(parsers: Parsers, _equipment: Equipment) -> None:
        pipe = parsers.add("take-mail", lambda chosen, _: _take(chosen, take), "take one delivery report from a pipe")
        pipe.add_argument("--court", default="", metavar="CODE", help="default: the court whose mail it is about")
        pipe.add_argument("--sender", default="", metavar="ADDRESS", help="of the envelope (default: $SENDER)")
        pipe.add_argument("--recipient", default="", metavar="ADDRESS", help="of the envelope (default: $RECIPIENT)")

    return register


def _take(chosen: argparse.Namespace, take: TakeMail) -> int:
    """Whatever is wrong on our side may be put right, so the mail server is told to keep the message meanwhile."""
    message = sys.stdin.buffer.read()
    sender = chosen.sender or os.environ.get("SENDER", "")
    recipient = chosen.recipient or os.environ.get("RECIPIENT", "")
    try:
        taken = take(message, sender, recipient, chosen.court)
    except WrongSettings as error:
        print(f"songda: {error}", file=sys.stderr)
        return os.EX_TEMPFAIL
    except RequestError as error:
        print(f"songda: {words_for(error)}", file=sys.stderr)
        return os.EX_TEMPFAIL
    except Exception as error:  # noqa: BLE001 - nothing of the message may be lost, nor stand in the mail server's log
        print(f"songda: {type(error).__name__}", file=sys.stderr)
        return os.EX_TEMPFAIL
    return os.EX_OK if taken else os.EX_NOUSER
