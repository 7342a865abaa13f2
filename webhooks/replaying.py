"""Reading quarantined requests again, after a secret was put right.

Each is verified anew, and only what proves genuine comes in.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from delivery.cli.command_line import Replayed
from delivery.domain.errors import InvalidSignature, NotFound
from delivery.runtime import Runtime
from delivery.store.courts import court_by_code
from delivery.store.inbox import Quarantine
from webhooks.inbox import from_text, store
from webhooks.receiver import Receiver


def replay(runtime: Runtime, receivers: Mapping[str, Receiver], *, court: str, provider: str) -> Replayed:
    """Take in what now verifies, oldest first, one transaction each. Raises `NotFound` for an unknown court."""
    with runtime.reading() as session:
        found = court_by_code(session, court)
        if found is None:
            code = "court_unknown"
            raise NotFound(code, court=court)
        ids = list(
            session.scalars(
                select(Quarantine.id)
                .where(Quarantine.court_id == found.id, Quarantine.provider == provider)
                .order_by(Quarantine.received_at, Quarantine.id)
            )
        )
    receiver = receivers.get(provider)
    if receiver is None:
        code = "provider_not_configured"
        raise NotFound(code, provider=provider)
    accepted = sum(_replay_one(runtime, receiver, found.id, row_id) for row_id in ids)
    return Replayed(accepted=accepted, refused=len(ids) - accepted)


def _replay_one(runtime: Runtime, receiver: Receiver, court_id: UUID, row_id: UUID) -> bool:
    with runtime.transaction() as session:
        row = session.get(Quarantine, (court_id, row_id), with_for_update=True)
        if row is None:
            return False
        inbound = from_text(row.request or "")
        try:
            receiver.verify(inbound)
        except InvalidSignature:
            return False
        store(session, receiver.name, court_id, inbound)
        session.delete(row)
        return True
