"""How long the commonest acts of a field server take: the page's own time in a real browser, and a person's by a model.

The page's time is measured in the page, tap by tap: from the tap until the next state is drawn, on a quarter of this
machine's core, as a mid-range phone would be. What a person adds is not measured but reckoned, from the keystroke-level
model (Card, Moran and Newell, Communications of the ACM 23(7), 1980, and The Psychology of Human-Computer Interaction,
1983) where it has a figure, and from plain assumptions, named below, where it has none. The bounds are the seconds that
people accept for each act.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import segno
from PIL import Image

from benchmarks.measured import Figure, tell
from delivery.clock import SteppedClock
from delivery.field_packets import number_packets
from delivery.runtime import Runtime
from delivery.store.field import packets_of
from tests.delivery.web.court_life import MORNING, carriers, handlers, live
from tests.delivery.web.prepared import Weekends, prepare, settings_for
from tests.infrastructure.chromium import running_chromium
from tests.mobile_upload.street import Street, prefetched, street

if TYPE_CHECKING:
    from playwright.sync_api import Page

_SLOWER: Final = 4
# The shortest acts are tried three times and the least counts: whatever else runs on this machine only adds.
_TRIES: Final = 3
# Keystroke-level model: pointing 1.1 s (0.8 at a near and large target), a button 0.1 s, making up one's mind 1.35 s.
_TAP: Final = 1.1 + 0.1
_LEAVE: Final = 2 * (0.8 + 0.1)
_DECIDE: Final = 1.35
# The model human processor of the same authors: two looks of 0.23 s, seeing 0.1 s, knowing 0.07 s.
_GLANCE: Final = 2 * 0.23 + 0.1 + 0.07
# Assumptions: reading one card, aiming at a sheet or a door, an identity card held up, name and date written by hand,
# a refusal told to the camera while the papers are laid down.
_READ: Final = 3.0
_AIM: Final = 3.0
_AIM_AT_PACKET: Final = 1.1
_LOOK_AT_CARD: Final = 5.0
_SIGN_BY_HAND: Final = 15.0
_FILM: Final = 25.0

# Resolves to the milliseconds from the next tap until what is awaited has been drawn; "!" says that it must be gone.
_WATCH: Final = """(awaited) => {
    const [wanted, gone] = [awaited.replace(/^!/, ""), awaited.startsWith("!")];
    window.watched = new Promise((done) => addEventListener("click", () => {
        const began = performance.now();
        const look = () => (document.querySelector(wanted) === null) === gone
            ? done(performance.now() - began)
            : requestAnimationFrame(look);
        look();
    }, { capture: true, once: true }));
}"""
# The film is dark, then shows a code: milliseconds from the first light frame until the packet is counted.
_SCANNED: Final = """() => new Promise((done) => {
    const pen = Object.assign(document.createElement("canvas"), { width: 8, height: 8 }).getContext("2d");
    let light = 0;
    const look = () => {
        const video = document.querySelector("#scan-frame video");
        if (!light && video?.videoWidth) {
            pen.drawImage(video, 0, 0, 8, 8);
            if (pen.getImageData(0, 0, 1, 1).data[0] > 128) light = performance.now();
        }
        if (document.querySelector(".packet-row:disabled")) done(performance.now() - light);
        else requestAnimationFrame(look);
    };
    look();
})"""
_OPENED: Final = """() => new Promise((done) => {
    const look = () => document.querySelector(".card.visit") ? done(performance.now()) : requestAnimationFrame(look);
    look();
})"""
_RETURNED: Final = """() => new Promise((done) => {
    const began = performance.now();
    const look = () => document.querySelector("#safety")
        ? done(performance.now() - began)
        : requestAnimationFrame(look);
    location.hash = "#/";
    requestAnimationFrame(look);
})"""


@dataclass(frozen=True, slots=True)
class Act:
    """One act: the page's own seconds, the person's by the model, and what people accept in all."""

    name: str
    page: float
    person: float
    bound: float

    @property
    def figure(self) -> Figure:
        """As one line of the table."""
        remark = f"page {self.page:.2f} + person {self.person:.2f}"
        return Figure(f"{self.name}, s", self.page + self.person, self.bound, is_least=False, remark=remark)


class Thumb:
    """Taps on one page, and adds up what the page took to answer."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.milliseconds = 0.0
        self.taps = 0

    def tap(self, target: str, awaited: str) -> None:
        """Tap and wait until the answer is drawn."""
        self.page.wait_for_selector(target)
        self.page.evaluate(_WATCH, awaited)
        self.page.click(target)
        self.milliseconds += float(self.page.evaluate("() => window.watched"))
        self.taps += 1

    def shoot(self, role: str, awaited: str) -> None:
        """Press the shutter; the camera has shown something before, while the person was aiming."""
        self.page.wait_for_selector(f".overlay[data-ready][data-role={role}]")
        self.page.wait_for_function("() => document.querySelector('.overlay video').videoWidth > 0")
        self.tap("#shutter:not([disabled])", awaited)

    def choose(self, visit: object, situation: str, awaited: str) -> None:
        """From the list to a situation at this door, until the camera shows its picture."""
        self.tap(f"[data-visit='{visit}'] a.whole", f"[data-situation={situation}]")
        self.tap(f"[data-situation={situation}]", awaited)


def _done(visit: object) -> str:
    return f"[data-visit='{visit}'][data-step=done]"


def _handed_over(thumb: Thumb, visit: object) -> float:
    thumb.choose(visit, "handed_over", ".overlay[data-ready]")
    thumb.shoot("receipt", "#lacks")
    thumb.tap("[data-fact='signer.id_checked'][data-value=true]", "#close-visit")
    thumb.tap("#close-visit", _done(visit))
    return thumb.taps * _TAP + 2 * _DECIDE + 2 * _READ + _SIGN_BY_HAND + _LOOK_AT_CARD + _AIM


def _refused(thumb: Thumb, visit: object) -> float:
    thumb.choose(visit, "refused", ".overlay[data-ready]")
    thumb.shoot("video", "#shutter.running")
    thumb.page.wait_for_timeout(1200)  # some film; the rest is the person's
    thumb.shoot("video", "!.overlay")
    thumb.tap("#close-visit", _done(visit))
    return thumb.taps * _TAP + 2 * _DECIDE + 3 * _READ + _AIM + _FILM


def _nobody_home(thumb: Thumb, visit: object) -> float:
    thumb.choose(visit, "nobody_home", ".overlay[data-ready]")
    thumb.shoot("wide", _done(visit))
    return thumb.taps * _TAP + _DECIDE + 2 * _READ + _AIM


def _posting(thumb: Thumb, visit: object) -> float:
    thumb.choose(visit, "posting", ".overlay[data-ready]")
    thumb.shoot("near", ".overlay[data-role=wide]")
    thumb.shoot("wide", "!.overlay")
    thumb.tap("#close-visit", _done(visit))
    return thumb.taps * _TAP + 2 * _DECIDE + 3 * _READ + 2 * _AIM


def _left(page: "Page", visit: object) -> float:
    """The seconds that the page takes to let somebody leave this door."""
    thumb = Thumb(page)
    thumb.tap(f"[data-visit='{visit}'] a.whole", "#unsafe")
    thumb.tap("#unsafe", f"[data-visit='{visit}'][data-step=left]")
    return thumb.milliseconds / 1000


def _opened(town: Street, page: "Page") -> float:
    """The seconds until the list is there, from the tap on the icon."""
    page.goto(f"{town.address}/field/")
    return float(page.evaluate(_OPENED)) / 1000


def measure() -> Sequence[Figure]:
    """Every act once, on a phone that has fetched its day."""
    with tempfile.TemporaryDirectory(prefix="songda-bench-") as folder, running_chromium() as chromium:
        clock = SteppedClock(MORNING)
        settings = settings_for(f"sqlite:///{folder}/songda.db", Path(folder))
        runtime = Runtime(settings, Weekends(), carriers(), handlers(), clock)
        prepare(runtime)
        life = live(runtime, clock)
        with street(life, chromium, Path(folder)) as town:
            with town.runtime.transaction() as session:
                number_packets(session, town.court_id, town.runtime.now())
            found = [*_at_the_doors(town), *_scans(town, Path(folder))]
        runtime.database.dispose()
    return [act.figure for act in found]


def _at_the_doors(town: Street) -> list[Act]:
    (handed, nobody), (posting, refused) = town.doors["in_person"], town.doors["posting"]
    acts: tuple[tuple[str, Callable[[Thumb, object], float], object, float], ...] = (
        ("nobody home", _nobody_home, nobody, 25),
        ("handed over", _handed_over, handed, 45),
        ("refused and left", _refused, refused, 90),
        ("posting with a pair of photos", _posting, posting, 60),
    )
    with town.phone() as context:
        page = context.pages[0]
        town.sign_in(page)
        prefetched(page)
        context.set_offline(offline=True)
        _slow(page)
        found = [
            Act("open the day, without signal", min(_opened(town, page) for _ in range(_TRIES)), _TAP, 2),
            Act("unsafe: leave (2 taps)", min(_left(page, visit) for visit in (handed, nobody, posting)), _LEAVE, 2),
        ]
        for name, act, visit, bound in acts:
            thumb = Thumb(page)
            person = act(thumb, visit)
            found.append(Act(f"{name} ({thumb.taps} taps)", thumb.milliseconds / 1000, person, bound))
        page.evaluate("location.hash = '#/settings'")
        page.wait_for_selector("#sign-out")
        found.append(Act("is all safe?", float(page.evaluate(_RETURNED)) / 1000, _GLANCE, 1))
    return found


def _scans(town: Street, folder: Path) -> list[Act]:
    """One packet in the morning and in the evening; the film is dark until the camera has been running for a while."""
    visit = town.doors["in_person"][0]
    with town.runtime.reading() as session:
        packet = packets_of(session, town.court_id, [visit])[visit]
    with town.phone("scanning", camera=_film_of(folder / "packet.mjpeg", f"packet:{packet}")) as context:
        page = context.pages[0]
        town.sign_in(page)
        prefetched(page)
        context.set_offline(offline=True)
        _slow(page)
        found = []
        for name, screen in (("load scan of one packet", "#/load"), ("hand-in of one packet", "#/hand-in")):
            page.evaluate("location.hash = '#/'")
            page.wait_for_selector("#safety")
            page.evaluate("(screen) => { location.hash = screen; }", screen)
            page.wait_for_selector("#scan-frame video")
            found.append(Act(name, float(page.evaluate(_SCANNED)) / 1000, _AIM_AT_PACKET, 2))
    return found


def _slow(page: "Page") -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})


def _film_of(path: Path, text: str, dark: int = 150, light: int = 150) -> Path:
    """A film that is dark for some seconds and then shows a label's code."""
    frames = []
    for shown in (False, True):
        picture = Image.new("RGB", (720, 960), "#ffffff" if shown else "#101010")
        if shown:
            code = BytesIO()
            segno.make(text, error="m", micro=False).save(code, kind="png", scale=8, border=4)
            picture.paste(Image.open(code).convert("RGB").resize((300, 300), Image.Resampling.NEAREST), (210, 330))
        frame = BytesIO()
        picture.save(frame, "JPEG", quality=85)
        frames.append(frame.getvalue())
    path.write_bytes(frames[0] * dark + frames[1] * light)
    return path


if __name__ == "__main__":
    sys.exit(tell(measure))
