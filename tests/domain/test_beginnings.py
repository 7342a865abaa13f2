"""What a tier begins with and what it passes over: doors outside the area, messages without consent, cards at doors."""

from dataclasses import replace
from uuid import UUID

from delivery.domain.case import Procedure
from delivery.domain.escalation import decide
from delivery.domain.event import Channel
from delivery.domain.ladder import PassedOver, Refer, SkipTier, StartSearches, StartTier
from delivery.domain.limits import limits_of
from delivery.domain.order import AttemptStatus
from delivery.domain.paper import DocumentKind
from delivery.domain.search import Applies, Need, Source
from tests.domain.ladder_facts import ADDRESSES, FRESH, NOW, POST, said, skipped, started, tried

HOME, AWAY = ADDRESSES[2], replace(ADDRESSES[2], id=UUID(int=4), in_area=False)
BEFORE_VISIT = replace(FRESH, tiers=skipped("reuse", "counsel", "electronic"))


def test_a_door_outside_the_area_is_passed_over_by_name() -> None:
    (effect,) = decide(replace(BEFORE_VISIT, addresses=(AWAY, HOME)), NOW)
    assert isinstance(effect, StartTier)
    assert [start.address_id for start in effect.starts] == [HOME.id]
    assert effect.passed == (PassedOver(Channel.IN_PERSON, AWAY.id, "outside_area"),)


def test_where_all_doors_are_outside_another_court_is_thought_of_and_mail_goes_out() -> None:
    effects = decide(replace(BEFORE_VISIT, addresses=(AWAY,)), NOW)
    assert effects[0] == Refer("entrust_service")
    assert effects[1] == SkipTier("visit", 3, "outside_area", (PassedOver(Channel.IN_PERSON, AWAY.id, "outside_area"),))
    assert isinstance(effects[2], StartTier)
    assert [start.step.channel for start in effects[2].starts] == [Channel.POST]


def test_a_judgment_goes_by_message_only_where_the_party_agreed() -> None:
    judgment = limits_of({DocumentKind.JUDGMENT}, Procedure.ORDINARY, NOW.date())
    facts = replace(FRESH, limits=judgment, tiers=skipped("reuse"), firm_with_email=UUID(int=9))
    assert said(facts) == ["skip counsel: no_consent", "skip electronic: no_consent", "start visit: in_person"]
    agreed = replace(facts, addresses=(replace(ADDRESSES[0], consents=True), *ADDRESSES[1:]))
    assert said(agreed) == ["start counsel: email"]
    assert said(replace(agreed, firm_with_email=None)) == ["skip counsel: not_represented", "start electronic: sms"]


def test_a_visit_card_leads_to_the_search() -> None:
    search = Applies(Source.HOUSEHOLD_REGISTER, Need.REQUIRED, "last_presumed_address", "OP19-9")
    card = replace(tried("posting", Channel.POSTING, AttemptStatus.ANSWERED, "", POST), meaning="visit_card")
    facts = replace(FRESH, tiers=started("posting"), attempts=(card,), sources=(search,))
    assert StartSearches((Source.HOUSEHOLD_REGISTER,)) in decide(facts, NOW)
    assert Refer("search_address") in decide(replace(facts, sources=()), NOW), "a clerk says whom to ask"
    left = replace(facts, attempts=(replace(card, meaning="left_at_address"),))
    assert not [effect for effect in decide(left, NOW) if isinstance(effect, StartSearches)]
    assert Refer("search_address") not in decide(replace(left, sources=()), NOW)
