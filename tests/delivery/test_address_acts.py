"""A clerk enters, changes and confirms addresses: checked, under the right they have, told to every open order."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from delivery.address_acts import Given, add_address, change_address, record_confirmation
from delivery.addressing import known_addresses
from delivery.domain.errors import BadValue, NotFound
from delivery.domain.event import EventKind
from delivery.intake_addresses import Form
from delivery.order_life import cancel_order
from delivery.store.cases import Recipient
from delivery.store.parties import Address, AddressConfirmation, addresses_in_case
from tests.delivery.scene import EMAIL, HOME, MOBILE, Scene

TODAY = date(2026, 3, 2)
NEW_HOME = Given("postal", "浙江省杭州市西湖区文三路90号", "own_filing", TODAY)


def _recipient(scene: Scene) -> UUID:
    with scene.looking() as session:
        return session.scalars(select(Recipient)).one().id


def _ledger(scene: Scene) -> list[tuple[str, str, str]]:
    """Kind, basis and standing of the recipient's addresses in the case, best first."""
    with scene.looking() as session:
        recipient = session.scalars(select(Recipient)).one()
        pairs = addresses_in_case(session, scene.court_id, recipient.case_id, recipient.party_id)
        return [(known.kind, known.basis, known.standing) for known in known_addresses(pairs)]


def _address(scene: Scene, kind: str) -> UUID:
    with scene.looking() as session:
        return session.scalars(select(Address).where(Address.kind == kind)).one().id


def _add(scene: Scene, given: Given) -> UUID:
    recipient = _recipient(scene)
    with scene.runtime.transaction() as session:
        return add_address(session, scene.court_id, recipient, given, by=None, now=scene.now)


def test_an_address_more_is_a_fact_in_the_open_order_and_it_looks_again(scene: Scene) -> None:
    scene.open(MOBILE)
    scene.run()

    _add(scene, NEW_HOME)

    assert _ledger(scene) == [("mobile", "confirmed", "good"), ("postal", "own_filing", "good")]
    event = scene.journal()[-1]
    assert (event.kind, event.args["kinds"], event.args["basis"]) == (
        EventKind.ADDRESS_RECORDED,
        ["postal"],
        "own_filing",
    )
    assert [task.handler for task in scene.tasks() if task.due_at == scene.now] == ["advance_order"]
    assert scene.order().reached_at is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (Given("mobile", "1380013800", "own_filing", TODAY), "phone_impossible"),
        (Given("mobile", "0571-88888888", "own_filing", TODAY), "phone_not_mobile"),
        (Given("email", "li.example", "own_filing", TODAY), "email_at_missing"),
        (Given("postal", "文三路90号", "own_filing", TODAY), "address_incomplete"),
        (Given("pigeon", "grey", "own_filing", TODAY), "address_kind_unknown"),
        (Given("mobile", "13800138000", "own_filing", TODAY + timedelta(days=1)), "date_in_future"),
        (Given("mobile", "13800138000", "plaintiff_supplied", TODAY, "all"), "consent_misplaced"),
        (Given("postal", "浙江省杭州市西湖区文三路90号", "own_filing", TODAY, "all"), "consent_misplaced"),
        (Given("mobile", "13800138000", "confirmed", TODAY), "confirmation_needed"),
    ],
)
def test_what_cannot_be_is_refused(scene: Scene, given: Given, code: str) -> None:
    scene.open(EMAIL)
    with pytest.raises(BadValue) as refused:
        _add(scene, given)
    assert refused.value.code == code
    assert _ledger(scene) == [("email", "confirmed", "good")]


def test_a_change_in_writing_puts_the_old_out_of_use(scene: Scene) -> None:
    scene.open(HOME)
    with scene.runtime.transaction() as session:
        change_address(
            session,
            scene.court_id,
            _recipient(scene),
            _address(scene, "postal"),
            NEW_HOME,
            in_writing=True,
            by=None,
            now=scene.now,
        )
    assert _ledger(scene) == [("postal", "own_filing", "good"), ("postal", "confirmed", "replaced")]


def test_a_change_by_word_of_mouth_stands_beside_it(scene: Scene) -> None:
    scene.open(HOME)
    with scene.runtime.transaction() as session:
        change_address(
            session,
            scene.court_id,
            _recipient(scene),
            _address(scene, "postal"),
            NEW_HOME,
            in_writing=False,
            by=None,
            now=scene.now,
        )
    assert _ledger(scene) == [("postal", "confirmed", "good"), ("postal", "given_orally", "good")]


def test_a_signed_form_confirms_and_outweighs_bad_news(scene: Scene) -> None:
    scene.open(MOBILE, HOME)
    scene.run()
    scene.report(scene.carriers["texts"], EventKind.FAILED, reason="unknown_number")
    assert ("mobile", "confirmed", "dead") in _ledger(scene)
    recipient = _recipient(scene)
    form = Form(date(2026, 3, 1), means="paper", warnings_version="2026-03", evidence_sha256="ab" * 32)

    with scene.runtime.transaction() as session:
        record_confirmation(
            session,
            scene.court_id,
            recipient,
            [
                Given("mobile", "138 0013 8000", "", TODAY, "all"),
                Given("postal", "浙江省杭州市西湖区文三路90号", "", TODAY),
            ],
            form,
            by=None,
            now=scene.now,
        )

    assert _ledger(scene) == [
        ("mobile", "confirmed", "good"),
        ("postal", "confirmed", "good"),
        ("postal", "confirmed", "replaced"),
    ]
    with scene.looking() as session:
        found = session.scalars(select(AddressConfirmation).order_by(AddressConfirmation.id.desc())).first()
        assert found is not None
        assert (found.signed_on, found.means, found.consent_scope) == (date(2026, 3, 1), "paper", "all")
        assert session.get_one(Recipient, (scene.court_id, recipient)).warned
    assert scene.journal()[-1].args["form"] == str(found.id)


def test_what_went_there_today_keeps_its_ground_until_tomorrow(scene: Scene) -> None:
    scene.open(MOBILE)
    scene.run()
    with scene.runtime.transaction() as session:
        change_address(
            session,
            scene.court_id,
            _recipient(scene),
            _address(scene, "mobile"),
            Given("mobile", "13900139000", "own_filing", TODAY),
            in_writing=True,
            by=None,
            now=scene.now,
        )
    with scene.looking() as session:
        recipient = session.scalars(select(Recipient)).one()
        pairs = addresses_in_case(session, scene.court_id, recipient.case_id, recipient.party_id)
        assert [basis.source_note.get("replaced_on") for _, basis in pairs] == ["2026-03-03", None]


def test_an_order_that_has_ended_is_told_nothing(scene: Scene) -> None:
    scene.open(MOBILE)
    scene.change(lambda session, order: cancel_order(session, order, reason="settled", by=None, now=scene.now))
    _add(scene, NEW_HOME)
    assert EventKind.ADDRESS_RECORDED not in scene.kinds()


def test_nobody_reaches_into_another_case_or_court(scene: Scene) -> None:
    scene.open(MOBILE)
    recipient = _recipient(scene)
    with scene.runtime.transaction() as session:
        for court, whose in ((uuid4(), recipient), (scene.court_id, uuid4())):
            with pytest.raises(NotFound):
                add_address(session, court, whose, NEW_HOME, by=None, now=scene.now)
        with pytest.raises(NotFound):
            change_address(
                session, scene.court_id, recipient, uuid4(), NEW_HOME, in_writing=True, by=None, now=scene.now
            )
        with pytest.raises(BadValue):
            record_confirmation(session, scene.court_id, recipient, [], Form(TODAY), by=None, now=scene.now)
