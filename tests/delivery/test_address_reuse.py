"""Addresses from other cases: whose they are, by which right they come, what they are good for in law, and who sees."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from delivery.addressing import known_addresses
from delivery.calendars import court_calendar
from delivery.domain.event import Channel, EventKind
from delivery.domain.law import assess, parse_facts
from delivery.domain.paper import DocumentKind
from delivery.intake import open_orders
from delivery.intake_entries import AddressEntry, OrderEntry, PaperEntry
from delivery.legal_facts import facts_of_order
from delivery.store.cases import Recipient
from delivery.store.courts import Court, SharingAgreement
from delivery.store.journal import journal_of
from delivery.store.orders import attempts_of
from delivery.store.parties import Address, AddressBasis, Party, addresses_in_case
from delivery.store.surroundings import surroundings_of
from tests.delivery.scene import MORNING, Scene
from tests.infrastructure.engines import BOTH

ENGINES = BOTH

LAST_MONTH = date(2026, 2, 10)
MAIL = "li@mail.example"
WHO = "11010519491231002X"
EARLIER = "（2026）云0102民初900号"
NOW_CASE = "（2026）云0102民初1号"


def _entry(case: str, *addresses: AddressEntry, **more: Any) -> OrderEntry:  # noqa: ANN401 -- fields of an entry
    return OrderEntry(
        **{
            "case_number": case,
            "procedure": "ordinary",
            "recipient_name": "李伟",
            "recipient_kind": "natural_person",
            "role": "defendant",
            "identity_number": WHO,
            "papers": (PaperEntry(DocumentKind.COMPLAINT_COPY, "起诉状副本", "ab" * 32, 9, "application/pdf"),),
            "addresses": addresses,
            **more,
        }
    )


def _mail(given_on: date = LAST_MONTH, **more: Any) -> AddressEntry:  # noqa: ANN401 -- fields of an entry
    return AddressEntry("email", MAIL, **{"basis": "confirmed", "given_on": given_on, "consent_scope": "all", **more})


def _take_in(scene: Scene, entry: OrderEntry, court_id: UUID | None = None, *, start: bool = False) -> UUID:
    with scene.runtime.transaction() as session:
        court = session.get_one(Court, court_id or scene.court_id)
        (opened,) = open_orders(session, court, [entry], now=scene.now, start=start)
    scene.order_id = opened.orders[0].id
    return scene.order_id


def _in_case(scene: Scene, court_id: UUID | None = None) -> dict[str, AddressBasis]:
    """Value -> the right to use it in the case of the newest order."""
    with scene.runtime.reading() as session:
        rows = session.execute(
            select(Address, AddressBasis)
            .join(AddressBasis, AddressBasis.address_id == Address.id)
            .join(Recipient, (Recipient.party_id == Address.party_id) & (Recipient.case_id == AddressBasis.case_id))
            .where(Recipient.id == _newest_recipient(scene, court_id), Address.court_id == (court_id or scene.court_id))
        )
        found = {address.value or "": basis for address, basis in rows}
        session.expunge_all()
        return found


def _newest_recipient(scene: Scene, court_id: UUID | None = None) -> UUID:
    with scene.looking() as session:
        found = session.scalars(
            select(Recipient)
            .where(Recipient.court_id == (court_id or scene.court_id))
            .order_by(Recipient.id.desc())
            .limit(1)
        ).one()
        return found.id


def _bring_mail(scene: Scene, **source: Any) -> AddressBasis:  # noqa: ANN401 -- fields of an entry
    """The mailbox was given in an earlier case; a new one begins. What the mailbox is there."""
    more = source.pop("case", {})
    _take_in(scene, _entry(EARLIER, _mail(**source), **more))
    _take_in(scene, _entry(NOW_CASE), start=True)
    return _in_case(scene)[MAIL]


def _send(scene: Scene) -> None:
    """Let the ladder send what it sends first, and the mail arrive."""
    scene.run()
    scene.report(scene.carriers["mails"], EventKind.DELIVERED)
    scene.run()


def test_from_another_dispute_it_comes_without_its_consent(scene: Scene) -> None:
    basis = _bring_mail(scene)

    assert (basis.basis, basis.source_basis, basis.given_on) == ("other_proceedings", "confirmed", LAST_MONTH)
    assert (basis.consent_scope, basis.consent_given_on) == ("", None)
    assert basis.source_case_id is not None
    (fact,) = (event for event in scene.journal() if event.kind == EventKind.ADDRESS_REUSED)
    assert fact.args == {
        "kind": "email",
        "basis": "other_proceedings",
        "source_case": EARLIER,
        "source_court": "qinghe",
        "given_on": "2026-02-10",
        "consent": False,
    }


def test_a_form_that_names_other_cases_brings_its_consent(scene: Scene) -> None:
    basis = _bring_mail(scene, covers_other_cases=True)
    assert (basis.basis, basis.consent_scope, basis.consent_source) == ("other_proceedings", "all", "express")


def test_a_consent_without_a_day_counts_from_today(scene: Scene) -> None:
    given = AddressEntry("email", MAIL, "given_orally", None, "all")
    _take_in(scene, _entry(NOW_CASE, given), start=True)
    basis = _in_case(scene)[MAIL]
    assert (basis.given_on, basis.consent_given_on) == (None, MORNING.date())
    scene.run()
    assert "fact_unusable" not in scene.desk()


def test_within_one_dispute_confirmed_carries_over(scene: Scene) -> None:
    _take_in(scene, _entry(EARLIER, _mail()))
    _take_in(scene, _entry("（2026）云01民终5号", dispute=EARLIER, instance="second"))

    basis = _in_case(scene)[MAIL]

    assert (basis.basis, basis.consent_scope, basis.given_on) == ("confirmed", "all", LAST_MONTH)


@pytest.mark.parametrize("basis", ["plaintiff_supplied", "found", "registry", "regular_use", "other_proceedings"])
def test_what_others_said_stays_in_its_case(scene: Scene, basis: str) -> None:
    _take_in(scene, _entry(EARLIER, _mail(basis=basis, consent_scope="")))
    _take_in(scene, _entry(NOW_CASE))
    assert _in_case(scene) == {}


def test_the_first_use_is_a_question(scene: Scene) -> None:
    _bring_mail(scene)
    scene.run()

    assert [(a.tier, a.channel, a.purpose) for a in scene.attempts()] == [("reuse", "email", "confirm_address")]


def test_delivered_only_serves_nobody_and_a_reply_does(scene: Scene) -> None:
    _bring_mail(scene)
    _send(scene)
    assert scene.order().outcome == "NOT_SERVED"

    scene.report(scene.carriers["mails"], EventKind.REPLIED)
    scene.run()

    assert (scene.order().outcome, scene.order().effective_on) == ("SERVED", date(2026, 3, 2))


def test_confirmed_in_this_very_dispute_delivery_serves(scene: Scene) -> None:
    _take_in(scene, _entry(EARLIER, _mail()))
    _take_in(scene, _entry("（2026）云01民终5号", dispute=EARLIER, instance="second"), start=True)
    scene.step(timedelta(days=20))
    mails = scene.attempts(Channel.EMAIL)
    assert mails
    scene.report(scene.carriers["mails"], EventKind.DELIVERED)
    scene.run()
    assert scene.order().outcome == "SERVED"


def _assessed(scene: Scene, **recipient: object) -> tuple[list[str], str | None]:
    """What the law engine advises for the newest order: codes, and the address to use now."""
    with scene.looking() as session:
        order = scene.order()
        events = journal_of(session, scene.court_id, order.id)
        attempts = attempts_of(session, scene.court_id, order.id)
        facts = facts_of_order(surroundings_of(session, order), order, events, attempts, scene.now)
    facts["recipient"] = {**facts["recipient"], **recipient}
    result = assess(parse_facts(facts), court_calendar(None)).to_json()
    return [str(code) for code in result["advice"]], result.get("address_id")


@pytest.mark.parametrize(("days", "usable"), [(360, True), (396, False)])
def test_after_a_year_it_is_off_the_presumed_ladder(scene: Scene, days: int, usable: bool) -> None:  # noqa: FBT001
    home = AddressEntry("postal", "云东省|云州市|青河区|滨河路8号|", "confirmed", MORNING.date() - timedelta(days=days))
    _take_in(scene, _entry(EARLIER, home))
    _take_in(scene, _entry(NOW_CASE))

    advice, address_id = _assessed(scene, address_confirmation="evaded")

    (basis,) = _in_case(scene).values()
    assert (address_id == str(basis.address_id)) == usable
    assert ("choose_address" in advice) == usable


@pytest.mark.parametrize(("days", "first"), [(360, "other_proceedings"), (396, "registry")])
def test_after_a_year_the_ladder_prefers_what_is_registered(scene: Scene, days: int, first: str) -> None:
    home = AddressEntry("postal", "云东省|云州市|青河区|滨河路8号|", "confirmed", MORNING.date() - timedelta(days=days))
    _take_in(scene, _entry(EARLIER, home))
    _take_in(scene, _entry(NOW_CASE, AddressEntry("postal", "云东省|云州市|青河区|学府街1号|", "registry")))
    with scene.looking() as session:
        recipient = session.get_one(Recipient, (scene.court_id, _newest_recipient(scene)))
        pairs = addresses_in_case(session, scene.court_id, recipient.case_id, recipient.party_id)
        assert known_addresses(pairs, MORNING.date())[0].basis == first


def test_bad_news_lowers_it_for_every_case(scene: Scene) -> None:
    _bring_mail(scene)
    scene.run()
    scene.report(scene.carriers["mails"], EventKind.FAILED, reason="mailbox_unknown")

    _take_in(scene, _entry("（2026）云0102民初2号"))

    assert _in_case(scene) == {}


def test_a_name_alone_brings_nothing(scene: Scene) -> None:
    _take_in(scene, _entry(EARLIER, _mail()))
    _take_in(scene, _entry(NOW_CASE, identity_number=""))
    assert _in_case(scene) == {}
    assert scene.desk() == []


def test_a_number_without_a_check_digit_makes_nobody_the_same(scene: Scene) -> None:
    passport = {"identity_number": "G12345678", "identity_checked": False}
    _take_in(scene, _entry(EARLIER, _mail(), **passport))
    _take_in(scene, _entry(NOW_CASE, **passport))
    assert _in_case(scene) == {}
    # But the same name with the same number is worth a question.
    assert scene.desk() == ["party_candidate"]


def test_the_file_gets_an_extract_without_the_other_cases_parties_or_cause(scene: Scene) -> None:
    _take_in(scene, _entry(EARLIER, _mail(), cause="离婚纠纷"))
    _take_in(scene, _entry(EARLIER, identity_number="", recipient_name="王芳", role="plaintiff"))
    _take_in(scene, _entry(NOW_CASE))

    note = _in_case(scene)[MAIL].source_note

    assert note["extract"] == {
        "court": "云州市青河区人民法院",
        "court_en": "Qinghe District Court",
        "case": EARLIER,
        "basis": "confirmed",
        "given_on": "2026-02-10",
        "means": "form",
        "signer_role": "recipient",
        "consent_scope": "all",
        "warnings_version": "",
        "evidence": "",
    }


def test_a_confidential_case_is_not_named(scene: Scene) -> None:
    basis = _bring_mail(scene, case={"confidential": True})
    extract = basis.source_note["extract"]
    assert isinstance(extract, dict)
    assert extract["case"] == ""
    assert EARLIER not in "".join(event.entry for event in scene.journal())


def test_other_parties_never_get_it(scene: Scene) -> None:
    _take_in(scene, _entry(EARLIER, _mail()))
    _take_in(scene, _entry(NOW_CASE))
    _take_in(scene, _entry(NOW_CASE, identity_number="", recipient_name="王芳", role="plaintiff"))
    assert _in_case(scene) == {}


def _neighbour(scene: Scene, *, agreed: bool, ended: bool = False) -> UUID:
    with scene.runtime.transaction() as session:
        court = Court(code="baishan", name="云州市白山区人民法院", name_en="Baishan District Court")
        session.add(court)
        session.flush()
        if agreed:
            session.add(
                SharingAgreement(
                    court_id=scene.court_id,
                    source_court_id=court.id,
                    reference="云高法〔2025〕12号",
                    agreed_at=MORNING,
                    ended_at=MORNING if ended else None,
                )
            )
        return court.id


def test_between_courts_only_under_an_agreement_in_force_and_one_way(scene: Scene) -> None:
    other = _neighbour(scene, agreed=True)
    _take_in(scene, _entry("（2026）云0103民初7号", _mail(covers_other_cases=True)), other)
    _take_in(scene, _entry(NOW_CASE))

    basis = _in_case(scene)[MAIL]

    assert (basis.basis, basis.source_court_id, basis.confirmation_id) == ("other_proceedings", other, None)
    extract = basis.source_note["extract"]
    assert isinstance(extract, dict)
    assert extract["court"] == "云州市白山区人民法院"
    with scene.looking() as session:
        owners = {address.court_id for address in session.scalars(select(Address))}
    assert owners == {scene.court_id, other}
    # The agreement is this court's; the neighbour learns nothing by it.
    _take_in(scene, _entry("（2026）云0102民初8号", AddressEntry("mobile", "+8613800138000", "confirmed", LAST_MONTH)))
    _take_in(scene, _entry("（2026）云0103民初9号"), other)
    assert set(_in_case(scene, other)) == {MAIL}


@pytest.mark.parametrize(("agreed", "ended"), [(False, False), (True, True)])
def test_without_an_agreement_in_force_nothing_crosses(scene: Scene, agreed: bool, ended: bool) -> None:  # noqa: FBT001
    other = _neighbour(scene, agreed=agreed, ended=ended)
    _take_in(scene, _entry("（2026）云0103民初7号", _mail()), other)
    _take_in(scene, _entry(NOW_CASE))
    assert _in_case(scene) == {}


def test_sibling_orders_share_what_came_and_each_says_so(scene: Scene) -> None:
    papers = tuple(
        PaperEntry(kind, title, "ab" * 32, 9, "application/pdf")
        for kind, title in (
            (DocumentKind.COMPLAINT_COPY, "起诉状副本"),
            (DocumentKind.MEDIATION_STATEMENT, "民事调解书"),
        )
    )
    _take_in(scene, _entry(EARLIER, _mail()))
    with scene.runtime.transaction() as session:
        court = session.get_one(Court, scene.court_id)
        (opened,) = open_orders(session, court, [_entry(NOW_CASE, papers=papers)], now=scene.now, start=False)
        order_ids = [order.id for order in opened.orders]
    assert len(order_ids) == 2
    for order_id in order_ids:
        scene.order_id = order_id
        assert scene.kinds().count(EventKind.ADDRESS_REUSED) == 1
    with scene.looking() as session:
        assert len(list(session.scalars(select(Party)))) == 1
