"""Who signed for a mail: asked on the desk, answered as a fact, settled by the paper slip."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from delivery.desk_work import actions_of, resolve_item
from delivery.domain.errors import RequestError
from delivery.domain.event import Channel, EventKind
from delivery.domain.law import parse_facts
from delivery.field_reports import record_slip, report_visit
from delivery.legal_facts import facts_of_order
from delivery.mail_following import SIGNERS
from delivery.store.desk import DeskItem
from delivery.store.journal import journal_of
from delivery.store.orders import attempts_of
from delivery.store.surroundings import surroundings_of
from tests.delivery.conftest import SetScene
from tests.delivery.scene import HOME, Scene, post_office


@pytest.fixture
def posted(set_scene: SetScene) -> Scene:
    """An order whose mail is with the post."""
    scene = set_scene(post_office())
    scene.open(HOME)
    scene.run()
    visit = scene.attempt(Channel.IN_PERSON)
    with scene.runtime.transaction() as session:
        found = {"result": "not_found", "at": scene.now}
        report_visit(session, scene.court_id, visit.id, found, by=None, now=scene.now)
    scene.run()
    scene.report(scene.carriers["ems"], EventKind.POSTED)
    scene.run()
    return scene


def _delivered(scene: Scene, receiver: str) -> None:
    scene.report(scene.carriers["ems"], EventKind.POST_DELIVERED, raw_code="704", args={"recipient_class": receiver})
    scene.run()


def _slip(scene: Scene, **slip: Any) -> None:  # noqa: ANN401 -- fields of a slip
    with scene.runtime.transaction() as session:
        record_slip(session, scene.court_id, scene.attempt(Channel.POST).reference, slip, by=None, now=scene.now)
    scene.run()


def _answer(scene: Scene, action: str) -> None:
    with scene.runtime.transaction() as session:
        (item,) = session.scalars(select(DeskItem).where(DeskItem.kind == "who_signed", DeskItem.closed_at.is_(None)))
        resolve_item(
            scene.runtime,
            session,
            scene.court_id,
            item.id,
            action=action,
            reason="",
            by=None,
            roles=frozenset({"clerk"}),
            now=scene.now,
        )
    scene.run()


def _mail(scene: Scene) -> dict[str, Any]:
    """The mail as the law engine reads it."""
    with scene.looking() as session:
        order = scene.order()
        events = journal_of(session, scene.court_id, order.id)
        facts = facts_of_order(
            surroundings_of(session, order), order, events, attempts_of(session, scene.court_id, order.id), scene.now
        )
    parse_facts(facts)
    (act,) = [act for act in facts["acts"] if act["method"] == "post"]
    return dict(act)


@pytest.mark.parametrize("receiver", ["neighbour_or_other", "property_office", "mailroom", "unknown", "ghost"])
def test_a_mail_that_another_took_asks_who_signed(posted: Scene, receiver: str) -> None:
    _delivered(posted, receiver)
    assert posted.desk().count("who_signed") == 1
    assert _mail(posted)["result"] == "no_proof"
    assert posted.order().outcome == "NOT_SERVED"


@pytest.mark.parametrize("receiver", ["addressee", "locker", "doorstep", "station", "letterbox", "counter_collection"])
def test_a_mail_whose_receiver_the_slip_will_name_or_nobody_is_asks_nothing(posted: Scene, receiver: str) -> None:
    _delivered(posted, receiver)
    assert "who_signed" not in posted.desk()
    assert posted.order().outcome == "NOT_SERVED"
    nobody = {"locker", "doorstep", "station", "letterbox"}
    assert _mail(posted)["result"] == ("locker" if receiver in nobody else "no_proof")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("family_together", "SERVED"), ("authorised_receiver", "SERVED"), ("stranger", "NOT_SERVED")],
)
def test_the_answer_fills_in_what_the_slip_leaves_open(posted: Scene, answer: str, outcome: str) -> None:
    _delivered(posted, "neighbour_or_other")
    _answer(posted, answer)
    assert posted.order().outcome == "NOT_SERVED", "without a slip an answer proves nothing"
    assert "who_signed" not in posted.desk()

    posted.step(timedelta(days=3))
    _slip(posted, result="signed", signed_on="2026-03-03", signer={"role": "unknown"})
    assert posted.order().outcome == outcome
    if outcome == "SERVED":
        assert str(posted.order().effective_on) == "2026-03-03"


def test_the_answer_is_a_fact_in_the_journal(posted: Scene) -> None:
    _delivered(posted, "neighbour_or_other")
    _answer(posted, "family_together")
    (fact,) = [event for event in posted.journal() if event.kind == EventKind.SIGNER_NAMED]
    assert fact.attempt_id == posted.attempt(Channel.POST).id
    assert fact.args["signer"] == {"role": "family", "co_resident": True, "adult": True}


def test_what_the_slip_says_goes_before_the_answer(posted: Scene) -> None:
    _delivered(posted, "neighbour_or_other")
    _answer(posted, "family_together")
    _slip(posted, result="signed", signed_on="2026-03-02", signer={"role": "neighbour"})
    assert posted.order().outcome == "NOT_SERVED"
    assert _mail(posted)["signer"] == {"role": "neighbour"}


def test_a_slip_that_names_the_signer_takes_the_question_away(posted: Scene) -> None:
    _delivered(posted, "neighbour_or_other")
    _slip(posted, result="signed", signed_on="2026-03-02", signer={"role": "recipient"})
    assert "who_signed" not in posted.desk()
    assert posted.order().outcome == "SERVED"


def test_a_slip_without_a_readable_name_asks_again(posted: Scene) -> None:
    _delivered(posted, "addressee")
    _slip(posted, result="signed", signed_on="2026-03-02", signer={"role": "unknown"})
    assert posted.desk().count("who_signed") == 1
    _answer(posted, "authorised_receiver")
    assert posted.order().outcome == "SERVED"


def test_the_post_taking_its_word_back_takes_the_question_away(posted: Scene) -> None:
    _delivered(posted, "neighbour_or_other")
    posted.report(posted.carriers["ems"], EventKind.POST_REVERSED, raw_code="743", args={"reverses": "704"})
    posted.run()
    assert "who_signed" not in posted.desk()
    assert _mail(posted)["result"] == "in_transit"


def test_an_unknown_code_is_shown_to_a_person_and_concludes_nothing(posted: Scene) -> None:
    posted.report(posted.carriers["ems"], EventKind.UNRECOGNISED, raw_code="306")
    posted.run()
    assert posted.desk().count("unrecognised") == 1
    assert _mail(posted)["result"] == "in_transit"


def test_a_grown_up_who_signed_was_grown_up_on_that_day(posted: Scene) -> None:
    """A slip comes to be keyed days after it was signed; whoever was of age then counts as of age then."""
    posted.step(timedelta(days=9))
    signer = {"role": "family", "relation": "spouse", "co_resident": True, "adult": True}
    _slip(posted, result="signed", signed_on="2026-03-04", signer=signer)
    assert posted.order().outcome == "SERVED"


def test_a_child_who_signed_does_not_count(posted: Scene) -> None:
    signer = {"role": "family", "relation": "child", "co_resident": True, "adult": False}
    _slip(posted, result="signed", signed_on="2026-03-02", signer=signer)
    assert posted.order().outcome == "NOT_SERVED"


def test_only_the_four_answers_are_taken(posted: Scene) -> None:
    assert set(actions_of("who_signed")) == set(SIGNERS)
    _delivered(posted, "neighbour_or_other")
    with pytest.raises(RequestError, match="action_unknown"):
        _answer(posted, "done")


def test_a_proof_that_comes_late_asks_for_the_slip_to_be_keyed(posted: Scene) -> None:
    _delivered(posted, "addressee")
    assert "slip_to_key" not in posted.desk()
    posted.step(timedelta(days=2))
    posted.report(posted.carriers["ems"], EventKind.POST_PROOF_AVAILABLE)
    posted.run()
    assert posted.desk().count("slip_to_key") == 1
    assert posted.order().outcome == "NOT_SERVED", "an image that nobody has read proves nothing"
    _slip(posted, result="signed", signed_on="2026-03-02", signer={"role": "recipient"})
    assert "slip_to_key" not in posted.desk()
    assert posted.order().outcome == "SERVED"


def test_a_proof_of_what_was_keyed_already_asks_nothing(posted: Scene) -> None:
    _delivered(posted, "addressee")
    _slip(posted, result="signed", signed_on="2026-03-02", signer={"role": "recipient"})
    posted.report(posted.carriers["ems"], EventKind.POST_PROOF_AVAILABLE)
    posted.run()
    assert "slip_to_key" not in posted.desk()
