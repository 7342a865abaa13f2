"""Which attempt a report is about, by whatever name its reporter has for it.

Providers name messages by references that we may not have learned yet, or never will when their answer was lost; people
who answer name nothing at all.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.event import EventKind, Report
from delivery.domain.order import AttemptStatus
from delivery.store.cases import LawFirm
from delivery.store.orders import (
    Attempt,
    attempt_by_key,
    attempt_by_reference,
    newest_attempt_to,
    unanswered_attempts_to,
)

ANSWERS = frozenset({EventKind.REPLIED, EventKind.OPTED_OUT, EventKind.NOT_ME})
# How soon a provider that names no key of ours reports on a message, and how far its clock may be behind.
_REPORTED_WITHIN, _CLOCKS_DIFFER = timedelta(minutes=10), timedelta(minutes=1)


def attempt_meant(session: Session, court_id: UUID, provider: str, report: Report) -> Attempt | None:
    """The attempt that a report is about: by the provider's reference, by our own key, by who wrote to us.

    Our key comes back in the callback address and finds the attempt before its reference was committed. A person's
    answer names neither: then it is about the newest message that went to that number or mailbox. A report that names
    only a reference that we never learned may still name to whom it went.
    """
    attempt = None
    if report.reference:
        attempt = attempt_by_reference(session, court_id, provider, report.reference)
    if attempt is None and report.args.get("key"):
        attempt = attempt_by_key(session, court_id, provider, str(report.args["key"]))
    if attempt is None and report.kind in ANSWERS and report.detail.get("from"):
        writer = str(report.detail["from"])
        attempt = newest_attempt_to(session, court_id, provider, writer)
        if attempt is None and ":" in writer:  # an account on WeChat, perhaps of counsel's firm
            attempt = _newest_to_firm(session, court_id, provider, writer)
    if attempt is None and report.detail.get("to"):
        attempt = _lost_to(session, court_id, provider, report)
    return attempt


def _lost_to(session: Session, court_id: UUID, provider: str, report: Report) -> Attempt | None:
    """The one attempt whose answer was lost, by the address that the report is about and the moment.

    Only if nothing else can be meant: neither another one that still talks to the provider, nor an older message.
    """
    since = report.occurred_at - _REPORTED_WITHIN
    until = report.occurred_at + _CLOCKS_DIFFER
    found = unanswered_attempts_to(session, court_id, provider, str(report.detail["to"]), since, until)
    return found[0] if len(found) == 1 and found[0].status == AttemptStatus.UNKNOWN else None


def _newest_to_firm(session: Session, court_id: UUID, provider: str, account: str) -> Attempt | None:
    """The newest attempt that this provider took to a law firm's WeChat account.

    Firms' accounts have no look-up index: a court knows so few firms that each is opened.
    """
    known = select(LawFirm).where(LawFirm.court_id == court_id, LawFirm.wechat_sealed.is_not(None))
    firms = [firm.id for firm in session.scalars(known) if firm.wechat == account]
    return session.scalar(
        select(Attempt)
        .where(
            Attempt.court_id == court_id,
            Attempt.provider == provider,
            Attempt.submitted_at.is_not(None),
            Attempt.law_firm_id.in_(firms),
        )
        .order_by(Attempt.submitted_at.desc(), Attempt.id.desc())
        .limit(1)
    )
