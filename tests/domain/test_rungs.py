"""Which address may be used now and why: the rungs in the law's order, and each way with its reason."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.address import AddressKind, Basis
from delivery.domain.event import Channel
from delivery.domain.law.rules import RULES
from delivery.domain.rungs import BASES, AddressNow, May, Strength, use_of

TODAY = date(2026, 3, 2)
HOME = AddressNow(AddressKind.POSTAL, Basis.CONFIRMED)
MOBILE = AddressNow(AddressKind.MOBILE, Basis.CONFIRMED, consents=True)


def _ways(address: AddressNow) -> dict[str, str]:
    return {way.channel: f"{way.may} {way.reason}".strip() for way in use_of(address, TODAY).ways}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (HOME, {"in_person": "yes", "post": "yes", "posting": "limited when_at_fault"}),
        (
            replace(HOME, basis=Basis.REGISTRY),
            {"in_person": "yes", "post": "yes", "posting": "limited court_decides"},
        ),
        (
            replace(HOME, basis=Basis.PLAINTIFF_SUPPLIED),
            {"in_person": "yes", "post": "yes", "posting": "no mere_card"},
        ),
        (
            replace(HOME, in_area=False),
            {"in_person": "no outside_area", "post": "yes", "posting": "no outside_area"},
        ),
        (
            replace(HOME, standing="returned"),
            {"in_person": "yes", "post": "limited came_back", "posting": "limited when_at_fault"},
        ),
        (replace(HOME, replaced=True), dict.fromkeys(("in_person", "post", "posting"), "no replaced")),
        (replace(HOME, standing="not_theirs"), dict.fromkeys(("in_person", "post", "posting"), "no not_theirs")),
        (MOBILE, {"sms": "yes", "voice": "limited after_visit_and_mail"}),
        (
            replace(MOBILE, consents=False),
            {"sms": "limited counts_when_answered", "voice": "limited after_visit_and_mail"},
        ),
        (
            replace(MOBILE, standing="opted_out"),
            {"sms": "no opted_out", "voice": "limited after_visit_and_mail"},
        ),
        (replace(MOBILE, standing="dead"), {"sms": "no dead", "voice": "no dead"}),
        (replace(MOBILE, kind=AddressKind.EMAIL), {"email": "yes"}),
        (replace(MOBILE, kind=AddressKind.LANDLINE), {"voice": "limited after_visit_and_mail"}),
    ],
)
def test_each_way_has_its_answer(address: AddressNow, expected: dict[str, str]) -> None:
    assert _ways(address) == expected


def test_the_rungs_stand_in_the_order_of_the_law() -> None:
    """OP19 8: what was agreed before the dispute comes before the party's own papers, then the other two, then 9."""
    assert [use_of(AddressNow(AddressKind.POSTAL, basis, given_on=TODAY), TODAY).place for basis in BASES] == [
        *range(1, 11)
    ]
    named = [
        Basis.CONFIRMED,
        Basis.PRE_DISPUTE_AGREED,
        Basis.OWN_FILING,
        Basis.OTHER_PROCEEDINGS,
        Basis.REGULAR_USE,
        Basis.REGISTRY,
        Basis.HABITUAL_RESIDENCE,
    ]
    assert sorted(named, key=BASES.index) == named


@pytest.mark.parametrize(
    ("given_on", "aged"),
    [(date(2025, 3, 2), False), (date(2025, 3, 1), True), (None, True), (TODAY, False)],
)
def test_an_address_from_elsewhere_counts_for_a_year(given_on: date | None, aged: bool) -> None:  # noqa: FBT001
    for basis in (Basis.OTHER_PROCEEDINGS, Basis.REGULAR_USE):
        use = use_of(AddressNow(AddressKind.POSTAL, basis, given_on=given_on), TODAY)
        assert use.aged is aged
        assert use.strength is (Strength.REPORTED if aged else Strength.PRESUMED)
        assert (use.place > BASES.index(Basis.HABITUAL_RESIDENCE) + 1) is aged
    assert not use_of(AddressNow(AddressKind.POSTAL, Basis.CONFIRMED, given_on=given_on), TODAY).aged


ADDRESSES = st.builds(
    AddressNow,
    kind=st.sampled_from(AddressKind),
    basis=st.sampled_from(Basis),
    standing=st.sampled_from(["good", "dead", "not_theirs", "returned", "opted_out"]),
    given_on=st.none() | st.dates(TODAY - timedelta(days=800), TODAY),
    in_area=st.booleans(),
    consents=st.booleans(),
    replaced=st.booleans(),
)


@given(ADDRESSES)
def test_every_address_has_an_answer_with_rules_that_exist(address: AddressNow) -> None:
    use = use_of(address, TODAY)
    assert use.rule in RULES
    for way in use.ways:
        assert way.rule in RULES or way.reason in {"dead", "not_theirs"}
        assert bool(way.reason) is (way.may is not May.YES)
        if address.standing in {"dead", "not_theirs"} or address.replaced:
            assert way.may is May.NO
        if way.channel is Channel.IN_PERSON and not address.in_area:
            assert way.may is May.NO
