"""`mail-sender`: the address from which one court of the installation posts."""

import argparse

from delivery.cli.command_line import Equipment, Parsers
from delivery.cli.courts import court_named
from delivery.court_sender import sender_of, set_sender

_PARTS = ("name", "phone", "province", "city", "county", "street", "postcode")


def register(parsers: Parsers) -> None:
    """Add the command."""
    sender = parsers.add("mail-sender", _mail_sender, "let a court post from an address of its own, or the common one")
    sender.add_argument("--court", required=True, metavar="CODE")
    for part in _PARTS:
        sender.add_argument(f"--{part}", default="", help="leave out all of them to use the installation's address")


def _mail_sender(chosen: argparse.Namespace, equipment: Equipment) -> int:
    with equipment.runtime().transaction() as session:
        court = court_named(session, chosen.court)
        set_sender(court, {part: getattr(chosen, part) for part in _PARTS})
        own = sender_of(court) is not None
    print(f"songda: {chosen.court} posts from {'its own address' if own else 'the common address'}")
    return 0
