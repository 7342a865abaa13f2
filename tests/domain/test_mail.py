"""The post's words in law: total, never service, and safe where nobody knows the word."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.event import EventKind
from delivery.domain.law.act_vocabulary import PostResult
from delivery.domain.law.rules import RULES
from delivery.domain.law.vocabulary import Kind
from delivery.domain.mail import POSTAL_KINDS, UNREADABLE, FollowUp, MailReason, RecipientClass, meaning_of
from delivery.wording import knows
from tests.infrastructure.tree import ROOT
from tools.write_carrier_codes import PAGE, page

ANYTHING = st.text(max_size=12)


def _said_by_the_post() -> list[dict[str, str]]:
    tables = tomllib.loads((ROOT / "adapters" / "ems_codes.toml").read_text(encoding="utf-8"))
    return [row for table in tables.values() for row in table.values()]


@given(
    ANYTHING | st.sampled_from(EventKind),
    ANYTHING | st.sampled_from(RecipientClass),
    ANYTHING | st.sampled_from(MailReason),
    st.sampled_from(Kind) | st.none(),
)
def test_every_word_has_a_meaning_and_none_is_service(
    kind: str, recipient_class: str, reason: str, recipient: Kind | None
) -> None:
    meaning = meaning_of(kind, recipient_class=recipient_class, reason=reason, recipient=recipient)
    assert meaning.result not in {PostResult.SIGNED, PostResult.RETURNED}
    assert knows(f"mail_meaning.{meaning.code}")
    assert knows(f"follow_up.{meaning.follow_up}")
    assert set(meaning.rules) <= set(RULES)


def test_every_word_of_the_carriers_own_table_is_in_the_vocabulary() -> None:
    rows = _said_by_the_post()
    assert {row["kind"] for row in rows} <= POSTAL_KINDS
    assert {row["recipient_class"] for row in rows if "recipient_class" in row} <= set(RecipientClass)
    assert {row["reason"] for row in rows if "reason" in row} <= set(MailReason)


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind.value.startswith("post")])
def test_every_kind_of_postal_fact_is_in_the_table(kind: EventKind) -> None:
    assert kind in POSTAL_KINDS


@pytest.mark.parametrize("place", ["locker", "station", "letterbox", "doorstep", "unattended_place"])
def test_what_lies_somewhere_is_in_nobodys_hands(place: str) -> None:
    meaning = meaning_of(EventKind.POST_DELIVERED, recipient_class=place)
    assert (meaning.code, meaning.result, meaning.follow_up) == (
        "in_nobodys_hands",
        PostResult.LOCKER,
        FollowUp.SERVE_IN_PERSON,
    )
    assert meaning_of(EventKind.POST_AWAITING_COLLECTION, recipient_class=place) == meaning


@pytest.mark.parametrize(
    ("receiver", "code", "follow_up"),
    [
        ("addressee", "signed_by_party", FollowUp.KEY_SLIP),
        ("cohabiting_adult", "signed_by_family", FollowUp.KEY_SLIP),
        ("designated_agent", "signed_by_collector", FollowUp.KEY_SLIP),
        ("mailroom", "signed_by_desk", FollowUp.KEY_SLIP),
        ("organisation_receiver", "signed_by_desk", FollowUp.KEY_SLIP),
        ("counter_collection", "collected_at_counter", FollowUp.KEY_SLIP),
        ("property_office", "left_at_property_office", FollowUp.WHO_SIGNED),
        ("neighbour_or_other", "signed_by_another", FollowUp.WHO_SIGNED),
        ("unknown", "receiver_not_said", FollowUp.WHO_SIGNED),
        ("a robot", "receiver_not_said", FollowUp.WHO_SIGNED),
        ("", "receiver_not_said", FollowUp.WHO_SIGNED),
    ],
)
def test_who_has_it_in_hand(receiver: str, code: str, follow_up: FollowUp) -> None:
    meaning = meaning_of(EventKind.POST_DELIVERED, recipient_class=receiver)
    assert (meaning.code, meaning.follow_up, meaning.result) == (code, follow_up, PostResult.NO_PROOF)


@pytest.mark.parametrize("desk", ["mailroom", "organisation_receiver"])
def test_a_desk_receives_for_organisations_only(desk: str) -> None:
    mail = {"kind": EventKind.POST_DELIVERED, "recipient_class": desk}
    assert meaning_of(**mail, recipient=Kind.ORGANISATION).code == "signed_by_desk"
    assert meaning_of(**mail, recipient=Kind.NATURAL_PERSON).follow_up is FollowUp.WHO_SIGNED


@pytest.mark.parametrize(
    ("reason", "code", "follow_up", "rule", "return_reason"),
    [
        ("refused", "returned_refused", FollowUp.LEAVE_ON_REFUSAL, "CPL-89", "refused"),
        ("unclaimed", "returned_unclaimed", FollowUp.SERVE_IN_PERSON, "EMS04-6", "unclaimed"),
        ("absent", "returned_unclaimed", FollowUp.SERVE_IN_PERSON, "EMS04-6", "unclaimed"),
        ("moved", "returned_moved", FollowUp.ADDRESS_SEARCH, "EMS04-4", "moved"),
        ("addressee_unknown", "returned_unknown", FollowUp.ADDRESS_SEARCH, "OP19-7", "no_such_person"),
        ("address_wrong", "returned_no_such_address", FollowUp.ADDRESS_SEARCH, "EMS04-11", "no_such_address"),
        ("lost", "gone", FollowUp.MAIL_AGAIN, "CPL-91", None),
        ("recalled_by_sender", "returned_by_sender", FollowUp.MAIL_AGAIN, "CPL-91", None),
        ("eaten", "returned", FollowUp.KEY_SLIP, "EMS04-11", None),
        ("", "returned", FollowUp.KEY_SLIP, "EMS04-11", None),
    ],
)
def test_why_it_came_back(reason: str, code: str, follow_up: FollowUp, rule: str, return_reason: str | None) -> None:
    meaning = meaning_of(EventKind.POST_RETURNED, reason=reason)
    assert (meaning.code, meaning.follow_up, meaning.return_reason) == (code, follow_up, return_reason)
    assert rule in meaning.rules
    assert meaning_of(EventKind.POST_RETURNING, reason=reason) == meaning


@pytest.mark.parametrize("kind", ["unrecognised", "teleported", "", "visited"])
def test_a_word_that_nobody_defined_is_looked_at(kind: str) -> None:
    assert meaning_of(kind) == UNREADABLE
    assert UNREADABLE.follow_up is FollowUp.LOOK


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
