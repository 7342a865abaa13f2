"""The composition root: the one module that knows all packages.

It reads every group of settings, builds the three dictionaries (providers, receivers, task handlers) and hands them to
the core. Nothing is built before it is asked for: importing this module reads no variable and opens no file.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from delivery.cli.command_line import Equipment, Register, Replayed, run

if TYPE_CHECKING:
    from flask import Flask

    from delivery.announcer import Announcer
    from delivery.clock import Clock
    from delivery.geocoder import Geocoder
    from delivery.providers import Provider
    from delivery.rehearsing import Platform, Premises, Scene, Site, Town
    from delivery.runtime import Handler, Runtime
    from delivery.settings import Problem, Settings
    from delivery.shared_tokens import TokenState
    from mobile_upload.front import Front
    from webhooks.receiver import Receiver

_OF_PROVIDERS = ("WEBHOOKS", "TWILIO", "ALIYUN", "TENCENT", "SMTP", "EMS", "KUAIDI100", "WECHAT", "WECOM", "AMAP")
_GROUPS = tuple(f"SONGDA_{group}_" for group in _OF_PROVIDERS)


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Each provider's own settings; None where the group is absent: that provider is not configured."""

    twilio: Any
    aliyun: Any
    tencent: Any
    smtp: Any
    ems: Any
    kuaidi100: Any
    wechat: Any
    wecom: Any
    webhooks: Any
    amap: Any


@dataclass(frozen=True, slots=True)
class Installed:
    """A runtime together with the receivers of its providers."""

    runtime: "Runtime"
    receivers: "Mapping[str, Receiver]"


def read_all(environ: Mapping[str, str]) -> "tuple[Settings, ProviderSettings]":
    """Every group of settings. Raises `WrongSettings`, which names all that is wrong at once."""
    from adapters import aliyun, amap, announcer, ems_settings, kuaidi100, smtp, tencent, twilio, wechat, wecom
    from delivery.settings import Problem, WrongSettings, read_settings, unknown_variables

    settings, problems = read_settings(environ)
    of_providers = ProviderSettings(
        twilio=twilio.Settings.from_environ(environ, problems),
        aliyun=aliyun.Settings.from_environ(environ, problems),
        tencent=tencent.Settings.from_environ(environ, problems),
        smtp=smtp.Settings.from_environ(environ, problems),
        ems=ems_settings.Settings.from_environ(environ, problems),
        kuaidi100=kuaidi100.Settings.from_environ(environ, problems),
        wechat=wechat.Settings.from_environ(environ, problems),
        wecom=wecom.Settings.from_environ(environ, problems),
        webhooks=announcer.Settings.from_environ(environ, problems),
        amap=amap.Settings.from_environ(environ, problems),
    )
    problems += [Problem(name, "is not a setting; perhaps misspelt") for name in unknown_variables(environ, _GROUPS)]
    problems += _wrong_calendar(environ.get("SONGDA_CALENDAR", ""))
    if settings is not None:
        problems += _short_lease(settings, of_providers)
    if problems or settings is None:
        raise WrongSettings(problems)
    return settings, of_providers


def _wrong_calendar(name: str) -> "list[Problem]":
    """What is wrong in the file of rest days that the settings name; that there is none is found elsewhere."""
    from delivery.calendars import CalendarFileInvalid, court_calendar
    from delivery.settings import Problem

    if not Path(name).is_file():
        return []
    try:
        court_calendar(Path(name))
    except CalendarFileInvalid as error:
        return [Problem("SONGDA_CALENDAR", f"{error}; delivery/calendars.py shows the form")]
    return []


def _short_lease(settings: "Settings", of_providers: ProviderSettings) -> "list[Problem]":
    """A call that may last longer than half a lease could be made while another worker already has its task.

    In a sandbox whose clock runs fast, leases are short on purpose, and its town answers at once.
    """
    from delivery.settings import Problem

    of = of_providers
    spans = [
        one.timeout_seconds if one is not of.smtp else one.relay.seconds
        for one in (of.twilio, of.tencent, of.smtp, of.ems, of.webhooks)
        if one is not None
    ]
    spans += [one.longest_seconds for one in (of.aliyun, of.wechat, of.wecom) if one is not None]
    longest = max(spans, default=0)
    if settings.clock is not None or longest * 2 < settings.lease.total_seconds():
        return []
    return [Problem("SONGDA_LEASE_SECONDS", f"must be more than {longest * 2:g}, twice the longest provider time-out")]


def install(environ: Mapping[str, str], clock: "Clock | None" = None) -> Installed:
    """Build everything from an environment. A simulation brings a clock of its own. Raises `WrongSettings`."""
    from delivery.calendars import court_calendar
    from delivery.clock import ScaledClock, SystemClock
    from delivery.runtime import Calendars, Runtime
    from delivery.shared_tokens import SharedTokens
    from webhooks.mail_taking import rounds

    settings, of_providers = read_all(environ)
    if clock is None:
        clock = ScaledClock(settings.clock) if settings.clock else SystemClock()
    receivers = _receivers(settings, of_providers)
    runtime = Runtime(
        settings=settings,
        calendar=Calendars(court_calendar(settings.calendar)),
        handlers=_handlers(receivers),
        given_clock=clock,
        announcer=_announcer(of_providers),
        geocoder=_geocoder(of_providers),
    )
    tokens = SharedTokens(runtime.reading, runtime.transaction)
    runtime.providers = _providers(of_providers, clock, tokens)
    runtime.rounds = rounds(receivers)
    return Installed(runtime, receivers)


def _providers(settings: ProviderSettings, clock: "Clock", tokens: "TokenState") -> "dict[str, Provider]":
    found: list[Provider] = []
    if settings.smtp is not None:
        from adapters.smtp import Smtp

        found.append(Smtp(settings.smtp, clock.now))
    if settings.twilio is not None:
        from adapters.twilio import TwilioSms
        from adapters.twilio_verify import TwilioVerify
        from adapters.twilio_voice import TwilioVoice

        found.append(TwilioSms(settings.twilio, clock.now))
        found += [TwilioVoice(settings.twilio, clock.now)] if settings.twilio.caller else []
        found += [TwilioVerify(settings.twilio)] if settings.twilio.verify_service else []
    if settings.aliyun is not None:
        from adapters.aliyun import AliyunSms

        found.append(AliyunSms(settings.aliyun, clock.now))
    if settings.tencent is not None:
        from adapters.tencent import TencentSms

        found.append(TencentSms(settings.tencent, clock.now))
    if settings.ems is not None:
        from adapters.ems import Ems

        found.append(Ems(settings.ems, clock.now))
    if settings.kuaidi100 is not None:
        from adapters.kuaidi100 import Kuaidi100

        found.append(Kuaidi100(settings.kuaidi100))
    if settings.wechat is not None:
        from adapters.wechat import WeChatTemplates

        found.append(WeChatTemplates(settings.wechat, tokens, clock.machine_now))
    if settings.wecom is not None:
        from adapters.wecom import WeComCards

        found.append(WeComCards(settings.wecom, tokens, clock.now, clock.machine_now))
    return {provider.name: provider for provider in found}


def _announcer(settings: ProviderSettings) -> "Announcer":
    from adapters.announcer import HttpAnnouncer

    return HttpAnnouncer(settings.webhooks)


def _geocoder(settings: ProviderSettings) -> "Geocoder | None":
    from adapters.amap import AMap

    return None if settings.amap is None else AMap(settings.amap)


def _receivers(settings: "Settings", of_providers: ProviderSettings) -> "dict[str, Receiver]":
    found: list[Receiver] = []
    if of_providers.twilio is not None:
        from webhooks.twilio import TwilioReceiver
        from webhooks.twilio_voice import TwilioVoiceReceiver as Voice

        found.append(TwilioReceiver.configured(of_providers.twilio, settings.base_url))
        found += [Voice.configured(of_providers.twilio, settings.base_url)] if of_providers.twilio.caller else []
    if of_providers.aliyun is not None:
        from webhooks.aliyun import AliyunReceiver

        found.append(AliyunReceiver.configured(of_providers.aliyun))
    if of_providers.tencent is not None:
        from webhooks.tencent import TencentReceiver

        found.append(TencentReceiver.configured(of_providers.tencent))
    if of_providers.ems is not None:
        found += _receivers_of_mail(of_providers.ems)
    if of_providers.kuaidi100 is not None:
        from webhooks.kuaidi100 import Kuaidi100Receiver

        found.append(Kuaidi100Receiver.configured(of_providers.kuaidi100))
    if of_providers.smtp is not None:
        from webhooks.smtp import SmtpReceiver

        found.append(SmtpReceiver.configured(of_providers.smtp))
    if of_providers.wechat is not None:
        from webhooks.wechat import WeChatReceiver

        found.append(WeChatReceiver.configured(of_providers.wechat))
    if of_providers.wecom is not None:
        from webhooks.wecom import WeComReceiver

        found.append(WeComReceiver.configured(of_providers.wecom))
    return {receiver.name: receiver for receiver in found}


def _receivers_of_mail(ems: Any) -> "list[Receiver]":  # noqa: ANN401 - see ProviderSettings
    """China Post's forms of pushing; those beside platform v2 only where they are set."""
    from webhooks.ems import EmsReceiver, JdptReceiver, LegacyReceiver

    found: list[Receiver] = [EmsReceiver.configured(ems)]
    if ems.jdpt_keys:
        found.append(JdptReceiver.configured(ems))
    if ems.legacy_paths:
        found.append(LegacyReceiver.configured(ems))
    return found


def _handlers(receivers: "Mapping[str, Receiver]") -> "dict[str, Handler]":
    from delivery.announcement_sending import announce
    from delivery.dispatch import ask_attempt, submit_attempt
    from delivery.geocoding import TASK as GEOCODE
    from delivery.geocoding import geocode_address
    from delivery.hint_checking import check_hint
    from delivery.importing import TASK, ImportRows
    from delivery.link_ending import HANDLERS as OF_LINKS
    from delivery.mail_tending import HANDLERS as OF_MAIL
    from delivery.outcomes import CHECK_TASK
    from delivery.photo_proving import handlers as of_photos
    from delivery.progress import advance_order
    from delivery.recordings import fetch_recording
    from delivery.store.announcements import TASK as ANNOUNCE
    from mobile_upload.photo.looking import look_at
    from webhooks import inbox

    return {
        **OF_MAIL,
        **OF_LINKS,
        **of_photos(look_at),
        "advance_order": advance_order,
        "submit_attempt": submit_attempt,
        "ask_attempt": ask_attempt,
        CHECK_TASK: check_hint,
        ANNOUNCE: announce,
        "fetch_recording": fetch_recording,
        GEOCODE: geocode_address,
        TASK: ImportRows(),
        inbox.TASK: inbox.reader(receivers),
    }


def create_application(installed: Installed | None = None) -> "Flask":
    """The web application with all edges, for the embedded server or any other WSGI server."""
    from delivery.web.app import create_app
    from mobile_upload.blueprints import all_of_the_field
    from webhooks import inbox

    installed = installed or _installed()
    receivers = inbox.make_blueprint(installed.runtime, installed.receivers)
    return create_app(installed.runtime, edges=[receivers, *all_of_the_field()])


@cache
def _installed() -> Installed:
    """What this process works with, built from its own environment."""
    from delivery.installing import with_kept_keys

    return install(with_kept_keys(os.environ))


def drain(shard: int) -> int:
    """The job that the relay rings: run what is due in one shard. Named in the queue, run by `songda work`."""
    from delivery.relaying import drain_shard

    return drain_shard(_installed().runtime, shard)


def __getattr__(name: str) -> object:
    """`wsgi:application`, built when a server asks for it."""
    if name == "application":
        return create_application()
    raise AttributeError(name)


def premises() -> "Premises":
    """How demo and simulation build the sandbox town, and a platform that has it for its providers."""
    from delivery.rehearsing import Premises

    command = (sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())")
    return Premises(town=_town, install=_platform, command=command)


def _town(scene: "Scene", clock: "Clock", site: "Site") -> "Town":
    from adapters.sandbox.faults import Faults
    from adapters.sandbox.stage import Scene as Setting
    from adapters.sandbox.stage import Stage, scratch_places
    from delivery.rehearsing import START_ON

    setting = Setting(
        scene.seed, scene.orders, START_ON, scene.days, scene.texts, specimen=scene.specimen, mail=scene.mail
    )
    places = scratch_places(site.platform_url, site.memory, site.port)
    return Stage(setting, clock.now, places, Faults(**asdict(scene.faults)))


def _platform(environ: Mapping[str, str], clock: "Clock | None") -> "Platform":
    from delivery.rehearsing import Platform

    installed = install(environ, clock)
    return Platform(installed.runtime, lambda: create_application(installed))


def _replay(court: str, provider: str) -> Replayed:
    from webhooks.replaying import replay

    installed = _installed()
    return replay(installed.runtime, installed.receivers, court=court, provider=provider)


def _take_mail(message: bytes, sender: str, recipient: str, court: str) -> bool:
    from webhooks.mail_taking import Arrived, take_piped

    installed = _installed()
    return take_piped(installed.runtime, installed.receivers, Arrived(message, sender, recipient), court)


def _inspect_photo(file: Path) -> Mapping[str, Any]:
    from mobile_upload.photo.inspecting import inspect

    return inspect(file).as_json()


def _front() -> "Front":
    from mobile_upload.front import make_front

    return make_front(_installed().runtime)


def _more() -> Sequence[Register]:
    from delivery.cli import demonstrating, mail_pipe, receiving, simulating

    rehearsals = (demonstrating.registering(premises), simulating.registering(premises))
    return (*rehearsals, mail_pipe.registering(_take_mail), receiving.registering(_front))


def main(arguments: Sequence[str] | None = None) -> int:
    """The `songda` command."""
    from delivery.cli import photos

    equipment = Equipment(
        runtime=lambda: _installed().runtime,
        application=create_application,
        replay=_replay,
        more=_more,
        alone={photos.NAME: photos.registering(_inspect_photo)},
    )
    return run(sys.argv[1:] if arguments is None else arguments, equipment)
