"""Coming in behind a link: the identity check, and the code that may have to be texted for it.

A provider that texts codes is asked between two transactions, never inside one: its answer may take seconds.
"""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery import texted_codes
from delivery.domain.errors import NotFound, SendError
from delivery.domain.text import compact
from delivery.link_identity import LinkState, Refusal, check_identity, roles_for, state_of
from delivery.linking import hashed
from delivery.providers import CodeAnswer
from delivery.store.links import ServiceLink, link_by_token
from delivery.texted_codes import CodeWay
from delivery.web import portal_forms
from delivery.web.portal_pages import code_way_here, cover_page
from delivery.web.request_state import now, runtime, session, with_session

_STANDS = frozenset({LinkState.OPEN, LinkState.EXPIRED})


def link_of(token: str) -> ServiceLink:
    """The link of this address; the token is the authority. Raises `NotFound("link_unknown")`."""
    found = link_by_token(session(), hashed(token))
    if found is None:
        raise NotFound("link_unknown")
    return found


def check_in(token: str) -> ResponseReturnValue:
    """The identity check: the only way to the papers."""
    digits, role = request.form.get("digits", ""), request.form.get("role", "")
    with with_session(reads=True):
        link = link_of(token)
        way = _way(link) if role in roles_for(link.audience) else None
        asks_texted = _way(link) is not None
    answer = texted_codes.answer_to(way, compact(digits)) if way is not None else None
    with with_session():
        link = link_of(token)
        if not portal_forms.form_is_ours(str(link.id)):
            return cover_page(link, token, note="stale", role=role, refused=True)
        if way is not None and isinstance(answer, SendError):
            texted_codes.note_failure(session(), link, way, answer, now())
            return cover_page(link, token, note="code_unchecked", role=role, refused=True)
        assert not isinstance(answer, SendError)
        return _admit(link, token, digits, role, answer or (CodeAnswer.WRONG if asks_texted else None))


def _admit(link: ServiceLink, token: str, digits: str, role: str, texted: CodeAnswer | None) -> ResponseReturnValue:
    admission = check_identity(
        session(), link, digits=digits, role=role, now=now(), machine_now=runtime().machine_now(), texted=texted
    )
    match admission.refusal:
        case None:
            response = redirect(url_for("portal.papers", token=token), 303)
            portal_forms.keep_session(response, url_for("portal.cover", token=token), admission.token)
            return response
        case Refusal.RENEWAL_ASKED:
            return cover_page(link, token, note="renewal_asked")
        case Refusal.STATE:
            return cover_page(link, token, refused=True)
        case Refusal.WRONG | Refusal.MALFORMED | Refusal.ROLE | Refusal.CODE_OVER:
            return cover_page(
                link, token, note=admission.refusal, tries_left=admission.tries_left, role=role, refused=True
            )


def send_code(token: str) -> ResponseReturnValue:
    """Text a code to the number that the link was sent to."""
    with with_session():
        link = link_of(token)
        if not portal_forms.form_is_ours(str(link.id)):
            return cover_page(link, token, note="stale", refused=True)
        way = _way(link)
        if way is None:
            return redirect(url_for("portal.cover", token=token), 303)
        why_not = texted_codes.ask_for_code(session(), link, way, now=now(), machine_now=runtime().machine_now())
        if why_not:
            return cover_page(link, token, note=f"code_{why_not}", refused=True)
    result = texted_codes.text_code(way)
    with with_session():
        link = link_of(token)
        texted_codes.record_texted(session(), link, way, result, now())
        session().flush()
        failed = isinstance(result, SendError)
        return cover_page(link, token, note="code_failed" if failed else "code_sent", refused=failed)


def _way(link: ServiceLink) -> CodeWay | None:
    """How a code gets to whoever stands before this link, if it stands and a code is what is asked for."""
    state = state_of(session(), link, now=now(), machine_now=runtime().machine_now())
    ours = portal_forms.form_is_ours(str(link.id))
    return code_way_here(link) if ours and state in _STANDS else None
