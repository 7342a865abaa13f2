"""`mail-sender`: the address from which one court of the installation posts."""

import argparse

from delivery.cli.command_line import Equipment, Parsers
from delivery.court_sender import sender_of, set_sender
from delivery.domain.errors import NotFound
from delivery.store.courts import court_by_code

_PARTS = ("name", "phone", "province", "city", "county", "street", "postcode")


def register(parsers: Parsers) -> None:
    """Add the command."""
    sender = parsers.add("mail-sender", _mail_sender, "let a court post from an address of its own, or the common one")
    sender.add_argument("--court", required=True, metavar="CODE")
    for part in _PARTS:
        sender.add_argument(f"--{part}", default="", help="leave out all of them to use the installation's address")


def _mail_sender(chosen: argparse.Namespace, equipment: Equipment) -> int:
    with equipment.runtime().transaction() as session:
        court = court_by_code(session, chosen.court)
        if court is None:
            code = "court_unknown"
            raise NotFound(code, court=chosen.court)
        set_sender(court, {part: getattr(chosen, part) for part in _PARTS})
        own = sender_of(court) is not None
    print(f"songda: {chosen.court} posts from {'its own address' if own else 'the common address'}")
    return 0
