"""The call sheet: least data, one form, and what came of the call is on the order."""

import io
import re

from sqlalchemy import select

from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.evidence import Evidence
from delivery.store.journal import DeliveryEvent
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import CourtLife, ask_to_be_called


def test_a_caller_sees_the_sheet_and_logs_a_call_with_its_recording(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    del life
    order_id = ask_to_be_called(runtime)
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
    order_id = ask_to_be_called(runtime)
    clerk = sign_in_as(Role.CLERK, language="en")
    number = re.search(r'name="number"><option value="([^"]+)"', clerk.look("/calls").text)
    assert number is not None
    form = {"number": number[1], "outcome": "reached", "spoke_with": "family", "consents": "on"}
    answer = clerk.send(f"/calls/{order_id}", form, page="/calls")
    assert answer.status_code == 422
    assert "identity" in answer.text
    form = {"number": number[1], "outcome": "reached", "recording": (io.BytesIO(b"MZ"), "call.exe")}
    assert clerk.send(f"/calls/{order_id}", form, page="/calls").status_code == 422
