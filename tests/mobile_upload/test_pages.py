"""The plain pages of field staff and the mail desk, through the browser's door."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from delivery.clock import SteppedClock
from delivery.domain.event import Channel
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt
from delivery.visiting import Visit, open_visits
from delivery.web.app import create_app
from delivery.wording import say
from mobile_upload import pages
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import CourtLife


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The application with the field pages."""
    found = create_app(runtime, edges=[pages.blueprint])
    found.test_client_class = Browser
    found.testing = True
    return found


@pytest.fixture
def visit(life: CourtLife) -> Visit:
    """A door that waits: one more visit is planned beside those of the prepared court."""
    with life.runtime.transaction() as session:
        model = session.scalars(
            select(Attempt).where(Attempt.court_id == life.court_id, Attempt.channel == Channel.IN_PERSON)
        ).first()
        assert model is not None
        session.add(
            Attempt(
                court_id=life.court_id,
                order_id=life.orders[9],
                tier="visit",
                channel=Channel.IN_PERSON,
                purpose="hand_over",
                address_id=model.address_id,
                provider="",
                idempotency_key="7b0c6f1e-0000-7000-8000-000000000001",
                status="planned",
                planned_at=life.runtime.now(),
                due_on=life.runtime.now().date(),
            )
        )
    with life.runtime.reading() as session:
        return open_visits(session, life.court_id)[-1]


def facts(life: CourtLife, kind: str) -> list[DeliveryEvent]:
    with life.runtime.reading() as session:
        query = select(DeliveryEvent).where(DeliveryEvent.court_id == life.court_id, DeliveryEvent.kind == kind)
        found = list(session.scalars(query.order_by(DeliveryEvent.recorded_at, DeliveryEvent.id)))
        session.expunge_all()
        return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_field_server_sees_doors_and_never_the_claims(
    life: CourtLife, visit: Visit, sign_in_as: SignInAs, language: str
) -> None:
    server = sign_in_as(Role.FIELD_SERVER, language=language)
    listed = server.look("/field/visit/")
    assert listed.status_code == 200
    assert visit.recipient_name in listed.text
    assert visit.address in listed.text
    form = server.look(f"/field/visit/{visit.id}").text
    for text in (listed.text, form):
        assert 'href="/field/visit/" aria-current="page"' in text
        assert say(language, "portal.never") not in text
        assert "民初" not in text
        assert "纠纷" not in text
    assert server.look("/orders").status_code == 403
    assert life.orders


def test_a_report_is_recorded_once_with_who_signed(life: CourtLife, visit: Visit, sign_in_as: SignInAs) -> None:
    server = sign_in_as(Role.FIELD_SERVER)
    before = len(facts(life, "visited"))
    form = {
        "result": "signed",
        "place": "residence",
        "role": "family",
        "co_resident": "1",
        "adult": "1",
        "at": "2026-03-20T10:30",
        "note": "长子代收",
    }
    first = server.send(f"/field/visit/{visit.id}", form, page=f"/field/visit/{visit.id}")
    again = server.send(f"/field/visit/{visit.id}", form, page=f"/field/visit/{visit.id}")
    assert (first.status_code, again.status_code) == (303, 303)
    told = facts(life, "visited")
    assert len(told) == before + 1
    assert told[-1].args["signer"] == {"role": "family", "id_checked": False, "adult": True, "co_resident": True}
    assert told[-1].args["signed_on"] == "2026-03-20"
    assert "长子" not in told[-1].entry


def test_wrong_input_comes_back_with_its_reason(life: CourtLife, visit: Visit, sign_in_as: SignInAs) -> None:
    server = sign_in_as(Role.FIELD_SERVER, language="en")
    later = (life.runtime.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    for form in ({"result": "signed", "at": later}, {"result": "perhaps"}, {"result": "signed", "at": "soon"}):
        answer = server.send(f"/field/visit/{visit.id}", form, page=f"/field/visit/{visit.id}")
        assert answer.status_code == 422
    assert not [event for event in facts(life, "visited") if event.attempt_id == visit.id]


def test_the_mail_desk_keys_a_slip(life: CourtLife, sign_in_as: SignInAs) -> None:
    assert isinstance(life.runtime.clock, SteppedClock)
    with life.runtime.reading() as session:
        mail = session.scalars(
            select(Attempt).where(
                Attempt.court_id == life.court_id, Attempt.channel == Channel.POST, Attempt.reference != ""
            )
        ).first()
        assert mail is not None
        waybill = mail.reference
    clerk = sign_in_as(Role.CLERK)
    unknown = clerk.send("/slips", {"waybill": "9999999999999", "result": "signed"}, page="/slips")
    assert unknown.status_code == 404
    form = {"waybill": waybill, "result": "signed", "role": "recipient", "signed_on": "2026-03-19"}
    before = len(facts(life, "slip_recorded"))
    kept = clerk.send("/slips", form, page="/slips")
    assert kept.status_code == 303
    assert clerk.send("/slips", form, page="/slips").status_code == 303
    assert len(facts(life, "slip_recorded")) == before + 1
    assert sign_in_as(Role.FIELD_SERVER).look("/slips").status_code == 403


@pytest.mark.parametrize(
    ("language", "allowed"),
    [
        ("zh", "结果须为以下之一：签收、退回、无回执。"),
        ("en", "The result must be one of: signed, returned, no proof."),
    ],
)
def test_a_slip_is_keyed_within_the_console_and_refused_in_words(
    life: CourtLife, sign_in_as: SignInAs, language: str, allowed: str
) -> None:
    with life.runtime.reading() as session:
        asked = select(Attempt.reference).where(Attempt.channel == Channel.POST, Attempt.reference != "")
        waybill = session.scalars(asked).first()
    clerk = sign_in_as(Role.CLERK, language=language)
    empty = clerk.look("/slips").text
    assert re.findall(r'href="(\S+)" aria-current', empty) == ["/slips"]
    assert say(language, "portal.never") not in empty
    told = {"waybill": waybill, "attempts_on": ["2026-03-09", "2026-03-11"], "note": "无人"}
    refused = clerk.send("/slips", told)
    assert (refused.status_code, allowed in refused.text) == (422, True)
    for typed in ("2026-03-09", "2026-03-11", "无人"):
        assert f'value="{typed}"' in refused.text


def _door_to_post_at(life: CourtLife) -> Attempt:
    """The posting that waits in the prepared court."""
    with life.runtime.reading() as session:
        found = session.scalars(
            select(Attempt).where(Attempt.court_id == life.court_id, Attempt.channel == Channel.POSTING)
        ).first()
        assert found is not None
        session.expunge_all()
        return found


def test_a_posting_says_before_departure_what_it_is_worth(life: CourtLife, sign_in_as: SignInAs) -> None:
    waiting = _door_to_post_at(life)
    server = sign_in_as(Role.FIELD_SERVER, language="en")
    assert "A visit card only: it never serves" in server.look("/field/visit/").text
    form = server.look(f"/field/visit/{waiting.id}")
    assert "A visit card only: it never serves" in form.text
    assert "If somebody there refuses: leave the papers" in form.text


@pytest.mark.parametrize(
    ("result", "meaning"),
    [("posted", "visit_card"), ("refused", "left_in_place")],
)
def test_only_a_refusal_makes_more_of_a_visit_card(
    life: CourtLife, sign_in_as: SignInAs, result: str, meaning: str
) -> None:
    waiting = _door_to_post_at(life)
    server = sign_in_as(Role.FIELD_SERVER)
    told = {"result": result, "meaning": "left_at_address", "place": "residence", "role": "recipient"}
    assert server.send(f"/field/visit/{waiting.id}", told | {"process_media": "video"}).status_code == 303
    assert [event.args["meaning"] for event in facts(life, "notice_posted")][-1] == meaning
