"""Address search from the question to the visit at the address that was found, on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from delivery.auditing import audit
from delivery.desk_work import resolve_item
from delivery.domain.errors import BadValue, Conflict, RequestError
from delivery.domain.event import Channel, EventKind
from delivery.domain.order import AttemptStatus
from delivery.domain.paper import DocumentKind
from delivery.domain.search import Answer, Source
from delivery.exhausting import EVIDENCE_KIND, ExhaustionGaps, issue
from delivery.field_reports import report_visit
from delivery.intake_entries import PaperEntry
from delivery.searching import Page, Reply, ask_again, record_reply, start_searches
from delivery.store.desk import DeskItem
from delivery.store.evidence import Evidence
from delivery.store.journal import journal_of
from delivery.store.orders import ServiceOrder, lock_order
from delivery.store.parties import Address, AddressBasis
from tests.delivery.conftest import SetScene
from tests.delivery.scene import HOME, Scene, post_office, text_carrier

OLD_HOME = replace(HOME, basis="plaintiff_supplied")
REGISTERED = Reply(Answer.FOUND, "postal", "云东省云州市青河区学府路21号", note="派出所回函")


@pytest.fixture
def moved(set_scene: SetScene) -> Scene:
    """An order whose one door was the wrong one."""
    scene = set_scene(text_carrier(), post_office())
    scene.open(OLD_HOME)
    scene.run()
    _visit(scene, "moved")
    return scene


def _visit(scene: Scene, result: str) -> None:
    waiting = next(a for a in scene.attempts(Channel.IN_PERSON) if a.status == AttemptStatus.PLANNED)
    with scene.runtime.transaction() as session:
        report = {"result": result, "at": scene.now, "place": "residence"}
        report_visit(session, scene.court_id, waiting.id, report, by=None, now=scene.now)
    scene.run()


def _reply(scene: Scene, source: Source, reply: Reply, page: Page | None = None) -> None:
    search = next(one for one in scene.searches() if one.source == source and not one.answer)
    with scene.runtime.transaction() as session:
        record_reply(scene.runtime, session, scene.court_id, search.id, reply, page=page, by=None, now=scene.now)
    scene.run()


def _to_the_end(scene: Scene) -> None:
    """The mail comes back as well, and the posting that follows it waits out."""
    scene.report(scene.carriers["ems"], EventKind.POSTED)
    scene.report(scene.carriers["ems"], EventKind.POST_RETURNED, reason="unclaimed")
    scene.step(timedelta(days=30))


def _approve(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        item = session.scalars(select(DeskItem).where(DeskItem.kind == "approve_notice").order_by(DeskItem.id)).all()[
            -1
        ]
        resolve_item(
            scene.runtime,
            session,
            scene.court_id,
            item.id,
            action="approve_notice",
            reason="",
            by=None,
            roles=frozenset({"court_officer"}),
            now=scene.now,
        )
    scene.run()


def test_a_wrong_door_has_the_required_sources_asked_at_once(moved: Scene) -> None:
    assert [(one.source, str(one.due_on)) for one in moved.searches()] == [
        ("ask_plaintiff", "2026-03-09"),
        ("household_register", "2026-03-05"),
    ]
    assert moved.kinds().count("search_requested") == 2
    assert moved.carriers["ems"].sent != [], "the ladder goes on meanwhile"


def test_what_the_register_names_is_visited_and_written_to(moved: Scene) -> None:
    _reply(moved, Source.ASK_PLAINTIFF, Reply(Answer.REFUSED))
    _reply(moved, Source.HOUSEHOLD_REGISTER, REGISTERED, Page(b"%PDF-1.7 a letter", "application/pdf"))
    with moved.runtime.reading() as session:
        bases = {basis.basis for basis in session.scalars(select(AddressBasis))}
        new = session.scalars(
            select(Address)
            .join(AddressBasis, AddressBasis.address_id == Address.id)
            .where(AddressBasis.basis == "registry")
        ).one()
        search = next(one for one in moved.searches() if one.source == "household_register")
        evidence = session.scalars(select(Evidence)).one()
        order = session.get_one(ServiceOrder, (moved.court_id, moved.order_id))
        entries = "".join(event.entry for event in journal_of(session, moved.court_id, order.id))
        new_id, standing = new.id, (search.answer, search.address_id, search.evidence_id)
        assert (evidence.kind, evidence.id) == ("search_reply", search.evidence_id)
    assert bases == {"plaintiff_supplied", "registry"}
    assert standing[:2] == ("found", new_id)
    assert "学府路" not in entries, "the journal holds codes"
    assert "派出所" not in entries
    _to_the_end(moved)
    for channel in (Channel.IN_PERSON, Channel.POST):
        last = moved.attempts(channel)[-1]
        assert (last.address_id, last.tier) == (new_id, "visit" if channel is Channel.IN_PERSON else "mail")
    assert "approve_notice" not in moved.desk(), "nobody has been at the new door yet"
    assert audit(moved.runtime) == []


def test_a_notice_is_refused_while_a_required_source_is_open_and_rests_on_its_certificate(moved: Scene) -> None:
    _reply(moved, Source.ASK_PLAINTIFF, Reply(Answer.NOTHING))
    _to_the_end(moved)
    assert "approve_notice" not in moved.desk()
    assert "search_overdue" in moved.desk()
    with moved.runtime.transaction() as session:
        order = lock_order(session, moved.court_id, moved.order_id)
        assert order is not None
        with pytest.raises(ExhaustionGaps) as refused:
            issue(moved.runtime, session, order, moved.now)
    assert refused.value.arguments == {"gaps": "search_open:household_register"}

    _reply(moved, Source.HOUSEHOLD_REGISTER, Reply(Answer.NOTHING))
    assert moved.desk().count("search_overdue") == 0
    _approve(moved)
    assert moved.order().tier == "publication"
    with moved.runtime.reading() as session:
        kept = session.scalars(select(Evidence).where(Evidence.kind == EVIDENCE_KIND)).one()
        approval = next(e for e in journal_of(session, moved.court_id, moved.order_id) if e.kind == "notice_approved")
        content = moved.runtime.blobs.get(moved.court_id, kept.sha256).decode()
        assert approval.args["certificate"] == kept.sha256
    assert '"gaps":[]' in content
    assert "李伟" in content
    assert audit(moved.runtime, blobs=True) == []


def test_an_approval_of_a_stale_item_is_refused_when_an_address_came_in(moved: Scene) -> None:
    _reply(moved, Source.ASK_PLAINTIFF, Reply(Answer.NOTHING))
    _reply(moved, Source.HOUSEHOLD_REGISTER, Reply(Answer.NOTHING))
    _to_the_end(moved)
    assert moved.desk() == ["approve_notice"]
    with moved.runtime.transaction() as session:
        order = lock_order(session, moved.court_id, moved.order_id)
        assert order is not None
        [search] = start_searches(moved.runtime, session, order, [Source.COMMITTEE_STATEMENT], by=None, now=moved.now)
        found = replace(REGISTERED, basis="found")
        record_reply(moved.runtime, session, moved.court_id, search.id, found, by=None, now=moved.now)
    with pytest.raises(ExhaustionGaps, match="exhaustion_gaps"):
        _approve(moved)
    moved.run()
    assert moved.desk() == [], "the question to the officer is withdrawn: there is a door to go to"
    assert moved.order().tier == "visit"


def test_a_source_that_keeps_silent_is_asked_again(moved: Scene) -> None:
    _reply(moved, Source.ASK_PLAINTIFF, Reply(Answer.NOTHING))
    _to_the_end(moved)
    with moved.runtime.transaction() as session:
        item = session.scalars(select(DeskItem).where(DeskItem.kind == "search_overdue")).one()
        resolve_item(
            moved.runtime,
            session,
            moved.court_id,
            item.id,
            action="ask_again",
            reason="",
            by=None,
            roles=frozenset({"clerk"}),
            now=moved.now,
        )
    moved.run()
    assert moved.desk() == []
    assert moved.searches()[-1].due_on > moved.now.date()
    moved.step(timedelta(days=7))
    assert moved.desk() == ["search_overdue"]


def test_answers_that_cannot_be_taken(moved: Scene) -> None:
    for wrong, code in (
        (Reply(Answer.FOUND, "postal", " "), "found_address_missing"),
        (Reply(Answer.NOTHING, "", "云东省云州市青河区学府路21号"), "found_address_misplaced"),
        (replace(REGISTERED, basis="confirmed"), "found_basis_misplaced"),
        (Reply(Answer.FOUND, "mobile", "13900139000"), "address_kind_unknown"),
    ):
        with pytest.raises(BadValue, match=code):
            _reply(moved, Source.HOUSEHOLD_REGISTER, wrong)
    _reply(moved, Source.HOUSEHOLD_REGISTER, Reply(Answer.NOTHING))
    answered = next(one for one in moved.searches() if one.answer)
    with moved.runtime.transaction() as session:
        again = (moved.runtime, session, moved.court_id, answered.id)
        with pytest.raises(Conflict, match="search_answered"):
            record_reply(*again, Reply(Answer.NOTHING), by=None, now=moved.now)
        with pytest.raises(Conflict, match="search_answered"):
            ask_again(*again, by=None, now=moved.now)
        order = lock_order(session, moved.court_id, moved.order_id)
        assert order is not None
        with pytest.raises(RequestError, match="source_not_applicable"):
            start_searches(moved.runtime, session, order, [Source.COMPANY_REGISTER], by=None, now=moved.now)


def test_a_second_order_of_the_party_in_the_case_asks_nobody_twice(moved: Scene) -> None:
    first = moved.order_id
    paper = PaperEntry(
        DocumentKind.JUDGMENT, "判决书", moved.runtime.blobs.put(moved.court_id, b"%PDF-1.7 j"), 10, "application/pdf"
    )
    moved.open(OLD_HOME, papers=(paper,))
    assert moved.order_id != first
    moved.run()
    _visit(moved, "moved")
    assert len(moved.searches()) == 2
    _reply(moved, Source.HOUSEHOLD_REGISTER, Reply(Answer.NOTHING))
    with moved.runtime.reading() as session:
        told = [
            [event.kind for event in journal_of(session, moved.court_id, order_id)].count("search_replied")
            for order_id in (first, moved.order_id)
        ]
    assert told == [1, 1]
