"""Plans as orders live on them: chosen at intake, changed by a hearing, bounded by the area; what a card is worth."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.auditing import audit
from delivery.domain.address import Basis
from delivery.domain.case import Procedure
from delivery.domain.errors import RequestError
from delivery.domain.event import Channel, EventKind
from delivery.domain.law import assess, parse_facts
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.domain.paper import DocumentKind
from delivery.domain.posting import PostingMeaning
from delivery.field_reports import POSTING_MEANINGS, report_visit
from delivery.intake_entries import PaperEntry
from delivery.legal_acts import acts_of_attempt
from delivery.order_life import cancel_order, move_hearing
from delivery.planning import reason_of
from delivery.store.cases import Case
from delivery.store.courts import Court
from delivery.store.journal import DeliveryEvent, canonical
from delivery.store.orders import Attempt
from delivery.visiting import visit_of
from tests.delivery.conftest import SetScene
from tests.delivery.scene import EMAIL, HOME, MOBILE, PAPER, WEEKENDS, Scene, mail_relay, post_office, text_carrier

SHANGHAI = ZoneInfo("Asia/Shanghai")
ABROAD = replace(HOME, value="云东省|林州市|白河区|湖滨路3号|651000")
HOME_ID = UUID(int=7)
SUPPLIED = replace(HOME, basis="plaintiff_supplied", consent_scope="")


def _paper(scene: Scene, kind: DocumentKind, title: str) -> PaperEntry:
    return PaperEntry(kind, title, scene.runtime.blobs.put(scene.court_id, PAPER), len(PAPER), "application/pdf")


def _set_court(scene: Scene, **changes: Any) -> None:  # noqa: ANN401 -- columns of the court
    with scene.runtime.transaction() as session:
        court = session.get_one(Court, scene.court_id)
        for name, value in changes.items():
            setattr(court, name, value)


def _move_hearing(scene: Scene, hearing_at: datetime | None) -> None:
    case_id = scene.order().case_id
    with scene.runtime.transaction() as session:
        move_hearing(
            session, session.get_one(Case, (scene.court_id, case_id)), hearing_at=hearing_at, by=None, now=scene.now
        )
    scene.run()


def _plan(scene: Scene) -> tuple[str, str | None]:
    return scene.order().plan_name, reason_of(scene.journal())


@pytest.mark.parametrize(
    ("entry", "kind", "plan", "reason"),
    [
        ({}, DocumentKind.SUMMONS, "standard", "usual"),
        ({"procedure": "summary"}, DocumentKind.SUMMONS, "small_claims", "summary"),
        ({"confidential": True}, DocumentKind.SUMMONS, "confidential", "confidential"),
        ({"instance": "enforcement"}, DocumentKind.OTHER_DOCUMENT, "enforcement", "enforcement"),
        ({}, DocumentKind.JUDGMENT, "judgment", "decisions"),
        ({}, DocumentKind.MEDIATION_STATEMENT, "mediation_statement", "mediation_statement"),
        ({"procedure": "payment_order"}, DocumentKind.PAYMENT_ORDER, "payment_order", "payment_order"),
        ({"plan": "mail-only"}, DocumentKind.SUMMONS, "mail-only", "named"),
    ],
)
def test_an_order_gets_the_plan_of_its_papers_and_says_why(
    scene: Scene, entry: dict[str, Any], kind: DocumentKind, plan: str, reason: str
) -> None:
    scene.open(HOME, papers=(_paper(scene, kind, "文书"),), **entry)
    assert _plan(scene) == (plan, reason)


def test_papers_under_different_gates_get_plans_of_their_own(scene: Scene) -> None:
    papers = (_paper(scene, DocumentKind.SUMMONS, "传票"), _paper(scene, DocumentKind.MEDIATION_STATEMENT, "调解书"))
    scene.open(HOME, papers=papers)
    with scene.looking() as session:
        plans = {order.plan_name for order in session.query(type(scene.order()))}
    assert plans == {"standard", "mediation_statement"}


def test_the_courts_own_setting_comes_before_the_choice(scene: Scene) -> None:
    _set_court(scene, settings={"plan": "standard"})
    scene.open(HOME, procedure="summary")
    assert _plan(scene) == ("standard", "court_setting")


def test_a_named_plan_that_the_law_bars_for_the_papers_opens_nothing(scene: Scene) -> None:
    with pytest.raises(RequestError) as refused:
        scene.open(HOME, papers=(_paper(scene, DocumentKind.MEDIATION_STATEMENT, "调解书"),), plan="standard")
    assert refused.value.code == "plan_forbidden"
    with scene.looking() as session:
        assert session.query(Case).count() == 0


def test_a_fast_track_goes_out_at_once_and_lies_before_a_person_on_the_fourth_day(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier(), mail_relay(), post_office())
    hearing = scene.now + timedelta(days=7)
    scene.open(*(replace(one, basis="found", consent_scope="") for one in (MOBILE, EMAIL, HOME)), hearing_at=hearing)
    scene.run()
    assert _plan(scene) == ("fast_track", "near_hearing")
    started = {attempt.channel: attempt.status for attempt in scene.attempts()}
    assert started == {
        "sms": AttemptStatus.SUBMITTED,
        "email": AttemptStatus.SUBMITTED,
        "in_person": AttemptStatus.PLANNED,
        "post": AttemptStatus.PLANNED,
    }
    scene.step(timedelta(days=1))
    posted = scene.attempt(Channel.POST)
    assert posted.status == AttemptStatus.SUBMITTED
    assert posted.submitted_at is not None
    assert posted.submitted_at.astimezone(SHANGHAI).date() == date(2026, 3, 3)
    scene.step(timedelta(days=2))
    assert "fast_track_unserved" not in scene.desk()
    scene.run_until(datetime(2026, 3, 6, 9, tzinfo=SHANGHAI))
    assert "fast_track_unserved" in scene.desk()
    assert scene.order().status == OrderStatus.OPEN, "the ways that are out go on"
    assert audit(scene.runtime) == []


def test_a_fast_track_that_serves_on_the_first_day_posts_nothing(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier(), mail_relay(), post_office())
    scene.open(MOBILE, HOME, hearing_at=scene.now + timedelta(days=6))
    scene.run()
    scene.report(scene.carriers["texts"], EventKind.DELIVERED)
    scene.run()
    assert scene.order().status == OrderStatus.CONCLUDED, "the party agreed to this number"
    scene.step(timedelta(days=5))
    assert scene.attempt(Channel.POST).status == AttemptStatus.WITHDRAWN
    assert scene.carriers["ems"].sent == []
    assert "fast_track_unserved" not in scene.desk()


def test_a_hearing_that_comes_near_puts_an_order_on_the_fast_track_and_off_it_again(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier(), mail_relay(), post_office())
    scene.open(replace(MOBILE, basis="found", consent_scope=""), HOME, hearing_at=scene.now + timedelta(days=40))
    scene.run()
    assert _plan(scene) == ("standard", "usual")
    scene.step(timedelta(days=1))
    _move_hearing(scene, scene.now + timedelta(days=5))
    assert _plan(scene) == ("fast_track", "near_hearing")
    assert len(scene.attempts(Channel.SMS)) == 1, "what went out is not sent again"
    assert {attempt.channel for attempt in scene.attempts()} == {"sms", "in_person", "post"}
    scene.step(timedelta(days=3))
    assert "fast_track_unserved" not in scene.desk(), "its days run from the change"
    scene.step(timedelta(days=1))
    assert "fast_track_unserved" in scene.desk()
    _move_hearing(scene, scene.now + timedelta(days=40))
    assert _plan(scene) == ("standard", "usual")
    assert "fast_track_unserved" not in scene.desk()


@pytest.mark.parametrize("served", [True, False])
def test_what_asks_how_to_serve_is_withdrawn_with_service_or_the_order(set_scene: SetScene, served: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    scene = set_scene(text_carrier(), mail_relay(), post_office())
    found = replace(MOBILE, basis="found", consent_scope="")
    scene.open(found, HOME, hearing_at=scene.now + timedelta(days=7))
    scene.run_until(datetime(2026, 3, 6, 9, tzinfo=SHANGHAI))
    assert "fast_track_unserved" in scene.desk()
    if served:
        slip = {"result": "signed", "signer": {"role": "recipient"}, "signed_on": "2026-03-05"}
        scene.tell(EventKind.SLIP_RECORDED, scene.attempt(Channel.POST), args=slip)
        scene.run()
        assert scene.order().status == OrderStatus.CONCLUDED
    else:
        scene.change(lambda session, order: cancel_order(session, order, reason="settled", by=None, now=scene.now))
    assert "fast_track_unserved" not in scene.desk()


def test_a_plan_that_somebody_named_stays_whatever_the_hearing(scene: Scene) -> None:
    scene.open(HOME, plan="mail-only")
    scene.run()
    _move_hearing(scene, scene.now + timedelta(days=5))
    assert _plan(scene) == ("mail-only", "named")


def test_a_door_outside_the_area_is_for_the_post_or_another_court(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier(), mail_relay(), post_office())
    _set_court(scene, area="云州市")
    scene.open(ABROAD)
    scene.run()
    skipped = {run.tier: run.skipped_reason for run in scene.tiers() if run.skipped_reason}
    assert skipped["visit"] == "outside_area"
    assert scene.attempts(Channel.IN_PERSON) == []
    assert scene.attempt(Channel.POST).status == AttemptStatus.SUBMITTED
    assert scene.desk() == ["entrust_service"]
    (passed,) = [event for event in scene.journal() if event.kind == EventKind.ADDRESS_PASSED_OVER]
    assert (passed.reason, passed.args["tier"], passed.args["channel"]) == ("outside_area", "visit", "in_person")
    assert passed.args["address"] == str(scene.attempt(Channel.POST).address_id)


def test_of_two_doors_only_the_one_in_the_area_is_knocked_at(scene: Scene) -> None:
    _set_court(scene, area="云州市、林泽县")
    scene.open(ABROAD, replace(HOME, basis="found"))
    scene.run()
    (visit,) = scene.attempts(Channel.IN_PERSON)
    with scene.looking() as session:
        assert "滨河路8号" in visit_of(session, scene.court_id, visit.id).address
    assert EventKind.ADDRESS_PASSED_OVER in scene.kinds()
    assert "entrust_service" not in scene.desk()


def _until_posting(scene: Scene) -> Attempt:
    """Mail that came back leads to a posting that waits to be made."""
    scene.step(timedelta(days=12))
    ems = scene.carriers["ems"]
    scene.report(ems, EventKind.POSTED)
    scene.report(ems, EventKind.POST_RETURNED, reason="unclaimed")
    scene.run()
    return scene.attempt(Channel.POSTING)


def _post(scene: Scene, attempt: Attempt, **report: Any) -> None:  # noqa: ANN401 -- fields of a report
    with scene.runtime.transaction() as session:
        told = {"result": "posted", "at": scene.now, "place": "residence", "process_media": "video", **report}
        report_visit(session, scene.court_id, attempt.id, told, by=None, now=scene.now)
    scene.run()


def test_a_posting_says_what_it_means_before_anybody_leaves_and_a_card_leads_to_the_search(
    set_scene: SetScene,
) -> None:
    scene = set_scene(text_carrier(), mail_relay(), post_office())
    scene.open(SUPPLIED)
    posting = _until_posting(scene)
    planned = [event for event in scene.journal() if event.attempt_id == posting.id]
    assert planned[0].kind == EventKind.ATTEMPT_PLANNED
    assert planned[0].args["meaning"] == "visit_card"
    with scene.looking() as session:
        visit = visit_of(session, scene.court_id, posting.id)
    assert (visit.meaning, visit.if_refused) == ("visit_card", "left_in_place")
    assert scene.searches() == []
    _post(scene, posting, meaning="left_at_address")
    told = scene.journal()
    assert [event.args["meaning"] for event in told if event.kind == EventKind.NOTICE_POSTED] == ["visit_card"]
    assert scene.order().outcome == "NOT_SERVED"
    assert scene.searches(), "nothing better could be left there, so the address is looked for"


def test_a_refusal_at_the_door_makes_more_of_a_posting(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier(), mail_relay(), post_office())
    scene.open(SUPPLIED)
    posting = _until_posting(scene)
    _post(scene, posting, meaning="left_in_place", trigger="refused", refused_by={"role": "recipient"})
    assert scene.order().outcome == "SERVED"


def test_at_the_partys_own_address_papers_may_be_left(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier(), mail_relay(), post_office())
    scene.open(HOME)
    posting = _until_posting(scene)
    with scene.looking() as session:
        assert visit_of(session, scene.court_id, posting.id).meaning == "left_at_address"


PEOPLE = st.fixed_dictionaries(
    {"role": st.sampled_from(["recipient", "family", "neighbour", "legal_representative", "unknown"])},
    optional={"co_resident": st.booleans(), "adult": st.booleans(), "id_checked": st.booleans()},
)
REPORTS = st.fixed_dictionaries(
    {"meaning": st.sampled_from(POSTING_MEANINGS)},
    optional={
        "trigger": st.sampled_from(["refused", "nobody_home", "moved"]),
        "place": st.sampled_from(["residence", "workplace", "registered_office", "court", "elsewhere"]),
        "process_media": st.sampled_from(["none", "single_photo", "photos", "video"]),
        "noted_by": st.lists(st.sampled_from(["server", "judge", "clerk", "contractor"]), max_size=2),
        "refused_by": PEOPLE,
        "witness": st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["committee_member", "employer_staff", "neighbour"]),
                "attended": st.booleans(),
                "signed": st.booleans(),
            }
        ),
    },
)


@given(
    st.lists(REPORTS, min_size=1, max_size=4),
    st.sampled_from(list(Basis)),
    st.sampled_from(["given", "refused", "evaded", "not_requested"]),
    st.booleans(),
    st.none() | st.just("2026-02-25"),
    st.sampled_from(list(DocumentKind)),
    st.sampled_from(list(Procedure)),
)
def test_a_visit_card_serves_nobody_whatever_else_is_told(
    reports: list[dict[str, Any]],
    basis: Basis,
    confirmation: str,
    warned: bool,  # noqa: FBT001
    moved_on: str | None,
    paper: DocumentKind,
    procedure: Procedure,
) -> None:
    """Through the mapping and the law engine: any report whose meaning is a card, beside any facts."""
    attempt = Attempt(id=HOME_ID, channel=Channel.POSTING, address_id=HOME_ID, law_firm_id=None)
    events = [
        _posted({**report, "meaning": PostingMeaning.VISIT_CARD}, number) for number, report in enumerate(reports)
    ]
    address: dict[str, Any] = {"id": str(HOME_ID), "kind": "postal", "basis": basis, "given_on": "2026-02-20"}
    facts = {
        "id": "card",
        "jurisdiction": "cn_civil",
        "as_of": "2026-06-01",
        "case": {"procedure": procedure},
        "recipient": {"kind": "natural_person", "address_confirmation": confirmation, "warned": warned},
        "documents": [paper],
        "addresses": [address | ({"moved_on": moved_on} if moved_on else {})],
        "acts": acts_of_attempt(attempt, events, SHANGHAI),
    }
    assert assess(parse_facts(facts), WEEKENDS).outcome == "NOT_SERVED"


def _posted(args: dict[str, Any], number: int) -> DeliveryEvent:
    entry = canonical({"args": args, "reason": "", "raw_code": ""})
    at = datetime(2026, 3, 2, 2, number, tzinfo=SHANGHAI)
    return DeliveryEvent(kind=EventKind.NOTICE_POSTED, entry=entry, occurred_at=at, sequence=number + 1)
