"""Messages of an application in WeCom (企业微信): cards with buttons, to members of the court's own corporation.

A law firm's people are members when the court invites them; the address is their user id. The envelope of callbacks is
in `wechat_crypto.py`, what the codes mean in `wecom_codes.py`, token and call in `wechat_account.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import requests

from adapters.environment import Group
from adapters.http import Timeouts, accepted, exchange, use_no_proxy_for_loopback
from adapters.wechat import checked_keys
from adapters.wechat_account import LONGEST_CALLS, Account, Refusals, TokenOwner, read_answer, token_of
from adapters.wecom_codes import BUTTONS, ERRORS, WAITS
from adapters.whereabouts import Inside, lies_abroad
from delivery.domain.errors import OutcomeUnknown, Permanent
from delivery.domain.event import Channel
from delivery.providers import Capabilities, Message, Submission
from delivery.settings import Problem
from delivery.shared_tokens import TokenState
from delivery.wording import say

NAME = "wecom"
PREFIX = "wecom:"
SEND_PATH = "/cgi-bin/message/send"
FETCH_PATH = "/cgi-bin/gettoken"
DEFAULT_BASE = "https://qyapi.weixin.qq.com"

REMEMBERED = timedelta(hours=4)
"""How long WeCom drops the same request again: the longest `duplicate_check_interval` that there is."""

_MARGIN = timedelta(minutes=10)
_MOST_IN_A_ROW = 26  # characters of a value beside its name


@dataclass(frozen=True, slots=True)
class Settings:
    """One application of one corporation. Tokens and keys of callbacks are newest first."""

    corp_id: str
    agent_id: int
    secret: str = field(repr=False)
    tokens: tuple[str, ...] = field(repr=False)
    aes_keys: tuple[str, ...] = field(repr=False)
    api_base: str = DEFAULT_BASE
    timeout_seconds: float = 10
    abroad: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], problems: list[Problem]) -> "Settings | None":
        """Read `SONGDA_WECOM_*`; None when the group is absent, or wrong, which `problems` then says."""
        group = Group(environ, "SONGDA_WECOM_", problems)
        if not group.present:
            return None
        agent_id = group.number("AGENT_ID", 0, lowest=1, highest=999_999_999)
        settings = cls(
            corp_id=group.required("CORP_ID"),
            agent_id=agent_id,
            secret=group.required("SECRET"),
            tokens=group.secrets("TOKEN"),
            aes_keys=checked_keys(group, group.secrets("AES_KEY")),
            api_base=group.url("API_BASE", DEFAULT_BASE),
            timeout_seconds=group.number("TIMEOUT_SECONDS", 10, lowest=1, highest=60),
            abroad=lies_abroad(group.text("API_BASE"), r"qyapi\.weixin\.qq\.com", group.choice("INSIDE", Inside.NO)),
        )
        return settings if group.sound() else None

    @property
    def longest_seconds(self) -> float:
        """How long one submission may last."""
        return self.timeout_seconds * LONGEST_CALLS


class WeComCards:
    """Cards to members.

    Idempotent: the same request again is dropped for four hours, and after that this refuses to send it. The card's own
    number is our key, by which its buttons report. Not askable, and nothing tells of delivery: only a press does.
    """

    name = NAME
    capabilities = Capabilities(Channel.WECHAT, idempotent=True, askable=False, prefix=PREFIX)

    def __init__(
        self,
        settings: Settings,
        state: TokenState,
        now: Callable[[], datetime],
        machine_now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self.capabilities = replace(self.capabilities, abroad=settings.abroad)
        self._now = now
        self._timeouts = Timeouts(read=settings.timeout_seconds)
        self._session = use_no_proxy_for_loopback(requests.Session(), settings.api_base)
        self._refusals = Refusals(ERRORS, WAITS)
        owner = TokenOwner(f"{NAME}:{settings.corp_id}:{settings.agent_id}", state, self._fetch_token, machine_now)
        self._account = Account(self._session, settings.api_base, self._timeouts, self._refusals, owner)

    def submit(self, message: Message) -> Submission:
        """Send one card. What WeCom drops because a member got too many, it drops without a word."""
        if not message.to.startswith(PREFIX):
            raise Permanent("address_invalid")
        if message.written_at is not None and self._now() - message.written_at > REMEMBERED - _MARGIN:
            raise OutcomeUnknown("duplicate_window_passed")
        answer = self._account.post(SEND_PATH, self._request(message))
        # With one recipient, success for everybody else is success for nobody.
        if answer.get("invaliduser"):
            raise Permanent("not_routable")
        if answer.get("unlicenseduser"):
            raise Permanent("not_licensed")
        number = str(answer.get("msgid") or "")[:80]
        return Submission(message.idempotency_key, args={"message_id": number} if number else {})

    def ask(self, message: Message) -> Submission | None:
        """Cannot be told: see the class. The same card again is the way."""
        raise OutcomeUnknown("not_askable", detail=message.channel)

    def _request(self, message: Message) -> dict[str, object]:
        """Build the request, equal for equal attempts to the last byte: that is what WeCom compares."""
        return {
            "touser": message.to.removeprefix(PREFIX),
            "msgtype": "template_card",
            "agentid": self._settings.agent_id,
            "template_card": card(message),
            "enable_duplicate_check": 1,
            "duplicate_check_interval": int(REMEMBERED.total_seconds()),
        }

    def _fetch_token(self, forced: bool) -> tuple[str, timedelta]:  # noqa: ARG002, FBT001 - WeCom cannot be forced
        """Ask for the application's token: the same again until it ends or WeCom takes it back."""
        query = {"corpid": self._settings.corp_id, "corpsecret": self._settings.secret}
        request = requests.Request("GET", self._settings.api_base + FETCH_PATH, params=query)
        reply = accepted(exchange(self._session, request, self._timeouts))
        return token_of(read_answer(reply.body), self._refusals)


def card(message: Message) -> dict[str, object]:
    """Write a message as a card with buttons (按钮交互型): who writes, the words, the code, the link, the answers."""
    fields, language = message.fields, message.language
    rows = [(say(language, f"message.wechat.row.{name}"), fields.get(name, "")) for name in ("case", "code", "phone")]
    return {
        "card_type": "button_interaction",
        "source": {"desc": fields.get("court", "")},
        "main_title": {"title": message.subject},
        "sub_title_text": message.text,
        "horizontal_content_list": [
            {"keyname": name, "value": value} for name, value in rows if value and len(value) <= _MOST_IN_A_ROW
        ],
        "card_action": {"type": 1, "url": fields.get("link", "")},
        "task_id": message.idempotency_key,
        "button_list": [
            {"text": say(language, f"message.wechat.button.{key}"), "style": 1 if key == "received" else 2, "key": key}
            for key in BUTTONS
        ],
    }
