"""Writes `docs/carrier-codes.md` from the table in `delivery/domain/mail.py`: run it after the table changed."""

from collections.abc import Iterator
from pathlib import Path

from delivery.domain.event import EventKind
from delivery.domain.law.vocabulary import Kind
from delivery.domain.mail import (
    BY_FAILED_TRY,
    BY_RECEIVER,
    POSTAL_KINDS,
    MailReason,
    Meaning,
    RecipientClass,
    meaning_of,
)
from delivery.wording import say

PAGE = Path(__file__).parent.parent / "docs" / "carrier-codes.md"

HEAD = """\
# What the post's words mean in law

Written by `tools/write_carrier_codes.py` from `delivery/domain/mail.py`; a test holds that it is up to date. Which
code of a carrier becomes which word here stands in the adapter's own table (`docs/capabilities.md`).

The post's word is never service: mail counts as signed or returned by its paper slip alone
(`docs/adr/0006-mail-counts-by-its-slip.md`). *Until the slip* is what the law engine is told meanwhile. A word that is
not in these tables means that nothing has been received and that somebody looks. "Signed by another" opens the question
who signed on the desk; the answer is a fact in the journal and fills in what the slip leaves open.
"""
_COLUMNS = ("until the slip", "meaning", "follow-up", "rules")


def page() -> str:
    """The whole document."""
    return "\n".join(
        [
            HEAD,
            "## Handed over",
            "",
            *_table("receiver", ((one, meaning_of(BY_RECEIVER, recipient_class=one)) for one in RecipientClass)),
            "",
            "For a natural person, an organisation's desk is another:",
            "",
            *_table(
                "receiver",
                (
                    (one, meaning_of(BY_RECEIVER, recipient_class=one, recipient=Kind.NATURAL_PERSON))
                    for one in (RecipientClass.ORGANISATION_RECEIVER, RecipientClass.MAILROOM)
                ),
            ),
            "",
            "## Tried in vain",
            "",
            *_table("reason", ((one, meaning_of(BY_FAILED_TRY, reason=one)) for one in MailReason)),
            "",
            "## Returned, or on its way back",
            "",
            *_table("reason", ((one, meaning_of(EventKind.POST_RETURNED, reason=one)) for one in MailReason)),
            "",
            "## Anything else",
            "",
            *_table("word", ((kind, meaning_of(kind)) for kind in EventKind if kind in POSTAL_KINDS)),
            "",
        ]
    )


def _table(first: str, rows: Iterator[tuple[str, Meaning]]) -> Iterator[str]:
    yield _row(first, *_COLUMNS)
    yield _row(*["---"] * (len(_COLUMNS) + 1))
    for word, meaning in rows:
        yield _row(
            f"`{word}`",
            f"`{meaning.result}`",
            say("en", f"mail_meaning.{meaning.code}"),
            say("en", f"follow_up.{meaning.follow_up}"),
            ", ".join(meaning.rules),
        )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
