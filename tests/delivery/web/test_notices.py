"""Sheets for doors in the browser: printed by the court, scanned by whoever passes, opened by nobody but the party."""

from datetime import timedelta
from uuid import UUID

import pypdfium2
import zxingcpp
from sqlalchemy import func, select

from delivery.domain.event import Channel
from delivery.message_checking import WRONG_CODES
from delivery.noticing import bind_pad
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.accounts import SignInTry
from delivery.store.cases import Case
from delivery.store.desk import DeskItem
from delivery.store.ids import new_id
from delivery.store.journal import DeliveryEvent
from delivery.store.links import ServiceLink
from delivery.store.notices import Notice
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.parties import Party
from tests.delivery.served_links import ENTRY, Served, Wanted, send_link
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.link_forms import enter, hidden

SECRETS = (ENTRY.case_number, ENTRY.cause, ENTRY.recipient_name, "传票", "起诉状")


def _plan(runtime: Runtime, served: Served, channel: Channel) -> UUID:
    with runtime.transaction() as session:
        attempt = Attempt(
            court_id=served.court_id, id=new_id(), order_id=served.order_id, tier="visit", channel=channel,
            purpose="hand_over", idempotency_key=channel, status="planned", planned_at=runtime.now(),
        )  # fmt: skip
        session.add(attempt)
        return attempt.id


def _facts(runtime: Runtime) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(DeliveryEvent)) or 0


def _codes(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    found = [zxingcpp.read_barcodes(page.render(scale=2).to_pil())[0].text for page in document]
    document.close()
    return found


def _print(clerk: Browser, *visits: UUID) -> list[str]:
    """The paths of the codes on the printed pages."""
    answer = clerk.send("/notices/print", {"visit": [str(visit) for visit in visits]})
    assert answer.status_code == 303
    shown = clerk.look(answer.location)
    assert (shown.mimetype, shown.status_code) == ("application/pdf", 200)
    return [code.removeprefix("http://127.0.0.1:8100") for code in _codes(shown.data)]


def test_a_printed_code_leads_the_recipient_through_the_identity_check_to_the_papers(
    browser: Browser, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    served = send_link(runtime)
    clerk = sign_in_as(Role.CLERK)
    visit = _plan(runtime, served, Channel.IN_PERSON)
    (path,) = _print(clerk, visit)
    assert _print(clerk, visit) == [path]
    assert "已打印" in clerk.look("/notices").text

    before = _facts(runtime)
    for address in (path, path.lower()):
        page = browser.look(address)
        assert page.status_code == 200
        assert "云州市青河区人民法院" in page.text
        assert [secret for secret in SECRETS if secret in page.text] == []
    token = path.removeprefix("/n/")
    posted = Served(token, "", served.court_id, served.order_id, served.link_id, served.attempt_id)
    cover = browser.look(posted.address).text
    assert f'href="{posted.address}"' in page.text
    assert 'data-act="not-me"' not in cover
    assert _facts(runtime) == before, "a scan opens nothing"

    form = hidden(cover, "identity")
    answer = browser.post(f"{posted.address}/not-me", data=form, buffered=True)
    assert answer.location == posted.address
    with runtime.reading() as session:
        link = session.scalars(select(ServiceLink).where(ServiceLink.audience == "notice")).one()
        assert link.revoked_at is None, "whoever passes ends nothing"
    enter(browser, posted)
    papers = browser.look(f"{posted.address}/papers").text
    assert "传票" in papers
    browser.post(f"{posted.address}/open", data=hidden(papers, "open"), buffered=True)
    opened = browser.look(f"{posted.address}/papers").text
    browser.post(f"{posted.address}/acknowledge", data=hidden(opened, "acknowledge"), buffered=True)
    with runtime.reading() as session:
        kinds = list(session.scalars(select(DeskItem.kind).where(DeskItem.order_id == served.order_id)))
        assert kinds == ["acknowledged_behind_notice"], "it answers no message, so a person goes on from there"


def test_a_code_that_is_over_or_not_ours_shows_nothing(
    browser: Browser, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    served = send_link(runtime)
    clerk = sign_in_as(Role.CLERK)
    (path,) = _print(clerk, _plan(runtime, served, Channel.IN_PERSON))
    clerk.send(f"/orders/{served.order_id}/cancel", {"reason": "settled"})

    page = browser.look(path)
    assert page.status_code == 410
    assert "已作废" in page.text
    with runtime.transaction() as session:
        notice = session.scalars(select(Notice)).one()
        notice.state, notice.expires_at = "minted", runtime.now() - timedelta(days=1)
    page = browser.look(path)
    assert (page.status_code, "已过期" in page.text) == (410, True)
    assert [secret for secret in SECRETS if secret in page.text] == []

    unknown = f"/n/{path[3:-1]}{'0' if path[-1] != '0' else '1'}"
    for _ in range(WRONG_CODES):
        assert browser.look(unknown).status_code == 404
    assert browser.head(unknown).status_code == 429
    assert browser.look(path).status_code == 429, "who guesses is not told of good codes either"
    with runtime.reading() as session:
        assert (session.scalar(select(func.count()).select_from(SignInTry)) or 0) >= WRONG_CODES


def test_pads_are_made_printed_bound_and_voided(browser: Browser, runtime: Runtime, sign_in_as: SignInAs) -> None:
    served = send_link(runtime, Wanted())
    clerk = sign_in_as(Role.DISPATCHER)
    assert clerk.send("/notices/pads", {"count": "0"}).status_code == 422
    made = clerk.send("/notices/pads", {"count": "2"})
    first, second = (code.removeprefix("http://127.0.0.1:8100") for code in _codes(clerk.look(made.location).data))
    assert "还没有登记" in browser.look(first).text
    visit = _plan(runtime, served, Channel.POSTING)
    with runtime.transaction() as session:
        mine = session.get_one(Attempt, (served.court_id, visit))
        bind_pad(
            session, served.court_id, first.removeprefix("/n/"), mine, record_id=new_id(), by=None, now=runtime.now()
        )
    assert "去核对身份" in browser.look(first).text
    with runtime.transaction() as session:  # nobody could prove who asks
        session.scalars(select(Notice).where(Notice.number == 1)).one().link_id = None
    assert "携带身份证件" in browser.look(first).text

    assert clerk.send(f"{made.location}/lost").status_code == 303
    assert "已作废 1 张" in clerk.look("/notices?void=1").text
    assert browser.look(second).status_code == 410
    assert clerk.look(made.location).status_code == 404, "nothing of it is left to print"


def test_a_public_notice_is_written_before_it_is_printed(runtime: Runtime, sign_in_as: SignInAs) -> None:
    served = send_link(runtime)
    clerk = sign_in_as(Role.CLERK)
    visit = _plan(runtime, served, Channel.PUBLICATION)
    assert clerk.send("/notices/print", {"visit": str(visit)}).status_code == 422
    text = f"/notices/visits/{visit}/text"
    page = clerk.look(text).text
    assert "还没有排期" in page
    words = {"reason": "下落不明", "claim_points": "请求支付货款", "hearing_place": "第一法庭"}
    assert clerk.send(text, words).status_code == 422, "a summons needs its hearing"
    with runtime.transaction() as session:
        order = session.get_one(ServiceOrder, (served.court_id, served.order_id))
        session.get_one(Case, (served.court_id, order.case_id)).hearing_at = runtime.now() + timedelta(days=70)
    missing = clerk.send(text, {**words, "claim_points": " "})
    assert (missing.status_code, "请填写此项" in missing.text) == (422, True)

    answer = clerk.send(text, words)
    (first,) = _codes(clerk.look(answer.location).data)
    assert "请求支付货款" in clerk.look(text).text
    assert [f"http://127.0.0.1:8100{path}" for path in _print(clerk, visit)] == [first]
    clerk.send(text, {**words, "reason": "迁址"})
    with runtime.reading() as session:
        assert [(one.state, one.reason) for one in session.scalars(select(Notice).order_by(Notice.id))] == [
            ("cancelled", "printed_anew"),
            ("minted", ""),
        ]
    assert sign_in_as(Role.DISPATCHER).send(text, words).status_code == 403


def test_a_name_that_cannot_be_printed_is_said(runtime: Runtime, sign_in_as: SignInAs) -> None:
    served = send_link(runtime)
    clerk = sign_in_as(Role.CLERK)
    visit = _plan(runtime, served, Channel.IN_PERSON)
    with runtime.transaction() as session:
        for party in session.scalars(select(Party)):
            party.name = "𠮷田"
    page = clerk.look(clerk.send("/notices/print", {"visit": str(visit)}).location)
    assert (page.status_code, "U+20BB7" in page.text) == (422, True)
