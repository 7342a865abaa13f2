"""The call sheet: least data, one form, and what came of the call is on the order."""

import io
import re

from sqlalchemy import select

from delivery.domain.event import EventKind, Report
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.evidence import Evidence
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt, ServiceOrder, lock_order
from delivery.store.parties import Address
from delivery.tracking import record_fact
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import CourtLife


def _ask(runtime: Runtime) -> str:
    """Somebody who was texted in our court, and whose order is open, answers: call me."""
    with runtime.transaction() as session:
        found = session.scalars(
            select(Attempt)
            .join(ServiceOrder, (ServiceOrder.court_id == Attempt.court_id) & (ServiceOrder.id == Attempt.order_id))
            .join(Address, (Address.court_id == Attempt.court_id) & (Address.id == Attempt.address_id))
            .where(Attempt.channel == "sms", ServiceOrder.status == "open", Address.standing == "good")
            .order_by(Attempt.id)
        ).first()
        assert found is not None
        order = lock_order(session, found.court_id, found.order_id)
        assert order is not None
        report = Report(EventKind.REPLIED, "x|reply", runtime.now(), args={"choice": "call_me"})
        record_fact(session, order, report, now=runtime.now(), attempt=found)
        return str(order.id)


def test_a_caller_sees_the_sheet_and_logs_a_call_with_its_recording(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    del life
    order_id = _ask(runtime)
    caller = sign_in_as(Role.CALLER)
    shown = caller.look("/calls").text
    assert f"/calls/{order_id}" in shown
    assert "请求回电" in shown
    assert caller.look(f"/orders/{order_id}").status_code == 403
    number = re.search(r'name="number"><option value="([^"]+)"', shown)
    assert number is not None
    form = {
        "number": number[1], "outcome": "reached", "spoke_with": "recipient", "identity_checked": "on",
        "contents_told": "on", "recording": (io.BytesIO(b"ID3 two voices"), "call.mp3"),
    }  # fmt: skip
    assert caller.send(f"/calls/{order_id}", form, page="/calls").status_code == 303
    with runtime.reading() as session:
        kinds = [event.kind for event in session.scalars(select(DeliveryEvent)) if str(event.order_id) == order_id]
        recordings = session.scalars(select(Evidence).where(Evidence.kind == "call_recording")).all()
    assert "called" in kinds
    assert len(recordings) == 1
    assert f"/calls/{order_id}" not in caller.look("/calls").text


def test_what_cannot_be_a_call_is_refused_in_words(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    del life
    order_id = _ask(runtime)
    clerk = sign_in_as(Role.CLERK, language="en")
    number = re.search(r'name="number"><option value="([^"]+)"', clerk.look("/calls").text)
    assert number is not None
    form = {"number": number[1], "outcome": "reached", "spoke_with": "family", "consents": "on"}
    answer = clerk.send(f"/calls/{order_id}", form, page="/calls")
    assert answer.status_code == 422
    assert "identity" in answer.text
    form = {"number": number[1], "outcome": "reached", "recording": (io.BytesIO(b"MZ"), "call.exe")}
    assert clerk.send(f"/calls/{order_id}", form, page="/calls").status_code == 422
