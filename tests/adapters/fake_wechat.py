"""WeChat's and WeCom's interfaces as far as we use them: tokens that the last call may void, and messages."""

import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime

from delivery.shared_tokens import Token
from tests.adapters.local_http import Seen, Told, Trouble

APP_ID, SECRET, OPENID, TEMPLATE = "wx0123456789abcdef", "secret-0001", "oA1b2C3d4E5f6G7h8I9j0K1l2M3n", "tpl-0001"
CORP_ID, AGENT_ID, USER = "ww0123456789abcdef", 1000002, "zhangsan"


def answer(code: int, **more: object) -> Told:
    """Build an answer in the form of both houses; the text names a person, as theirs do."""
    body = {"errcode": code, "errmsg": "ok" if code == 0 else "refused 李雷 13900000001", **more}
    return Told(200, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json"})


@dataclass
class FakeOffice:
    """What both have in common; `refuse` and `trouble` befall messages, `token_refuse` and `token_trouble` tokens."""

    sent: list[dict[str, object]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    forced: list[bool] = field(default_factory=list)
    void: set[str] = field(default_factory=set)
    void_code: int = 42001
    refuse: Told | None = None
    trouble: Trouble | None = None
    token_refuse: Told | None = None
    token_trouble: Trouble | None = None
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(200163836))

    def recover(self) -> None:
        self.refuse = self.trouble = self.token_refuse = self.token_trouble = None

    def issue(self, *, forced: bool) -> Told | Trouble:
        if self.token_refuse is not None:
            return self.token_refuse
        self.forced.append(forced)
        if forced or not self.tokens or self.tokens[-1] in self.void:
            self.tokens.append(f"token-{len(self.tokens) + 1}")
        told = Told(200, json.dumps({"access_token": self.tokens[-1], "expires_in": 7200}).encode())
        return self.token_trouble or told

    def checked(self, seen: Seen) -> Told | None:
        """The answer to a call whose token is not good, or to any call while everything is refused."""
        token = seen.query["access_token"]
        if token not in self.tokens or token in self.void:
            return answer(self.void_code)
        return self.refuse


class FakeWeChat(FakeOffice):
    """The official account's side."""

    def __call__(self, seen: Seen) -> Told | Trouble:
        body = json.loads(seen.body)
        if seen.path == "/cgi-bin/stable_token":
            assert (body["grant_type"], body["appid"]) == ("client_credential", APP_ID)
            if body["secret"] != SECRET:
                return answer(40125)
            return self.issue(forced=body["force_refresh"])
        assert seen.path == "/cgi-bin/message/template/send"
        refused = self.checked(seen)
        if refused is not None:
            return refused
        self.sent.append(body)
        return self.trouble or answer(0, msgid=next(self._numbers))


class FakeWeCom(FakeOffice):
    """WeCom's side: the same request again is taken, and not sent on."""

    def __call__(self, seen: Seen) -> Told | Trouble:
        if seen.path == "/cgi-bin/gettoken":
            if seen.query != {"corpid": CORP_ID, "corpsecret": SECRET}:
                return answer(40001)
            return self.issue(forced=False)
        assert seen.path == "/cgi-bin/message/send"
        refused = self.checked(seen)
        if refused is not None:
            return refused
        body = json.loads(seen.body)
        assert body["enable_duplicate_check"] == 1
        assert body["duplicate_check_interval"] <= 4 * 3600
        if body not in self.sent:
            self.sent.append(body)
        return self.trouble or answer(0, invaliduser="", msgid=f"msg-{self.sent.index(body)}")


class TokensInMemory:
    """The state of tokens within one test."""

    def __init__(self) -> None:
        self.kept: dict[str, Token] = {}
        self.claims: dict[str, datetime] = {}

    def newest(self, account: str) -> Token | None:
        return self.kept.get(account)

    def claim(self, account: str, *, now: datetime, until: datetime) -> bool:
        if account in self.claims and now < self.claims[account]:
            return False
        self.claims[account] = until
        return True

    def keep(self, account: str, token: Token) -> None:
        self.kept[account] = token
        self.claims.pop(account, None)

    def give_back(self, account: str) -> None:
        self.claims.pop(account, None)
