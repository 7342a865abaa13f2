"""Telling an order that links of it were revoked because another of the party's messages reached somebody else.

One task per order: whoever says "not me" holds the order of the own message and waits for no other, so that two who say
it at once never wait for each other.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from delivery.domain.event import EventKind, Report
from delivery.runtime import Runtime
from delivery.store.orders import lock_order
from delivery.store.tasks import Lease, schedule
from delivery.tracking import TELL_LINKS_ENDED, record_fact


def tell_links_ended(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> None:  # noqa: ARG001 -- see Handler
    """Task handler: enter into the order's journal how many links ended, and look at it again.

    What it waited for at that number or mailbox will not come.
    """
    order = lock_order(session, lease.court_id, lease.subject_id)
    assert order is not None
    ended_at = datetime.fromisoformat(lease.args["at"])
    told = Report(
        EventKind.INFORMATION,
        f"links_revoked:{lease.args['attempt']}:{lease.task_id}",
        ended_at,
        reason="links_revoked",
        args={"links": lease.args["links"]},
    )
    record_fact(session, order, told, now=now)
    schedule(session, order.court_id, "advance_order", order.id, due_at=now, created_at=now)


HANDLERS = {TELL_LINKS_ENDED: tell_links_ended}
