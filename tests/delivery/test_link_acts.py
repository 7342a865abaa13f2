"""What is done through a link, from the message as it went out to what the law makes of it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.address_confirming import confirm_addresses
from delivery.address_form import Confirmation
from delivery.domain.event import Channel, EventKind
from delivery.domain.order import AttemptStatus
from delivery.intake_entries import AddressEntry
from delivery.link_acts import (
    DeclineReason,
    ObjectionKind,
    acknowledge,
    acts_through,
    decline,
    object_to_service,
    open_papers,
    say_not_me,
)
from delivery.link_identity import (
    TRIES,
    Admission,
    LinkState,
    Refusal,
    check_identity,
    proof_wanted,
    session_behind,
    state_of,
)
from delivery.link_visiting import LinkRole, Visitor
from delivery.linking import hashed
from delivery.runtime import Runtime
from delivery.store.links import LinkSession, ServiceLink, link_by_token
from delivery.store.orders import attempts_of
from delivery.store.parties import Address
from tests.delivery.conftest import SetScene
from tests.delivery.scene import Carrier, Scene, mail_relay, text_carrier

REUSED = AddressEntry("mobile", "+8613800138000", "other_proceedings", date(2026, 1, 20))
SUPPLIED = AddressEntry("mobile", "+8613800138000", "plaintiff_supplied")
LAST_FOUR = "002X"
Act = Callable[[Session, Visitor], object]


@pytest.fixture
def texts() -> Carrier:
    """The carrier of text messages, which remembers what it carried."""
    return text_carrier()


@pytest.fixture
def scene(set_scene: SetScene, texts: Carrier) -> Scene:
    """A court that can text and mail."""
    return set_scene(texts, mail_relay())


def _token(carrier: Carrier) -> str:
    found = re.search(r"/e/([\w-]+)", carrier.sent[-1].text)
    assert found is not None
    return found[1]


def _check(runtime: Runtime, token: str, digits: str, role: LinkRole = LinkRole.RECIPIENT) -> Admission:
    with runtime.transaction() as session:
        link = link_by_token(session, hashed(token))
        assert link is not None
        return check_identity(
            session, link, digits=digits, role=role, now=runtime.now(), machine_now=runtime.machine_now()
        )


def _visit(runtime: Runtime, token: str, role: LinkRole, *acts: Act) -> list[object]:
    """Pass the check, then do these things, each in a request of its own."""
    admission = _check(runtime, token, LAST_FOUR, role)
    results = []
    for act in acts:
        with runtime.transaction() as session:
            link = link_by_token(session, hashed(token))
            assert link is not None
            found = session_behind(session, link, admission.token, machine_now=runtime.machine_now())
            assert found is not None
            results.append(act(session, Visitor(link, LinkRole(found.role), found.identity)))
    return results


def _open(scene: Scene) -> Act:
    return lambda session, visitor: open_papers(session, visitor, now=scene.now)


def _acknowledge(scene: Scene) -> Act:
    return lambda session, visitor: acknowledge(session, visitor, now=scene.now)


@pytest.mark.parametrize(
    ("role", "outcome"),
    [
        (LinkRole.RECIPIENT, "SERVED"),
        (LinkRole.LAWYER, "SERVED"),
        (LinkRole.FAMILY, "NOT_SERVED"),
        (LinkRole.ASSISTANT, "NOT_SERVED"),
        (LinkRole.OTHER, "NOT_SERVED"),
    ],
)
def test_an_acknowledgement_counts_only_from_the_recipient_or_its_agent(
    scene: Scene, texts: Carrier, role: LinkRole, outcome: str
) -> None:
    scene.open(REUSED)
    scene.run()
    scene.report(texts, EventKind.DELIVERED)
    scene.run()
    assert scene.order().outcome == "NOT_SERVED"
    assert _visit(scene.runtime, _token(texts), role, _open(scene), _acknowledge(scene)) == [True, True]
    scene.run()
    order = scene.order()
    assert order.outcome == outcome
    assert order.reached_at == scene.now
    assert [event.args["role"] for event in scene.journal() if event.kind == EventKind.ACKNOWLEDGED] == [role]
    assert scene.attempts(Channel.SMS)[0].status == AttemptStatus.ANSWERED


def test_a_yes_by_the_link_confirms_the_reused_number_in_this_case(scene: Scene, texts: Carrier) -> None:
    scene.open(REUSED)
    scene.run()
    form = Confirmation(keep=True, mobile="", email="", postal=None, consent=True)
    (event,) = _visit(
        scene.runtime,
        _token(texts),
        LinkRole.RECIPIENT,
        lambda session, visitor: confirm_addresses(session, visitor, form, now=scene.now),
    )
    assert event is not None
    scene.run()
    order = scene.order()
    assert (order.outcome, order.effective_on) == ("SERVED", date(2026, 3, 2))


def test_two_clicks_at_once_are_one_fact(scene: Scene, texts: Carrier) -> None:
    scene.open(SUPPLIED)
    scene.run()
    token = _token(texts)
    _visit(scene.runtime, token, LinkRole.RECIPIENT, _open(scene))
    with ThreadPoolExecutor(4) as people:
        clicks = [
            people.submit(_visit, scene.runtime, token, LinkRole.RECIPIENT, _acknowledge(scene)) for _ in range(4)
        ]
        results = sorted(str(click.result()[0]) for click in clicks)
    assert results == ["False", "False", "False", "True"]
    assert scene.kinds().count(EventKind.ACKNOWLEDGED) == 1


def test_tries_at_once_are_all_counted(scene: Scene, texts: Carrier) -> None:
    scene.open(SUPPLIED)
    scene.run()
    token = _token(texts)
    with ThreadPoolExecutor(4) as guessers:
        tries = [guessers.submit(_check, scene.runtime, token, f"00{number:02}") for number in range(TRIES + 3)]
        refusals = [guess.result().refusal for guess in tries]
    assert refusals.count(Refusal.WRONG) == TRIES
    assert refusals.count(Refusal.STATE) == 3
    assert _check(scene.runtime, token, LAST_FOUR).refusal is Refusal.STATE


def test_what_was_done_is_told_to_the_role_that_did_it(scene: Scene, texts: Carrier) -> None:
    scene.open(SUPPLIED)
    scene.run()
    token = _token(texts)
    _visit(scene.runtime, token, LinkRole.FAMILY, _open(scene))
    _visit(
        scene.runtime,
        token,
        LinkRole.RECIPIENT,
        lambda session, visitor: decline(session, visitor, DeclineReason.PAPER_WANTED, "", now=scene.now),
        lambda session, visitor: object_to_service(
            session, visitor, ObjectionKind.OTHER, arrived_on=None, note="门牌错了", now=scene.now
        ),
    )
    with scene.looking() as session:
        link = link_by_token(session, hashed(token))
        assert link is not None
        assert [act.kind for act in acts_through(session, link, LinkRole.FAMILY)] == [EventKind.LINK_OPENED]
        assert [act.kind for act in acts_through(session, link, LinkRole.RECIPIENT)] == [
            EventKind.DECLINED,
            EventKind.OBJECTED,
        ]
    assert "objection" in scene.desk()


def test_not_me_ends_the_number_for_the_party_and_the_ladder_goes_on(scene: Scene, texts: Carrier) -> None:
    home = AddressEntry("postal", "云东省|云州市|青河区|滨河路8号|650000", "plaintiff_supplied")
    scene.open(SUPPLIED, home)
    scene.run()
    token = _token(texts)
    with scene.runtime.transaction() as session:
        link = link_by_token(session, hashed(token))
        assert link is not None
        visitor = Visitor(link, LinkRole.HOLDER, "none")
        assert say_not_me(session, visitor, now=scene.now)
        assert not say_not_me(session, visitor, now=scene.now)
    scene.step(timedelta(days=7))
    with scene.looking() as session:
        standing = {row.kind: row.standing for row in session.scalars(select(Address))}
        assert standing == {"mobile": "not_theirs", "postal": "good"}
        link = link_by_token(session, hashed(token))
        assert link is not None
        state = state_of(session, link, now=scene.now, machine_now=scene.runtime.machine_now())
        assert state is LinkState.REVOKED
    assert len(texts.sent) == 1
    assert scene.order().outcome == "NOT_SERVED"
    assert [attempt.channel for attempt in scene.attempts()][-1] == Channel.IN_PERSON


def test_not_me_stops_what_was_planned_for_the_number_in_another_case(scene: Scene, texts: Carrier) -> None:
    scene.open(SUPPLIED)
    scene.run()
    token = _token(texts)
    scene.step(timedelta(hours=13))  # ten in the evening: what is planned now waits until the morning
    scene.open(SUPPLIED, case_number="（2026）云0102民初2号")
    scene.run()
    with scene.runtime.transaction() as session:
        link = link_by_token(session, hashed(token))
        assert link is not None
        say_not_me(session, Visitor(link, LinkRole.HOLDER, "none"), now=scene.now)
    scene.step(timedelta(hours=12))
    assert len(texts.sent) == 1
    (planned,) = scene.attempts(Channel.SMS)
    assert (planned.status, planned.reason, planned.submitted_at) == (AttemptStatus.FAILED, "not_me", None)


def test_tokens_are_stored_hashed_and_links_of_other_people_open_nothing(scene: Scene, texts: Carrier) -> None:
    scene.open(SUPPLIED)
    scene.run()
    token = _token(texts)
    admission = _check(scene.runtime, token, LAST_FOUR)
    assert admission.refusal is None
    with scene.looking() as session:
        rows = list(session.scalars(select(LinkSession)))
        assert [row.token_hash for row in rows] == [hashed(admission.token)]
        link = session.scalars(select(ServiceLink)).one()
        assert link.token_hash == hashed(token)
        assert proof_wanted(session, link) == "person_number"
        (attempt,) = attempts_of(session, scene.court_id, scene.order_id)
        assert link.attempt_id == attempt.id
        for typed in ("", token, "x" * 43):
            assert session_behind(session, link, typed, machine_now=scene.runtime.machine_now()) is None
        late = scene.runtime.machine_now() + timedelta(minutes=30)
        assert session_behind(session, link, admission.token, machine_now=late) is None
