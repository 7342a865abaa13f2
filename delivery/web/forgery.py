"""Against forged requests: every form carries a token that another site cannot know.

Signed-in people have one in their session. Everybody else gets a random cookie, and the form carries its keyed
digest: another site can make a browser send the cookie, but cannot compute the digest.
"""

import hashlib
import hmac
import secrets

from flask import Response, g, request

from delivery.domain.errors import Forbidden
from delivery.web.policy import Door, Row
from delivery.web.request_state import is_secure, runtime, visitor

FIELD = "csrf"
HEADER = "X-CSRF"
_COOKIE = "songda_visitor"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Behind these doors the caller shows what another site cannot make a browser send; pages of links check their own.
_OWN_PROOF = frozenset({Door.API, Door.PROVIDER, Door.LINK, Door.LINK_SESSION})


def token() -> str:
    """The token for a form on the page in hand."""
    person = visitor()
    if person is not None:
        return person.csrf
    nonce = request.cookies.get(_COOKIE) or g.get("visitor_nonce")
    if not nonce:
        nonce = g.visitor_nonce = secrets.token_urlsafe(18)
    return _digest(nonce)


def check(row: Row) -> None:
    """Raises `Forbidden("csrf")` for a changing request of a browser without the right token."""
    if request.method in _SAFE or row.door in _OWN_PROOF or row.own_header:
        return
    person = visitor()
    nonce = request.cookies.get(_COOKIE, "")
    expected = person.csrf if person else (_digest(nonce) if nonce else "")
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise Forbidden("csrf")


def keep_cookie(response: Response) -> Response:
    """Set the visitor's cookie when a form on this page was made with a new one."""
    nonce = g.get("visitor_nonce")
    if nonce:
        response.set_cookie(_COOKIE, nonce, httponly=True, samesite="Lax", secure=is_secure())
    return response


def _digest(nonce: str) -> str:
    return hmac.new(runtime().vault.derive("csrf"), nonce.encode(), hashlib.sha256).hexdigest()
