"""Pages from templates: words by key, court-local times, icons, the navigation, the sandbox's banner."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path

from flask import Flask, current_app, g, render_template, request, url_for
from jinja2 import StrictUndefined
from markupsafe import Markup
from sqlalchemy.exc import OperationalError

from delivery.officer_acts import OFFICER_ACTIONS
from delivery.store.courts import installation
from delivery.store.desk import COUNT_LIMIT, count_open
from delivery.web import forgery
from delivery.web.icons import icon
from delivery.web.policy import may
from delivery.web.request_state import language, now, runtime, session, visitor, zone
from delivery.wording import knows, say

_STATIC = Path(__file__).with_name("static")
_NAVIGATION = (
    ("officer.listing", "officer", "scale"),
    ("orders.listing", "orders", "list"),
    ("desk.listing", "desk", "inbox"),
    ("calls.listing", "calls", "call"),
    ("imports.listing", "imports", "upload"),
    ("field.listing", "field", "door"),
    ("field_packets.listing", "field_packets", "post"),
    ("field_devices.listing", "field_devices", "phone"),
    ("field.slips", "slips", "mail"),
    ("photos.listing", "photos", "eye"),
    ("photos.mine", "photos_mine", "eye"),
    ("notices.listing", "notices", "paper"),
    ("law.page", "law", "book"),
    ("success.page", "success", "chart"),
    ("providers.page", "providers", "plug"),
    ("case_system.page", "webhooks", "link"),
    ("sending.page", "sending", "stop"),
    ("firm.inbox", "firm", "inbox"),
)
# Between these the list of pages takes a breath: the cases, the way to the door, what one looks up, the machinery.
_GROUPS = (
    {"field", "field_packets", "field_devices", "slips", "photos", "photos_mine", "notices"},
    {"law", "success"},
    {"providers", "webhooks", "sending"},
)
# Pages without an entry of their own: the entry that they are reached through.
_BELOW = {
    "order": "orders",
    "case": "orders",
    "addresses": "orders",
    "positions": "orders",
    "searches": "orders",
    "exhaustion": "orders",
    "checklist": "orders",
    "service_sheet": "orders",
    "hearings": "success",
}


@dataclass
class PageState:
    """What the application keeps between requests: whether the installation is a sandbox, which never changes."""

    sandbox: bool | None = field(default=None)


def page(template: str, **values: object) -> str:
    """A rendered page with the frame that every page has."""
    return render_template(template, frame=_frame(), **values)


def t(key: str, **args: object) -> str:
    """The words under a key, in the language of the page."""
    return say(language(), key, **args)


def shown_count(count: int) -> str:
    """A count, or "999+" where counting stopped."""
    return str(count) if count < COUNT_LIMIT else f"{COUNT_LIMIT - 1}+"


def word(table: str, code: object, **args: object) -> str:
    """The words of a code in a table of codes; a code that nobody has put into words is shown as it is."""
    key = f"{table}.{code}"
    if not knows(key):
        return str(code)
    try:
        return say(language(), key, **args)
    except KeyError:  # an old entry without the value that the words have a place for
        return str(code)


def instant(moment: datetime | None) -> str:
    """A court-local date and time, to the minute."""
    return "" if moment is None else moment.astimezone(zone()).strftime("%Y-%m-%d %H:%M")


def day(value: date | datetime | None) -> str:
    """A court-local date."""
    if value is None:
        return ""
    return (value.astimezone(zone()).date() if isinstance(value, datetime) else value).isoformat()


def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep it for good."""
    return url_for("static", filename=name, v=_digest(name))


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:10]


def _frame() -> dict[str, object]:
    person = visitor()
    items = [
        {"endpoint": endpoint, "name": name, "icon": picture, "group": _group_of(name)}
        for endpoint, name, picture in _NAVIGATION
        if person is not None and endpoint in current_app.view_functions and may(person, endpoint)
    ]
    waiting = 0
    if person is not None and person.court is not None and "session" in g and may(person, "desk.listing"):
        waiting = count_open(session(), person.court.id)
    return {
        "person": person,
        "items": items,
        "here": _entry_of(request.endpoint or ""),
        "waiting": waiting,
        "sandbox": is_sandbox(),
        "now": now(),
        "address": request.full_path.rstrip("?") if request.method == "GET" else "/",
    }


def _entry_of(endpoint: str) -> str:
    """The entry of the navigation under which a page stands: its own, else the first of its part of the house."""
    part, _, _ = endpoint.partition(".")
    own = [name for listed, name, _ in _NAVIGATION if listed == endpoint]
    beside = [name for listed, name, _ in _NAVIGATION if listed.startswith(f"{part}.")]
    return next(iter(own + beside), _BELOW.get(part, ""))


def _group_of(name: str) -> int:
    return next((number for number, names in enumerate(_GROUPS, 1) if name in names), 0)


def is_sandbox() -> bool:
    """Whether this installation is a sandbox; asked of the database once it answers."""
    state = current_app.extensions["songda_pages"]
    assert isinstance(state, PageState)
    if state.sandbox is None:
        # The page that says that the database is away needs this, too.
        with suppress(OperationalError), runtime().reading() as reading:
            found = installation(reading)
            state.sandbox = None if found is None else found.sandbox
    return bool(state.sandbox)


def prepare(app: Flask) -> None:
    """Give the templates their words, filters and icons. An undefined name in a template is an error."""
    app.extensions["songda_pages"] = PageState()
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals.update(
        t=t,
        word=word,
        asset=asset,
        icon=icon,
        csrf=forgery.token,
        may=_may,
        language=language,
        CSRF_FIELD=forgery.FIELD,
        OFFICERS_KINDS=frozenset(OFFICER_ACTIONS),
    )
    environment.filters.update(instant=instant, day=day)


def _may(endpoint: str) -> bool:
    return endpoint in current_app.view_functions and may(visitor(), endpoint)


def csrf_input() -> Markup:
    """The hidden field of a form."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(forgery.FIELD, forgery.token())
