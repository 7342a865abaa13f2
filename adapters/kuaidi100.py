"""Kuaidi100: a watcher, which carries nothing. It is told a waybill number of EMS and pushes what it reads of it.

For courts whose post does not push by itself, and as a second pair of eyes. A subscription is a message whose `to` is
the number; what its states mean lies in `kuaidi100_codes.py`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import requests

from adapters.environment import Group
from adapters.http import Timeouts, post_form, use_no_proxy_for_loopback
from adapters.kuaidi100_codes import COMPANY, NAME, NOT_ALLOWED
from adapters.whereabouts import Inside, lies_abroad
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError
from delivery.domain.event import Channel
from delivery.providers import Capabilities, Message, Submission
from delivery.settings import Problem

# Thirteen digits beginning with 10 to 13, 5 or 9 (domestic), or the form of the Universal Postal Union (S10).
_NUMBER = re.compile(r"(?:1[0-3]|[59][0-9])[0-9]{11}|E[A-Z][0-9]{9}CN")
_TAKEN = frozenset({"200", "501"})  # 501: already subscribed
_REFUSALS: Mapping[str, tuple[type[SendError], str]] = {
    "500": (OutcomeUnknown, "server_error"),
    "600": (Misconfigured, "credentials_refused"),
    "601": (Misconfigured, "credentials_refused"),
    "700": (Permanent, "refused"),
    "701": (Permanent, "refused"),
    "702": (Permanent, "refused"),
}


def sign(param: str, salt: str) -> str:
    """Sign a push: MD5 over its text and the salt of the subscription, upper-case hex. MD5 is the protocol's."""
    return hashlib.md5((param + salt).encode()).hexdigest().upper()  # noqa: S324


@dataclass(frozen=True, slots=True)
class Settings:
    """One account. Salts are newest first: the first is given with subscriptions, pushes may bear any."""

    key: str = field(repr=False)
    salts: tuple[str, ...] = field(repr=False)
    api_base: str = "https://poll.kuaidi100.com"
    timeout_seconds: float = 10
    abroad: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], problems: list[Problem]) -> "Settings | None":
        """Read `SONGDA_KUAIDI100_*`; None when the group is absent, or wrong, which `problems` then says."""
        group = Group(environ, "SONGDA_KUAIDI100_", problems)
        if not group.present:
            return None
        settings = cls(
            key=group.required("KEY"),
            salts=group.secrets("SALT"),
            api_base=group.url("API_BASE", "https://poll.kuaidi100.com"),
            timeout_seconds=group.number("TIMEOUT_SECONDS", 10, lowest=1, highest=60),
            abroad=lies_abroad(group.text("API_BASE"), r"poll\.kuaidi100\.com", group.choice("INSIDE", Inside.NO)),
        )
        return settings if group.sound() else None


class Kuaidi100:
    """Subscriptions. Idempotent: the same number again is "already subscribed". At most four a month and number."""

    name = NAME
    capabilities = Capabilities(Channel.POST, idempotent=True, askable=False, watches=True)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.capabilities = replace(self.capabilities, abroad=settings.abroad)
        self._session = use_no_proxy_for_loopback(requests.Session(), settings.api_base)

    def submit(self, message: Message) -> Submission:
        """Have the number in `message.to` watched; refused for any that EMS does not give out."""
        if _NUMBER.fullmatch(message.to) is None:
            raise Permanent(NOT_ALLOWED)
        settings = self._settings
        wanted = {"callbackurl": message.callback_url, "salt": settings.salts[0], "resultv2": "6", "autoCom": "0"}
        param = {"company": COMPANY, "number": message.to, "key": settings.key, "parameters": wanted}
        fields = {"schema": "json", "param": json.dumps(param, ensure_ascii=False)}
        reply = post_form(self._session, f"{settings.api_base}/poll", fields, Timeouts(read=settings.timeout_seconds))
        try:
            code = str(json.loads(reply.body)["returnCode"])
        except (ValueError, KeyError, TypeError, RecursionError):
            code = ""
        if code not in _TAKEN:
            kind, reason = _REFUSALS.get(code, (OutcomeUnknown, "answer_unreadable"))
            raise kind(reason, detail=code[:12])
        return Submission(message.to)

    def ask(self, message: Message) -> Submission | None:
        """Cannot be told; the same subscription again is the way to learn it."""
        raise OutcomeUnknown("not_askable", detail=message.channel)
