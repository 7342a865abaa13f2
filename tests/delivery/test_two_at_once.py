"""Two people, or a person and a docket, at the same thing at the same moment: the second finds what the first did.

Only PostgreSQL lets two write at once; on SQLite the second has not even begun.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from delivery.domain.errors import Conflict
from delivery.domain.event import EventKind, Report
from delivery.domain.paper import DocumentKind
from delivery.intake import open_orders
from delivery.intake_entries import OrderEntry, PaperEntry
from delivery.order_life import add_bytes, move_hearing, replace_document
from delivery.party_merging import merge
from delivery.store.cases import Case, Document
from delivery.store.courts import Court
from delivery.store.desk import put_on_desk
from delivery.store.hearings import Hearing
from delivery.store.orders import ServiceOrder, documents_of, lock_order
from delivery.store.parties import Party
from delivery.tracking import record_fact
from tests.delivery.scene import MOBILE, Scene
from tests.infrastructure.waiting import until

ENGINES = ("postgresql",)
Act = Callable[[Session], object]
_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def _nothing(_session: Session) -> None:
    pass


def _in_each_other_s_way(scene: Scene, first: Act, second: Act, then: Act = _nothing) -> object:
    """The second begins while the first has not committed yet, which goes on with `then` before it does.

    Returns what came of the second, an error included.
    """
    came_of_it: list[object] = []

    def begin() -> None:
        try:
            with scene.runtime.transaction() as session:
                came_of_it.append(second(session))
        except Exception as error:  # noqa: BLE001 -- whatever it was is looked at
            came_of_it.append(error)

    def waits_or_ended() -> bool:
        with scene.runtime.glance() as session:
            return bool(came_of_it) or bool(session.scalar(_WAITING))

    other = threading.Thread(target=begin)
    with scene.runtime.transaction() as session:
        first(session)
        session.flush()
        other.start()
        until(waits_or_ended, seconds=10)
        then(session)
    other.join()
    return came_of_it[0]


def _entry(number: int, **changes: object) -> OrderEntry:
    told = {
        "case_number": f"（2026）云0102民初{number}号",
        "procedure": "ordinary",
        "recipient_name": "李伟",
        "recipient_kind": "natural_person",
        "role": "defendant",
        "identity_number": "11010519491231002X",
        "firm": "云州正平律师事务所",
        "papers": (PaperEntry(DocumentKind.COMPLAINT_COPY, "起诉状副本", None, None, None),),
        "addresses": (MOBILE,),
        **changes,
    }
    return OrderEntry(**told)  # type: ignore[arg-type]


def _docket(scene: Scene, *entries: OrderEntry) -> Act:
    return lambda session: open_orders(session, session.get_one(Court, scene.court_id), entries, now=scene.now)


def _count(scene: Scene, *tables: type) -> list[int | None]:
    with scene.looking() as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def test_two_dockets_that_tell_of_the_same_new_person_make_one_person_of_it(scene: Scene) -> None:
    taken = _in_each_other_s_way(scene, _docket(scene, _entry(1), _entry(2)), _docket(scene, _entry(3), _entry(2)))
    assert isinstance(taken, list), taken
    assert [one.created for one in taken] == [True, False]
    assert _count(scene, Party, Case, ServiceOrder) == [1, 3, 3]


def test_a_docket_moves_a_hearing_while_a_fact_comes_in(scene: Scene) -> None:
    first, later = (scene.now + timedelta(days=days) for days in (40, 50))
    scene.open(MOBILE, hearing_at=first)

    def fact(session: Session) -> None:
        order = lock_order(session, scene.court_id, scene.order_id)
        assert order is not None
        record_fact(session, order, Report(EventKind.INFORMATION, "told", scene.now), now=scene.now)

    moving = _docket(scene, _entry(1, hearing_at=later, move_hearing=True, firm=""))
    assert not isinstance(_in_each_other_s_way(scene, fact, moving), Exception)
    assert scene.kinds()[-2:] == [EventKind.INFORMATION, EventKind.HEARING_MOVED]


def test_of_two_hearings_set_at_once_the_case_and_its_hearings_tell_the_same(scene: Scene) -> None:
    was, later = (scene.now + timedelta(days=days) for days in (40, 50))
    scene.open(MOBILE, hearing_at=was)

    def to(moment: object) -> Act:
        def move(session: Session) -> None:
            case = session.scalars(select(Case)).one()
            move_hearing(session, case, hearing_at=moment, by=None, now=scene.now)  # type: ignore[arg-type]

        return move

    _in_each_other_s_way(scene, to(later), to(was))
    with scene.looking() as session:
        standing = session.scalars(select(Hearing.hearing_at).where(Hearing.result == "")).all()
        assert list(standing) == list(session.scalars(select(Case.hearing_at))) == [was]


@pytest.mark.parametrize(("content", "refused"), [(None, "has_other_bytes"), (b"%PDF-1.7 first", "already_replaced")])
def test_of_two_files_for_one_paper_the_second_is_told_of_the_first(
    scene: Scene, content: bytes | None, refused: str
) -> None:
    sha256 = scene.runtime.blobs.put(scene.court_id, content) if content else None
    paper = PaperEntry(DocumentKind.COMPLAINT_COPY, "起诉状副本", sha256, len(content or b""), "application/pdf")
    scene.open(MOBILE, papers=(paper,))

    def give(given: bytes) -> Act:
        def act(session: Session) -> None:
            document, kind = session.scalars(select(Document)).one(), "application/pdf"
            if content is None:
                add_bytes(scene.runtime, session, document, content=given, media_type=kind)
            else:
                replace_document(
                    scene.runtime, session, document, content=given, media_type=kind, by=None, now=scene.now
                )

        return act

    came_of_it = _in_each_other_s_way(scene, give(b"%PDF-1.7 one"), give(b"%PDF-1.7 other"))
    assert isinstance(came_of_it, Conflict)
    assert came_of_it.code == f"document_{refused}"
    with scene.looking() as session:
        (current,) = documents_of(session, scene.court_id, scene.order_id)
        assert scene.runtime.blobs.get(scene.court_id, current.sha256 or "") == b"%PDF-1.7 one"


def test_who_says_the_same_of_two_parties_the_other_way_round_waits_and_is_told(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        for number in (1, 2):
            _docket(scene, _entry(number, identity_number=""))(session)
        one, other = session.scalars(select(Party.id).order_by(Party.id))

    def begin(session: Session) -> None:
        session.get(Party, (scene.court_id, one), with_for_update=True)

    def are_one(*parties: UUID) -> Act:
        return lambda session: merge(session, scene.court_id, *parties, by=None, now=scene.now)

    came_of_it = _in_each_other_s_way(scene, begin, are_one(other, one), then=are_one(one, other))
    assert isinstance(came_of_it, Conflict)
    assert came_of_it.code == "parties_already_one"


def test_two_workers_that_find_the_same_thing_wrong_make_one_item_of_it(scene: Scene) -> None:
    def find(session: Session) -> None:
        put_on_desk(session, scene.court_id, kind="provider_paused", subject="texts", at=scene.now)

    assert _in_each_other_s_way(scene, find, find) is None
    assert scene.desk() == ["provider_paused"]
