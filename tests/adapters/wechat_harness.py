"""What the suites of WeChat and WeCom share: the clock, the troubles, and the refusals of either house."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from adapters.wechat import Settings as WeChatSettings
from adapters.wechat import WeChatTemplates
from adapters.wecom import Settings as WeComSettings
from adapters.wecom import WeComCards
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel
from delivery.providers import Message, Provider
from tests.adapters.contract import message
from tests.adapters.fake_wechat import (
    AGENT_ID,
    APP_ID,
    CORP_ID,
    OPENID,
    SECRET,
    TEMPLATE,
    USER,
    FakeOffice,
    FakeWeChat,
    FakeWeCom,
    TokensInMemory,
    answer,
)
from tests.adapters.harness import LocalHarness
from tests.adapters.local_http import LocalHttp, Told

FIELDS = {
    "court": "云州市青河区人民法院",
    "case": "（2026）云0102民初1号",
    "code": "K7PQ-3M9X",
    "check": "https://court.example/s",
    "phone": "12368",
    "link": "https://court.example/e/abc",
}
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


class OfficeHarness(LocalHarness[FakeOffice]):
    """One account, its adapter, and the house that it belongs to."""

    def __init__(self, server: LocalHttp, office: FakeOffice, to: str) -> None:
        own = OF_WECHAT if isinstance(office, FakeWeChat) else OF_WECOM
        super().__init__(server, office, [*own, *OF_BOTH])
        self.to = to
        self.state = TokensInMemory()
        self.provider: Provider = self.another()

    def another(self) -> Provider:
        """The same account in another process."""
        if isinstance(self.side, FakeWeChat):
            return WeChatTemplates(wechat_settings(self.server.url), self.state, self.clock)
        settings = WeComSettings(CORP_ID, AGENT_ID, SECRET, ("courttoken",), (KEY,), self.server.url, 0.4)
        return WeComCards(settings, self.state, self.clock, self.clock)

    def message(self, key: str = "0195a000-0000-7000-8000-000000000001", **changes: object) -> Message:
        usual = {"channel": Channel.WECHAT, "to": self.to, "fields": FIELDS, "written_at": self.now}
        return message(key, **{**usual, **changes})

    def made(self) -> int:
        return len(self.side.sent)

    def recover(self) -> None:
        self.side.recover()


def wechat_settings(url: str) -> WeChatSettings:
    places: Mapping[str, str] = {"court": "thing1", "case": "thing2", "code": "character_string3"}
    return WeChatSettings(
        APP_ID, SECRET, ("courttoken",), (KEY,), {"zh": TEMPLATE, "en": "tpl-en"}, places, url, timeout_seconds=0.4
    )


@contextmanager
def harness_of(office: FakeOffice) -> Iterator[OfficeHarness]:
    """The account of one house, its server running."""
    to = f"wecom:{USER}" if isinstance(office, FakeWeCom) else f"openid:{OPENID}"
    assert isinstance(office, FakeWeChat | FakeWeCom)
    server = LocalHttp(office)
    with server:
        yield OfficeHarness(server, office, to)


Expected = tuple[type[SendError], str]
OF_BOTH: list[tuple[Told, Expected]] = [
    (answer(-1), (Transient, "provider_busy")),
    (answer(43004), (Permanent, "not_following")),
    (answer(45002), (Permanent, "too_big")),
    (answer(45009), (Transient, "rate_limited")),
    (answer(99999), (Permanent, "refused")),  # a code that is in no table
    (Told(401), (Misconfigured, "credentials_refused")),
    (Told(404), (Misconfigured, "address_unusable")),
    (Told(302, b"", {"Location": "https://elsewhere.example/"}), (Misconfigured, "redirected")),
    (Told(429, b"", {"Retry-After": "30"}), (Transient, "rate_limited")),
    (Told(422), (Permanent, "refused")),
    (Told(502), (OutcomeUnknown, "server_error")),
    (Told(200, b"<html>"), (OutcomeUnknown, "answer_unreadable")),
    (Told(200, b"[]"), (OutcomeUnknown, "answer_unreadable")),
    (Told(200, b"[" * 20_000), (OutcomeUnknown, "answer_unreadable")),
    (Told(200, b'{"errmsg": "ok"}'), (OutcomeUnknown, "answer_unreadable")),
]
OF_WECHAT: list[tuple[Told, Expected]] = [
    (answer(40003), (Permanent, "address_invalid")),
    (answer(40013), (Misconfigured, "credentials_refused")),
    (answer(40037), (Misconfigured, "template_unknown")),
    (answer(40164), (Misconfigured, "caller_not_allowed")),
    (answer(43101), (Permanent, "blocked")),
    (answer(45011), (Transient, "rate_limited")),
    (answer(47003), (Permanent, "field_refused")),
    (answer(48001), (Misconfigured, "not_authorised")),
    (answer(48004), (Misconfigured, "account_suspended")),
    (answer(0), (OutcomeUnknown, "answer_unreadable")),  # taken, and no number to know it by
]
OF_WECOM: list[tuple[Told, Expected]] = [
    (answer(40031), (Permanent, "address_invalid")),
    (answer(40056), (Misconfigured, "sender_not_allowed")),
    (answer(45033), (Transient, "rate_limited")),
    (answer(46004), (Permanent, "address_invalid")),
    (answer(48002), (Misconfigured, "not_authorised")),
    (answer(60020), (Misconfigured, "caller_not_allowed")),
    (answer(81013), (Permanent, "not_routable")),
    (answer(0, invaliduser=USER, msgid="msg-1"), (Permanent, "not_routable")),
    (answer(0, unlicenseduser=USER, msgid="msg-1"), (Permanent, "not_licensed")),
]
