"""Two that may be one: asked by name and number together, decided by a person, taken back without loss."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from delivery.desk_work import resolve_item
from delivery.domain.errors import Conflict, NotFound, RequestError
from delivery.domain.event import EventKind
from delivery.domain.paper import DocumentKind
from delivery.intake import open_orders
from delivery.intake_entries import AddressEntry, OrderEntry, PaperEntry
from delivery.party_merging import merge, merges_of, take_back_merge
from delivery.store.cases import Recipient
from delivery.store.courts import Court
from delivery.store.desk import DeskItem
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Address, AddressBasis, Party, PartyMerge
from tests.delivery.scene import Scene
from tests.infrastructure.engines import BOTH

ENGINES = BOTH

PHONE = AddressEntry("mobile", "+8613800138000", "plaintiff_supplied")
MAIL = AddressEntry("email", "li@mail.example", "confirmed", date(2026, 2, 10), "all")
WHO = "11010519491231002X"


def _take_in(scene: Scene, number: int, *addresses: AddressEntry, who: str = "", name: str = "李伟") -> UUID:
    """An order of a case; returns its party."""
    entry = OrderEntry(
        case_number=f"（2026）云0102民初{number}号",
        procedure="ordinary",
        recipient_name=name,
        recipient_kind="natural_person",
        role="defendant",
        identity_number=who,
        papers=(PaperEntry(DocumentKind.COMPLAINT_COPY, "起诉状副本", "ab" * 32, 9, "application/pdf"),),
        addresses=addresses,
    )
    with scene.runtime.transaction() as session:
        court = session.get_one(Court, scene.court_id)
        (opened,) = open_orders(session, court, [entry], now=scene.now, start=False)
        scene.order_id = opened.orders[0].id
        return session.get_one(Recipient, (scene.court_id, opened.orders[0].recipient_id)).party_id


def _ask(scene: Scene) -> DeskItem:
    with scene.looking() as session:
        return session.scalars(select(DeskItem).where(DeskItem.closed_at.is_(None))).one()


def _settle(scene: Scene, action: str) -> None:
    with scene.runtime.transaction() as session:
        resolve_item(
            scene.runtime,
            session,
            scene.court_id,
            _ask(scene).id,
            action=action,
            reason="",
            by=None,
            roles=frozenset(),
            now=scene.now,
        )


def _reachable(scene: Scene) -> dict[str, str]:
    """Value -> standing of what the newest order's party has in its case."""
    with scene.runtime.reading() as session:
        order = session.get_one(ServiceOrder, (scene.court_id, scene.order_id))
        party_id = session.get_one(Recipient, (scene.court_id, order.recipient_id)).party_id
        rows = session.scalars(
            select(Address)
            .join(AddressBasis, AddressBasis.address_id == Address.id)
            .where(Address.party_id == party_id, AddressBasis.case_id == order.case_id)
        )
        return {address.value or "": address.standing for address in rows}


def test_same_name_and_number_is_a_question(scene: Scene) -> None:
    known = _take_in(scene, 1, PHONE, MAIL, who=WHO)
    new = _take_in(scene, 2, PHONE)
    item = _ask(scene)
    assert (item.kind, item.order_id) == ("party_candidate", scene.order_id)
    assert item.args == {"party": str(new), "candidate": str(known)}


@pytest.mark.parametrize(
    ("name", "who", "address"),
    [
        ("王芳", "", PHONE),  # the same number alone: a family's
        ("李伟", "", AddressEntry("mobile", "+8613900139000", "plaintiff_supplied")),  # the same name alone
        ("李伟", "440106198001010019", PHONE),  # two checked numbers are two people
    ],
)
def test_less_than_that_is_none(scene: Scene, name: str, who: str, address: AddressEntry) -> None:
    _take_in(scene, 1, PHONE, MAIL, who=WHO)
    _take_in(scene, 2, address, name=name, who=who)
    assert scene.desk() == []


def test_the_same_door_is_none(scene: Scene) -> None:
    home = AddressEntry("postal", "云东省|云州市|青河区|滨河路8号|", "plaintiff_supplied")
    _take_in(scene, 1, home, who=WHO)
    _take_in(scene, 2, home)
    assert scene.desk() == []


def test_the_same_brings_the_addresses_of_both_to_their_open_orders(scene: Scene) -> None:
    known = _take_in(scene, 1, PHONE, MAIL, who=WHO)
    new = _take_in(scene, 2, PHONE)

    _settle(scene, "same")

    assert _reachable(scene) == {"+8613800138000": "good", "li@mail.example": "good"}
    assert scene.kinds().count(EventKind.ADDRESS_REUSED) == 1
    with scene.looking() as session:
        (decided,) = merges_of(session, scene.court_id, new)
        # The one whose number is checked stands.
        assert (decided.kept_id, decided.merged_id) == (known, new)
        assert session.get_one(Party, (scene.court_id, new)).merged_into_id == known
    # A later case of either knows what both gave.
    _take_in(scene, 3, who=WHO)
    assert _reachable(scene) == {"li@mail.example": "good"}
    assert scene.desk() == []


def test_a_merged_party_is_recognised_under_the_one_that_stands(scene: Scene) -> None:
    known = _take_in(scene, 1, PHONE, MAIL, who=WHO)
    other = AddressEntry("mobile", "+8613900139000", "plaintiff_supplied")
    _take_in(scene, 2, PHONE, other)
    _settle(scene, "same")

    third = _take_in(scene, 3, other)

    assert _ask(scene).args == {"party": str(third), "candidate": str(known)}


def test_not_the_same_is_remembered(scene: Scene) -> None:
    _take_in(scene, 1, PHONE, MAIL, who=WHO)
    _take_in(scene, 2, PHONE)

    _settle(scene, "different")

    assert _reachable(scene) == {"+8613800138000": "good"}
    with scene.looking() as session:
        assert list(session.scalars(select(PartyMerge))) == []


def test_a_merge_can_be_taken_back_and_nothing_is_lost(scene: Scene) -> None:
    _take_in(scene, 1, PHONE, MAIL, who=WHO)
    new = _take_in(scene, 2, PHONE)
    _settle(scene, "same")
    with scene.looking() as session:
        (decided,) = merges_of(session, scene.court_id, new)

    with scene.runtime.transaction() as session:
        take_back_merge(session, scene.court_id, decided.id, by=None, now=scene.now)

    # What came over is kept, as not theirs; what was their own is untouched.
    assert _reachable(scene) == {"+8613800138000": "good", "li@mail.example": "not_theirs"}
    assert scene.journal()[-1].reason == "merge_undone"
    second = scene.order_id
    _take_in(scene, 1, PHONE, MAIL, who=WHO)
    assert _reachable(scene) == {"+8613800138000": "good", "li@mail.example": "good"}
    assert scene.order_id != second
    with scene.looking() as session:
        assert merges_of(session, scene.court_id, new) == []
        assert session.get_one(Party, (scene.court_id, new)).merged_into_id is None
    with scene.runtime.transaction() as session, pytest.raises(Conflict):
        take_back_merge(session, scene.court_id, decided.id, by=None, now=scene.now)


def test_a_chain_of_merges_is_one_person_and_comes_apart_link_by_link(scene: Scene) -> None:
    parties = [
        _take_in(scene, 1, MAIL),
        _take_in(scene, 2, AddressEntry("mobile", "+8613900139000", "confirmed", date(2026, 2, 1))),
        _take_in(scene, 3, AddressEntry("mobile", "+8613700137000", "confirmed", date(2026, 2, 1))),
    ]
    with scene.runtime.transaction() as session:
        last = merge(session, scene.court_id, parties[1], parties[2], by=None, now=scene.now)
        merge(session, scene.court_id, parties[2], parties[0], by=None, now=scene.now)
    everything = {"li@mail.example", "+8613900139000", "+8613700137000"}
    assert set(_reachable(scene)) == everything

    with scene.runtime.transaction() as session:
        take_back_merge(session, scene.court_id, last.id, by=None, now=scene.now)

    assert {value for value, standing in _reachable(scene).items() if standing == "good"} == {"+8613700137000"}


def test_what_contradicts_itself_is_refused(scene: Scene) -> None:
    one = _take_in(scene, 1, who=WHO)
    two = _take_in(scene, 2, who="440106198001010019")
    three = _take_in(scene, 3)
    with scene.runtime.transaction() as session, pytest.raises(Conflict) as differ:
        merge(session, scene.court_id, one, two, by=None, now=scene.now)
    assert differ.value.code == "parties_differ"
    with scene.runtime.transaction() as session:
        merge(session, scene.court_id, one, three, by=None, now=scene.now)
    with scene.runtime.transaction() as session, pytest.raises(Conflict) as already:
        merge(session, scene.court_id, three, one, by=None, now=scene.now)
    assert already.value.code == "parties_already_one"
    with scene.runtime.transaction() as session, pytest.raises(NotFound):
        merge(session, scene.court_id, one, uuid4(), by=None, now=scene.now)
    with scene.runtime.transaction() as session, pytest.raises(NotFound):
        take_back_merge(session, scene.court_id, uuid4(), by=None, now=scene.now)


def test_the_question_has_two_answers(scene: Scene) -> None:
    _take_in(scene, 1, PHONE, MAIL, who=WHO)
    _take_in(scene, 2, PHONE)
    with pytest.raises(RequestError):
        _settle(scene, "done")
