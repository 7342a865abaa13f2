"""The installable page as the server hands it out: one version, light, strict, with a word for all that it says."""

import json
import re
from pathlib import Path

import pytest
from flask import Flask

from delivery.runtime import Runtime
from delivery.web.app import create_app
from delivery.wording import keys_under
from mobile_upload import field_app, pages
from tests.delivery.web.conftest import Browser

STATIC = Path(field_app.__file__).with_name("static")
MODULES = sorted(path for path in STATIC.rglob("*.js"))
ENGINES = ("sqlite",)
MOST_BYTES = 200_000
# Whatever a key is made of at run time begins like this: say(`state.${state}`).
_SAID = re.compile(r"""\bsay\(\s*(?:[^"'`()]*\?\s*)?(["'`])(?P<key>[^"'`$]*)""")
_EITHER = re.compile(r"""\?\s*"(?P<one>[a-z_]+\.[a-z_]+)"\s*:\s*"(?P<other>[a-z_]+\.[a-z_]+)\"""")
_IMPORT = re.compile(r"""^import .*?from "(\.[^"]+)";$""", re.MULTILINE)


@pytest.fixture
def phone(runtime: Runtime) -> Browser:
    """Somebody's browser that has signed in to nothing."""
    app: Flask = create_app(runtime, edges=[pages.blueprint, field_app.blueprint])
    app.test_client_class = Browser
    found = app.test_client()
    assert isinstance(found, Browser)
    return found


def test_the_first_paint_weighs_less_than_200_kilobytes(phone: Browser) -> None:
    page = phone.look("/field/")
    linked = set(re.findall(r'(?:href|src)="(/field/app[^"]*)"', page.text))
    words = {re.sub(r"app\.js$", "words-zh.json", name) for name in linked if name.endswith("/app.js")}
    weights = {name: len(phone.look(name).data) for name in linked | words}
    assert len(linked) > 25
    assert len(page.data) + sum(weights.values()) < MOST_BYTES, weights
    assert not any("zxing" in name for name in linked)


def test_every_module_that_is_imported_is_in_the_version_and_preloaded(phone: Browser) -> None:
    page = phone.look("/field/").text
    for path in MODULES:
        for target in _IMPORT.findall(path.read_text(encoding="utf-8")):
            found = (path.parent / target).resolve()
            assert found.is_file(), f"{path.name} imports {target}"
            assert f'{found.relative_to(STATIC).as_posix()}"' in page


def test_the_page_alone_may_run_webassembly_and_use_the_camera(phone: Browser) -> None:
    page = phone.look("/field/")
    assert "script-src 'self' 'wasm-unsafe-eval';" in page.headers["Content-Security-Policy"]
    assert "img-src 'self' data: blob:;" in page.headers["Content-Security-Policy"]
    assert "camera=(self)" in page.headers["Permissions-Policy"]
    assert page.headers["Cache-Control"] == "no-cache"
    other = phone.look("/sign-in")
    assert "wasm" not in other.headers["Content-Security-Policy"]
    assert "camera=()" in other.headers["Permissions-Policy"]
    assert "<noscript>" in page.text
    assert 'href="/field/visit/"' in page.text


def test_the_worker_keeps_every_file_of_one_version_and_all_of_them_are_there(phone: Browser) -> None:
    worker = phone.look("/field/worker.js")
    shell, later = (json.loads(re.findall(rf"const {name} = (\[.*\]);", worker.text)[0]) for name in ("SHELL", "LATER"))
    assert {phone.look(name).status_code for name in (*shell, *later)} == {200}
    assert worker.headers["Cache-Control"] == "no-cache"
    kept = {name.split("/", 4)[4] for name in shell if name.startswith("/field/app/")}
    assert {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.*")} - kept == {"worker.js"}
    version = re.findall(r'const VERSION = "(\w+)"', worker.text)[0]
    one = phone.look(f"/field/app/{version}/app.js")
    assert "immutable" in one.headers["Cache-Control"]
    assert phone.look("/field/app/000000000000/app.js").status_code == 404


def test_the_manifest_makes_an_app_of_it(phone: Browser) -> None:
    manifest = phone.look("/field/app.webmanifest").get_json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/field/", "/field/", "standalone")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    assert {phone.look(icon["src"]).mimetype for icon in manifest["icons"]} == {"image/png"}


def test_whatever_the_page_says_is_in_its_words(phone: Browser) -> None:
    version = re.findall(r'src="(/field/app/\w+/)app.js"', phone.look("/field/").text)[0]
    for language in ("zh", "en"):
        words = phone.look(f"{version}words-{language}.json").get_json()
        assert set(keys_under("field_app")) <= set(words)
        for path in MODULES:
            text = path.read_text(encoding="utf-8")
            asked = [match["key"] for match in _SAID.finditer(text)]
            asked += [key for match in _EITHER.finditer(text) for key in match.groups()]
            for key in asked:
                whole = f"field_app.{key}"
                assert any(known == whole or known.startswith(whole) for known in words), f"{path.name}: {key}"
    assert all(text for text in words.values())


def _channels(colour: str) -> list[float]:
    digits = "".join(letter * 2 for letter in colour) if len(colour) == 3 else colour
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _contrast(first: str, second: str) -> float:
    """WCAG 2.2, contrast ratio of two sRGB colours."""
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (_channels(first), _channels(second))]
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_every_pair_of_colours_can_be_read_in_the_sun() -> None:
    text = (STATIC / "field.css").read_text(encoding="utf-8")
    colour = dict(re.findall(r"--([a-z-]+): #([0-9a-f]{3,6});", text))
    pairs = [(colour[name], colour[ground]) for name in ("text", "quiet", "ink") for ground in ("sheet", "ground")]
    pairs += [(colour[tone], colour[f"{tone}-soft"]) for tone in ("good", "warn", "bad", "ink")]
    pairs += [("fff", colour["ink"]), ("fff", colour["side"]), ("dbe4ef", colour["side"]), ("fff", colour["bad"])]
    pairs += [(colour[name], colour["sheet"]) for name in ("good", "bad", "warn")] + [(colour["quiet"], "e3e8ee")]
    assert {pair: round(_contrast(*pair), 1) for pair in pairs if _contrast(*pair) < 7} == {}
