"""The field server's page in a real browser: what must survive a dead line, a closed tab and a full phone."""

import hashlib
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from delivery.noticing import mint_pads
from delivery.store.evidence import Evidence
from delivery.store.field import FieldCapture, FieldRecord
from delivery.store.notices import Notice
from delivery.store.orders import Attempt
from tests.delivery.web.court_life import CourtLife
from tests.mobile_upload.door_film import door_film
from tests.mobile_upload.street import (
    PASSWORD,
    Street,
    all_safe,
    film,
    from_files,
    picture,
    prefetched,
    shoot,
    stored,
    street,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# What lies on the phone does not depend on the court's database.
ENGINES = ("sqlite",)
# In full twenty: tools/soak.py phone.
MEGABYTE = 1024 * 1024
CUTS = int(os.environ.get("CUTS", "3"))
# Three records and a picture at once, as fast as the phone takes them.
APPEND_THREE = """async () => {
    const module = (name) => import(document.querySelector("script").src.replace("app.js", name));
    const [chain, session, captures] = await Promise.all(["chain.js", "session.js", "captures.js"].map(module));
    const { account_id: account } = await session.remembered();
    const [{ visit, ticket }] = (await session.dayHere()).visits;
    const blob = new Blob([crypto.getRandomValues(new Uint8Array(60000))], { type: "image/jpeg" });
    const about = { visit, ticket, role: "other", mode: "in_page", ...captures.shutter() };
    await Promise.all([
        captures.keep(account, blob, about),
        ...[1, 2, 3].map(() => chain.append(account, "unsafe", { visit: null })),
    ]);
}"""


@pytest.fixture
def town(life: CourtLife, chromium: "Browser", tmp_path: Path) -> Iterator[Street]:
    """The court's streets."""
    with street(life, chromium, tmp_path) as found:
        yield found


def rows(town: Street, kind: Any) -> list[Any]:  # noqa: ANN401 -- any table
    with town.runtime.reading() as session:
        found = list(session.scalars(select(kind).where(kind.court_id == town.court_id).order_by(kind.id)))
        session.expunge_all()
        return found


def post_with_pair(page: "Page", visit: object) -> int:
    """Post a notice with its two photographs, from the list on; returns how many taps it took."""
    page.click(f"[data-visit='{visit}'] a.whole")
    page.click("[data-situation=posting]")
    shoot(page, "near")
    shoot(page, "wide")
    page.wait_for_selector(".overlay", state="detached")
    page.click("#close-visit")
    page.wait_for_selector(f"[data-visit='{visit}'][data-step=done]")
    return 5


def check_everything_came_once(town: Street, told: list[dict[str, Any]]) -> None:
    """Each capture that the phone kept is one piece of evidence with the same bytes, named by one record."""
    evidence = rows(town, Evidence)
    digests = sorted(one.sha256 for one in evidence)
    for capture in told:
        assert digests.count(capture["sha256"]) == 1, capture["role"]
        kept = next(one for one in evidence if one.sha256 == capture["sha256"])
        content = town.runtime.blobs.get(town.court_id, kept.sha256)
        assert hashlib.sha256(content).hexdigest() == capture["sha256"]
        assert len(content) == capture["size"]
    named = [one.sha256 for one in rows(town, FieldCapture)]
    assert sorted(named) == sorted(one["sha256"] for one in told)


def test_a_posting_made_without_signal_survives_the_closed_browser(town: Street) -> None:
    visit = town.doors["posting"][0]
    with town.phone() as context:
        page = context.pages[0]
        town.sign_in(page)
        prefetched(page)
        context.set_offline(offline=True)
        page.click(f"[data-visit='{visit}'] a.whole")
        page.click("[data-situation=posting]")
        shoot(page, "near")
        shoot(page, "wide")
        page.wait_for_selector(".overlay", state="detached")
        page.click("[data-take=video]")
        film(page)
        page.click("#close-visit")
        page.wait_for_selector(f"[data-visit='{visit}'][data-step=done] [data-state=only_here]")
        before = stored(page, "captures")
        assert [one["role"] for one in sorted(before, key=lambda one: one["shutter_at"])] == ["near", "wide", "video"]
        assert all(one["samples"] and one["position_state"] == "ok" for one in before)
    assert rows(town, FieldRecord) == []
    with town.phone(offline=True) as context:
        page = context.pages[0]
        page.goto(f"{town.address}/field/")
        page.wait_for_selector("#safety[data-tone=warn]:has-text('4')")
        page.wait_for_selector(f"[data-visit='{visit}'][data-step=done]")
        context.set_offline(offline=False)
        all_safe(page, 4)
        after = stored(page, "captures")
        record = stored(page, "records")[0]
    assert {one["sha256"] for one in after} == {one["sha256"] for one in before}
    assert all(one["receipt"] for one in after)
    assert record["receipt"]
    assert record["doubts"] == []
    check_everything_came_once(town, before)
    with town.runtime.reading() as session:
        assert session.get_one(Attempt, (town.court_id, visit)).status != "planned"


@pytest.fixture
def mortal_town(life: CourtLife, chromium: "Browser", tmp_path: Path) -> Iterator[Street]:
    """The court's streets, with a server that can be killed."""
    with street(life, chromium, tmp_path, mortal=True) as found:
        yield found


def test_a_line_that_breaks_anywhere_and_a_server_that_is_killed_lose_and_double_nothing(mortal_town: Street) -> None:
    town, visit = mortal_town, mortal_town.doors["in_person"][0]
    chance = random.Random(5)  # noqa: S311 -- anywhere, but the same tomorrow
    photo = picture(1)
    with town.phone() as context:
        page = context.pages[0]
        town.sign_in(page)
        context.set_offline(offline=True)
        page.click(f"[data-visit='{visit}'] a.whole")
        page.click("[data-situation=handed_over]")
        page.wait_for_selector(".overlay[data-ready]")
        from_files(page, photo)
        page.wait_for_selector(".overlay", state="detached")
        page.click("[data-fact='signer.id_checked'][data-value=true]")
        page.click("#close-visit")
        page.wait_for_selector(f"[data-visit='{visit}'][data-step=done] [data-state=only_here]")
        town.line.cut_after((chance.randrange(2_000, len(photo)) for _ in range(CUTS)), then_dead=True)
        context.set_offline(offline=False)
        for deaths in range(1, CUTS + 1):
            while town.line.cuts_made < deaths:
                page.wait_for_timeout(30)
                page.evaluate("() => dispatchEvent(new Event('online'))")
            if deaths % 3 == 0:
                town.serve()
        context.clear_cookies()  # the session ends while there is no signal
        town.line.dead = False
        page.evaluate("() => dispatchEvent(new Event('online'))")
        page.wait_for_selector("#sign-in")
        town.sign_in(page)
        all_safe(page, 2)
        told = stored(page, "captures")
    assert told[0]["sha256"] == hashlib.sha256(photo).hexdigest()
    assert told[0]["mode"] == "file_input"
    check_everything_came_once(town, told)
    assert len(rows(town, FieldRecord)) == 1


def test_two_tabs_make_one_chain_and_send_nothing_twice(town: Street) -> None:
    with town.phone() as context:
        one = context.pages[0]
        town.sign_in(one)
        other = context.new_page()
        other.goto(f"{town.address}/field/")
        other.wait_for_selector(".card.visit")
        context.set_offline(offline=True)
        for page in (one, other):
            page.evaluate(f"() => {{ window.pending = ({APPEND_THREE})(); }}")
        for page in (one, other):
            page.evaluate("() => window.pending")
        context.set_offline(offline=False)
        all_safe(one, 8)
        told, pictures = stored(one, "records"), stored(one, "captures")
    records = sorted(told, key=lambda record: int(record["seq"]))
    assert [record["seq"] for record in records] == list(range(1, 7))
    digests = [hashlib.sha256(record["text"].encode()).hexdigest() for record in records]
    assert [json.loads(record["text"])["prev"] for record in records] == ["0" * 64, *digests[:-1]]
    assert sorted(row.seq for row in rows(town, FieldRecord)) == list(range(1, 7))
    assert not {doubt for record in records for doubt in record["doubts"]} & {"chain_broken", "number_twice", "gap"}
    assert sorted(one.sha256 for one in rows(town, Evidence)) == sorted(one["sha256"] for one in pictures)


FULL = "() => { IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
FULL_ONCE = """() => {
    const add = IDBObjectStore.prototype.add;
    IDBObjectStore.prototype.add = () => {
        IDBObjectStore.prototype.add = add;
        throw new DOMException("full", "QuotaExceededError");
    };
}"""


def test_a_full_phone_says_so_in_time_and_calls_nothing_kept_that_is_not(town: Street) -> None:
    with town.phone() as context:
        page = context.pages[0]
        town.sign_in(page)
        protocol = context.new_cdp_session(page)
        protocol.send("Storage.overrideQuotaForOrigin", {"origin": town.address, "quotaSize": 80 * MEGABYTE})
        page.reload()
        page.wait_for_selector("#room.warn")
        page.click(f"[data-visit='{town.doors['posting'][0]}'] a.whole")
        page.click("[data-situation=posting]")
        page.evaluate(FULL_ONCE)
        shoot(page, "near")  # the room that was held back for it is let go
        page.wait_for_selector(".overlay[data-ready][data-role=wide]")
        page.click("#camera-close")
        page.click("[data-take=video]")
        page.wait_for_selector(".overlay[data-ready][data-role=video]")
        page.wait_for_function("() => document.querySelector('.overlay video').videoWidth > 0")
        page.click("#shutter")
        page.wait_for_selector(".toast.bad:has-text('不能录像')")
        page.click("#camera-close")
        page.evaluate(FULL)
        page.click("[data-take=wide]")
        shoot(page, "wide")
        page.wait_for_selector(".toast.bad:has-text('没有保存')")
        assert page.is_visible(".overlay[data-role=wide]")
        assert [one["role"] for one in stored(page, "captures")] == ["near"]
        page.click("#camera-close")
        page.wait_for_selector("#lacks")


def test_neither_camera_nor_place_and_the_visit_is_made_all_the_same(town: Street) -> None:
    visit = town.doors["in_person"][0]
    with town.phone(allowed=[]) as context:
        page = context.pages[0]
        town.sign_in(page)
        page.click(f"[data-visit='{visit}'] a.whole")
        page.click("[data-situation=nobody_home]")
        page.wait_for_selector(".overlay.none")
        page.wait_for_timeout(300)
        from_files(page, picture(2, (64, 48)))
        page.wait_for_selector(f"[data-visit='{visit}'][data-step=done]")
        all_safe(page, 2)
        capture = stored(page, "captures")[0]
    assert capture["mode"] == "file_input"
    assert capture["position_state"] == "denied"
    assert capture["samples"] == []


def test_going_out_with_something_unsent_is_warned_and_somebody_else_never_sends_it(town: Street) -> None:
    visit = town.doors["in_person"][0]
    with town.phone() as context:
        page = context.pages[0]
        town.sign_in(page)
        prefetched(page)
        town.line.dead = True
        town.line.cut_now()
        page.click(f"[data-visit='{visit}'] a.whole")
        page.click("#unsafe")
        page.wait_for_selector(f"[data-visit='{visit}'][data-step=left]")
        page.click("a[href='#/settings']")
        page.click("#sign-out")
        page.wait_for_selector("dialog[open]:has-text('1')")
        town.line.dead = False
        page.evaluate(
            "navigator.locks.request('songda-send', () => new Promise((done) => { window.hold = done; }))  && 0"
        )
        page.click("#sign-out-anyway")
        page.wait_for_url("**/sign-in**")
        assert [one["state"] for one in stored(page, "records")] != ["safe"]
        page.fill("[name=login]", "li")
        page.fill("[name=password]", PASSWORD)
        page.click("button.main-act")
        page.wait_for_selector(".card.visit")
        page.wait_for_selector(".banner.warn:has-text('其他账号')")
        assert not page.is_visible(f"[data-visit='{visit}']")
        page.click("a[href='#/settings']")
        page.click("#sign-out")
        page.wait_for_url("**/sign-in**")
        assert rows(town, FieldRecord) == []
        town.sign_in(page)
        all_safe(page, 1)
    assert [one.kind for one in rows(town, FieldRecord)] == ["unsafe"]


def _bind_and_post(page: "Page", visit: object) -> None:
    page.evaluate("(visit) => { location.hash = `#/sheet/${visit}`; }", str(visit))
    page.wait_for_selector("#scan-frame .tick.good, .card.met code")
    page.wait_for_selector(".card.met code")
    page.evaluate("() => { location.hash = '#/'; }")
    post_with_pair(page, visit)


def test_a_sheet_bound_twice_without_signal_is_refused_the_second_time_and_all_pictures_stay(
    town: Street, tmp_path: Path
) -> None:
    with town.runtime.transaction() as session:
        mint_pads(session, town.court_id, 1, by=None, now=town.runtime.now())
        letters = session.scalars(select(Notice).where(Notice.court_id == town.court_id)).one().code
    camera = door_film(tmp_path / "door.mjpeg", f"https://court.example/n/{letters}")
    with town.phone("one", camera=camera) as one, town.phone("two", camera=camera) as two:
        for context, visit in zip((one, two), town.doors["posting"], strict=True):
            page = context.pages[0]
            town.sign_in(page)
            prefetched(page)
            context.set_offline(offline=True)
            _bind_and_post(page, visit)
        for context in (one, two):
            context.set_offline(offline=False)
            all_safe(context.pages[0], 4)
        doubts = [
            [one for record in stored(context.pages[0], "records") for one in record["doubts"]]
            for context in (one, two)
        ]
        near = [capture for context in (one, two) for capture in stored(context.pages[0], "captures")]
    assert "sheet_refused" not in doubts[0]
    assert "sheet_refused" in doubts[1]
    assert all(
        capture["codes"] == [f"https://court.example/n/{letters}"] for capture in near if capture["role"] == "near"
    )
    # The film stands still, so all four pictures are the same bytes: each is kept as a proof of its own.
    assert sorted(one.kind for one in rows(town, Evidence)) == ["capture_near"] * 2 + ["capture_wide"] * 2
    assert len(rows(town, FieldCapture)) == len(near) == 4
