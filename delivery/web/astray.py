"""Addresses that lead nowhere, told apart: whoever copied one from a message gets the recipients' page, staff theirs.

The short addresses of messages and notices are typed by hand, cut by telephones, and completed with what follows them.
"""

from http import HTTPStatus

from flask import current_app, request

from delivery.web.callers import SESSION_COOKIE
from delivery.web.rendering import page

_SHORT = ("e", "s", "n")  # /e/… in messages, /s to check them, /n/… on notices


def is_of_recipients() -> bool:
    """Whether the address of this request, which no page has, is likelier a recipient's than a colleague's."""
    if request.routing_exception is None or SESSION_COOKIE in request.cookies:
        return False
    first = request.path.split("/")[1]
    ours = {rule.rule.split("/")[1] for rule in current_app.url_map.iter_rules()}
    return first in _SHORT or (first[:1].lower() in _SHORT and first not in ours)


def astray_page(code: str, status: int) -> tuple[str, HTTPStatus]:
    """What to do and how to verify; never whether there is anything for whoever asks."""
    return page("portal/astray.html", code=code, status=status, back=request.path), HTTPStatus(status)
