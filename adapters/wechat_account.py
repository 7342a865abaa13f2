"""One account of ours at WeChat or WeCom: its access token, which has one owner, and a call with it.

Both houses answer in the same form, `{errcode, errmsg, ...}`, and both want the token in the address. Whoever fetches a
token may make the one before worthless, so one process fetches at a time and all of them share what it got.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests

from adapters.faults import Fault, Meaning, refusal
from adapters.http import Timeouts, post_json
from delivery.domain.errors import Misconfigured, OutcomeUnknown, SendError, Transient
from delivery.shared_tokens import Token, TokenState

TOKEN_REFUSED = frozenset({40001, 40014, 42001})
"""The token is wrong, malformed or expired; nothing was taken, and with a new one the same call may go again."""

REFUSED = Meaning(Fault.UNKNOWN, "refused")
LONGEST_CALLS = 4
"""Requests in one submission at the most: a token, a message that refuses it, another token, the message again."""

_CLAIM = timedelta(seconds=60)
_SHORTEST_LIFE = timedelta(seconds=10)  # a token that expires while the message travels is refused, and costs a call
_BETWEEN_RENEWALS = timedelta(seconds=30)  # the interval that WeChat prescribes between forced ones
_WAIT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Refusals:
    """What the error codes of an account mean, and after which time some of them may go again."""

    meanings: Mapping[int, Meaning]
    waits: Mapping[int, timedelta]

    def error(self, code: int) -> SendError:
        """Name a clear "no". A code that is not in the table blames nobody's address."""
        return refusal(self.meanings.get(code, REFUSED), detail=str(code), retry_after=self.waits.get(code))


class TokenOwner:
    """Gives the account's token to whoever calls, and sees to it that one thread of one process fetches a new one.

    `fetch(forced)` asks the provider for a token and its life; `early` is how long before its end a new one is fetched.
    """

    def __init__(
        self,
        account: str,
        state: TokenState,
        fetch: Callable[[bool], tuple[str, timedelta]],
        machine_now: Callable[[], datetime],
        early: timedelta = _SHORTEST_LIFE,
    ) -> None:
        self._account = account
        self._state = state
        self._fetch = fetch
        self._machine_now = machine_now
        self._early = early
        self._lock = threading.Lock()

    def token(self) -> str:
        """Give a token that holds. Raises a `SendError`, none of which says that a message may have gone."""
        held = self._state.newest(self._account)
        if held is not None and self._machine_now() < held.expires_at - self._early:
            return held.value
        with self._lock:
            held = self._state.newest(self._account)
            now = self._machine_now()
            if held is not None and now < held.expires_at - self._early:
                return held.value  # another thread was here meanwhile
            if self._claimed(now):
                return self._fetched(forced=False)
            if held is not None and now < held.expires_at - _SHORTEST_LIFE:
                return held.value  # another process is fetching; this one still holds
            raise Transient("token_being_fetched", retry_after=_WAIT)

    def renewed(self, refused: str) -> str:
        """Give another token than the one that was refused, fetched by us or by somebody else meanwhile."""
        with self._lock:
            held = self._state.newest(self._account)
            now = self._machine_now()
            if held is not None and held.value != refused:
                return held.value
            if held is not None and now < held.fetched_at + _BETWEEN_RENEWALS:
                raise Misconfigured("credentials_refused")  # it was fetched just now, and is no good
            if self._claimed(now):
                return self._fetched(forced=True)
            raise Transient("token_being_fetched", retry_after=_WAIT)

    def _claimed(self, now: datetime) -> bool:
        return self._state.claim(self._account, now=now, until=now + _CLAIM)

    def _fetched(self, *, forced: bool) -> str:
        fault: SendError
        try:
            value, life = self._fetch(forced)
        except OutcomeUnknown as error:
            fault = Transient("token_not_fetched", detail=error.reason)  # whatever became of it, it was no message
        except (Transient, Misconfigured) as error:
            fault = error
        except SendError as error:
            fault = Misconfigured("credentials_refused", detail=error.detail)
        else:
            now = self._machine_now()
            self._state.keep(self._account, Token(value, now + life, now))
            return value
        self._state.give_back(self._account)
        raise fault


class Account:
    """Calls with the account's token, and once again with another one when it is refused."""

    def __init__(
        self, session: requests.Session, api_base: str, timeouts: Timeouts, refusals: Refusals, owner: TokenOwner
    ) -> None:
        self._session = session
        self._api_base = api_base
        self._timeouts = timeouts
        self._refusals = refusals
        self._owner = owner

    def post(self, path: str, body: object) -> Mapping[str, Any]:
        """Give the answer to one call. Raises a `SendError`; an answer without a code is an unknown outcome."""
        token = self._owner.token()
        answer = self._once(path, token, body)
        if code_of(answer) in TOKEN_REFUSED:
            answer = self._once(path, self._owner.renewed(token), body)
        if code := code_of(answer):
            raise self._refusals.error(code)
        return answer

    def _once(self, path: str, token: str, body: object) -> Mapping[str, Any]:
        reply = post_json(self._session, self._api_base + path, {"access_token": token}, body, self._timeouts)
        return read_answer(reply.body)


def read_answer(body: bytes) -> Mapping[str, Any]:
    """Read an answer of either house. Raises `OutcomeUnknown` for anything else."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise OutcomeUnknown("answer_unreadable")
    return answer


def code_of(answer: Mapping[str, Any]) -> int:
    """Give the error code, 0 for success. Raises `OutcomeUnknown` when the answer has none."""
    code = answer.get("errcode")
    if not isinstance(code, int):
        raise OutcomeUnknown("answer_unreadable")
    return code


def token_of(answer: Mapping[str, Any], refusals: Refusals) -> tuple[str, timedelta]:
    """Read the answer to a request for a token: the token and its life. It has an error code only when refused."""
    if answer.get("errcode"):
        code = code_of(answer)
        meaning = refusals.meanings.get(code)
        if meaning is None or meaning.fault is not Fault.PASSING:
            raise Misconfigured(meaning.reason if meaning else "credentials_refused", detail=str(code))
        raise refusals.error(code)
    value, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(seconds, int):
        raise OutcomeUnknown("answer_unreadable")
    return value, timedelta(seconds=seconds)
