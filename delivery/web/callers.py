"""Who is calling: the session behind a cookie, the key behind a bearer token, and in which language they read."""

from flask import g, request
from sqlalchemy import select

from delivery.signing_in import hash_token, person_behind
from delivery.store.accounts import ApiKey
from delivery.store.courts import Court
from delivery.web.policy import Door, Row, Work
from delivery.web.request_state import ApiCaller, runtime
from delivery.wording import LANGUAGES

SESSION_COOKIE = "songda_session"
LANGUAGE_COOKIE = "songda_language"
_BEARER = "bearer "


def identify(row: Row) -> None:
    """Fill `g.person`, `g.api_caller` and `g.language` for this request."""
    g.person = g.api_caller = None
    if row.door is Door.API:
        g.api_caller = _program()
    elif row.work is not Work.NONE and row.door is not Door.PROVIDER:
        token = request.cookies.get(SESSION_COOKIE)
        if token:
            with runtime().reading() as session:
                g.person = person_behind(session, token, machine_now=runtime().machine_now())
    if g.person is not None:
        g.language = g.person.language
    else:
        guess_language()


def guess_language() -> None:
    """The language cookie, else what the browser prefers, else Chinese."""
    g.setdefault("person", None)
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen not in LANGUAGES:
        preferred = request.accept_languages.values()
        chosen = next((tag[:2].lower() for tag in preferred if tag[:2].lower() in LANGUAGES), "zh")
    g.language = chosen


def _program() -> ApiCaller | None:
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith(_BEARER):
        return None
    digest = hash_token(header[len(_BEARER) :].strip())
    with runtime().glance() as session:
        found = session.execute(
            select(ApiKey.id, ApiKey.scopes, Court)
            .join(Court, Court.id == ApiKey.court_id)
            .where(ApiKey.key_hash == digest, ApiKey.revoked_at.is_(None))
        ).one_or_none()
        session.expunge_all()
    if found is None:
        return None
    key_id, scopes, court = found
    return ApiCaller(court, key_id, frozenset(scopes.split()))
