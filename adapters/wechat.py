"""Template messages (模板消息) of an official account on WeChat: notices to followers, in forms that WeChat approved.

The envelope of its callbacks is in `wechat_crypto.py`, what its codes mean in `wechat_codes.py`, token and call in
`wechat_account.py`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import requests

from adapters.environment import Group
from adapters.http import Timeouts, post_json, use_no_proxy_for_loopback
from adapters.wechat_account import LONGEST_CALLS, Account, Refusals, TokenOwner, read_answer, token_of
from adapters.wechat_codes import ERRORS, WAITS
from adapters.wechat_crypto import is_key
from adapters.whereabouts import Inside, lies_abroad
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent
from delivery.domain.event import Channel
from delivery.providers import Capabilities, Message, Submission
from delivery.settings import Problem
from delivery.shared_tokens import TokenState

NAME = "wechat"
PREFIX = "openid:"
SEND_PATH = "/cgi-bin/message/template/send"
FETCH_PATH = "/cgi-bin/stable_token"
DEFAULT_BASE = "https://api.weixin.qq.com"
_MAINLAND = r"((sh|sz)\.)?api2?\.weixin\.qq\.com"

# How long a value may be, by the kind of its place in a template (发送类目模板消息参数值内容限制说明).
LONGEST = {"thing": 20, "character_string": 32, "phone_number": 17, "const": 20, "number": 32, "letter": 32}
SOURCES = ("court", "case", "code", "phone")
"""What may stand in a template: who writes, in which case, the code to check it by, and whom to call. Nothing else."""

_PLACE = re.compile(rf"({'|'.join(SOURCES)})=(({'|'.join(LONGEST)})[0-9]{{0,3}})")
_EARLY = timedelta(minutes=4)  # in the last five minutes WeChat gives out the next token while this one still holds


@dataclass(frozen=True, slots=True)
class Settings:
    """One official account. Tokens and keys of callbacks are newest first.

    `places` says which of our values stands in which place of the templates; `templates` go from language to id.
    """

    app_id: str
    secret: str = field(repr=False)
    tokens: tuple[str, ...] = field(repr=False)
    aes_keys: tuple[str, ...] = field(repr=False)
    templates: Mapping[str, str]
    places: Mapping[str, str]
    api_base: str = DEFAULT_BASE
    timeout_seconds: float = 10
    abroad: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], problems: list[Problem]) -> "Settings | None":
        """Read `SONGDA_WECHAT_*`; None when the group is absent, or wrong, which `problems` then says."""
        group = Group(environ, "SONGDA_WECHAT_", problems)
        if not group.present:
            return None
        settings = cls(
            app_id=group.required("APP_ID"),
            secret=group.required("SECRET"),
            tokens=group.secrets("TOKEN"),
            aes_keys=checked_keys(group, group.secrets("AES_KEY")),
            templates={"zh": group.required("TEMPLATE_ZH"), "en": group.required("TEMPLATE_EN")},
            places=_places(group),
            api_base=group.url("API_BASE", DEFAULT_BASE),
            timeout_seconds=group.number("TIMEOUT_SECONDS", 10, lowest=1, highest=60),
            abroad=lies_abroad(group.text("API_BASE"), _MAINLAND, group.choice("INSIDE", Inside.NO)),
        )
        return settings if group.sound() else None

    @property
    def longest_seconds(self) -> float:
        """How long one submission may last."""
        return self.timeout_seconds * LONGEST_CALLS


def checked_keys(group: Group, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Give the keys of encrypted callbacks back; `group` notes when one cannot be used."""
    if not all(is_key(key) for key in keys):
        group.wrong("AES_KEY", "must hold keys of 43 letters and digits, with commas between")
    return keys


def _places(group: Group) -> dict[str, str]:
    found = [_PLACE.fullmatch(part) for part in group.secrets("FIELDS")]
    places = {match.group(1): match.group(2) for match in found if match}
    if not all(found) or "code" not in places:
        sources = ", ".join(f"{source}=..." for source in SOURCES)
        group.wrong(
            "FIELDS", f"must name places of the template, the code's among them: {sources}; such as code=thing3"
        )
    return places


class WeChatTemplates:
    """Template messages.

    Not idempotent: WeChat drops a second message under our `client_msg_id` for ten minutes at the most, and promises
    nothing. Not askable: there is no way to look a message up.
    """

    name = NAME
    capabilities = Capabilities(Channel.WECHAT, idempotent=False, askable=False, prefix=PREFIX)

    def __init__(self, settings: Settings, state: TokenState, machine_now: Callable[[], datetime]) -> None:
        self._settings = settings
        self.capabilities = replace(self.capabilities, abroad=settings.abroad)
        self._timeouts = Timeouts(read=settings.timeout_seconds)
        self._session = use_no_proxy_for_loopback(requests.Session(), settings.api_base)
        self._refusals = Refusals(ERRORS, WAITS)
        owner = TokenOwner(f"{NAME}:{settings.app_id}", state, self._fetch_token, machine_now, _EARLY)
        self._account = Account(self._session, settings.api_base, self._timeouts, self._refusals, owner)

    def submit(self, message: Message) -> Submission:
        """Send one message. Taken is not arrived: that is told by TEMPLATESENDJOBFINISH, perhaps before the answer."""
        answer = self._account.post(SEND_PATH, self._form(message))
        if not answer.get("msgid"):
            raise OutcomeUnknown("answer_unreadable")
        return Submission(str(answer["msgid"])[:80])

    def ask(self, message: Message) -> Submission | None:
        """Cannot be told: see the class."""
        raise OutcomeUnknown("not_askable", detail=message.channel)

    def _form(self, message: Message) -> dict[str, object]:
        if not message.to.startswith(PREFIX):
            raise Permanent("address_invalid")
        values = {place: message.fields.get(source, "") for source, place in self._settings.places.items()}
        if not all(values.values()):
            raise Misconfigured("field_missing")
        if any(len(value) > LONGEST[place.rstrip("0123456789")] for place, value in values.items()):
            raise Permanent("field_too_long")
        return {
            "touser": message.to.removeprefix(PREFIX),
            "template_id": self._settings.templates["en" if message.language == "en" else "zh"],
            "url": message.fields.get("link", ""),
            "client_msg_id": message.idempotency_key.replace("-", ""),
            "data": {place: {"value": value} for place, value in values.items()},
        }

    def _fetch_token(self, forced: bool) -> tuple[str, timedelta]:  # noqa: FBT001 - a port of one question
        """Ask for the account's token: the same for everybody who asks, until it ends or a new one is forced."""
        body = {
            "grant_type": "client_credential",
            "appid": self._settings.app_id,
            "secret": self._settings.secret,
            "force_refresh": forced,
        }
        reply = post_json(self._session, self._settings.api_base + FETCH_PATH, {}, body, self._timeouts)
        return token_of(read_answer(reply.body), self._refusals)
