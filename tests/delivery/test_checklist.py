"""The lawyer's checklist is right for one order of each kind: what stands, by what, on which proof, who confirms."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from delivery.checklist import Checklist, Confirmer, checklist_of, proofs_of
from delivery.domain.event import Channel, EventKind
from delivery.domain.mail import FollowUp
from delivery.example_facts import EXAMPLES, example_text
from delivery.field_reports import record_slip, report_visit
from delivery.wording import knows
from tests.delivery.conftest import SetScene
from tests.delivery.scene import HOME, MOBILE, Scene, mail_relay, post_office, text_carrier

SHANGHAI = ZoneInfo("Asia/Shanghai")
UNCONFIRMED = replace(HOME, basis="plaintiff_supplied")


def _checklist(scene: Scene) -> Checklist:
    with scene.looking() as session:
        return checklist_of(session, scene.order(), scene.now)


def _visit(scene: Scene, **report: Any) -> None:  # noqa: ANN401 -- fields of a report
    with scene.runtime.transaction() as session:
        told = {"at": scene.now, "place": "residence", **report}
        report_visit(session, scene.court_id, scene.attempt(Channel.IN_PERSON).id, told, by=None, now=scene.now)
    scene.run()


def _slip(scene: Scene, **slip: Any) -> None:  # noqa: ANN401 -- fields of a slip
    with scene.runtime.transaction() as session:
        record_slip(session, scene.court_id, scene.attempt(Channel.POST).reference, slip, by=None, now=scene.now)
    scene.run()


def _mailed(set_scene: SetScene, home: Any = HOME) -> Scene:  # noqa: ANN401 -- an entry
    """Nobody was found at the door, and the mail is with the post for a week."""
    scene = set_scene(post_office())
    scene.open(home)
    scene.run()
    _visit(scene, result="not_found")
    scene.report(scene.carriers["ems"], EventKind.POSTED)
    scene.step(timedelta(days=7))
    return scene


def _held(found: Checklist, number: int = 0) -> dict[str, bool]:
    return {proof.code: proof.held for proof in found.acts[number].proofs}


def _values(found: Checklist, code: str) -> Mapping[str, Any]:
    return next(proof.values for proof in found.acts[0].proofs if proof.code == code)


def _outcome(found: Checklist) -> tuple[str, str, str]:
    assert found.effect is not None
    return found.effect.outcome, str(found.effect.effective_on), str(found.effect.by_reason)


def test_signed_by_the_party(set_scene: SetScene) -> None:
    scene = set_scene()
    scene.open(UNCONFIRMED)
    scene.run()
    _visit(scene, result="signed", signed_on="2026-03-02", signer={"role": "recipient", "id_checked": True})
    found = _checklist(scene)
    assert _outcome(found) == ("SERVED", "2026-03-02", "signed_by_recipient")
    assert found.effect is not None
    assert found.effect.deadlines["answer"] == date(2026, 3, 17)
    assert found.acts[0].deciding
    assert found.acts[0].on == date(2026, 3, 2)
    assert _held(found) == {"receipt_signed": True, "identity_checked": True, "media": False}
    assert _values(found, "receipt_signed") == {"role": "recipient", "on": date(2026, 3, 2)}
    assert found.confirmer is Confirmer.NOBODY


def test_signed_by_family_living_together(set_scene: SetScene) -> None:
    scene = set_scene()
    scene.open(UNCONFIRMED)
    scene.run()
    signer = {"role": "family", "relation": "spouse", "co_resident": True, "adult": True}
    _visit(scene, result="signed", signed_on="2026-03-02", signer=signer)
    found = _checklist(scene)
    assert _outcome(found) == ("SERVED", "2026-03-02", "signed_by_family")
    assert _held(found) == {
        "receipt_signed": True,
        "identity_checked": False,
        "lives_together": True,
        "of_age": True,
        "media": False,
    }
    assert found.effect is not None
    assert found.effect.defeaters == ("signer_identity_unchecked",)


def test_refused_and_left_in_place(set_scene: SetScene) -> None:
    scene = set_scene()
    scene.open(UNCONFIRMED)
    scene.run()
    _visit(scene, result="refused", refused_by={"role": "recipient"}, process_media="video", noted_by=["server"])
    found = _checklist(scene)
    assert _outcome(found) == ("SERVED", "2026-03-02", "refused_by_party")
    assert _held(found) == {"refusal": True, "place": True, "media": True, "witness": False, "noted": True}
    assert _values(found, "media") == {"media": "video"}


def test_e_service_to_a_confirmed_address_with_consent(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier())
    scene.open(MOBILE)
    scene.run()
    scene.report(scene.carriers["texts"], EventKind.DELIVERED)
    scene.run()
    found = _checklist(scene)
    assert _outcome(found) == ("SERVED", "2026-03-02", "arrived")
    assert _held(found) == {
        "address_basis": True,
        "consent": True,
        "sent": True,
        "success": True,
        "read": False,
        "answered": False,
    }
    assert _values(found, "consent") == {"on": date(2026, 2, 20)}
    assert found.confirmer is Confirmer.NOBODY


def test_an_address_from_other_proceedings_whose_question_was_answered(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier())
    scene.open(replace(MOBILE, basis="other_proceedings", consent_scope=""), UNCONFIRMED)
    scene.run()
    scene.tell(EventKind.ACKNOWLEDGED, scene.attempt(Channel.SMS), args={"role": "recipient"})
    scene.run()
    found = _checklist(scene)
    assert _outcome(found) == ("SERVED", "2026-03-02", "answered")
    held = _held(found)
    assert (held["answered"], held["consent"]) == (True, False)
    assert _values(found, "address_basis") == {"basis": "other_proceedings"}


def test_e_service_on_the_law_firm(set_scene: SetScene) -> None:
    scene = set_scene(mail_relay())
    scene.open(UNCONFIRMED, firm="云衡律师事务所", firm_email="papers@yunheng.example", lawyer="戴律师")
    scene.run()
    scene.tell(EventKind.ACKNOWLEDGED, scene.attempt(Channel.EMAIL), args={"role": "lawyer"})
    scene.run()
    found = _checklist(scene)
    assert _outcome(found) == ("SERVED", "2026-03-02", "answered")
    assert _held(found) == {"agents_power": True, "sent": True, "success": False, "read": False, "answered": True}


def test_court_mail_that_was_signed_for(set_scene: SetScene) -> None:
    scene = _mailed(set_scene)
    _slip(scene, result="signed", signed_on="2026-03-05", signer={"role": "recipient", "id_checked": True})
    found = _checklist(scene)
    assert _outcome(found) == ("SERVED", "2026-03-05", "signed_by_recipient")
    assert _held(found) == {"address_basis": True, "posted": True, "receipt_signed": True, "identity_checked": True}
    assert [act.method for act in found.acts] == ["post", "direct"], "what decides stands first"
    assert found.mail == ()


@pytest.mark.parametrize("reason", ["moved", "no_such_person", "no_such_address"])
def test_court_mail_back_from_the_confirmed_address(set_scene: SetScene, reason: str) -> None:
    scene = _mailed(set_scene)
    tries = ["2026-03-04", "2026-03-05", "2026-03-06"]
    back = {"return_reason": reason, "marked_return_on": "2026-03-09", "attempts_on": tries, "contact_attempted": True}
    _slip(scene, result="returned", **back)
    found = _checklist(scene)
    assert _outcome(found) == ("SERVED", "2026-03-09", "returned_by_fault")
    assert _held(found) == {
        "address_basis": True,
        "posted": True,
        "tries": True,
        "contact": True,
        "slip_returned": True,
    }
    assert _values(found, "tries") == {"count": 3}
    assert _values(found, "slip_returned") == {"reason": reason, "on": date(2026, 3, 9)}
    assert found.confirmer is Confirmer.OFFICER
    assert found.effect is not None
    assert found.effect.defeaters == ("no_fault",)


@pytest.mark.parametrize("reason", ["moved", "no_such_person", "no_such_address", "unclaimed"])
def test_court_mail_back_from_the_plaintiffs_address_is_not_service(set_scene: SetScene, reason: str) -> None:
    scene = _mailed(set_scene, UNCONFIRMED)
    tries = ["2026-03-04", "2026-03-05", "2026-03-06"]
    back = {"return_reason": reason, "marked_return_on": "2026-03-09", "attempts_on": tries, "contact_attempted": True}
    _slip(scene, result="returned", **back)
    found = _checklist(scene)
    assert _outcome(found) == ("NOT_SERVED", "None", "None")
    assert found.confirmer is Confirmer.NOT_YET
    assert found.effect is not None
    assert "own_address" in found.effect.missing
    assert not any(act.deciding for act in found.acts)


def test_not_served_yet_with_what_the_mail_asks_for(set_scene: SetScene) -> None:
    scene = _mailed(set_scene, UNCONFIRMED)
    scene.report(scene.carriers["ems"], EventKind.POST_RETURNED, reason="addressee_unknown")
    scene.run()
    found = _checklist(scene)
    assert found.confirmer is Confirmer.NOT_YET
    ((waybill, meaning),) = found.mail
    assert waybill == scene.attempt(Channel.POST).reference
    assert (meaning.code, meaning.follow_up) == ("returned_unknown", FollowUp.ADDRESS_SEARCH)


def test_a_doubt_is_the_courts(set_scene: SetScene) -> None:
    scene = set_scene()
    scene.open(UNCONFIRMED)
    scene.run()
    _visit(scene, result="refused", place="elsewhere", refused_by={"role": "recipient"}, process_media="video")
    found = _checklist(scene)
    assert found.confirmer is Confirmer.COURT
    assert [reason.code for reason in found.acts[0].reasons] == ["no_officer_note"]


def test_what_a_court_officer_decided_needs_nobody_else(set_scene: SetScene) -> None:
    scene = set_scene()
    scene.open(UNCONFIRMED)
    scene.run()
    _visit(scene, result="refused", place="elsewhere", refused_by={"role": "recipient"}, process_media="video")
    act = str(scene.attempt(Channel.IN_PERSON).id)
    scene.tell(EventKind.OUTCOME_DECIDED, args={"act": act, "effective_on": "2026-03-02"})
    scene.run()
    found = _checklist(scene)
    assert _outcome(found) == ("SERVED", "2026-03-02", "ruled_served")
    assert found.confirmer is Confirmer.RULED
    assert all(knows(f"checklist.confirm.{confirmer}") for confirmer in Confirmer)


def test_an_order_on_which_nothing_was_done(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier())
    scene.open(MOBILE)
    found = _checklist(scene)
    assert (found.effect, found.acts, found.mail, found.confirmer) == (None, (), (), Confirmer.NOT_YET)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_proof_has_words(name: str) -> None:
    facts = json.loads(example_text(name))
    addresses = {address["id"]: address for address in facts.get("addresses", ())}
    for act in facts["acts"]:
        for proof in proofs_of(act, addresses.get(act.get("address")), SHANGHAI):
            assert knows(f"checklist.proof.{proof.code}")


def test_a_public_notice_is_proved_by_postings_contents_and_file() -> None:
    notice = json.loads(example_text("public_notice"))["acts"][2]
    assert [(proof.code, proof.held) for proof in proofs_of(notice, None, SHANGHAI)] == [
        ("postings", True),
        ("notice_content", True),
        ("reason_recorded", True),
        ("history_recorded", True),
    ]
    at_home = {**notice, "postings": [{"place": "domicile", "on": "2026-03-12"}], "history_recorded": False}
    lacking = [proof.code for proof in proofs_of(at_home, None, SHANGHAI) if not proof.held]
    assert lacking == ["posting_media", "history_recorded"]
