"""The town set up for one installation: its population, its doors, the accounts that both sides know, and the dockets.

This is all that the composition root needs of the town; demo and simulation see it through the port of
`delivery/rehearsing.py`.
"""

import base64
import csv
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from adapters.sandbox.callers import OfficeAccount, TextAccount
from adapters.sandbox.docket import HEADINGS
from adapters.sandbox.faults import Faults
from adapters.sandbox.map_house import MapAccount
from adapters.sandbox.names import Court
from adapters.sandbox.papers import papers_of
from adapters.sandbox.people import Case
from adapters.sandbox.population import Population, draw_population
from adapters.sandbox.pushes import Form, PostAccount
from adapters.sandbox.staff import StaffKeys
from adapters.sandbox.template_texts import TemplateAccount
from adapters.sandbox.town import Accounts, Places, Town
from adapters.sandbox.watcher import WatchAccount

_SENDER_NO = "1100000000000"
_SENDER = "+8675500112368"
_PHONE = "0755-12368"
_AGENT_ID = 1000002
_SLIP_API = "010010"  # the town's own: the post's is in no public description


@dataclass(frozen=True, slots=True)
class Scene:
    """What a rehearsal is about: whose seed, how many orders, from which day, over how many days; one more for show.

    `mail` names what the post does otherwise: pushes in the form `jdpt` or `legacy`, is watched by `kuaidi100`,
    photographs signed `slips`.
    """

    seed: int
    orders: int
    start_on: date
    days: int
    texts: str = "twilio"
    specimen: bool = False
    mail: tuple[str, ...] = ()


class Stage:
    """One town for one platform. The secrets of a sandbox are made from its seed: they open nothing but this town."""

    def __init__(
        self, scene: Scene, clock: Callable[[], datetime], places: Places, faults: Faults | None = None
    ) -> None:
        self._population = draw_population(
            scene.seed, scene.orders, scene.start_on, scene.days, specimen=scene.specimen
        )
        self._scene = scene
        court = self._population.court
        hooks = f"{places.platform_url}/webhooks"
        self._texts = TextAccount(
            f"AC{self._secret('account')[:32]}",
            self._secret("token"),
            _SENDER,
            f"{hooks}/twilio/{court.code}",
            f"VA{self._secret('codes')[:32]}",
        )
        sign_key = base64.b64encode(bytes.fromhex(self._secret("post"))[:16]).decode()
        form = next((one for one in Form if one in scene.mail), Form.PLATFORM)
        self._post = PostAccount(
            _SENDER_NO,
            self._secret("authorization"),
            sign_key,
            f"{hooks}/{self._receiver_of(form, court.code)}",
            form,
            self._secret("jdpt"),
            _SLIP_API if "slips" in scene.mail else "",
        )
        self._office = OfficeAccount(
            app_id=f"wx{self._secret('app')[:16]}",
            corp_id=f"ww{self._secret('corp')[:16]}",
            agent_id=_AGENT_ID,
            secret=self._secret("office"),
            access_token=self._secret("access token"),
            callback_token=self._secret("office callbacks")[:32],
            aes_key=self._secret("office key")[:43],
            wechat_url=f"{hooks}/wechat/{court.code}",
            wecom_url=f"{hooks}/wecom/{court.code}",
        )
        self.staff_keys = StaffKeys(
            self._secret("server"), self._secret("mail desk"), self._secret("officer"), self._secret("clerk")
        )
        accounts = Accounts(self._texts, self._post, self._office, self.staff_keys)
        if scene.texts != "twilio":
            accounts = replace(accounts, templates=self._of_templates(f"{hooks}/{scene.texts}/{court.code}"))
        if "kuaidi100" in scene.mail:
            accounts = replace(accounts, watcher=WatchAccount(self._secret("watcher")[:16]))
        if scene.specimen:
            accounts = replace(accounts, maps=MapAccount(self._secret("map")[:32], self._secret("map signature")[:32]))
        self._clock, self._places, self._accounts, self._faults = clock, places, accounts, faults or Faults()
        self._opened: Town | None = None

    @property
    def population(self) -> Population:
        """Who lives here."""
        return self._population

    @property
    def court(self) -> Court:
        """The court that the town's people are served by."""
        return self._population.court

    def staff_scopes(self) -> Mapping[str, str]:
        """Each staff key with the scopes that its holder works with."""
        keys = self.staff_keys
        return {
            keys.server: "visits",
            keys.mail_desk: "slips",
            keys.officer: "desk publications role:court_officer",
            keys.clerk: "orders:read orders:write searches desk",
        }

    def _secret(self, purpose: str) -> str:
        return sha256(f"songda sandbox {self._scene.seed} {purpose}".encode()).hexdigest()

    def _receiver_of(self, form: Form, court: str) -> str:
        """Where the platform hears of traces in this form."""
        match form:
            case Form.PLATFORM:
                return f"ems/{court}"
            case Form.JDPT:
                return f"ems_jdpt/{court}"
            case Form.LEGACY:
                return f"ems_legacy/{court}/{self._secret('old post')}"

    def start(self, *, keep_pace: bool = False) -> Mapping[str, str]:
        """Open the town's doors; the settings by which the platform finds its providers there."""
        self._opened = Town(self._population, self._clock, self._places, self._accounts, self._faults)
        found = self._opened.start(keep_pace=keep_pace)
        court = self._population.court
        return {
            **self._of_texts(found.url),
            "SONGDA_SMTP_HOST": found.smtp_host,
            "SONGDA_SMTP_PORT": str(found.smtp_port),
            "SONGDA_SMTP_FROM": f"service@{court.code}.court.example",
            "SONGDA_SMTP_FROM_NAME": court.name,
            "SONGDA_SMTP_STARTTLS": "off",
            "SONGDA_SMTP_CALLBACK_SECRET": self._secret("bounces"),
            "SONGDA_EMS_URL": found.ems_url,
            "SONGDA_EMS_SENDER_NO": _SENDER_NO,
            "SONGDA_EMS_AUTHORIZATION": self._post.authorization,
            "SONGDA_EMS_SIGN_KEY": self._post.sign_key,
            "SONGDA_EMS_SENDER_NAME": court.name,
            "SONGDA_EMS_SENDER_PHONE": "12368",
            "SONGDA_EMS_SENDER_PROVINCE": court.province,
            "SONGDA_EMS_SENDER_CITY": court.city,
            "SONGDA_EMS_SENDER_COUNTY": court.county,
            "SONGDA_EMS_SENDER_STREET": "法院路1号",
            **self._of_mail(found.url),
            **self._of_maps(found.url),
            **self._of_the_office(found.url),
        }

    def _of_mail(self, url: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        if self._post.form is Form.JDPT:
            found["SONGDA_EMS_JDPT_KEY"] = self._post.jdpt_key
        if self._post.form is Form.LEGACY:
            found |= {
                "SONGDA_EMS_LEGACY_SECRET": self._secret("old post"),
                "SONGDA_EMS_LEGACY_NETWORKS": "127.0.0.0/8",
            }
        if self._post.slip_api:
            found |= {"SONGDA_EMS_SLIP_API": self._post.slip_api, "SONGDA_EMS_RECEIPT": "5"}
        if self._accounts.watcher is not None:
            found |= {
                "SONGDA_KUAIDI100_KEY": self._accounts.watcher.key,
                "SONGDA_KUAIDI100_SALT": self._secret("salt")[:16],
                "SONGDA_KUAIDI100_API_BASE": url,
            }
        return found

    def _of_maps(self, url: str) -> Mapping[str, str]:
        maps = self._accounts.maps
        if maps is None:
            return {}
        return {"SONGDA_AMAP_KEY": maps.key, "SONGDA_AMAP_PRIVATE_KEY": maps.private_key, "SONGDA_AMAP_API_BASE": url}

    def _of_the_office(self, url: str) -> Mapping[str, str]:
        office = self._office
        return {
            "SONGDA_WECHAT_APP_ID": office.app_id,
            "SONGDA_WECHAT_SECRET": office.secret,
            "SONGDA_WECHAT_TOKEN": office.callback_token,
            "SONGDA_WECHAT_AES_KEY": office.aes_key,
            "SONGDA_WECHAT_TEMPLATE_ZH": "template-zh",
            "SONGDA_WECHAT_TEMPLATE_EN": "template-en",
            "SONGDA_WECHAT_FIELDS": "court=thing1,case=const2,code=character_string3",
            "SONGDA_WECHAT_API_BASE": url,
            "SONGDA_WECOM_CORP_ID": office.corp_id,
            "SONGDA_WECOM_AGENT_ID": str(office.agent_id),
            "SONGDA_WECOM_SECRET": office.secret,
            "SONGDA_WECOM_TOKEN": office.callback_token,
            "SONGDA_WECOM_AES_KEY": office.aes_key,
            "SONGDA_WECOM_API_BASE": url,
        }

    def _of_templates(self, push_url: str) -> TemplateAccount:
        return TemplateAccount(
            carrier=self._scene.texts,
            key_id=self._secret("template key")[:20],
            key_secret=self._secret("template secret"),
            app_id="1400006666",
            signature=self._population.court.name,
            phone=_PHONE,
            push_url=f"{push_url}/{self._secret('pushes')}",
        )

    def _of_texts(self, url: str) -> Mapping[str, str]:
        account = self._accounts.templates
        if account is None:
            return {
                "SONGDA_TWILIO_ACCOUNT_SID": self._texts.account_sid,
                "SONGDA_TWILIO_AUTH_TOKEN": self._texts.auth_token,
                "SONGDA_TWILIO_FROM": _SENDER,
                "SONGDA_TWILIO_VOICE_FROM": _SENDER,
                "SONGDA_TWILIO_VERIFY_SERVICE": self._texts.verify_service,
                "SONGDA_TWILIO_API_BASE": url,
            }
        both = {
            "TEMPLATES": ",".join(f"{name}={number}" for name, number in account.templates.items()),
            "CALLBACK_SECRET": self._secret("pushes"),
            "CALLBACK_NETWORKS": "127.0.0.0/8",
            "API_BASE": url,
        }
        if account.carrier == "aliyun":
            own = {"ACCESS_KEY_ID": account.key_id, "ACCESS_KEY_SECRET": account.key_secret}
        else:
            own = {"SECRET_ID": account.key_id, "SECRET_KEY": account.key_secret, "APP_ID": account.app_id}
        return {f"SONGDA_{account.carrier.upper()}_{name}": value for name, value in {**own, **both}.items()}

    @property
    def _town(self) -> Town:
        assert self._opened is not None, "the doors are not open yet"
        return self._opened

    def stop(self) -> None:
        """Close the doors."""
        self._town.stop()

    def advance(self, now: datetime) -> datetime | None:
        """Let happen what is due; when the next thing is."""
        return self._town.advance(now)

    def next_due(self) -> datetime | None:
        """When the next thing happens."""
        return self._town.next_due()

    def counts(self) -> Mapping[str, Any]:
        """What the town counted."""
        return self._town.counts()

    def faults(self) -> list[tuple[datetime, str, str]]:
        """What went wrong on purpose: when, what, and the platform's key of the message."""
        return self._town.faults()

    @property
    def guesses(self) -> Mapping[str, float]:
        """The parameters that are guesses, by name, for every report."""
        return {guess.name: guess.value for guess in self._population.parameters.guesses()}

    def prior_docket(self) -> bytes:
        """Closed cases in which parties of the current ones once confirmed an address, as a CSV docket."""
        return _as_csv(self._population.prior_rows())

    def days_with_cases(self) -> list[date]:
        """The days on which cases were accepted, in order."""
        return sorted({case.accepted_on for case in self._population.cases})

    def docket_of(self, day: date) -> tuple[bytes, bytes]:
        """What was accepted on one day: the docket as CSV, and the ZIP with its papers."""
        cases = [case for case in self._population.cases if case.accepted_on == day]
        return _as_csv(self._population.docket_rows(day)), _zipped(cases)


def scratch_places(platform_url: str, journal: Path | None = None, http_port: int = 0) -> Places:
    """Places on free ports of this machine."""
    return Places(platform_url, http_port=http_port, journal=journal)


def _as_csv(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, HEADINGS)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _zipped(cases: list[Case]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in papers_of(cases).items():
            # A fixed date: the same town makes the same bytes.
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 2, 8, 0, 0)), content)
    return out.getvalue()
