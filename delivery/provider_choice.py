"""Which of several providers carries a message: the court's own order, and another one when the first cannot now.

A message moves to another provider only while it surely has not left: it was never submitted, or it was refused with
"later". Nothing is sent by a provider that the court's order leaves out.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from delivery.data_gates import open_providers
from delivery.domain.event import Channel, EventKind, Report
from delivery.provider_health import closed_providers
from delivery.providers import Provider
from delivery.runtime import Runtime
from delivery.store.courts import Court, installation
from delivery.store.orders import Attempt, ServiceOrder
from delivery.tracking import record_fact

SETTING = "providers"
THROTTLED = "rate_limited"
NUMBER_LIMITED = "number_limited"
"""The reason of a `Transient` that speaks of one number alone: that message waits, the provider is not spared."""
# Channels on which every provider reaches the same address. A WeChat account's followers are its own.
_INTERCHANGEABLE = frozenset({Channel.SMS, Channel.VOICE, Channel.EMAIL, Channel.POST})


def ways_out(
    providers: Mapping[str, Provider], channel: Channel, preferred: Sequence[str] | None = None
) -> tuple[str, ...]:
    """The configured providers of a channel in the order in which they are to be used; no others than preferred."""
    able = sorted(
        name
        for name, provider in providers.items()
        if provider.capabilities.channel is channel and provider.capabilities.carries
    )
    return tuple(able if preferred is None else [name for name in preferred if name in able])


def first_open(ways: Sequence[str], closed: Container[str]) -> str:
    """The first way that is not closed; if all are, the first, which then waits; empty if there is none."""
    return next((way for way in ways if way not in closed), ways[0] if ways else "")


def next_open(ways: Sequence[str], current: str, closed: Container[str]) -> str:
    """The way that takes over from the current one: the next in the circle that is open; empty if there is none."""
    start = ways.index(current) + 1 if current in ways else 0
    return next((way for way in (*ways[start:], *ways[:start]) if way != current and way not in closed), "")


def ways_of_court(providers: Mapping[str, Provider], court: Court, channel: Channel) -> tuple[str, ...]:
    """The ways out of a court on a channel, in its own order if it has one."""
    named = court.settings.get(SETTING)
    chosen = named.get(channel.value) if isinstance(named, dict) else None
    return ways_out(providers, channel, [str(name) for name in chosen] if isinstance(chosen, list) else None)


def ways_to(providers: Mapping[str, Provider], court: Court, channel: Channel, to: str) -> tuple[str, ...]:
    """The ways out of a court that lead to this very address: some carry to accounts of one kind alone."""
    ways = ways_of_court(providers, court, channel)
    return tuple(way for way in ways if to.startswith(providers[way].capabilities.prefix))


def channels_of_court(providers: Mapping[str, Provider], court: Court) -> frozenset[Channel]:
    """The channels on which the court has a way out."""
    return frozenset(channel for channel in Channel if ways_of_court(providers, court, channel))


def writes_by_template(providers: Mapping[str, Provider], ways: Sequence[str]) -> bool:
    """Whether a text has to be written by template, so that each of these ways can carry it."""
    return any(providers[way].capabilities.templated for way in ways)


def sent_in_former_life(session: Session, order: ServiceOrder) -> bool:
    """Whether this order's attempts may have been sent by a life of the installation that its backup does not know."""
    row = installation(session)
    restored_at = row.restored_at if row else None
    return restored_at is not None and order.opened_at <= restored_at


def take_other_way(
    runtime: Runtime, session: Session, order: ServiceOrder, attempt: Attempt, now: datetime, why: str
) -> bool:
    """Give an attempt that has not left to another provider, if there is one that is open and can carry it.

    Not after a restore: who may have sent it before is asked, not passed over. What is throttled stays where it is once
    every way had its try, and waits.
    """
    channel = Channel(attempt.channel)
    if channel not in _INTERCHANGEABLE or sent_in_former_life(session, order):
        return False
    court = session.get_one(Court, order.court_id)
    ways = ways_of_court(open_providers(runtime, session, court), court, channel)
    able = [way for way in ways if attempt.subject or not runtime.providers[way].capabilities.templated]
    other = next_open(able, attempt.provider, closed_providers(session, order.court_id, now))
    if not other or (why == THROTTLED and attempt.tries >= len(ways)):
        return False
    args = {"from": attempt.provider, "to": other, "why": why}
    attempt.provider = other
    report = Report(EventKind.INFORMATION, "", now, reason="provider_changed", args=args)
    record_fact(session, order, report, now=now, attempt=attempt, look_again=False)
    return True
