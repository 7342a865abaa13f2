"""What Twilio's doors in the town have in common: who is let in, how it refuses, how it answers."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from adapters.sandbox.callers import TextAccount
from adapters.sandbox.conversation import Request, Response
from adapters.twilio import KEY_PARAMETER

ROOT = "/2010-04-01/Accounts/"
INTERNATIONAL = re.compile(r"\+[1-9]\d{6,14}")


class Refusal(Exception):
    """A "no" with one of Twilio's own codes."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def let_in(account: TextAccount, request: Request, route: Callable[[], Response]) -> Response:
    """Answer whoever shows the account's credentials, and say "no" as Twilio does."""
    try:
        _check_credentials(account, request)
        return route()
    except Refusal as refusal:
        more = f"https://www.twilio.com/docs/errors/{refusal.code}"
        body = {"code": refusal.code, "message": refusal.message, "more_info": more, "status": refusal.status}
        return Response(as_json(body), refusal.status)


def _check_credentials(account: TextAccount, request: Request) -> None:
    expected = f"{account.account_sid}:{account.auth_token}".encode()
    named = not request.path.startswith(ROOT) or rest_of(request)[0] == account.account_sid
    if not named or request.headers.get("authorization", "") != f"Basic {base64.b64encode(expected).decode()}":
        raise Refusal(20003, "Authenticate", 401)


def rest_of(request: Request) -> list[str]:
    """What follows the root of the path: the account, and what is asked of it."""
    return request.path.removeprefix(ROOT).removesuffix(".json").split("/")


def not_found() -> Refusal:
    """The answer about everything that is not there."""
    return Refusal(20404, "The requested resource was not found", 404)


def key_in(callback: str) -> str:
    """The platform's key of a message or call: it stands in the query of the address to report to."""
    return dict(parse_qsl(urlsplit(callback).query)).get(KEY_PARAMETER, "")


def national(number: str) -> str:
    """A number as the town's own people write it."""
    return number.removeprefix("+86")


def international(number: str) -> str:
    """A number as Twilio writes it."""
    return number if number.startswith("+") else f"+86{number}"


def as_json(value: Mapping[str, Any]) -> bytes:
    """The body of an answer."""
    return json.dumps(value, ensure_ascii=False).encode()
