"""Who may come in where: one hand-written table, a row for every route; what has no row is closed.

The rows are read before a view runs. A test walks all routes and holds that each has its row and each row its
route. A row also says how the request works with the database, and how large its body may be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from delivery.domain.errors import Forbidden, RequestError
from delivery.signing_in import Person, Role
from delivery.web.request_state import ApiCaller

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE


class Door(StrEnum):
    """What a caller must show."""

    PUBLIC = "public"  # nothing
    SIGNED_IN = "signed_in"  # a session; any membership or none
    ROLES = "roles"  # a session with one of the named roles in a court
    API = "api"  # a key with the named scope
    LINK = "link"  # the token in the address, checked by the page itself
    LINK_SESSION = "link_session"  # an identity check passed behind a link, checked by the page itself
    PROVIDER = "provider"  # the provider's signature, checked by its receiver


class Work(StrEnum):
    """How the request works with the database."""

    NONE = "none"
    REQUEST = "request"  # GET reads; anything else is one transaction, committed before the response
    OWN = "own"  # the view opens its own: slow work (passwords, files) must not hold a transaction


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    `own_header`: the view refuses whatever comes without this header. No form can send it and no script of another site
    may, so it stands in for the token of our own forms.
    """

    door: Door
    roles: frozenset[Role] = frozenset()
    scope: str = ""
    work: Work = Work.REQUEST
    most_bytes: int = 256 * KILOBYTE
    own_header: str = ""


def _roles(*roles: Role, work: Work = Work.REQUEST, most_bytes: int = 256 * KILOBYTE) -> Row:
    return Row(Door.ROLES, frozenset(roles), work=work, most_bytes=most_bytes)


def _api(scope: str, *, work: Work = Work.REQUEST, most_bytes: int = 256 * KILOBYTE) -> Row:
    return Row(Door.API, scope=scope, work=work, most_bytes=most_bytes)


_PUBLIC = Row(Door.PUBLIC)
_PLAIN = Row(Door.PUBLIC, work=Work.NONE)
_SIGNED_IN = Row(Door.SIGNED_IN)
_LINK = Row(Door.LINK, most_bytes=16 * KILOBYTE)
_LINK_AND_PROVIDER = Row(Door.LINK, work=Work.OWN, most_bytes=16 * KILOBYTE)
_LINK_SESSION = Row(Door.LINK_SESSION, most_bytes=32 * KILOBYTE)

_COURT = (Role.CLERK, Role.COURT_OFFICER, Role.SUPERVISOR, Role.ADMINISTRATOR)
_OFFICE = (*_COURT, Role.DISPATCHER)
_LEADS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
_ON_FOOT = (Role.FIELD_SERVER, Role.DISPATCHER)
_UPLOADS = Row(Door.ROLES, frozenset(_ON_FOOT), work=Work.OWN, most_bytes=MEGABYTE, own_header="Tus-Resumable")

POLICY: Mapping[str, Row] = MappingProxyType(
    {
        # Operations: figures and states, no person's data.
        "static": _PLAIN,
        "operations.healthz": _PLAIN,
        "operations.readyz": Row(Door.PUBLIC, work=Work.OWN),
        "operations.metrics": _PUBLIC,
        "operations.clock": _PUBLIC,
        # Coming in.
        "sign_in.form": _PUBLIC,
        "sign_in.submit": Row(Door.PUBLIC, work=Work.OWN, most_bytes=16 * KILOBYTE),
        "sign_in.sign_out": _SIGNED_IN,
        "sign_in.memberships": _SIGNED_IN,
        "sign_in.choose": _SIGNED_IN,
        "sign_in.set_language": _PUBLIC,
        "home.start": _SIGNED_IN,
        # Orders and cases.
        "orders.listing": _roles(*_OFFICE),
        "order.page": _roles(*_OFFICE),
        "order.paper": _roles(*_OFFICE),
        "order.label": _roles(*_OFFICE),
        "order.slip_image": _roles(*_OFFICE),
        "order.hold": _roles(*_OFFICE),
        "order.resume": _roles(*_OFFICE),
        "order.cancel": _roles(*_COURT),
        "case.page": _roles(*_OFFICE),
        "case.move_hearing_of": _roles(*_COURT),
        "case.issue_order_of": _roles(*_COURT),
        "case.take_paper": _roles(*_OFFICE, most_bytes=51 * MEGABYTE),
        # Where the recipient can be reached.
        "addresses.page": _roles(*_OFFICE),
        "positions.page": _roles(*_OFFICE),
        "positions.drawing": _roles(*_OFFICE),
        "positions.pin": _roles(*_OFFICE),
        "addresses.add": _roles(*_COURT),
        "addresses.change": _roles(*_COURT),
        "addresses.confirm": _roles(*_COURT),
        "addresses.take_back": _roles(*_COURT),
        "searches.page": _roles(*_OFFICE),
        "searches.start": _roles(*_OFFICE),
        "searches.reply": _roles(*_OFFICE, most_bytes=51 * MEGABYTE),
        "searches.paper": _roles(*_OFFICE),
        "exhaustion.page": _roles(*_OFFICE),
        # Dockets.
        "imports.listing": _roles(*_OFFICE),
        "imports.upload": _roles(*_OFFICE, work=Work.OWN, most_bytes=128 * MEGABYTE),
        "imports.page": _roles(*_OFFICE),
        "imports.progress": _roles(*_OFFICE),
        "imports.problems": _roles(*_OFFICE),
        "imports.settle_differences": _roles(*_COURT),
        # Sheets for doors.
        # Photo proofs: supervisors decide, each server sees the own.
        "photos.listing": _roles(*_LEADS),
        "photos.page": _roles(*_LEADS),
        "photos.decide": _roles(*_LEADS, most_bytes=16 * KILOBYTE),
        "photos.picture": _roles(*_LEADS),
        "photos.mine": _roles(Role.FIELD_SERVER),
        "photos.appeal_mine": _roles(Role.FIELD_SERVER, most_bytes=16 * KILOBYTE),
        "notices.listing": _roles(*_OFFICE),
        "notices.print_run": _roles(*_OFFICE),
        "notices.sheet": _roles(*_OFFICE),
        "notices.text": _roles(*_OFFICE),
        "notices.write": _roles(*_COURT),
        "notices.make_pads": _roles(*_OFFICE),
        "notices.pads": _roles(*_OFFICE),
        "notices.lose_pads": _roles(*_OFFICE),
        # The desk.
        "desk.listing": _roles(*_OFFICE),
        "desk.resolve": _roles(*_OFFICE),
        # The telephone layer: callers see their sheet and nothing else.
        "calls.listing": _roles(*_OFFICE, Role.CALLER),
        "calls.log": _roles(*_OFFICE, Role.CALLER, most_bytes=26 * MEGABYTE),
        # What the law would say: nothing is stored.
        "law.page": _roles(*_OFFICE),
        "law.of_order": _roles(*_OFFICE),
        "checklist.page": _roles(*_OFFICE),
        "law.try_facts": _roles(*_OFFICE, work=Work.OWN),
        # What only a court officer decides, and what a judge reads before a default judgment.
        "officer.listing": _roles(Role.COURT_OFFICER),
        "officer.page": _roles(Role.COURT_OFFICER),
        "officer.settle": _roles(Role.COURT_OFFICER),
        "officer.evidence": _roles(Role.COURT_OFFICER),
        "service_sheet.page": _roles(*_COURT),
        # Figures and the state of things.
        "success.page": _roles(*_OFFICE),
        "hearings.listing": _roles(*_OFFICE),
        "providers.page": _roles(*_OFFICE),
        "providers.resume": _roles(*_LEADS),
        "sending.page": _roles(*_OFFICE),
        "sending.stop": _roles(*_LEADS, Role.COURT_OFFICER),
        "sending.resume": _roles(*_LEADS),
        # What the court's own case system is told.
        "case_system.page": _roles(*_LEADS),
        "case_system.add": _roles(*_LEADS),
        "case_system.test": _roles(*_LEADS),
        "case_system.rotate": _roles(*_LEADS),
        "case_system.secret": _roles(*_LEADS),
        "case_system.disable": _roles(*_LEADS),
        "case_system.enable": _roles(*_LEADS),
        "case_system.replay_failed": _roles(*_LEADS),
        "case_system.replay": _roles(*_LEADS),
        # Providers: the receiver verifies the bytes, and the inbox keeps its own transaction.
        "webhooks.receive": Row(Door.PROVIDER, work=Work.OWN, most_bytes=MEGABYTE),
        # Programs: each route its scope.
        "api_description.document": _PUBLIC,
        "api_orders.create": _api("orders:write", work=Work.OWN, most_bytes=100 * MEGABYTE),
        "api_orders.listing": _api("orders:read"),
        "api_orders.read": _api("orders:read"),
        "api_orders.hold": _api("orders:write"),
        "api_orders.resume": _api("orders:write"),
        "api_orders.cancel": _api("orders:write"),
        "api_orders.hearing": _api("orders:write"),
        "api_orders.publish": _api("publications"),
        "api_papers.put": _api("orders:write", most_bytes=51 * MEGABYTE),
        "api_papers.replace": _api("orders:write", most_bytes=51 * MEGABYTE),
        "api_visits.listing": _api("visits"),
        "api_visits.report": _api("visits"),
        "api_visits.slip": _api("slips"),
        "api_desk.listing": _api("desk"),
        "api_desk.resolve": _api("desk"),
        "api_figures.read": _api("figures"),
        "api_figures.readiness": _api("orders:read"),
        "api_searches.listing": _api("searches"),
        "api_searches.reply": _api("searches"),
        "api_webhooks.listing": _api("webhooks"),
        "api_webhooks.create": _api("webhooks"),
        "api_webhooks.rotate": _api("webhooks"),
        "api_webhooks.disable": _api("webhooks"),
        "api_webhooks.enable": _api("webhooks"),
        "api_webhooks.test": _api("webhooks"),
        "api_webhooks.replay_failed": _api("webhooks"),
        "api_webhooks.deliveries": _api("webhooks"),
        "api_webhooks.replay": _api("webhooks"),
        # Field staff and the mail desk. The page itself holds nobody's data; it opens also when a session has ended.
        "field_app.page": _PUBLIC,
        "field_app.part": _PLAIN,
        "field_app.manifest": _PLAIN,
        "field_app.worker": _PLAIN,
        "field.listing": _roles(Role.FIELD_SERVER, Role.DISPATCHER, Role.SUPERVISOR),
        "field.visit": _roles(Role.FIELD_SERVER, Role.DISPATCHER, Role.SUPERVISOR),
        "field.report": _roles(Role.FIELD_SERVER, Role.DISPATCHER),
        "field_api.who": _roles(*_ON_FOOT, Role.SUPERVISOR),
        "field_api.add_device": _roles(*_ON_FOOT),
        "field_api.day": _roles(*_ON_FOOT, Role.SUPERVISOR),
        "field_api.take_record": _roles(*_ON_FOOT, work=Work.OWN, most_bytes=512 * KILOBYTE),
        "field_api.receipts": _roles(*_ON_FOOT, Role.SUPERVISOR),
        "field_packets.listing": _roles(Role.DISPATCHER, *_LEADS),
        "field_packets.labels": _roles(Role.DISPATCHER, *_LEADS),
        "field_packets.number": _roles(Role.DISPATCHER, *_LEADS),
        "field_packets.give": _roles(Role.DISPATCHER, *_LEADS),
        "field_devices.listing": _roles(*_LEADS),
        "field_devices.revoke_device": _roles(*_LEADS),
        "field_devices.choose": _roles(*_LEADS),
        "field.slips": _roles(Role.CLERK, Role.DISPATCHER),
        "field.take_slip": _roles(Role.CLERK, Role.DISPATCHER),
        # Files from phones, piece by piece.
        "uploads.options": _PLAIN,
        "uploads.creation": _UPLOADS,
        "uploads.one": _UPLOADS,
        # Law firms.
        "firm.inbox": _roles(Role.LAW_FIRM),
        "firm.order": _roles(Role.LAW_FIRM),
        "firm.papers": _roles(Role.LAW_FIRM, work=Work.OWN),
        "firm.acknowledge": _roles(Role.LAW_FIRM),
        # Behind an e-service link; its pages check the token, the identity check and their own forms themselves.
        "portal.cover": _LINK,
        "portal.identity": _LINK_AND_PROVIDER,
        "portal.text_code": _LINK_AND_PROVIDER,
        "portal.not_me": _LINK,
        "portal.papers": _LINK_SESSION,
        "portal.open_papers": _LINK_SESSION,
        "portal.paper": _LINK_SESSION,
        "portal.acknowledge": _LINK_SESSION,
        "portal.decline": _LINK_SESSION,
        "portal.object_to_service": _LINK_SESSION,
        "portal.confirm_address": _LINK_SESSION,
        "portal.leave": _LINK_SESSION,
        "portal_notice.scanned": _PUBLIC,
        "portal_check.form": _PUBLIC,
        "portal_check.check": _LINK,
    }
)


class SignInNeeded(RequestError):
    """Nobody is signed in: pages lead to the sign-in, programs get 401."""

    def __init__(self) -> None:
        super().__init__("sign_in_needed", status=401)


class MembershipNeeded(RequestError):
    """Signed in, but no court and role are chosen yet."""

    def __init__(self) -> None:
        super().__init__("no_membership_chosen", status=403)


class KeyNeeded(RequestError):
    """A program without a valid key."""

    def __init__(self) -> None:
        super().__init__("key_needed", status=401)


def row_for(endpoint: str | None) -> Row:
    """The row of an endpoint. What has none is closed for everybody."""
    row = POLICY.get(endpoint or "")
    if row is None:
        raise Forbidden
    return row


def enforce(row: Row, person: Person | None, caller: ApiCaller | None) -> None:
    """Let the caller in, or raise why not."""
    match row.door:
        case Door.PUBLIC | Door.LINK | Door.LINK_SESSION | Door.PROVIDER:
            return
        case Door.API:
            if caller is None:
                raise KeyNeeded
            if row.scope not in caller.scopes:
                raise Forbidden("scope_missing", scope=row.scope)
        case Door.SIGNED_IN:
            if person is None:
                raise SignInNeeded
        case Door.ROLES:
            if person is None:
                raise SignInNeeded
            if person.role is None:
                raise MembershipNeeded
            if person.role not in row.roles:
                raise Forbidden("role_missing")


def may(person: Person | None, endpoint: str) -> bool:
    """Whether this person would be let in there: for showing only links and buttons that work."""
    try:
        enforce(row_for(endpoint), person, None)
    except RequestError:
        return False
    return True
