"""Data gates: a court whose data must stay in the country sends nothing abroad that was not approved.

The approvals lie with the court and are never deleted: what was recorded, by whom, and when it was ended stays to be
read. A sandbox counts as inside: what it calls providers is a town on its own machine.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.domain.data_gate import MAINLAND_ZONES, STORAGE, Approval, approval_of, barred
from delivery.domain.errors import NotFound, SongdaError
from delivery.domain.event import Channel
from delivery.domain.ladder import Effect, SkipTier, StartTier
from delivery.providers import Provider
from delivery.runtime import Runtime
from delivery.store.courts import Court, all_courts, installation
from delivery.store.desk import put_on_desk

SETTING = "data"
REASON = "data_must_stay"


class DataMustStay(SongdaError):
    """A court's data would go abroad without an approval: the installation does not start."""


def must_stay(court: Court) -> bool:
    """Whether the court's data must stay in the country: because it is a mainland court (PIPL 36)."""
    return court.time_zone in MAINLAND_ZONES


def approvals_of(court: Court) -> list[Approval]:
    """Everything that was ever recorded, in the order of recording."""
    kept = _kept(court).get("approvals")
    return [approval_of(one) for one in kept] if isinstance(kept, list) else []


def approve(court: Court, approval: Approval) -> None:
    """Record an approval."""
    _keep(court, approvals=[dict(one.to_json()) for one in (*approvals_of(court), approval)])


def end_approval(court: Court, provider: str, now: datetime) -> None:
    """End what is approved for a provider. Raises `NotFound` if nothing is."""
    kept = _kept(court).get("approvals")
    rows = [dict(one) for one in kept] if isinstance(kept, list) else []
    running = [one for one in rows if one["provider"] == provider and not one["ended_at"]]
    if not running:
        code = "approval_missing"
        raise NotFound(code, provider=provider)
    for one in running:
        one["ended_at"] = now.isoformat()
    _keep(court, approvals=rows)


def barred_providers(runtime: Runtime, session: Session, court: Court) -> frozenset[str]:
    """The configured providers to which this court may send nothing today."""
    abroad = [name for name, provider in runtime.providers.items() if provider.capabilities.abroad]
    return _barred(runtime, session, court, abroad)


def may_use(runtime: Runtime, session: Session, court: Court, name: str) -> bool:
    """Whether this court's data may go today to something abroad that is no provider of messages."""
    return not _barred(runtime, session, court, [name])


def open_providers(runtime: Runtime, session: Session, court: Court) -> Mapping[str, Provider]:
    """The configured providers less those to which this court may send nothing today."""
    closed = barred_providers(runtime, session, court)
    return {name: provider for name, provider in runtime.providers.items() if name not in closed}


def kept_inside(runtime: Runtime, open_ones: Mapping[str, Provider]) -> frozenset[Channel]:
    """The channels that a court with these providers would have if its data might leave the country."""
    return _channels(runtime.providers) - _channels(open_ones)


def _channels(providers: Mapping[str, Provider]) -> frozenset[Channel]:
    return frozenset(one.capabilities.channel for one in providers.values() if one.capabilities.carries)


def check_data_stays(runtime: Runtime, session: Session) -> None:
    """Hold that every court may use what is configured. Raises `DataMustStay`, which names all that it may not use."""
    storage, geocoder = runtime.settings.storage_abroad, runtime.geocoder
    others = [STORAGE] if storage else []
    others += [geocoder.name] if geocoder is not None and geocoder.abroad else []
    found = [
        f"court {court.code}: {f'storage ({storage})' if name == STORAGE else name} lies abroad"
        for court in all_courts(session)
        for name in sorted(barred_providers(runtime, session, court) | _barred(runtime, session, court, others))
    ]
    if found:
        message = (
            "data of these courts must stay in the country, and no approval is recorded:\n  "
            + "\n  ".join(found)
            + "\nRemove the provider's settings, or record who approved it: `songda approve-abroad PROVIDER"
            " --court CODE --approved-by NAME --reference NUMBER --until DATE`. If an address does lie in the country,"
            " say so: SONGDA_PROVIDER_INSIDE=yes, such as SONGDA_SMTP_INSIDE"
        )
        raise DataMustStay(message)


def ask_for_approval(session: Session, court_id: UUID, effects: Sequence[Effect], now: datetime) -> None:
    """Put on the desk, once, which tiers and channels are passed over because only providers abroad lead there."""
    for effect in effects:
        if isinstance(effect, SkipTier) and effect.reason == REASON:
            put_on_desk(session, court_id, kind=REASON, subject=effect.tier, at=now, tier=effect.tier)
        if isinstance(effect, StartTier | SkipTier):
            for channel in sorted({one.channel for one in effect.passed if one.reason == REASON}):
                put_on_desk(session, court_id, kind=REASON, subject=channel, at=now, channel=channel.value)


def _barred(runtime: Runtime, session: Session, court: Court, abroad: list[str]) -> frozenset[str]:
    row = installation(session) if abroad and must_stay(court) else None
    if not abroad or not must_stay(court) or (row is not None and row.sandbox):
        return frozenset()
    return barred(abroad, approvals_of(court), today_of(court, runtime.now()))


def today_of(court: Court, now: datetime) -> date:
    """The court-local date."""
    return now.astimezone(ZoneInfo(court.time_zone)).date()


def _kept(court: Court) -> dict[str, object]:
    kept = court.settings.get(SETTING)
    return dict(kept) if isinstance(kept, dict) else {}


def _keep(court: Court, **values: object) -> None:
    # A new value for the column: changes inside a JSON value are not noticed.
    court.settings = {**court.settings, SETTING: {**_kept(court), **values}}
