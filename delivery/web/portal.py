"""The e-service link: what recipients and law firms see when they follow it.

A GET or HEAD never opens anything and never writes: mail scanners follow links and run scripts. Opening is a button
that a person presses after the identity check. Every act is a form without scripts, and doing it twice does it once.
"""

from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from delivery import link_acts
from delivery.address_confirming import confirm_addresses
from delivery.address_form import FIELDS, read_confirmation
from delivery.domain.errors import RequestError
from delivery.domain.event import EventKind
from delivery.link_identity import LinkState, end_session, state_of
from delivery.link_visiting import UNCHECKED, LinkRole, Visitor, court_day
from delivery.linking import ON_A_DOOR
from delivery.store.links import LinkSession, ServiceLink
from delivery.web import portal_forms
from delivery.web.downloads import attachment
from delivery.web.faults import words_for
from delivery.web.portal_answers import read_decline, read_objection
from delivery.web.portal_identity import check_in, link_of, send_code
from delivery.web.portal_pages import Entered, cover_page, fault_page, papers_page, used_kind
from delivery.web.request_state import now, runtime, session

blueprint = Blueprint("portal", __name__)

_SHOWN_IN_BROWSERS = frozenset({"application/pdf", "image/jpeg", "image/png"})
# A paper is somebody else's file: it may show itself and nothing more. Browsers' PDF viewers are objects.
_PAPER_POLICY = "default-src 'none'; object-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


class SessionOver(RequestError):
    """The half hour after the identity check is over, or there never was one behind this link."""

    def __init__(self, token: str) -> None:
        super().__init__("link_session_over", status=HTTPStatus.UNAUTHORIZED)
        self.token = token


@blueprint.errorhandler(SessionOver)
def _over(error: SessionOver) -> ResponseReturnValue:
    """Back to the cover, which asks for identity again and says when something was on its way."""
    ended = "unsent" if request.method == "POST" else 1
    return redirect(url_for("portal.cover", token=error.token, ended=ended), HTTPStatus.SEE_OTHER)


@blueprint.errorhandler(RequestError)
def _fault(error: RequestError) -> ResponseReturnValue:
    """Errors behind a link, on a plain page that shows nothing of the console."""
    return fault_page(error.code, words_for(error.code, error.arguments), error.status)


def _is_open(link: ServiceLink) -> bool:
    return state_of(session(), link, now=now(), machine_now=runtime().machine_now()) is LinkState.OPEN


def _entered(token: str) -> tuple[Visitor, LinkSession]:
    """Who passed the identity check behind this very link. Raises `SessionOver`; forms must be of this session."""
    link = link_of(token)
    found = portal_forms.session_of(link)
    if found is None or not _is_open(link):
        raise SessionOver(token)
    if request.method == "POST":
        portal_forms.check_csrf(found)
    return Visitor(link, LinkRole(found.role), found.identity), found


def _done(token: str, kind: EventKind) -> AnyResponse:
    """To the papers' page, which says what has just been done; reloading it does nothing again."""
    return redirect(url_for("portal.papers", token=token, done=kind), HTTPStatus.SEE_OTHER)


@blueprint.get("/e/<token>")
def cover(token: str) -> ResponseReturnValue:
    """The cover. Who passed the identity check a moment ago goes on to the papers."""
    link = link_of(token)
    if portal_forms.session_of(link) is not None and _is_open(link):
        return redirect(url_for("portal.papers", token=token))
    note = {"": "", "unsent": "ended_unsent"}.get(request.args.get("ended", ""), "ended")
    return cover_page(link, token, note=note)


@blueprint.post("/e/<token>/identity")
def identity(token: str) -> ResponseReturnValue:
    """The identity check: the only way to the papers."""
    return check_in(token)


@blueprint.post("/e/<token>/code")
def text_code(token: str) -> ResponseReturnValue:
    """Have a one-time code texted for the identity check."""
    return send_code(token)


@blueprint.get("/e/<token>/papers")
def papers(token: str) -> ResponseReturnValue:
    """The papers, what can be done, and what was done. Seeing this list is not opening them."""
    visitor, found = _entered(token)
    return papers_page(visitor, found, token, done=request.args.get("done", ""))


@blueprint.post("/e/<token>/open")
def open_papers(token: str) -> ResponseReturnValue:
    """A person asks to see the papers: this is the opening."""
    visitor, _ = _entered(token)
    link_acts.open_papers(session(), visitor, now=now())
    return _done(token, EventKind.LINK_OPENED)


@blueprint.get("/e/<token>/papers/<document>")
def paper(token: str, document: str) -> ResponseReturnValue:
    """One paper, once opened; that it was fetched is written down before its bytes leave. A HEAD fetches nothing."""
    visitor, _ = _entered(token)
    found = link_acts.paper_behind(session(), visitor, document)
    content = runtime().blobs.get(visitor.link.court_id, found.sha256 or "")
    if request.method != "HEAD":
        with runtime().transaction() as writing:
            link = writing.get_one(ServiceLink, (visitor.link.court_id, visitor.link.id))
            link_acts.note_download(writing, Visitor(link, visitor.role, visitor.identity), found, now=now())
    response = attachment(content, found.title, found.media_type)
    if "save" not in request.args and found.media_type in _SHOWN_IN_BROWSERS:
        response.headers["Content-Disposition"] = response.headers["Content-Disposition"].replace(
            "attachment", "inline"
        )
    response.headers["Content-Security-Policy"] = _PAPER_POLICY
    return response


@blueprint.post("/e/<token>/acknowledge")
def acknowledge(token: str) -> ResponseReturnValue:
    """A person says that they have the papers."""
    visitor, _ = _entered(token)
    link_acts.acknowledge(session(), visitor, now=now())
    return _done(token, EventKind.ACKNOWLEDGED)


@blueprint.post("/e/<token>/decline")
def decline(token: str) -> ResponseReturnValue:
    """A person does not take the papers here, for a reason."""
    visitor, found = _entered(token)
    reason, note, wrong = read_decline(request.form, visitor.link.audience)
    if reason is None or wrong:
        return papers_page(visitor, found, token, entered=Entered("decline", request.form, wrong))
    link_acts.decline(session(), visitor, reason, note, now=now())
    return _done(token, EventKind.DECLINED)


@blueprint.post("/e/<token>/object")
def object_to_service(token: str) -> ResponseReturnValue:
    """A person says that something is wrong with this service."""
    visitor, found = _entered(token)
    objection, wrong = read_objection(request.form, today=court_day(session(), visitor.link, now()))
    if objection is None:
        return papers_page(visitor, found, token, entered=Entered("object", request.form, wrong))
    link_acts.object_to_service(
        session(), visitor, objection.kind, arrived_on=objection.arrived_on, note=objection.note, now=now()
    )
    return _done(token, EventKind.OBJECTED)


@blueprint.post("/e/<token>/confirm-address")
def confirm_address(token: str) -> ResponseReturnValue:
    """The form by which a person confirms or changes where papers may be served."""
    visitor, found = _entered(token)
    given = {name: request.form.get(name, "") for name in FIELDS}
    form, wrong = read_confirmation(given, used_kind(visitor.link))
    if form is None:
        return papers_page(visitor, found, token, entered=Entered("confirm-address", given, wrong))
    event = confirm_addresses(session(), visitor, form, now=now())
    kind = EventKind(event.kind) if event is not None else EventKind.ADDRESS_CONFIRMED
    return _done(token, kind)


@blueprint.post("/e/<token>/not-me")
def not_me(token: str) -> ResponseReturnValue:
    """Whoever holds this telephone or mailbox is not the recipient.

    A stranger cannot pass the identity check, so the form on the cover is enough for this one act.
    """
    link = link_of(token)
    state = state_of(session(), link, now=now(), machine_now=runtime().machine_now())
    found = portal_forms.session_of(link)
    # Whoever passes a door may read the code that hangs there: nobody ends a service with it.
    if state in {LinkState.REVOKED, LinkState.CANCELLED} or link.audience == ON_A_DOOR:
        return redirect(url_for("portal.cover", token=token), HTTPStatus.SEE_OTHER)
    if portal_forms.form_is_ours(str(link.id)):
        visitor = Visitor(link, LinkRole.HOLDER, UNCHECKED)
    elif found is not None and portal_forms.CSRF_FIELD in request.form:
        portal_forms.check_csrf(found)
        visitor = Visitor(link, LinkRole(found.role), found.identity)
    else:
        return cover_page(link, token, note="stale", refused=True)
    link_acts.say_not_me(session(), visitor, now=now())
    response = redirect(url_for("portal.cover", token=token), HTTPStatus.SEE_OTHER)
    portal_forms.drop_session(response, url_for("portal.cover", token=token))
    return response


@blueprint.post("/e/<token>/leave")
def leave(token: str) -> ResponseReturnValue:
    """Finished: on a borrowed telephone nothing stays open."""
    _, found = _entered(token)
    end_session(session(), found)
    response = redirect(url_for("portal.cover", token=token, ended=1), HTTPStatus.SEE_OTHER)
    portal_forms.drop_session(response, url_for("portal.cover", token=token))
    return response
