"""What happens to phones and people besides a dead line: found phones, hasty thumbs, the back button, a wrong clock."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from delivery.field_devices import revoke
from delivery.field_packets import number_packets
from delivery.store.evidence import Evidence
from delivery.store.field import FieldDevice
from tests.delivery.web.court_life import CourtLife
from tests.infrastructure.waiting import until
from tests.mobile_upload.street import Street, all_safe, from_files, picture, prefetched, shoot, stored, street

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# What lies on the phone does not depend on the court's database.
ENGINES = ("sqlite",)


@pytest.fixture
def town(life: CourtLife, chromium: "Browser", tmp_path: Path) -> Iterator[Street]:
    """The court's streets."""
    with street(life, chromium, tmp_path) as found:
        yield found


def phones(town: Street) -> list[FieldDevice]:
    with town.runtime.reading() as session:
        found = list(session.scalars(select(FieldDevice).order_by(FieldDevice.enrolled_at)))
        session.expunge_all()
        return found


def leave_unsafe(page: "Page", visit: object) -> None:
    page.click(f"[data-visit='{visit}'] a.whole")
    page.click("#unsafe")
    page.wait_for_selector(f"[data-visit='{visit}'][data-step=left]")


def test_a_found_phone_is_enrolled_anew_and_what_its_old_key_signed_stays_in_doubt(town: Street) -> None:
    visit, other = town.doors["in_person"]
    with town.phone() as context:
        page = context.pages[0]
        town.sign_in(page)
        prefetched(page)
        context.set_offline(offline=True)
        leave_unsafe(page, visit)
        device = phones(town)[0]
        with town.runtime.transaction() as session:
            machine = town.runtime.machine_now()
            revoke(session, town.court_id, device.id, by=device.account_id, now=machine, machine_now=machine)
        context.set_offline(offline=False)
        page.wait_for_selector("#sign-in")
        town.sign_in(page, until="#revoked")
        assert not page.is_visible(".card.visit")
        page.click("#enrol-anew")
        page.wait_for_selector(".card.visit")
        assert not page.is_visible("#revoked")
        all_safe(page, 1)
        leave_unsafe(page, other)
        all_safe(page, 2)
        doubts = {record["visit"]: record["doubts"] for record in stored(page, "records")}
        page.click("a[href='#/settings']")
        page.fill("#device-name", "找回的手机")
        page.click("#rename")
        page.wait_for_selector(".toast.good")
        page.click("[data-language=en]")
        page.click("#my-photos:has-text('My photos')")
        page.wait_for_url("**/photos/mine")
        assert page.get_attribute("html", "lang") == "en"
    assert doubts == {str(visit): ["device_revoked"], str(other): []}
    old, new = phones(town)
    assert (old.revoked_at is None, new.revoked_at is None) == (False, True)
    assert new.name == "找回的手机" != old.name


def test_a_second_tap_and_the_back_button_do_nothing_twice_and_lose_nothing(town: Street) -> None:
    with town.runtime.transaction() as session:
        number_packets(session, town.court_id, town.runtime.now())
    visit, other = town.doors["in_person"]
    with town.phone() as context:
        page = context.pages[0]
        town.sign_in(page)
        context.set_offline(offline=True)
        page.evaluate("location.hash = '#/hand-in'")
        page.dblclick(".packet-row >> nth=0")
        page.wait_for_selector(".packet-row:disabled")
        page.evaluate("location.hash = '#/'")
        page.click(f"[data-visit='{other}'] a.whole")
        page.dblclick("#unsafe")
        page.wait_for_selector(f"[data-visit='{other}'][data-step=left]")

        page.click(f"[data-visit='{visit}'] a.whole")
        page.click("[data-situation=handed_over]")
        page.wait_for_selector(".overlay[data-ready]")
        page.go_back()
        page.wait_for_selector(f"[data-visit='{visit}'][data-step=begun]")
        assert not page.is_visible(".overlay")
        page.click(f"[data-visit='{visit}'] a.whole")
        page.click("[data-take=receipt]")
        shoot(page, "receipt")
        page.wait_for_selector(".overlay", state="detached")
        page.evaluate(QUICK_ANSWERS)
        page.wait_for_selector("#close-visit[data-complete=true]")
        speak(context, town, "en")
        page.wait_for_selector("#close-visit:has-text('Close')")
        page.dblclick("#close-visit")
        page.wait_for_selector(f"[data-visit='{visit}'][data-step=done]")
        assert page.evaluate(CLOSED_BY_ANOTHER_TAB, str(visit)) is None
        records = stored(page, "records")
    assert sorted(record["kind"] for record in records) == ["hand_in", "report", "unsafe"]
    report = json.loads(next(record["text"] for record in records if record["kind"] == "report"))["report"]
    assert (report["signer"]["role"], report["signer"]["id_checked"]) == ("named_collector", True)


# Two answers in one breath, faster than the disk.
QUICK_ANSWERS = """() => {
    document.querySelector("[data-fact='signer.role'][data-value=named_collector]").click();
    document.querySelector("[data-fact='signer.id_checked'][data-value=true]").click();
}"""


# What another tab does that drew the visit before this one closed it.
CLOSED_BY_ANOTHER_TAB = """async (visit) => {
    const module = (name) => import(document.querySelector("script").src.replace("app.js", name));
    const [chain, session] = await Promise.all(["chain.js", "session.js"].map(module));
    const { account_id: account } = await session.remembered();
    return chain.append(account, "report", { visit, report: { result: "signed" } }, visit);
}"""


def speak(context: "BrowserContext", town: Street, language: str) -> None:
    """Another tab of the same phone changes the language while this one is at the door."""
    context.set_offline(offline=False)
    tab = context.new_page()
    tab.goto(f"{town.address}/field/#/settings")
    tab.click(f"[data-language={language}]")
    tab.wait_for_selector("html[lang=en]")
    context.set_offline(offline=True)
    tab.close()


def is_cut(page: "Page", town: Street) -> bool:
    page.wait_for_timeout(30)  # the browser goes on meanwhile
    return town.line.cuts_made == 1


def test_a_server_that_fails_and_a_page_that_is_opened_anew_while_sending_lose_nothing(town: Street) -> None:
    visit = town.doors["in_person"][0]
    with town.phone() as context:
        page = context.pages[0]
        town.sign_in(page)
        prefetched(page)
        context.route("**/field/api/records", lambda route: route.fulfill(status=500, body="broken"))
        photo = picture(7, (1600, 1200))
        town.line.cut_after([len(photo) - 50_000])
        page.click(f"[data-visit='{visit}'] a.whole")
        page.click("[data-situation=nobody_home]")
        page.wait_for_selector(".overlay[data-ready]")
        from_files(page, photo)
        page.wait_for_selector(f"[data-visit='{visit}'][data-step=done]")
        page.wait_for_function("() => document.querySelector('#safety').dataset.tone === 'warn'")
        until(lambda: is_cut(page, town), seconds=30)
        town.line.dead = True
        page.click("a[href='#/out']")
        page.wait_for_selector("progress")
        page.reload()
        page.wait_for_selector("progress")
        context.unroute("**/field/api/records")
        town.line.dead = False
        page.evaluate("() => dispatchEvent(new Event('online'))")
        all_safe(page, 2)
        page.evaluate("location.hash = '#/'")
        page.evaluate(WITH_A_TICKET_OF_NOBODY, str(visit))
        page.wait_for_selector("#safety[data-tone=bad]")
        page.click("a[href='#/out']")
        page.wait_for_selector(".note.bad:has-text('任务凭据')")
        told = stored(page, "captures")
    with town.runtime.reading() as session:
        kept = [one.sha256 for one in session.scalars(select(Evidence).where(Evidence.court_id == town.court_id))]
    assert kept == [one["sha256"] for one in told if one["state"] == "safe"]


WITH_A_TICKET_OF_NOBODY = """async (visit) => {
    const module = (name) => import(document.querySelector("script").src.replace("app.js", name));
    const [session, captures, sending] = await Promise.all(["session.js", "captures.js", "sending.js"].map(module));
    const { account_id: account } = await session.remembered();
    const blob = new Blob([new Uint8Array(60000)], { type: "image/jpeg" });
    await captures.keep(account, blob, { visit, ticket: "t1.x", role: "wide", mode: "in_page", ...captures.shutter() });
    await sending.drain();
}"""


def test_a_phone_whose_clock_is_a_day_ahead_dates_by_the_courts_clock(town: Street) -> None:
    visit = town.doors["in_person"][0]
    now = datetime.now(UTC)
    with town.phone() as context:
        page = context.pages[0]
        page.clock.set_fixed_time(now + timedelta(days=1))
        town.sign_in(page)
        page.click(f"[data-visit='{visit}'] a.whole")
        page.click("[data-situation=handed_over]")
        page.wait_for_selector(".overlay[data-ready]")
        from_files(page, picture(8, (640, 480)))
        page.wait_for_selector(".overlay", state="detached")
        page.click("[data-fact='signer.id_checked'][data-value=true]")
        page.click("#close-visit")
        page.wait_for_selector(f"[data-visit='{visit}'][data-step=done]")
        all_safe(page, 2)
        record = stored(page, "records")[0]
        local = page.evaluate("(at) => new Date(at).toLocaleDateString('sv')", now.isoformat())
    told = json.loads(record["text"])
    assert told["report"]["signed_on"] == local
    assert abs(datetime.fromisoformat(told["report"]["at"]) - now) < timedelta(minutes=10)
    assert not set(record["doubts"]) & {"ticket_expired", "ticket_late", "report_malformed"}
