"""Coming in and going out: the sign-in form, the choice among several courts or roles, the language, signing out."""

from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from delivery import signing_in
from delivery.store.accounts import Membership, memberships_of
from delivery.store.courts import all_courts
from delivery.web.callers import LANGUAGE_COOKIE, SESSION_COOKIE
from delivery.web.rendering import page
from delivery.web.request_state import is_secure, language, person, runtime, session, visitor
from delivery.wording import LANGUAGES

blueprint = Blueprint("sign_in", __name__)
_YEAR = 365 * 24 * 3600


@blueprint.get("/sign-in")
def form() -> ResponseReturnValue:
    """The form; who is already signed in goes on."""
    if visitor() is not None:
        return redirect(_inside(request.args.get("next", "/")))
    return page("sign_in.html", login="", refusal="", next=_inside(request.args.get("next", "/")))


@blueprint.post("/sign-in")
def submit() -> ResponseReturnValue:
    """Check the password outside any writing transaction, then open a session or count the failed try."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    target, address = _inside(request.form.get("next", "/")), request.remote_addr or ""
    vault, machine_now = runtime().vault, runtime().machine_now()
    with runtime().reading() as reading:
        checked = signing_in.check_password(
            reading, vault, login=login, password=password, address=address, machine_now=machine_now
        )
    if checked.account_id is None:
        if checked.refusal == "wrong_password":
            with runtime().transaction() as writing:
                signing_in.note_failed_try(writing, vault, login=login, address=address, machine_now=machine_now)
        status = HTTPStatus.TOO_MANY_REQUESTS if checked.refusal == "too_many_tries" else HTTPStatus.UNAUTHORIZED
        return page("sign_in.html", login=login, refusal=checked.refusal, next=target), status
    earlier = visitor()
    with runtime().transaction() as writing:
        if earlier is not None:  # the token that this browser had is worth nothing from now on
            signing_in.end_sign_in(writing, earlier, machine_now)
        memberships = memberships_of(writing, checked.account_id)
        # A phone closes browsers as it likes and its battery dies: for field servers the session outlives that.
        on_foot = bool(memberships) and all(
            membership.role == signing_in.Role.FIELD_SERVER for membership in memberships
        )
        token = signing_in.begin_sign_in(
            writing,
            checked.account_id,
            memberships,
            language=language(),
            machine_now=machine_now,
        )
    response = redirect(target, HTTPStatus.SEE_OTHER)
    lasts = signing_in.ABSOLUTE if on_foot else None
    response.set_cookie(SESSION_COOKIE, token, max_age=lasts, httponly=True, samesite="Lax", secure=is_secure())
    return response


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session here and on the server."""
    signing_in.end_sign_in(session(), person(), runtime().machine_now())
    response = redirect(url_for("sign_in.form"), HTTPStatus.SEE_OTHER)
    response.delete_cookie(SESSION_COOKIE)
    return response


@blueprint.get("/memberships")
def memberships() -> ResponseReturnValue:
    """In which court and role to work."""
    courts = {court.id: court for court in all_courts(session())}
    rows = [(row, courts[row.court_id]) for row in memberships_of(session(), person().account_id)]
    return page("memberships.html", rows=rows)


@blueprint.post("/memberships")
def choose() -> ResponseReturnValue:
    """Work in the chosen one from now on."""
    try:
        key = UUID(request.form.get("court", "")), UUID(request.form.get("membership", ""))
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)
    membership = session().get(Membership, key)
    if membership is None:
        abort(HTTPStatus.NOT_FOUND)
    signing_in.choose_membership(session(), person(), membership)
    return redirect("/", HTTPStatus.SEE_OTHER)


@blueprint.post("/language")
def set_language() -> ResponseReturnValue:
    """Switch the language, for this session and for the next ones, and go back to the page."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(HTTPStatus.BAD_REQUEST)
    someone = visitor()
    if someone is not None:
        signing_in.choose_language(session(), someone, chosen)
    response: Response = make_response(redirect(_inside(request.form.get("next", "/")), HTTPStatus.SEE_OTHER))
    response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="Lax", secure=is_secure())
    return response


def _inside(target: str) -> str:
    """Only an address of this site: an open redirect would lend our name to others."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return "/"
    return target
