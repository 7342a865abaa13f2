"""The proofs that forms behind an e-service link carry.

Before the identity check a signed, short-lived token bound to the link; after it the session of the link, in a
cookie that goes to that link's own pages only.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from flask import request
from werkzeug.wrappers import Response

from delivery.domain.errors import Forbidden
from delivery.link_identity import SESSION_LENGTH, session_behind
from delivery.store.links import LinkSession, ServiceLink
from delivery.web.request_state import runtime, session

COOKIE = "songda_link"
FORM_FIELD = "form"
CSRF_FIELD = "csrf"
_LIFETIME = timedelta(hours=2)


def form_token(subject: str) -> str:
    """A token that says: this form was made by us, for this subject, just now."""
    made = str(int(runtime().machine_now().timestamp()))
    return f"{made}.{_signature(subject, made)}"


def form_is_ours(subject: str) -> bool:
    """Whether the request in hand carries a token of this subject that is not too old."""
    made, _, signature = request.form.get(FORM_FIELD, "").partition(".")
    if not made.isascii() or not made.isdigit() or len(made) > len("9999999999"):
        return False
    if not hmac.compare_digest(_signature(subject, made).encode(), signature.encode()):
        return False
    age = runtime().machine_now() - datetime.fromtimestamp(int(made), tz=runtime().machine_now().tzinfo)
    return timedelta(seconds=-1) <= age <= _LIFETIME


def _signature(subject: str, made: str) -> str:
    key = runtime().vault.derive("link.form")
    return hmac.new(key, f"{subject}|{made}".encode(), hashlib.sha256).hexdigest()


def session_of(link: ServiceLink) -> LinkSession | None:
    """The session of the person in hand behind this link; reading it changes nothing."""
    return session_behind(session(), link, request.cookies.get(COOKIE, ""), machine_now=runtime().machine_now())


def check_csrf(found: LinkSession) -> None:
    """Raises `Forbidden("csrf")` when the form was not made for this session."""
    if not hmac.compare_digest(found.csrf.encode(), request.form.get(CSRF_FIELD, "").encode()):
        raise Forbidden("csrf")


def keep_session(response: Response, path: str, token: str) -> None:
    """Set the cookie of a new session, for the pages of this link alone."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=SESSION_LENGTH,
        path=path,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure or runtime().settings.base_url.startswith("https:"),
    )


def drop_session(response: Response, path: str) -> None:
    """Take the cookie back."""
    response.delete_cookie(COOKIE, path=path)
