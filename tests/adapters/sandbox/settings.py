"""A town and a court that know each other, on a clock that the test steps."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.ems import Ems
from adapters.ems_settings import Settings as EmsSettings
from adapters.kuaidi100 import Kuaidi100
from adapters.kuaidi100 import Settings as Kuaidi100Settings
from adapters.sandbox.callers import OfficeAccount, TextAccount
from adapters.sandbox.faults import Faults
from adapters.sandbox.people import Party, PhoneState
from adapters.sandbox.population import Population, draw_population
from adapters.sandbox.pushes import PostAccount
from adapters.sandbox.staff import StaffKeys
from adapters.sandbox.town import Accounts, Addresses, Places, Town
from adapters.sandbox.watcher import WatchAccount
from adapters.twilio import Settings as TwilioSettings
from adapters.twilio import TwilioSms
from adapters.twilio_verify import TwilioVerify
from adapters.twilio_voice import TwilioVoice
from adapters.wechat import Settings as WeChatSettings
from adapters.wechat import WeChatTemplates
from adapters.wecom import Settings as WeComSettings
from adapters.wecom import WeComCards
from delivery.clock import SteppedClock
from delivery.domain.event import Channel
from delivery.providers import Message, PostalAddress
from tests.adapters.contract import message
from tests.adapters.fake_wechat import TokensInMemory
from tests.adapters.sandbox.court import AUTH_TOKEN, SIGN_KEY, Court

SHANGHAI = ZoneInfo("Asia/Shanghai")
START_ON = date(2026, 3, 2)
START = datetime(2026, 3, 2, 8, 0, tzinfo=SHANGHAI).astimezone(UTC)
ACCOUNT = "AC" + "0" * 31 + "1"
SENDER = "+14155550100"
SERVICE = "VA" + "0" * 31 + "1"
STAFF = StaffKeys(server="key-server", mail_desk="key-mail", officer="key-officer")
CLERK = "key-clerk"
WATCHER_KEY, SALT = "watcher-key-0001", "salt-0001"


@dataclass
class Quarter:
    """One town with its court."""

    town: Town
    court: Court
    clock: SteppedClock
    addresses: Addresses

    @property
    def population(self) -> Population:
        return self.town.population

    def pass_time(self, span: timedelta) -> None:
        """Step from one happening to the next, as a simulation does."""
        until = self.clock.now() + span
        due = self.town.advance(self.clock.now())
        while due is not None and due <= until:
            self.clock.step_to(due)
            due = self.town.advance(self.clock.now())
        self.clock.step_to(until)

    def texts(self) -> TwilioSms:
        """The real adapter, aimed at the town."""
        settings = TwilioSettings(ACCOUNT, (AUTH_TOKEN,), SENDER, api_base=self.addresses.url, timeout_seconds=5)
        return TwilioSms(settings, self.clock.now)

    def calls(self) -> TwilioVoice:
        """The real adapter, aimed at the town."""
        settings = TwilioSettings(
            ACCOUNT, (AUTH_TOKEN,), SENDER, api_base=self.addresses.url, timeout_seconds=5, caller=SENDER
        )
        return TwilioVoice(settings, self.clock.now)

    def codes(self, token: str = AUTH_TOKEN) -> TwilioVerify:
        """The real adapter, aimed at the town."""
        base = self.addresses.url
        settings = TwilioSettings(ACCOUNT, (token,), SENDER, api_base=base, timeout_seconds=5, verify_service=SERVICE)
        return TwilioVerify(settings)

    def post(self) -> Ems:
        """The real adapter, aimed at the town."""
        settings = EmsSettings(
            url=self.addresses.ems_url,
            sender_no="1100000000000",
            authorization="authorization-0001",
            sign_keys=(SIGN_KEY,),
            sender_name="法院",
            sender_phone="087100000000",
            sender=PostalAddress("云岭省", "云州市", "青河区", "学府街1号"),
            timeout_seconds=5,
        )
        return Ems(settings, self.clock.now)

    def watcher(self, key: str = WATCHER_KEY) -> Kuaidi100:
        """The real adapter of the watcher, aimed at the town."""
        return Kuaidi100(Kuaidi100Settings(key, (SALT,), self.addresses.url, timeout_seconds=5))

    def to_watch(self, waybill: str) -> Message:
        """A subscription to a mail."""
        return message(channel=Channel.POST, to=waybill, callback_url=f"{self.court.url}/in/kuaidi100")

    def text_message(self, number: str, body: str, key: str) -> Message:
        """A text to a mainland number."""
        return message(
            key,
            channel=Channel.SMS,
            to=f"+86{number}",
            text=body,
            callback_url=f"{self.court.url}/in/twilio",
            written_at=self.clock.now(),
        )

    def notices(self) -> WeChatTemplates:
        """The real adapter of the official account, aimed at the town."""
        account = office_account(self.court.url)
        settings = WeChatSettings(
            account.app_id,
            account.secret,
            (account.callback_token,),
            (account.aes_key,),
            {"zh": "template-zh", "en": "template-en"},
            {"case": "const2", "code": "thing1"},
            self.addresses.url,
            timeout_seconds=5,
        )
        return WeChatTemplates(settings, TokensInMemory(), self.clock.now)

    def cards(self, *, secret: str = "") -> WeComCards:
        """The real adapter of the application in WeCom, aimed at the town."""
        account = office_account(self.court.url)
        settings = WeComSettings(
            account.corp_id,
            account.agent_id,
            secret or account.secret,
            (account.callback_token,),
            (account.aes_key,),
            self.addresses.url,
            timeout_seconds=5,
        )
        return WeComCards(settings, TokensInMemory(), self.clock.now, self.clock.now)

    def chat(self, to: str, case: str, key: str) -> Message:
        """A message to an account, about a case, with a link."""
        fields = {"court": "法院", "case": case, "code": "ABCD-EFGH", "link": f"{self.court.url}/e/{key}"}
        return message(key, channel=Channel.WECHAT, to=to, fields=fields, written_at=self.clock.now())

    def mail_item(self, party: Party, key: str) -> Message:
        """Court mail to a party's home."""
        home = party.home
        return message(
            key,
            channel=Channel.POST,
            to="",
            postal=PostalAddress(home.province, home.city, home.county, home.street),
            recipient_name=party.name,
            phone=f"+86{party.mobile}",
            document_titles=("起诉状副本", "传票"),
        )


def office_account(url: str) -> OfficeAccount:
    """The court's accounts at WeChat and WeCom, reporting to this address."""
    return OfficeAccount(
        app_id="wx0123456789abcdef",
        corp_id="ww0123456789abcdef",
        agent_id=1000002,
        secret="secret-0001",
        access_token="token-0001",
        callback_token="courttoken",
        aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        wechat_url=f"{url}/in/wechat",
        wecom_url=f"{url}/in/wecom",
    )


@contextmanager
def quarter(
    population: Population,
    *,
    faults: Faults | None = None,
    staff: bool = False,
    clerk: bool = False,
    journal: Path | None = None,
    keep_pace: bool = False,
) -> Iterator[Quarter]:
    """Open a court and a town, and close both."""
    with Court() as court:
        clock = SteppedClock(START)
        accounts = Accounts(
            TextAccount(ACCOUNT, AUTH_TOKEN, SENDER, f"{court.url}/in/twilio", SERVICE),
            PostAccount("1100000000000", "authorization-0001", SIGN_KEY, f"{court.url}/in/ems"),
            office_account(court.url),
            replace(STAFF, clerk=CLERK) if clerk else STAFF if staff else None,
            watcher=WatchAccount(WATCHER_KEY),
        )
        town = Town(population, clock.now, Places(court.url, journal=journal), accounts, faults or Faults())
        addresses = town.start(keep_pace=keep_pace)
        try:
            yield Quarter(town, court, clock, addresses)
        finally:
            town.stop()


def drawn(orders: int = 60, seed: int = 7) -> Population:
    """A population for tests."""
    return draw_population(seed, orders, START_ON, 60)


def owners(population: Population) -> list[Party]:
    """Parties who hold their own telephone."""
    states = {PhoneState.HIS, PhoneState.SILENT}
    return [party for party in population.parties.values() if population.phones[party.mobile].state in states]


def key_number(number: int) -> str:
    """An idempotency key."""
    return f"0195a000-0000-7000-8000-{number:012d}"
