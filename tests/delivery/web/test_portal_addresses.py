"""Confirming an address behind a link: what the recipient gives is confirmed here, what others give a clerk checks."""

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import select, update

from delivery.address_form import FIELDS, WARNINGS_VERSION, read_confirmation
from delivery.addressing import known_addresses
from delivery.clock import SteppedClock
from delivery.intake_entries import AddressEntry
from delivery.runtime import Runtime
from delivery.store.cases import Recipient
from delivery.store.desk import DeskItem
from delivery.store.parties import Address, AddressBasis, AddressConfirmation
from delivery.wording import LANGUAGES, keys_under, say
from tests.delivery.served_links import ENTRY, MOBILE, Served, Wanted, facts, send_link
from tests.delivery.web.link_forms import act, enter

if TYPE_CHECKING:
    from tests.delivery.web.conftest import Browser

TODAY = date(2026, 3, 2)
GIVEN = {
    "mobile": "138 0000 5678",
    "email": "Ouyang@Mail.example",
    "province": "云州省",
    "city": "云州市",
    "county": "青河区",
    "street": "新街 2 号 301 室",
    "consent": "yes",
}


@pytest.fixture
def served(runtime: Runtime) -> Served:
    """A question to a number that was confirmed in another case."""
    reused = AddressEntry("mobile", MOBILE, "other_proceedings", given_on=date(2025, 11, 3))
    entry = replace(ENTRY, addresses=(reused, *ENTRY.addresses[1:]))
    return send_link(runtime, Wanted(entry=entry, purpose="confirm_address"))


def _ledger(runtime: Runtime) -> dict[str, tuple[str, str, date | None]]:
    """Value -> basis, consent scope, day on which the consent was withdrawn."""
    with runtime.reading() as session:
        rows = session.execute(
            select(Address, AddressBasis).join(AddressBasis, AddressBasis.address_id == Address.id)
        ).all()
        return {
            address.value or "": (basis.basis, basis.consent_scope, basis.consent_withdrawn_on)
            for address, basis in rows
        }


@pytest.mark.parametrize("role", ["recipient", "lawyer"])
def test_a_yes_after_the_identity_check_confirms_the_reused_number_here(
    browser: "Browser", runtime: Runtime, served: Served, role: str
) -> None:
    enter(browser, served, role=role)
    assert '<details class="card" open>' in browser.look(f"{served.address}/papers").text
    answer = act(browser, served, "confirm-address", keep="yes", consent="yes")
    assert answer.location == f"{served.address}/papers?done=address_confirmed"
    assert _ledger(runtime)[MOBILE] == ("confirmed", "all", None)
    (fact,) = facts(runtime, served)
    assert (fact.kind, fact.args["role"], fact.args["consent"], fact.args["warnings"]) == (
        "address_confirmed",
        role,
        True,
        WARNINGS_VERSION,
    )
    assert MOBILE[3:] not in fact.entry
    assert MOBILE in fact.detail
    with runtime.reading() as session:
        form = session.scalars(select(AddressConfirmation)).one()
        assert (form.signed_on, form.means, form.signer_role, form.consent_scope, form.covers_other_cases) == (
            TODAY,
            "e_service_link",
            role,
            "all",
            False,
        )
        assert form.warnings_version == WARNINGS_VERSION
        assert session.scalars(select(Recipient.address_confirmation)).one() == "given"


def test_another_address_is_entered_and_takes_the_place_of_the_old_ones(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    enter(browser, served)
    answer = act(browser, served, "confirm-address", **GIVEN)
    assert answer.location == f"{served.address}/papers?done=address_changed"
    ledger = _ledger(runtime)
    assert ledger["+8613800005678"] == ("confirmed", "all", None)
    assert ledger["Ouyang@mail.example"] == ("confirmed", "all", None)
    assert ledger["云州省|云州市|青河区|新街2号301室|"] == ("confirmed", "", None)
    assert ledger[MOBILE][0] == "other_proceedings"
    with runtime.reading() as session:
        rows = session.execute(
            select(Address, AddressBasis).join(AddressBasis, AddressBasis.address_id == Address.id)
        ).all()
        known = known_addresses([(address, basis) for address, basis in rows])
        best = {item.kind: item for item in reversed(known)}
        assert {item.basis for item in best.values()} == {"confirmed"}
        assert sorted(item.kind for item in known if item.standing == "replaced") == ["mobile", "postal"]
        # The message went out today: until midnight the old number keeps its ground.
        notes = {address.value: basis.source_note.get("replaced_on") for address, basis in rows}
        assert notes[MOBILE] == (TODAY + timedelta(days=1)).isoformat()


def test_what_others_give_is_recorded_and_checked_by_a_clerk(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    before = _ledger(runtime)
    for role in ("family", "assistant", "other"):
        enter(browser, served, role=role)
        answer = act(browser, served, "confirm-address", **GIVEN)
        assert "不算作收件人本人的操作" in browser.look(str(answer.location)).text
    assert _ledger(runtime) == before
    assert [(fact.kind, fact.args["role"]) for fact in facts(runtime, served)] == [
        ("address_changed", "family"),
        ("address_changed", "assistant"),
        ("address_changed", "other"),
    ]
    with runtime.reading() as session:
        assert set(session.scalars(select(DeskItem.kind))) == {"address_offered"}
        assert list(session.scalars(select(AddressConfirmation))) == []


def test_the_same_form_twice_is_one_fact_and_a_change_of_mind_another(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    enter(browser, served)
    for consent in ("yes", "yes", "no", "no", "yes"):
        assert act(browser, served, "confirm-address", keep="yes", consent=consent).status_code == 303
    assert [fact.args["consent"] for fact in facts(runtime, served)] == [True, False, True]
    assert _ledger(runtime)[MOBILE] == ("confirmed", "all", None)


@pytest.mark.parametrize(("days", "withdrawn_on"), [(0, TODAY + timedelta(days=1)), (3, TODAY + timedelta(days=3))])
@pytest.mark.parametrize("by", ["form", "decline"])
def test_consent_can_be_taken_back_without_undoing_what_arrived(
    browser: "Browser", runtime: Runtime, days: int, withdrawn_on: date, by: str
) -> None:
    consented = AddressEntry("mobile", MOBILE, "confirmed", given_on=date(2026, 2, 1), consent_scope="all")
    served = send_link(runtime, Wanted(entry=replace(ENTRY, addresses=(consented,))))
    clock = runtime.clock
    assert isinstance(clock, SteppedClock)
    clock.step(timedelta(days=days))
    enter(browser, served)
    if by == "form":
        act(browser, served, "confirm-address", keep="yes", consent="no")
    else:
        act(browser, served, "decline", reason="no_e_service")
    assert _ledger(runtime)[MOBILE] == ("confirmed", "all", withdrawn_on)


def test_a_second_confirmation_keeps_the_day_of_the_first(browser: "Browser", runtime: Runtime) -> None:
    confirmed_on = date(2026, 2, 1)
    consented = AddressEntry("mobile", MOBILE, "confirmed", given_on=confirmed_on, consent_scope="all")
    served = send_link(runtime, Wanted(entry=replace(ENTRY, addresses=(consented,))))
    enter(browser, served)
    act(browser, served, "confirm-address", keep="yes", consent="yes")
    with runtime.reading() as session:
        basis = session.scalars(select(AddressBasis)).one()
        assert (basis.given_on, basis.consent_given_on) == (confirmed_on, confirmed_on)


def test_the_partys_own_word_outweighs_bad_news(browser: "Browser", runtime: Runtime, served: Served) -> None:
    with runtime.transaction() as session:
        session.execute(update(Address).where(Address.kind == "mobile").values(standing="dead"))
    enter(browser, served)
    act(browser, served, "confirm-address", mobile=MOBILE, consent="no")
    with runtime.reading() as session:
        assert session.scalars(select(Address.standing).where(Address.kind == "mobile")).one() == "good"


WRONG: Final[list[tuple[dict[str, str], str]]] = [
    ({"consent": "yes"}, "至少填写手机、邮箱、邮寄地址中的一项"),
    ({"mobile": "138000012", "consent": "no"}, "11 位，您填了 9 位"),
    ({"mobile": "010-62345678", "consent": "no"}, "座机和分机不能收短信"),
    ({"mobile": "95588", "consent": "no"}, "这是服务号码"),
    ({"email": "ouyang.example", "consent": "no"}, "缺少 @"),
    ({"email": "a@b", "consent": "no"}, "@ 后面不完整"),
    ({"province": "云州省", "consent": "no"}, "请把四项都留空"),
    ({**GIVEN, "street": "1"}, "门牌号和房号"),
    ({**GIVEN, "street": "新街邮政信箱12号"}, "信箱里没有人能签收"),
    ({**GIVEN, "street": "很" * 121}, "最多 120 个字"),
    ({**GIVEN, "mobile": "", "email": ""}, "需要填写手机或邮箱"),
    ({"mobile": "13800001234"}, "请选择同意或不同意"),
]


def test_a_wrong_form_says_what_to_do_and_changes_nothing(browser: "Browser", runtime: Runtime, served: Served) -> None:
    enter(browser, served)
    before = _ledger(runtime)
    for given, words in WRONG:
        page = act(browser, served, "confirm-address", **given)
        assert (page.status_code, words in page.text) == (422, True), words
        assert "还没有提交" in page.text
        typed = [value for name, value in given.items() if name != "consent" and value]
        assert [value for value in typed if f'value="{value}"' not in page.text] == []
    assert (_ledger(runtime), facts(runtime, served)) == (before, [])


def test_all_errors_come_at_once() -> None:
    form, wrong = read_confirmation({"mobile": "1", "email": "x", "street": "新街 2 号"}, "mobile")
    assert form is None
    assert {item.field for item in wrong} == set(FIELDS) - {"keep", "street"}


def test_a_city_without_counties_needs_none() -> None:
    given = {"province": "广东省", "city": "东莞市", "street": "东城街道 8 号", "consent": "no"}
    form, wrong = read_confirmation(given, "")
    assert wrong == []
    assert form is not None
    assert form.postal is not None
    assert form.postal.county == ""


def test_nothing_is_kept_where_no_address_was_used() -> None:
    form, wrong = read_confirmation({"keep": "yes", "consent": "no"}, "")
    assert form is None
    assert [item.code for item in wrong] == ["nothing_given"]


def test_the_version_of_the_warnings_changes_with_their_words() -> None:
    words = [say(language, key) for key in sorted(keys_under("portal.warnings")) for language in LANGUAGES]
    assert (WARNINGS_VERSION, hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]) == (
        "2026-03",
        "f118a172ebfac8fe",
    )
