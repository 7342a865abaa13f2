"""What each role sees at the most, on every page and in every answer that it can reach."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from delivery.order_life import cancel_order, order_to_change
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.cases import Case
from delivery.store.links import ServiceLink
from delivery.store.orders import Attempt
from delivery.store.parties import Party
from delivery.web.policy import POLICY, Door
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import CourtLife

IDENTITY = "110101199003078515"


def _answers(app: Flask, browser: Browser, role: Role, known: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Every address that the role may open, with every thing of the court put in its place, and what it answers."""
    for rule in app.url_map.iter_rules():
        row = POLICY[rule.endpoint]
        if "GET" not in (rule.methods or ()) or (row.door is Door.ROLES and role not in row.roles):
            continue
        if row.door not in {Door.ROLES, Door.SIGNED_IN}:
            continue
        for thing in known["things"] if rule.arguments else [""]:
            address = str(rule)
            for name in rule.arguments:
                address = address.replace(f"<uuid:{name}>", thing).replace(f"<{name}>", thing)
            yield address, browser.look(address, follow_redirects=True).text


def _seal_numbers(runtime: Runtime, life: CourtLife) -> dict[str, list[str]]:
    """Give every party an identity number; what there is to know, and what can be put into an address."""
    with runtime.transaction() as session:
        for party in session.scalars(select(Party)):
            party.identity_number = IDENTITY
        cases = session.scalars(select(Case)).all()
        attempts = session.scalars(select(Attempt).where(Attempt.court_id == life.court_id)).all()
        return {
            "causes": [case.cause for case in cases if case.cause],
            "numbers": [case.number for case in cases],
            "texts": [attempt.text for attempt in attempts if attempt.text],
            "things": [str(one) for one in (*life.orders[:3], life.neighbour_order, *(a.id for a in attempts[:12]))],
        }


@pytest.mark.parametrize("role", [Role.FIELD_SERVER, Role.CALLER])
def test_who_works_for_the_contractor_sees_no_claims_no_messages_and_no_identity_numbers(
    life: CourtLife, app: Flask, runtime: Runtime, sign_in_as: SignInAs, role: Role
) -> None:
    known = _seal_numbers(runtime, life)
    browser = sign_in_as(role)
    forbidden = [IDENTITY, *known["causes"], *known["texts"], "云0103"]
    if role is Role.FIELD_SERVER:
        forbidden += known["numbers"]
    seen = dict(_answers(app, browser, role, known))
    assert len(seen) > 2
    found = {(address, word) for address, text in seen.items() for word in forbidden if word in text}
    assert found == set()
    if role is Role.FIELD_SERVER:
        assert "梧桐路" in "".join(seen.values())


def test_papers_that_were_taken_back_are_closed_for_the_firm_too(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    browser = sign_in_as(Role.LAW_FIRM, law_firm_id=life.firm_id)
    withdrawn, missent = life.orders[5], life.orders[2]
    with runtime.transaction() as session:
        cancel_order(
            session, order_to_change(session, life.court_id, withdrawn), reason="settled", by=None, now=runtime.now()
        )
        for link in session.scalars(select(ServiceLink).where(ServiceLink.order_id == missent)):
            link.revoked_at = runtime.now()
    for order in (withdrawn, missent):
        for act in ("papers", "acknowledge"):
            answer = browser.send(f"/firm/{order}/{act}", {"role": "lawyer"})
            assert (answer.status_code, b"%PDF" in answer.data) == (409, False)
