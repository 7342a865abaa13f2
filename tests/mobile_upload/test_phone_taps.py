"""How many taps the commonest acts of a field server take, counted by the browser itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from delivery.field_packets import number_packets
from tests.delivery.web.court_life import CourtLife
from tests.mobile_upload.street import Street, film, shoot, street

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ENGINES = ("sqlite",)
SMALLEST_TARGET = 48
# What a person's finger does; what the page does to itself is not trusted and does not count.
_COUNT = """() => {
    window.taps = 0;
    document.addEventListener("click", (event) => { window.taps += event.isTrusted ? 1 : 0; }, true);
}"""
_TOO_SMALL = f"""() => [...document.querySelectorAll("a, button, input:not([hidden]), summary")]
    .map((one) => [one.textContent.trim() || one.id, one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && (box.height < {SMALLEST_TARGET} || box.width < {SMALLEST_TARGET}))
    .map(([text, box]) => `${{text}} ${{box.width}}x${{box.height}}`)"""


@pytest.fixture
def town(life: CourtLife, chromium: "Browser", tmp_path: Path) -> Iterator[Street]:
    """The court's streets, with a packet for each door."""
    with street(life, chromium, tmp_path) as found:
        with found.runtime.transaction() as session:
            number_packets(session, found.court_id, found.runtime.now())
        yield found


class Taps:
    """Acts on one page, each begun on the first screen."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        page.evaluate(_COUNT)

    def begin(self) -> None:
        """Back to the list, counting from nought."""
        self.page.evaluate("() => { location.hash = '#/'; window.taps = 0; }")
        self.page.wait_for_selector("#safety")

    def taken(self) -> int:
        """Since it was begun."""
        found: int = self.page.evaluate("() => window.taps")
        return found

    def choose(self, visit: object, situation: str) -> None:
        """From the list to a situation at this door."""
        self.begin()
        self.tap(f"[data-visit='{visit}'] a.whole")
        self.tap(f"[data-situation={situation}]")

    def until_done(self, visit: object) -> int:
        """Wait until the visit is closed; how many taps that took."""
        self.page.wait_for_selector(f"[data-visit='{visit}'][data-step=done]")
        return self.taken()

    def tap(self, selector: str) -> None:
        """One tap, on a target that a thumb can hit."""
        self.page.wait_for_selector(selector)
        assert self.page.evaluate(_TOO_SMALL) == []
        self.page.click(selector)


def test_the_short_acts_take_no_more_taps_than_people_accept(town: Street) -> None:
    visit, other = town.doors["in_person"]
    with town.phone() as context:
        page = context.pages[0]
        town.sign_in(page)
        taps = Taps(page)

        taps.begin()  # open the day; whether all is safe; where to navigate: all of it on the first screen
        assert page.is_visible("#safety[data-tone=good]")
        assert page.is_visible(f"[data-visit='{visit}'] [data-act=navigate]")
        assert taps.taken() == 0

        for screen in ("#/load", "#/hand-in"):
            page.evaluate("(screen) => { location.hash = screen; window.taps = 0; }", screen)
            taps.tap(f".packet-row:has-text('{_name(page, visit)}')")
            page.wait_for_selector(".packet-row:disabled")
            assert taps.taken() == 1, screen

        taps.begin()
        taps.tap(f"[data-visit='{other}'] a.whole")
        taps.tap("#unsafe")
        page.wait_for_selector(f"[data-visit='{other}'][data-step=left]")
        assert taps.taken() == 2

        for screen in ("#/out", "#/settings", "#/map"):
            page.evaluate("(screen) => { location.hash = screen; }", screen)
            page.wait_for_selector("h1")
            assert page.evaluate(_TOO_SMALL) == [], screen
            assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_the_visits_take_no_more_taps_than_people_accept(town: Street) -> None:
    (handed, nobody), (posting, refused) = town.doors["in_person"], town.doors["posting"]
    with town.phone() as context:
        page = context.pages[0]
        town.sign_in(page)
        taps = Taps(page)

        taps.choose(nobody, "nobody_home")
        shoot(page, "wide")
        assert taps.until_done(nobody) == 3

        taps.choose(handed, "handed_over")
        shoot(page, "receipt")
        page.wait_for_selector("#lacks")
        taps.tap("[data-fact='signer.id_checked'][data-value=true]")
        taps.tap("#close-visit")
        assert taps.until_done(handed) == 5

        taps.choose(refused, "refused")
        film(page)
        taps.tap("#close-visit")
        assert taps.until_done(refused) == 5

        taps.choose(posting, "posting")
        shoot(page, "near")
        shoot(page, "wide")
        page.wait_for_selector(".overlay", state="detached")
        taps.tap("#close-visit")
        assert taps.until_done(posting) == 5


def _name(page: "Page", visit: object) -> str:
    return str(
        page.evaluate(
            """(visit) => new Promise((resolve) => {
                const open = indexedDB.open("songda-field");
                open.onsuccess = () => {
                    const day = open.result.transaction("meta").objectStore("meta").get("day");
                    day.onsuccess = () => {
                        open.result.close();
                        resolve(day.result.visits.find((one) => one.visit === visit).recipient_name);
                    };
                };
            })""",
            str(visit),
        )
    )
