"""What people do on the pages, and what becomes of it."""

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.cases import Case, Document
from delivery.store.courts import Court, ProviderState
from delivery.store.desk import DeskItem
from delivery.store.journal import journal_of
from delivery.store.orders import ServiceOrder
from delivery.tasks import run_due
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import PDF, CourtLife


def _order(runtime: Runtime, life: CourtLife, number: int) -> ServiceOrder:
    with runtime.transaction() as session:
        return session.get_one(ServiceOrder, (life.court_id, life.orders[number]))


def _kinds(runtime: Runtime, life: CourtLife, number: int) -> list[str]:
    with runtime.reading() as session:
        return [event.kind for event in journal_of(session, life.court_id, life.orders[number])]


def test_a_clerk_holds_resumes_and_cancels(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.CLERK)
    address = f"/orders/{life.orders[1]}"
    assert browser.send(f"{address}/hold", {"reason": "address_check"}).status_code == 303
    assert "核实地址中" in browser.look(address).text
    assert browser.send(f"{address}/hold", {"reason": "address_check"}).status_code == 409
    assert browser.send(f"{address}/resume").status_code == 303
    refused = browser.send(f"{address}/cancel", {"reason": "because"})
    assert refused.status_code == 422
    assert browser.send(f"{address}/cancel", {"reason": "settled"}).status_code == 303
    assert _order(runtime, life, 1).status == "cancelled"
    page = browser.look(address).text
    assert "经办：周明" in page
    assert _kinds(runtime, life, 1)[-3:] == ["order_held", "order_resumed", "order_cancelled"]


def test_a_hearing_is_moved_in_court_time(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.CLERK)
    case_id = _order(runtime, life, 3).case_id
    assert browser.send(f"/cases/{case_id}/hearing", {"hearing_at": "2026-05-06T09:30"}).status_code == 303
    with runtime.reading() as session:
        hearing_at = session.get_one(Case, (life.court_id, case_id)).hearing_at
        assert hearing_at is not None
        assert hearing_at.isoformat() == "2026-05-06T01:30:00+00:00"
    assert _kinds(runtime, life, 3)[-1] == "hearing_moved"
    assert "2026-05-06 09:30" in browser.look(f"/orders/{life.orders[3]}").text
    assert browser.send(f"/cases/{case_id}/hearing", {"hearing_at": "soon"}).status_code == 422
    past = browser.send(f"/cases/{case_id}/hearing", {"hearing_at": "1926-05-06T09:30"})
    assert (past.status_code, "1926-05-06 09:30" in past.text) == (422, True)
    assert _kinds(runtime, life, 3).count("hearing_moved") == 1


def test_a_papers_bytes_come_and_a_correction_reopens_service(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    browser = sign_in_as(Role.CLERK)
    for number, wanted in ((9, "papers_missing"), (0, "document_replaced")):
        case_id = _order(runtime, life, number).case_id
        with runtime.reading() as session:
            papers = list(session.scalars(select(Document.id).where(Document.case_id == case_id)))
        wrong = {"file": (io.BytesIO(b"MZ program"), "paper.pdf")}
        assert browser.send(f"/cases/{case_id}/papers/{papers[0]}", wrong).status_code == 422
        assert browser.send(f"/cases/{case_id}/papers/{papers[0]}").status_code == 422
        for paper in papers:
            content = PDF.replace(b"%%EOF", b"%new\n%%EOF")
            form = {"file": (io.BytesIO(content), "起诉状.pdf")}
            assert browser.send(f"/cases/{case_id}/papers/{paper}", form).status_code == 303
        if wanted == "papers_missing":
            assert "papers_missing" not in {item.kind for item in _desk(runtime, life, number)}
        else:
            assert wanted in _kinds(runtime, life, number)
            assert _order(runtime, life, number).status == "open"


def _desk(runtime: Runtime, life: CourtLife, number: int) -> Iterable[DeskItem]:
    with runtime.transaction() as session:
        return session.scalars(
            select(DeskItem).where(DeskItem.order_id == life.orders[number], DeskItem.closed_at.is_(None))
        ).all()


def test_only_a_court_officer_confirms_a_deemed_outcome(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    item = next(item for item in _desk(runtime, life, 5) if item.kind == "confirm_outcome")
    clerk, officer = sign_in_as(Role.CLERK), sign_in_as(Role.COURT_OFFICER)
    assert 'value="confirm"' not in clerk.look("/desk?kind=confirm_outcome").text
    form = {"action": "confirm", "reason": "录像为证", "back": "desk", "kind": "confirm_outcome"}
    assert clerk.send(f"/desk/{item.id}", form).status_code == 403
    assert 'value="confirm"' in officer.look("/desk?kind=confirm_outcome").text
    done = officer.send(f"/desk/{item.id}", form)
    assert (done.status_code, done.location) == (303, "/desk?kind=confirm_outcome")
    second = officer.send(f"/desk/{item.id}", form)
    assert second.status_code == 409
    when = runtime.now().astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M")
    assert f"周明 已于 {when} 处理：确认送达" in second.text
    assert 'aria-current="true">全部' not in second.text, "the second one stays among what they were looking at"
    assert f'href="/orders/{life.orders[5]}"' in second.text
    while run_due(runtime, "test"):
        pass
    assert _order(runtime, life, 5).status == "concluded"
    assert "经确认" in officer.look(f"/orders/{life.orders[5]}").text


def test_the_emergency_stop_is_a_leaders_and_everybody_sees_it(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    supervisor, clerk = sign_in_as(Role.SUPERVISOR), sign_in_as(Role.CLERK)
    assert clerk.send("/sending/stop", {"reason": "no"}).status_code == 403
    assert supervisor.send("/sending/stop", {"reason": " "}).status_code == 422
    assert supervisor.send("/sending/stop", {"reason": "模板有误"}).status_code == 303
    assert "停止一切发送" in clerk.look("/orders").text
    assert "模板有误" in clerk.look("/sending").text
    assert supervisor.send("/sending/resume").status_code == 303
    with runtime.reading() as session:
        assert session.get_one(Court, life.court_id).sending_stopped_at is None


def test_a_paused_provider_is_resumed_by_a_leader(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    with runtime.transaction() as session:
        session.add(
            ProviderState(
                court_id=life.court_id, provider="twilio", paused_at=runtime.now(), reason="credentials_refused"
            )
        )
    supervisor = sign_in_as(Role.SUPERVISOR)
    assert "账号或密钥不被接受" in supervisor.look("/providers").text
    assert supervisor.send("/providers/twilio/resume").status_code == 303
    assert supervisor.send("/providers/telegraph/resume").status_code == 404
    assert "账号或密钥不被接受" not in supervisor.look("/providers").text


def test_an_assistants_download_is_never_the_lawyers_receipt(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    browser = sign_in_as(Role.LAW_FIRM, law_firm_id=life.firm_id)
    address = f"/firm/{life.orders[5]}"
    assert browser.look(address).status_code == 200
    assert "link_opened" not in _kinds(runtime, life, 5)
    files = browser.send(f"{address}/papers", {"role": "assistant"})
    assert sorted(zipfile.ZipFile(io.BytesIO(files.data)).namelist()) == ["01 起诉状副本.pdf", "02 传票.pdf"]
    assert browser.send(f"{address}/acknowledge", {"role": "lawyer"}).status_code == 409
    opened = browser.look(address).text
    assert "助理已打开" in opened
    assert f'action="{address}/acknowledge"' in opened
    browser.send(f"{address}/papers", {"role": "lawyer"})
    assert browser.send(f"{address}/acknowledge", {"role": "lawyer"}).status_code == 303
    done = browser.look(address).text
    assert "律师已签收" in done
    assert f'action="{address}/acknowledge"' not in done
    with runtime.reading() as session:
        roles = [
            (event.kind, event.args["role"])
            for event in journal_of(session, life.court_id, life.orders[5])
            if event.kind in {"link_opened", "acknowledged"}
        ]
    assert roles == [("link_opened", "assistant"), ("link_opened", "lawyer"), ("acknowledged", "lawyer")]


def test_a_docket_comes_in_with_its_errors_and_their_cures(runtime: Runtime, sign_in_as: SignInAs) -> None:
    browser = sign_in_as(Role.CLERK)
    rows = (
        "案号,案由,程序,立案日期,送达文书,受送达人,诉讼地位,类型,手机",
        "（2026）云0102民初901号,买卖合同纠纷,普通程序,2026-02-27,起诉状副本,温如言,被告,自然人,13900109010",
        "（2026）云0102民初902号,买卖合同纠纷,普通程序,2026-02-27,起诉状副本,=cmd,被告,自然人,95588",
    )
    form = {"docket": (io.BytesIO("\n".join(rows).encode("gb18030")), "三月.csv")}
    answer = browser.send("/imports", form)
    assert answer.status_code == 303
    while run_due(runtime, "test"):
        pass
    page = browser.look(answer.location).text
    assert "三月.csv" in page
    assert "95588" in page
    table = browser.look(f"{answer.location}/problems.csv").data.decode("utf-8-sig")
    assert re.search(r"^3,手机,95588,", table, re.MULTILINE)
    assert browser.look(f"{answer.location}/progress").headers["HX-Refresh"] == "true"
    assert "温如言" in browser.look("/orders?q=温如言").text
    assert browser.send("/imports").status_code == 422
    refused = browser.send("/imports", {"docket": (io.BytesIO(b"PK not a table"), "x.xlsx")})
    assert "未接受" in browser.look(refused.location).text


def test_a_docket_that_comes_again_offers_what_has_changed(runtime: Runtime, sign_in_as: SignInAs) -> None:
    clerk = sign_in_as(Role.CLERK)
    heading = "案号,案由,程序,立案日期,开庭时间,送达文书,受送达人,诉讼地位,类型,手机"
    one = "（2026）云0102民初901号,买卖合同纠纷,普通程序,2026-02-27,{},传票,{},被告,自然人,{}"

    def bring(browser: Browser, *rows: str, **more: str) -> str:
        docket = "\n".join((heading, *rows)).encode("gb18030")
        answer = browser.send("/imports", {"docket": (io.BytesIO(docket), "三月.csv"), **more})
        while run_due(runtime, "test"):
            pass
        return answer.location

    bring(clerk, one.format("2026-04-08 09:30", "温如言", "13900109010"))
    changed = bring(clerk, one.format("2026-04-20 14:00", "温如言", "13900109011"))

    page = clerk.look(changed).text
    assert "2026-04-08 09:30" in page
    assert "2026-04-20 14:00" in page
    assert "+8613900109011" in page
    assert f"{changed}#differences" in clerk.look("/desk").text
    for _ in range(2):
        assert clerk.send(f"{changed}/differences", {"action": "apply", "field": "hearing_at"}).status_code == 303
    with runtime.reading() as session:
        case = session.scalars(select(Case).where(Case.number == "（2026）云0102民初901号")).one()
        assert case.hearing_at == datetime(2026, 4, 20, 6, 0, tzinfo=UTC)
    assert f"{changed}#differences" not in clerk.look("/desk").text
    assert clerk.send(f"{changed}/differences", {"action": "apply", "difference": "x"}).status_code == 404

    dispatcher = sign_in_as(Role.DISPATCHER)
    again = bring(dispatcher, one.format("2026-04-21 14:00", "温如言", "13900109011"), moves_hearings="yes")
    with runtime.reading() as session:
        case = session.scalars(select(Case).where(Case.number == "（2026）云0102民初901号")).one()
        assert case.hearing_at == datetime(2026, 4, 20, 6, 0, tzinfo=UTC), "a dispatcher moves no hearing"
    assert dispatcher.send(f"{again}/differences", {"action": "apply", "field": "hearing_at"}).status_code == 403
