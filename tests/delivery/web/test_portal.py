"""The e-service link through its pages: what looks never opens, what a person does is recorded once with their role."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from delivery.order_life import replace_document
from delivery.runtime import Runtime
from delivery.store.accounts import SignInTry
from delivery.store.desk import DeskItem
from delivery.store.links import LinkSession
from delivery.store.orders import Attempt, ServiceOrder, documents_of
from delivery.store.parties import Address
from tests.delivery.served_links import COMPANY, ENTRY, PERSON, SUMMONS, Served, Wanted, facts, kinds, send_link
from tests.delivery.web.link_forms import act, enter, hidden, identify, papers

if TYPE_CHECKING:
    from tests.delivery.web.conftest import Browser, SignInAs


def test_the_cover_names_the_court_and_nothing_of_the_case(browser: "Browser", served: Served) -> None:
    page = browser.look(served.address)
    assert page.status_code == 200
    assert "云州市青河区人民法院" in page.text
    secrets = (ENTRY.case_number, ENTRY.cause, ENTRY.recipient_name, "起诉状副本", "传票", "13800001234", PERSON[-4:])
    assert [secret for secret in secrets if secret in page.text] == []


def test_a_thousand_looks_and_posts_without_identity_open_nothing(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    paths = ("", "/papers", "/identity", "/open", "/acknowledge", "/papers/0")
    with runtime.reading() as session:
        before = session.get_one(ServiceOrder, (served.court_id, served.order_id)).journal_length
    for number in range(500):
        path = served.address + paths[number % len(paths)]
        browser.head(path, buffered=True)
        browser.look(path)
    for mark in ("open", "acknowledge", "decline", "confirm-address", "object", "leave"):
        browser.post(f"{served.address}/{mark}", data={"csrf": "", "reason": "other"}, buffered=True)
    browser.post(f"{served.address}/identity", data={"digits": PERSON[-4:], "role": "recipient"}, buffered=True)
    with runtime.reading() as session:
        assert session.get_one(ServiceOrder, (served.court_id, served.order_id)).journal_length == before
        assert list(session.scalars(select(LinkSession))) == []
        assert list(session.scalars(select(SignInTry))) == []


def test_the_list_of_papers_alone_opens_nothing(browser: "Browser", runtime: Runtime, served: Served) -> None:
    enter(browser, served)
    page = browser.look(f"{served.address}/papers")
    assert "起诉状副本" in page.text
    assert "papers/" not in page.text
    assert kinds(runtime, served) == []


def test_a_persons_acts_are_recorded_once_with_their_role(browser: "Browser", runtime: Runtime, served: Served) -> None:
    roles = ("recipient", "lawyer", "family", "assistant", "other")
    for role in roles:
        enter(browser, served, role=role)
        first = hidden(browser.look(f"{served.address}/papers").text, "open")
        for _ in range(2):
            assert browser.post(f"{served.address}/open", data=first, buffered=True).status_code == 303
        page = browser.look(f"{served.address}/papers?done=link_opened")
        assert ("不算作收件人本人" in page.text) is (role not in {"recipient", "lawyer"})
        paper = papers(browser, served)[1]
        assert [browser.look(paper).data, browser.look(f"{paper}?save=1").data] == [SUMMONS, SUMMONS]
        receipt = hidden(page.text, "acknowledge")
        for _ in range(2):
            assert browser.post(f"{served.address}/acknowledge", data=receipt, buffered=True).status_code == 303
    assert [(fact.kind, fact.args["role"]) for fact in facts(runtime, served)] == [
        (kind, role) for role in roles for kind in ("link_opened", "document_downloaded", "acknowledged")
    ]
    assert {(fact.args["identity"], fact.attempt_id) for fact in facts(runtime, served)} == {
        ("person_number", served.attempt_id)
    }


def test_looking_at_a_paper_with_head_fetches_nothing(browser: "Browser", runtime: Runtime, served: Served) -> None:
    enter(browser, served)
    act(browser, served, "open")
    paper = papers(browser, served)[0]
    assert browser.head(paper, buffered=True).status_code == 200
    assert kinds(runtime, served) == ["link_opened"]


def test_a_paper_is_shown_under_its_title_and_may_do_nothing(browser: "Browser", served: Served) -> None:
    enter(browser, served)
    act(browser, served, "open")
    paper = papers(browser, served)[1]
    shown = browser.look(paper)
    assert shown.mimetype == "application/pdf"
    assert shown.headers["Content-Disposition"].startswith("inline; filename")
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert browser.look(f"{paper}?save=1").headers["Content-Disposition"].startswith("attachment")


def test_papers_cannot_be_read_or_acknowledged_unopened(browser: "Browser", runtime: Runtime, served: Served) -> None:
    enter(browser, served)
    form = hidden(browser.look(f"{served.address}/papers").text, "open")
    answer = browser.post(f"{served.address}/acknowledge", data=form, buffered=True)
    assert answer.status_code == 409
    assert "请先打开文书" in answer.text
    with runtime.reading() as session:
        documents = [str(row) for row in session.scalars(select(ServiceOrder.id))]
    assert browser.look(f"{served.address}/papers/{documents[0]}").status_code == 404
    assert kinds(runtime, served) == []


def test_an_unknown_link_is_not_found_and_says_whom_to_ask(browser: "Browser") -> None:
    for path in ("/e/x", "/e/x/papers"):
        page = browser.look(path)
        assert page.status_code == 404
        assert "12368" in page.text


def test_not_me_needs_no_identity_stops_the_number_and_voids_every_link_to_it(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    sibling = send_link(runtime, Wanted(entry=replace(ENTRY, case_number="（2026）云0102民初1002号")))
    form = hidden(browser.look(served.address).text, "not-me")
    for _ in range(2):
        answer = browser.post(f"{served.address}/not-me", data=form, buffered=True, follow_redirects=True)
        assert answer.status_code == 200
        assert "有人表示不是收件人" in answer.text
    assert kinds(runtime, served) == ["not_me"]
    assert facts(runtime, served)[0].args["role"] == "holder"
    assert browser.look(sibling.address).status_code == 410
    with runtime.reading() as session:
        standing = {row.kind: row.standing for row in session.scalars(select(Address))}
        assert standing == {"mobile": "not_theirs", "postal": "good"}
        assert session.get_one(Attempt, (served.court_id, served.attempt_id)).status == "failed"


def test_not_me_after_the_check_carries_the_role(browser: "Browser", runtime: Runtime, served: Served) -> None:
    enter(browser, served, role="family")
    assert act(browser, served, "not-me").location == served.address
    assert facts(runtime, served)[0].args["role"] == "family"
    assert browser.get_cookie("songda_link", path=served.address) is None


def test_declining_takes_a_reason_and_keeps_the_words_out_of_the_journal(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    enter(browser, served)
    wrong = act(browser, served, "decline", reason="not_our_client")
    assert wrong.status_code == 422
    assert "请选择一个理由" in wrong.text
    answer = act(browser, served, "decline", reason="paper_wanted", note="我看不清手机上的字")
    assert answer.location == f"{served.address}/papers?done=declined"
    act(browser, served, "decline", reason="other")
    (event,) = facts(runtime, served)
    assert (event.kind, event.reason) == ("declined", "paper_wanted")
    assert "看不清" not in event.entry


def test_an_objection_is_structured_and_lies_on_the_desk(browser: "Browser", runtime: Runtime, served: Served) -> None:
    enter(browser, served)
    for fields, words in (
        ({}, "请选择有什么问题"),
        ({"kind": "different_arrival", "at": "soon"}, "请填写日期"),
        ({"kind": "different_arrival", "at": "2026-03-03"}, "这一天还没有到"),
        ({"kind": "other"}, "请写明是什么问题"),
        ({"kind": "other", "note": "x" * 1001}, "最多 1000 个字"),
    ):
        wrong = act(browser, served, "object", **fields)
        assert (wrong.status_code, words in wrong.text) == (422, True)
    for _ in range(2):
        act(browser, served, "object", kind="different_arrival", at="2026-03-01", note="我在外地")
    (event,) = facts(runtime, served)
    assert (event.kind, event.args["objection"], event.args["at"]) == ("objected", "different_arrival", "2026-03-01")
    assert _desk(runtime) == ["objection"]


def test_corrected_papers_are_opened_and_acknowledged_anew(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    enter(browser, served)
    act(browser, served, "open")
    act(browser, served, "acknowledge")
    with runtime.transaction() as session:
        old = documents_of(session, served.court_id, served.order_id)[1]
        content, at = b"%PDF-1.4 corrected", runtime.now()
        replace_document(runtime, session, old, content=content, media_type="application/pdf", by=None, now=at)
    assert 'data-act="open"' in browser.look(f"{served.address}/papers").text
    act(browser, served, "open")
    act(browser, served, "acknowledge")
    assert kinds(runtime, served) == ["link_opened", "acknowledged"] * 2


def test_an_organisation_is_asked_for_its_code(browser: "Browser", runtime: Runtime) -> None:
    entry = replace(ENTRY, recipient_kind="organisation", recipient_name="青河贸易有限公司", identity_number=COMPANY)
    served = send_link(runtime, Wanted(entry=entry))
    page = browser.look(served.address).text
    assert "统一社会信用代码" in page
    assert "法定代表人" in page
    enter(browser, served, digits=COMPANY[-4:].lower())


def test_without_a_number_on_file_the_code_of_the_message_is_asked(browser: "Browser", runtime: Runtime) -> None:
    served = send_link(runtime, Wanted(entry=replace(ENTRY, identity_number="")))
    assert identify(browser, served, "ABCDEFGH").status_code == 422
    enter(browser, served, digits=f"{served.code[:4]}-{served.code[4:].lower()}")


@pytest.mark.parametrize("by", ["code", "client"])
def test_a_firm_comes_in_by_the_code_of_its_mail_or_its_clients_number(
    browser: "Browser", runtime: Runtime, by: str
) -> None:
    entry = replace(ENTRY, firm="青河律师事务所", firm_email="inbox@firm.example", lawyer="周律师")
    served = send_link(runtime, Wanted(entry=entry, channel="email", audience="law_firm"))
    typed = served.code if by == "code" else PERSON[-4:]
    assert identify(browser, served, typed, role="recipient").status_code == 422
    enter(browser, served, digits=typed, role="assistant")
    act(browser, served, "open")
    act(browser, served, "decline", reason="not_our_client")
    assert [(event.kind, event.args["role"]) for event in facts(runtime, served)] == [
        ("link_opened", "assistant"),
        ("declined", "assistant"),
    ]
    assert _desk(runtime) == ["counsel_declined"]


def test_the_pages_speak_english_too(browser: "Browser", served: Served) -> None:
    browser.set_cookie("songda_language", "en")
    assert "Court papers are waiting for you" in browser.look(served.address).text
    enter(browser, served)
    page = browser.look(f"{served.address}/papers").text
    assert "Open the papers" in page
    assert "Qinghe District People" in page


def test_nobody_who_works_here_sees_more_through_a_link(sign_in_as: "SignInAs", served: Served) -> None:
    clerk = sign_in_as()
    page = clerk.look(served.address)
    assert ENTRY.case_number not in page.text
    assert "退出" not in page.text
    assert clerk.look(f"{served.address}/papers").status_code == 303


def _desk(runtime: Runtime) -> list[str]:
    with runtime.reading() as session:
        return list(session.scalars(select(DeskItem.kind).order_by(DeskItem.opened_at)))


def test_days_and_periods_are_named_only_once_the_court_has_concluded(
    browser: "Browser", runtime: Runtime, served: Served
) -> None:
    enter(browser, served)
    effect = {"deadlines": {"answer": "2026-03-19", "dispatch_due": "2026-03-07"}}
    for status, shown in (("open", False), ("concluded", True)):
        with runtime.transaction() as session:
            session.execute(
                update(ServiceOrder).values(
                    status=status, outcome="SERVED", effective_on=runtime.now().date(), effect=effect
                )
            )
        page = browser.look(f"{served.address}/papers").text
        assert ("答辩期限的最后一天：2026-03-19" in page) is shown
        assert ("文书于 2026-03-02 送达" in page) is shown
        assert "2026-03-07" not in page


def test_a_day_of_arrival_may_be_told_in_words(browser: "Browser", runtime: Runtime, served: Served) -> None:
    enter(browser, served)
    act(browser, served, "object", kind="different_arrival", note="上周才收到")
    (fact,) = facts(runtime, served)
    assert "at" not in fact.args
    assert "上周才收到" in fact.detail


def test_pages_run_no_script_and_look_opens_no_session(browser: "Browser", served: Served) -> None:
    for path in (served.address, "/s"):
        page = browser.look(path)
        assert "<script" not in page.text
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "songda_link" not in str(page.headers.getlist("Set-Cookie"))
