"""Two courts in one installation: whoever is let into one sees and changes nothing of the other, on any route.

The walk goes over the application's own map of routes. A visitor of the small court asks each for everything that the
large court has, by id, by number, by cursor and by word. A route without a case in the walk fails the test.
"""

import hashlib
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Table, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from delivery.domain.search import Source
from delivery.importing import import_file
from delivery.runtime import Runtime
from delivery.searching import start_searches
from delivery.signing_in import Role
from delivery.store.accounts import ApiKey
from delivery.store.announcements import AnnouncementDelivery, WebhookEndpoint
from delivery.store.cases import Case, Document, LawFirm
from delivery.store.courts import Court, ProviderState
from delivery.store.desk import DeskItem
from delivery.store.imports import ImportJob
from delivery.store.links import ServiceLink
from delivery.store.model import Model
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.parties import Party
from delivery.store.searches import AddressSearch
from delivery.subscribing import By, add_endpoint, send_test
from delivery.subscribing import Wanted as Listener
from delivery.web.app import create_app
from delivery.web.policy import POLICY, Door
from mobile_upload.blueprints import all_of_the_field
from tests.delivery.served_links import ENTRY, Served, Wanted, send_link
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import FIRM, NAMES, PDF, CourtLife
from tests.delivery.web.link_forms import enter
from webhooks.inbox import make_blueprint

KEY = "key-of-the-small-court"
SCOPES = "orders:write orders:read visits slips desk searches publications imports figures webhooks role:court_officer"
HEADINGS = "案号,程序,立案日期,送达文书,受送达人,类型,手机"
THEIR_NUMBER = "（2026）云0102民初102号"
# What the large court alone has: the beginning of its case numbers, its people, its firm, its people's numbers.
SECRETS = ("云0102", *NAMES[1:], FIRM, "reader2@", *(f"1390010000{index}" for index in range(1, 10)))

# Bodies that would be right if the thing were the caller's own: so that nothing but the court refuses them.
REASON = {"reason": "other"}
JSON_BODIES: Mapping[str, dict[str, Any]] = {
    "api_orders.hold": REASON,
    "api_orders.cancel": {"reason": "withdrawn"},
    "api_orders.hearing": {"number": THEIR_NUMBER, "hearing_at": None},
    "api_orders.publish": {"postings": [{"place": "website", "on": "2026-03-10"}], "content": ["reason"]},
    "api_visits.report": {"result": "nobody_home", "at": "2026-03-03T02:00:00Z"},
    "api_visits.slip": {"waybill": "ems-post-00001", "result": "no_proof"},
    "api_desk.resolve": {"action": "noted", "reason": "x"},
    "api_searches.reply": {"answer": "nothing"},
    "api_webhooks.replay_failed": {"since": "2026-03-01T00:00:00Z"},
}
FORMS: Mapping[str, dict[str, str]] = {
    "order.hold": REASON,
    "order.cancel": {"reason": "settled"},
    "case.move_hearing_of": {"hearing_at": ""},
    "case.issue_order_of": {"issued_on": "2026-03-02"},
    "desk.resolve": {"action": "noted", "reason": "x"},
    "searches.start": {"source": "household_register"},
    "searches.reply": {"answer": "nothing"},
    "case_system.replay_failed": {"since": "2026-03-01T00:00"},
}
TUS = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
# Routes without an id in their path that change something: what is asked of them, and what may come of it.
ACTS_OF_ONES_OWN = {
    "case_system.add",
    "api_webhooks.create",
    "sending.stop",
    "sending.resume",
    "providers.resume",
    "imports.upload",
    "api_orders.create",
    "law.try_facts",
    "notices.print_run",
    "notices.make_pads",
    "field.take_slip",
    "field_api.add_device",
    "field_api.take_record",
    "field_packets.number",
    "field_packets.give",
    "field_devices.choose",
    "uploads.creation",
}
NAMES_THEIRS = {"api_orders.hearing", "api_visits.slip"}
# No tenant's data at all, whoever asks.
OPEN = {
    "static", "operations.healthz", "operations.readyz", "operations.metrics", "operations.clock", "sign_in.form",
    "sign_in.submit", "sign_in.sign_out", "sign_in.memberships", "sign_in.choose", "sign_in.set_language", "home.start",
    "api_description.document", "portal_check.form", "portal_check.check", "webhooks.receive",
    "portal_notice.scanned", "field_app.page", "field_app.part", "field_app.manifest", "field_app.worker",
}  # fmt: skip


@dataclass
class Visitors:
    """Everybody of the small court who may knock: its people, its firm, its program, somebody with its link."""

    court_id: UUID
    administrator: Browser
    officer: Browser
    firm: Browser
    server: Browser
    dispatcher: Browser
    program: Browser
    recipient: Browser
    served: Served
    theirs: dict[str, list[UUID]] = field(default_factory=dict)
    their_link: str = ""

    def let_in(self, roles: Collection[Role]) -> Browser:
        """Whoever of the court's people has one of these roles."""
        people = {
            Role.ADMINISTRATOR: self.administrator,
            Role.FIELD_SERVER: self.server,
            Role.DISPATCHER: self.dispatcher,
        }
        return next((person for role, person in people.items() if role in roles), self.administrator)

    @property
    def every_id(self) -> list[UUID]:
        """One or two of each kind of thing that the large court has."""
        return [found for ids in self.theirs.values() for found in ids[:2]]


@pytest.fixture
def small(life: CourtLife, app: Flask, runtime: Runtime, sign_in_as: SignInAs, tmp_path: Any) -> Visitors:  # noqa: ANN401 -- a path
    """The small court's visitors, with all that the large court has written down."""
    docket = tmp_path / "docket.csv"
    docket.write_text(f"{HEADINGS}\n{THEIR_NUMBER},x,2026-02-27,传票,{NAMES[1]},自然人,1\n", encoding="utf-8")
    import_file(runtime, "qinghe", docket)
    their_link = send_link(runtime, Wanted(entry=ENTRY))
    own = send_link(runtime, Wanted(entry=_own_entry(), court="baishan"))
    with runtime.transaction() as session:
        session.add(ProviderState(court_id=life.court_id, provider="smtp", paused_at=runtime.now(), reason="refused"))
        firm = LawFirm(court_id=own.court_id, name="白山律师事务所", created_at=runtime.now())
        session.add(firm)
        session.flush()
        firm_id = firm.id
        digest = hashlib.sha256(KEY.encode()).hexdigest()
        session.add(ApiKey(court_id=own.court_id, key_hash=digest, label="x", scopes=SCOPES, created_at=runtime.now()))
        order = session.get_one(ServiceOrder, (life.court_id, life.orders[1]))
        start_searches(runtime, session, order, [Source.ASK_PLAINTIFF], by=None, now=runtime.now())
        _be_told(session, life.court_id, runtime)
    recipient = app.test_client()
    program = app.test_client()
    assert isinstance(recipient, Browser)
    assert isinstance(program, Browser)
    enter(recipient, own)
    small = Visitors(
        own.court_id,
        sign_in_as(Role.ADMINISTRATOR, court="baishan"),
        sign_in_as(Role.COURT_OFFICER, court="baishan"),
        sign_in_as(Role.LAW_FIRM, court="baishan", law_firm_id=firm_id),
        sign_in_as(Role.FIELD_SERVER, court="baishan"),
        sign_in_as(Role.DISPATCHER, court="baishan"),
        program,
        recipient,
        own,
        their_link=their_link.token,
    )
    kinds = (
        ServiceOrder, Case, Document, DeskItem, ImportJob, Attempt, ServiceLink, Party, LawFirm, AddressSearch,
        WebhookEndpoint, AnnouncementDelivery,
    )  # fmt: skip
    with runtime.reading() as session:
        for kind in kinds:
            ids = session.scalars(select(kind.id).where(kind.court_id == life.court_id).order_by(kind.id))
            small.theirs[kind.__tablename__] = list(ids)
            assert small.theirs[kind.__tablename__], kind
    return small


def _be_told(session: Session, court_id: UUID, runtime: Runtime) -> None:
    """An endpoint, and something on its way to it."""
    wanted = Listener("https://case.court.example/", "x", ["order.opened"])
    endpoint = add_endpoint(session, court_id, wanted, by=By("administrator"), now=runtime.now())
    send_test(session, endpoint, by=By("administrator"), now=runtime.now())


def _own_entry() -> Any:  # noqa: ANN401 -- an entry
    from dataclasses import replace

    return replace(ENTRY, case_number="（2026）云0103民初900号")


def _rows_of(runtime: Runtime, court_id: UUID) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of a court, in every table."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with runtime.reading() as session:
        for table in Model.metadata.sorted_tables:
            assert isinstance(table, Table)
            if "court_id" in table.c:
                rows = session.execute(select(table).where(table.c.court_id == court_id))
                found[table.name] = sorted((tuple(row) for row in rows), key=repr)
        found["court"] = [tuple(row) for row in session.execute(select(Court.__table__).where(Court.id == court_id))]
    return found


def _shows_nothing(answer: TestResponse, place: str, *more: str) -> None:
    text = (
        answer.text if answer.is_json or (answer.mimetype or "").startswith("text/") else answer.data.decode("latin-1")
    )
    assert [secret for secret in (*SECRETS, *more) if secret in text] == [], place


def _paths(rule: Rule, small: Visitors) -> Iterator[str]:
    """The route's address for each of the other court's ids; where it takes two, also behind an id of one's own."""
    names = sorted(rule.arguments)
    own = {"order_id": small.served.order_id, "token": small.served.token}
    for found in small.every_id:
        yield _address(rule, dict.fromkeys(names, found))
        if len(names) > 1:
            yield _address(rule, {name: own.get(name, found) for name in names})


def _address(rule: Rule, values: Mapping[str, object]) -> str:
    address = str(rule)
    for name, value in values.items():
        for converter in ("uuid:", "path:", ""):
            address = address.replace(f"<{converter}{name}>", str(value))
    return address


def _call(small: Visitors, rule: Rule, method: str, address: str) -> TestResponse:
    """Ask as whoever of the small court would be let in there."""
    row = POLICY[rule.endpoint]
    match row.door:
        case Door.API:
            headers = {"Authorization": f"Bearer {KEY}"}
            if rule.endpoint.startswith("api_papers"):
                return small.program.open(address, method=method, headers=headers, data=PDF, buffered=True)
            body = JSON_BODIES.get(rule.endpoint)
            return small.program.open(address, method=method, headers=headers, json=body, buffered=True)
        case Door.LINK | Door.LINK_SESSION:
            return small.recipient.open(address, method=method, buffered=True)
        case _:
            browser = {"firm": small.firm, "officer": small.officer}.get(
                rule.endpoint.partition(".")[0],
                small.let_in(row.roles),
            )
            form: dict[str, Any] = dict(FORMS.get(rule.endpoint, {}))
            if rule.endpoint == "case.take_paper":
                form["file"] = (io.BytesIO(PDF), "paper.pdf")
            headers = {"X-CSRF": browser.token_of_session()} if method == "POST" else {}
            if rule.endpoint == "uploads.one":
                headers |= TUS | ({"X-HTTP-Method-Override": "HEAD"} if method == "POST" else {})
            return browser.open(address, method=method, headers=headers, data=form or None, buffered=True)


def test_no_route_shows_or_changes_anything_of_another_court(
    life: CourtLife, runtime: Runtime, small: Visitors
) -> None:
    before = _rows_of(runtime, life.court_id)
    app = create_app(runtime, [make_blueprint(runtime, {}), *all_of_the_field()])
    ids = tuple(str(found) for found in small.every_id)
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            place = f"{method} {rule}"
            if rule.endpoint in OPEN:
                continue
            if any(kind in str(rule) for kind in ("<uuid:", "<token>")):
                for address in _paths(rule, small):
                    answer = _call(small, rule, method, address)
                    assert answer.status_code in {403, 404}, f"{place}: {address} {answer.status_code}"
                    _shows_nothing(answer, place)
            elif rule.endpoint in NAMES_THEIRS:
                answer = _call(small, rule, method, str(rule))
                assert answer.status_code == 404, f"{place}: {answer.text}"
                _shows_nothing(answer, place)
            elif rule.endpoint in ACTS_OF_ONES_OWN:
                continue
            else:
                assert method == "GET", f"{place} has no case in this walk"
                _look_everywhere(small, rule, place, ids)
    assert _rows_of(runtime, life.court_id) == before


def _look_everywhere(small: Visitors, rule: Rule, place: str, ids: tuple[str, ...]) -> None:
    """A listing, as it comes and with every question that names something of the other court."""
    answer = _call(small, rule, "GET", str(rule))
    assert answer.status_code == 200, place
    _shows_nothing(answer, place, *ids)
    order = small.theirs["service_order"][0]
    for query in (
        f"cursor={order}", f"after={order}", "status=all", "kind=approve_notice", "late=1", f"order={order}",
        "status=all&q=102",
    ):  # fmt: skip
        answer = _call(small, rule, "GET", f"{rule}?{query}")
        assert answer.status_code in {200, 400, 422}, f"{place}?{query}"
        _shows_nothing(answer, f"{place}?{query}")
    for word in (THEIR_NUMBER, NAMES[1], "13900100001"):
        asked = _call(small, rule, "GET", f"{rule}?status=all&q={word}")
        others = tuple(secret for secret in SECRETS if secret not in word)
        assert [secret for secret in (*others, *ids) if secret in asked.text] == [], place


def test_what_one_court_does_of_its_own_leaves_the_other_as_it_was(
    life: CourtLife, runtime: Runtime, small: Visitors
) -> None:
    before = _rows_of(runtime, life.court_id)
    assert small.administrator.send("/sending/stop", {"reason": "probe"}).status_code == 303
    assert small.administrator.send("/sending/resume").status_code == 303
    assert small.administrator.send("/providers/smtp/resume").status_code in {303, 404}
    endpoint = {"url": "https://case.court.example/", "description": "x", "types": ["order.opened"]}
    assert small.administrator.send("/webhooks", endpoint).status_code == 303
    assert small.administrator.send("/notices/pads", {"count": "1"}).status_code == 303
    (theirs, *_) = small.theirs["attempt"]
    assert small.administrator.send("/notices/print", {"visit": str(theirs)}).status_code == 404
    for browser, path in ((small.dispatcher, "/field/packets/number"), (small.administrator, "/field/choices")):
        assert browser.send(path).status_code == 303
    asked = small.server.look(f"/field/api/receipts?ids={','.join(map(str, small.theirs['attempt'][:50]))}").get_json()
    assert {state["state"] for state in asked["captures"].values()} == {"unknown"}
    row = f"{THEIR_NUMBER},普通程序,2026-02-27,传票,{NAMES[1]},自然人,13900100001"
    docket = f"{HEADINGS}\n{row}\n".encode()
    sent = small.administrator.send("/imports", {"docket": (io.BytesIO(docket), "docket.csv")})
    assert sent.status_code == 303
    order = {
        "case": {"number": THEIR_NUMBER, "procedure": "ordinary"},
        "recipient": {"name": NAMES[1], "kind": "natural_person"},
        "addresses": [{"kind": "mobile", "value": "13900100001"}],
        "documents": [{"title": "传票"}],
    }
    headers = {"Authorization": f"Bearer {KEY}"}
    assert small.program.post("/api/v1/webhook-endpoints", json=endpoint, headers=headers).status_code == 201
    made = small.program.post("/api/v1/orders", json=order, headers=headers, buffered=True)
    assert (made.status_code, made.get_json()["created"]) == (201, True)
    assert UUID(made.get_json()["orders"][0]) not in small.theirs["service_order"]
    assert _rows_of(runtime, life.court_id) == before


def test_a_link_opens_its_own_order_alone(runtime: Runtime, small: Visitors) -> None:
    """Somebody who was let in behind a link of one court is nobody behind a link of the other."""
    with runtime.reading() as session:
        papers = session.scalars(select(Document.id).where(Document.court_id != small.court_id))
        addresses = [f"{small.served.address}/papers/{paper}" for paper in papers]
    for address in (*addresses, f"/e/{small.their_link}/papers"):
        answer = small.recipient.look(address)
        assert answer.status_code in {303, 403, 404}, address
        _shows_nothing(answer, address)
