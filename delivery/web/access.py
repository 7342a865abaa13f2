"""Who read what: written after the response has gone, in a short transaction of its own.

So reading stays fast, and a page is never refused because its reading could not be noted.
"""

import logging
from collections.abc import Callable
from uuid import UUID

from flask import Response, g

from delivery.runtime import Runtime
from delivery.signing_in import Person, needs_touch, touch
from delivery.store.accounts import AccessRecord
from delivery.web.request_state import ApiCaller, Read, runtime, visitor

LOG = logging.getLogger(__name__)


def record_after(response: Response) -> None:
    """Have the reads of this request recorded, and the session's "last seen" moved, once the response is closed."""
    reads: list[Read] = list(g.get("reads", ()))
    person = visitor()
    caller = g.get("api_caller")
    idle = person is not None and needs_touch(person, runtime().machine_now())
    if reads or idle:
        response.call_on_close(_writer(runtime(), reads, person, caller))


def _writer(runtime: Runtime, reads: list[Read], person: Person | None, caller: ApiCaller | None) -> Callable[[], None]:
    def write() -> None:
        try:
            with runtime.transaction() as session:
                if person is not None and needs_touch(person, runtime.machine_now()):
                    touch(session, person, runtime.machine_now())
                court_id, account_id, actor = _who(person, caller)
                if court_id is not None:
                    session.add_all(
                        AccessRecord(
                            court_id=court_id,
                            account_id=account_id,
                            actor=actor,
                            act=read.act,
                            subject_id=read.subject_id,
                            at=runtime.now(),
                            args=read.args,
                        )
                        for read in reads
                    )
        except Exception as error:  # noqa: BLE001 -- the response is gone: tell the operator
            LOG.error("access_not_recorded", extra={"error": type(error).__name__})  # noqa: TRY400 -- no values in logs

    return write


def _who(person: Person | None, caller: ApiCaller | None) -> tuple[UUID | None, UUID | None, str]:
    if person is not None and person.court is not None:
        return person.court.id, person.account_id, str(person.role)
    if caller is not None:
        return caller.court_id, None, f"api:{caller.key_id}"
    return None, None, ""
