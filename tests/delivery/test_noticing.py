"""Sheets for doors: one code each, good for one visit, and never taken for another's."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.errors import Conflict, NotFound, RequestError
from delivery.domain.event import Channel
from delivery.domain.notice import LIFETIMES, NoticeKind, NoticeResult
from delivery.domain.notice_code import NoticeCode, write
from delivery.domain.order import AttemptStatus
from delivery.field_reports import report_visit
from delivery.link_identity import LinkState, state_of
from delivery.linking import hashed
from delivery.noticing import KEY_PURPOSE, bind_pad, cancel_pads, check_code, codes_of, mint, mint_pads
from delivery.order_life import cancel_order, replace_document
from delivery.store.links import link_by_token
from delivery.store.notices import Notice, NoticeBinding, pads_of
from delivery.store.orders import Attempt, ServiceOrder, documents_of
from tests.delivery.scene import HOME, Scene
from tests.infrastructure.engines import BOTH

ENGINES = BOTH

OTHER = {"case_number": "（2026）云0102民初2号", "recipient_name": "张敏", "identity_number": "110105198802022048"}


def _visit(scene: Scene) -> Attempt:
    return next(a for a in scene.attempts(Channel.IN_PERSON) if a.status == AttemptStatus.PLANNED)


def _minted(scene: Scene, visit: Attempt) -> str:
    with scene.runtime.transaction() as session:
        return mint(session, scene.court_id, visit.id, by=None, now=scene.now).code or ""


def _pads(scene: Scene, count: int = 2) -> list[str]:
    with scene.runtime.transaction() as session:
        batch = mint_pads(session, scene.court_id, count, by=None, now=scene.now)
        return [pad.code or "" for pad in pads_of(session, scene.court_id, batch)]


def _result(scene: Scene, text: str, visit: Attempt) -> NoticeResult:
    with scene.looking() as session:
        return check_code(session, scene.court_id, text, visit, at=scene.now).result


def _bind(scene: Scene, text: str, visit: Attempt, record_id: UUID | None = None) -> NoticeResult:
    with scene.runtime.transaction() as session:
        mine = session.get_one(Attempt, (scene.court_id, visit.id))
        found = bind_pad(session, scene.court_id, text, mine, record_id=record_id or uuid4(), by=None, now=scene.now)
        return found.result


def _reported(scene: Scene, visit: Attempt, result: str) -> None:
    with scene.runtime.transaction() as session:
        report_visit(session, scene.court_id, visit.id, {"result": result, "at": scene.now}, by=None, now=scene.now)


@pytest.fixture
def visited(scene: Scene) -> Scene:
    """A visit waits to be made."""
    scene.open(HOME)
    scene.run()
    return scene


def test_a_sheet_is_this_visits_and_no_other_ones(visited: Scene) -> None:
    scene, visit = visited, _visit(visited)
    letters = _minted(scene, visit)

    assert _minted(scene, visit) == letters, "printed again it is the same sheet"
    assert _result(scene, f"http://127.0.0.1:8100/n/{letters}", visit) is NoticeResult.THIS_NOTICE
    with scene.looking() as session:
        assert codes_of(session, scene.court_id, [visit.id], now=scene.now) == {visit.id: letters}

    scene.open(HOME, **OTHER)
    scene.run()
    assert _result(scene, letters, _visit(scene)) is NoticeResult.OTHER_CASE

    forged = write(NoticeCode(bytes(10), blank=False), scene.runtime.vault.derive(KEY_PURPOSE))
    foreign = write(NoticeCode(bytes(10), blank=False), bytes(32))
    assert {_result(scene, text, visit) for text in (forged, foreign, "https://elsewhere.example", "")} == {
        NoticeResult.UNKNOWN
    }


def test_an_earlier_visits_sheet_does_not_prove_the_next_one(visited: Scene) -> None:
    scene, first = visited, _visit(visited)
    letters = _minted(scene, first)
    _reported(scene, first, "nobody_home")
    scene.run()
    scene.step(timedelta(days=3))
    second = _visit(scene)

    assert second.id != first.id
    assert _result(scene, letters, first) is NoticeResult.THIS_NOTICE, "it hung there"
    assert _result(scene, letters, second) is NoticeResult.EARLIER_VISIT


def test_what_ends_later_stood_before(visited: Scene) -> None:
    scene, visit = visited, _visit(visited)
    letters = _minted(scene, visit)
    before = scene.now
    scene.clock.step_to(before + timedelta(hours=1))
    scene.change(lambda session, order: cancel_order(session, order, reason="settled", by=None, now=scene.now))

    with scene.looking() as session:
        now = check_code(session, scene.court_id, letters, visit, at=scene.now)
        then = check_code(session, scene.court_id, letters, visit, at=before)
        link = link_by_token(session, hashed(letters))
        assert link is not None
        assert state_of(session, link, now=scene.now, machine_now=scene.now) is LinkState.REVOKED
        assert codes_of(session, scene.court_id, [visit.id], now=scene.now) == {}
    assert (now.result, now.reason, now.ended_at) == (NoticeResult.CANCELLED, "order_ended", scene.now)
    assert then.result is NoticeResult.THIS_NOTICE
    with pytest.raises(Conflict, match="visit_is_over"):
        _minted(scene, visit)


def test_a_corrected_paper_ends_the_sheets_that_wait(visited: Scene) -> None:
    scene, visit = visited, _visit(visited)
    letters = _minted(scene, visit)

    def correct(session: Session, order: ServiceOrder) -> None:
        (paper,) = documents_of(session, order.court_id, order.id)
        replace_document(
            scene.runtime, session, paper, content=b"%PDF-1.7 other", media_type="application/pdf", by=None,
            now=scene.now,
        )  # fmt: skip

    scene.change(correct)
    with scene.looking() as session:
        found = check_code(session, scene.court_id, letters, visit, at=scene.now)
    assert (found.result, found.reason) == (NoticeResult.CANCELLED, "paper_replaced")


def test_a_sheet_does_not_stand_for_ever(visited: Scene) -> None:
    letters = _minted(visited, _visit(visited))
    with visited.looking() as session:
        later = visited.now + LIFETIMES[NoticeKind.PRIVACY_NOTICE]
        found = check_code(session, visited.court_id, letters, _visit(visited), at=later)
    assert found.result is NoticeResult.EXPIRED


def test_a_pad_goes_to_the_first_visit_and_every_try_is_kept(visited: Scene) -> None:
    scene, mine = visited, _visit(visited)
    scene.open(HOME, **OTHER)
    scene.run()
    theirs = _visit(scene)
    pad, spare = _pads(scene)
    first, second = uuid4(), uuid4()

    assert _result(scene, pad, mine) is NoticeResult.BLANK_UNBOUND
    assert _bind(scene, pad, mine, first) is NoticeResult.THIS_NOTICE
    assert _bind(scene, pad, theirs, second) is NoticeResult.BOUND_ELSEWHERE
    assert _bind(scene, pad, mine, first) is NoticeResult.THIS_NOTICE, "the same record again is the same answer"
    assert _result(scene, pad, mine) is NoticeResult.THIS_NOTICE
    assert _result(scene, pad, theirs) is NoticeResult.BOUND_ELSEWHERE
    assert _bind(scene, "0" * 21, mine) is NoticeResult.UNKNOWN
    with scene.looking() as session:
        sheet = session.scalars(select(Notice).where(Notice.code_hash == hashed(pad))).one()
        assert (sheet.attempt_id, sheet.record_id, sheet.number) == (mine.id, first, 1)
        bound = session.scalars(select(NoticeBinding).order_by(NoticeBinding.id))
        tries = [(one.record_id, one.result) for one in bound if one.notice_id == sheet.id]
    assert tries == [(first, "this_notice"), (second, "bound_elsewhere"), (first, "this_notice")]

    with scene.runtime.transaction() as session:
        batch = sheet.batch_id
        assert batch is not None
        assert cancel_pads(session, scene.court_id, batch, now=scene.now) == 1
    assert _result(scene, spare, mine) is NoticeResult.CANCELLED
    assert _result(scene, pad, mine) is NoticeResult.THIS_NOTICE, "what hangs at a door is not lost"


def test_pads_are_numbered_on_and_asked_for_in_reason(visited: Scene) -> None:
    _pads(visited, 3)
    _pads(visited, 2)
    with visited.looking() as session:
        assert list(session.scalars(select(Notice.number).order_by(Notice.number))) == [1, 2, 3, 4, 5]
    with pytest.raises(RequestError, match="pads_out_of_range"):
        _pads(visited, 0)


def test_another_courts_sheet_is_unknown_here(visited: Scene) -> None:
    letters = _minted(visited, _visit(visited))
    with visited.looking() as session:
        found = check_code(session, uuid4(), letters, _visit(visited), at=visited.now)
    assert found.result is NoticeResult.UNKNOWN
    with pytest.raises(NotFound), visited.runtime.transaction() as session:
        mint(session, uuid4(), _visit(visited).id, by=None, now=visited.now)


def test_no_link_where_nobody_could_prove_who_asks(scene: Scene) -> None:
    scene.open(HOME, identity_number="")
    scene.run()
    letters = _minted(scene, _visit(scene))
    with scene.looking() as session:
        assert link_by_token(session, hashed(letters)) is None
