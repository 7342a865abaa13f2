"""The installable page of field servers: its shell, its modules, its words, its manifest and its worker.

All of it is one version, named by a digest over every byte: modules import each other by relative addresses below that
name, so that a phone never mixes two versions. Nothing here holds a person's data: whoever is signed in, and what they
have to do, is asked for by the page and kept by it.
"""

import hashlib
import json
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, make_response, render_template, send_from_directory
from flask.typing import ResponseReturnValue

from delivery.field_day import policy_of
from delivery.store.courts import Court
from delivery.web.packing import packed
from delivery.web.request_state import language, session, visitor
from delivery.web.security import CONTENT_SECURITY_POLICY
from delivery.wording import LANGUAGES, keys_under, say, unfilled

blueprint = Blueprint("field_app", __name__, template_folder="templates")

_STATIC: Final = Path(__file__).with_name("static")
_TEMPLATE: Final = Path(__file__).with_name("templates") / "field" / "app.html"
_READER: Final = "/static/vendor/zxing-wasm-3.1.4/"
_LATER: Final = (f"{_READER}reader.js", f"{_READER}zxing_reader.wasm")
_YEAR: Final = 365 * 24 * 3600
# What the page puts into words: its own, the door's, and the tables whose codes it shows.
_TABLES: Final = (
    "field_app",
    "door",
    "person_role",
    "channel",
    "field.meaning",
    "field.if_refused",
    "field.caution",
)
_RESULTS: Final = ("residence", "workplace", "registered_office", "court", "elsewhere")


@blueprint.get("/field/")
def page() -> ResponseReturnValue:
    """The shell. It opens for everybody, since a phone whose session has ended must still reach what it has to send."""
    answer = make_response(render_template("field/app.html", folder=_folder(), modules=_modules()))
    answer.headers["Content-Security-Policy"] = _policy(_tile_host())
    answer.headers["Permissions-Policy"] = (
        "camera=(self), microphone=(self), geolocation=(self), screen-wake-lock=(self), payment=(), usb=()"
    )
    answer.headers["Cache-Control"] = "no-cache"
    return packed(answer)


@blueprint.get("/field/app/<version>/<path:name>")
def part(version: str, name: str) -> ResponseReturnValue:
    """A file of this version; other versions are not here."""
    if version != _version():
        abort(HTTPStatus.NOT_FOUND)
    words = {f"words-{code}.json": code for code in LANGUAGES}
    if name in words:
        answer = Response(_words(words[name]), mimetype="application/json")
    else:
        answer = send_from_directory(_STATIC, name)
    answer.cache_control.public = True
    answer.cache_control.max_age = _YEAR
    answer.cache_control.immutable = True
    return packed(answer)


@blueprint.get("/field/app.webmanifest")
def manifest() -> ResponseReturnValue:
    """What a phone needs to put the page among its apps."""
    content = {
        "id": "/field/",
        "name": f"{say(language(), 'frame.brand')} · {say(language(), 'field_app.title')}",
        "short_name": say(language(), "field_app.title"),
        "lang": "zh-CN" if language() == "zh" else "en",
        "start_url": "/field/",
        "scope": "/field/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#eef1f5",
        "theme_color": "#0f2238",
        "icons": [
            {"src": f"{_folder()}icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for size in (192, 512)
            for purpose in ("any", "maskable")
        ],
    }
    return packed(Response(json.dumps(content, ensure_ascii=False), mimetype="application/manifest+json"))


@blueprint.get("/field/worker.js")
def worker() -> ResponseReturnValue:
    """The worker, with the version that it keeps written above it: another version is another worker."""
    shell = ["/field/", "/field/app.webmanifest", *(f"{_folder()}{name}" for name in _shell())]
    head = (
        f'import {{ drain }} from "{_folder()}sending.js";\n'
        f"const VERSION = {json.dumps(_version())};\n"
        f"const SHELL = {json.dumps(shell)};\n"
        f"const LATER = {json.dumps(_LATER)};\n"
    )
    body = (_STATIC / "worker.js").read_text(encoding="utf-8")
    answer = Response(head + body, mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return packed(answer)


def _policy(tile_host: str) -> str:
    """The house's policy with its one exception, WebAssembly for the reader of codes, and the court's own map tiles."""
    policy = CONTENT_SECURITY_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
    return policy.replace("img-src 'self'", f"img-src 'self' {tile_host}") if tile_host else policy


def _tile_host() -> str:
    person = visitor()
    if person is None or person.court is None:
        return ""
    parts = urlsplit(policy_of(session().get_one(Court, person.court.id)).tile_url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and parts.netloc else ""


def _folder() -> str:
    return f"/field/app/{_version()}/"


@cache
def _shell() -> tuple[str, ...]:
    """Every file that the page needs without signal, by its name below the version."""
    files = sorted(path.relative_to(_STATIC).as_posix() for path in _STATIC.rglob("*.*") if path.name != "worker.js")
    return (*files, *(f"words-{code}.json" for code in LANGUAGES))


@cache
def _modules() -> tuple[str, ...]:
    return tuple(name for name in _shell() if name.endswith(".js") and name != "app.js")


@cache
def _version() -> str:
    digest = hashlib.sha256(_TEMPLATE.read_bytes())
    for path in sorted(_STATIC.rglob("*.*")):
        digest.update(path.relative_to(_STATIC).as_posix().encode() + b"\0" + path.read_bytes())
    for code in LANGUAGES:
        digest.update(_words(code))
    return digest.hexdigest()[:12]


@cache
def _words(code: str) -> bytes:
    keys = [key for table in _TABLES for key in keys_under(table)]
    keys += ["frame.brand", *(f"result.{name}" for name in _RESULTS)]
    told = {key: unfilled(code, key) for key in keys}
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
