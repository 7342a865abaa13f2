"""What is known of an order, read from the database in the words of the rules: for the decision and the certificate."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.addressing import known_addresses
from delivery.answering import COLLECTS, Choice, last_wish
from delivery.callers_of_court import called_by_people
from delivery.data_gates import kept_inside, open_providers
from delivery.domain.address import AddressKind
from delivery.domain.case import Procedure
from delivery.domain.event import Channel, EventKind
from delivery.domain.ladder import KnownAddress, KnownAttempt, OrderFacts, Standing, TierState
from delivery.domain.limits import Method, limits_of
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.domain.paper import DocumentKind
from delivery.domain.plan import thaw_plan
from delivery.domain.search import Answer, KnownSearch, Sought, Source, sources_for
from delivery.doors import meanings_of
from delivery.provider_choice import channels_of_court, ways_to
from delivery.runtime import Runtime
from delivery.store.cases import Recipient
from delivery.store.courts import Court
from delivery.store.desk import open_item
from delivery.store.journal import DeliveryEvent, journal_of
from delivery.store.orders import Attempt, ServiceOrder, tier_runs_of
from delivery.store.parties import Party
from delivery.store.searches import AddressSearch, searches_of
from delivery.store.surroundings import Surroundings

# These are done by people, not by a provider: they are always configured.
BY_PEOPLE = frozenset({Channel.IN_PERSON, Channel.POSTING, Channel.PUBLICATION})
_BEGINNINGS = (EventKind.PLAN_CHANGED, EventKind.DOCUMENT_REPLACED, EventKind.ORDER_REOPENED)


def gather_facts(
    runtime: Runtime,
    session: Session,
    order: ServiceOrder,
    around: Surroundings,
    attempts: Sequence[Attempt],
    standing: Standing,
    kinds: set[str],
) -> OrderFacts:
    """Everything that the rules look at. `kinds` are the kinds of the order's journal entries."""
    court, case, recipient = around.court, around.case, around.recipient
    zone = ZoneInfo(court.time_zone)
    today = runtime.now().astimezone(zone).date()
    kinds_served = {DocumentKind(paper.kind) for paper in around.papers}
    limits = limits_of(kinds_served, Procedure(case.procedure), today, confidential=case.confidential)
    plan = thaw_plan(order.plan)
    meanings = meanings_of(session, order, attempts)
    open_ones = open_providers(runtime, session, court)
    wish, wished_at = _wish(session, order) if EventKind.REPLIED in kinds else (None, None)
    firms = [firm for counsel, firm in around.counsel if counsel.may_receive]
    return OrderFacts(
        status=OrderStatus(order.status),
        plan=plan,
        tiers=[
            TierState(run.tier, run.started_at, bool(run.skipped_reason), run.skipped_reason)
            for run in tier_runs_of(session, order.court_id, order.id)
            if run.round == order.round
        ],
        attempts=[_attempt(attempt, meanings, zone) for attempt in attempts if attempt.round == order.round],
        addresses=_addresses(runtime, around, today, kinds_served),
        effect=standing,
        channels=channels_of_court(open_ones, court) | BY_PEOPLE | called_by_people(court),
        kept_inside=kept_inside(runtime, open_ones),
        zone=zone,
        is_rest_day=runtime.calendar.is_rest_day,
        hearing_at=case.hearing_at,
        firm_with_email=next((firm.id for firm in firms if firm.email_sealed is not None), None),
        firm_with_wechat=next((firm.id for firm in firms if _reaches(runtime, court, firm.wechat)), None),
        papers_complete=bool(around.papers) and all(paper.sha256 for paper in around.papers),
        notice_approved=EventKind.NOTICE_APPROVED in kinds,
        notice_declined=EventKind.NOTICE_DECLINED in kinds,
        notice_possible=Method.PUBLIC_NOTICE not in limits.forbidden,
        sending_stopped=court.sending_stopped_at is not None,
        sources=sources_for(sought_of(recipient, around.party)),
        searches=[known_search(row, zone) for row in searches_of(session, order.court_id, case.id, recipient.party_id)],
        recipient_status=recipient.status,
        limits=limits,
        plan_since=_plan_since(session, order) if plan.refer_after_days is not None else None,
        post_wanted_at=wished_at if wish is Choice.POST_IT else None,
        collects_since=wished_at if wish is Choice.I_COLLECT else None,
    )


def _wish(session: Session, order: ServiceOrder) -> tuple[Choice | None, datetime | None]:
    """How the recipient wants the papers, and since when; nobody is waited for whom a person no longer expects."""
    found = last_wish(journal_of(session, order.court_id, order.id))
    if found is None or (
        found[0] is Choice.I_COLLECT and open_item(session, order.court_id, f"{COLLECTS}:{order.id}") is None
    ):
        return None, None
    return found


def _plan_since(session: Session, order: ServiceOrder) -> datetime:
    """When the order began on its present plan: opened, moved to another plan, or begun anew."""
    changed = session.scalar(
        select(func.max(DeliveryEvent.recorded_at)).where(
            DeliveryEvent.court_id == order.court_id,
            DeliveryEvent.order_id == order.id,
            DeliveryEvent.kind.in_(_BEGINNINGS),
        )
    )
    return max(changed, order.opened_at) if changed is not None else order.opened_at


def _attempt(attempt: Attempt, meanings: Mapping[UUID, str], zone: ZoneInfo) -> KnownAttempt:
    return KnownAttempt(
        attempt.tier,
        Channel(attempt.channel),
        AttemptStatus(attempt.status),
        attempt.address_id,
        attempt.reason,
        _day(attempt.submitted_at or attempt.ended_at, zone),
        meanings.get(attempt.id, ""),
    )


def _addresses(runtime: Runtime, around: Surroundings, today: date, papers: AbstractSet[str]) -> list[KnownAddress]:
    """The recipient's addresses; accounts on WeChat to which no configured way leads are marked."""
    apart = {
        address.id
        for address, _ in around.addresses
        if address.kind == AddressKind.WECHAT and not _reaches(runtime, around.court, address.value)
    }
    known_ones = known_addresses(around.addresses, today, papers)
    return [replace(known, reachable=known.id not in apart) for known in known_ones]


def _reaches(runtime: Runtime, court: Court, account: str | None) -> bool:
    return account is not None and bool(ways_to(runtime.providers, court, Channel.WECHAT, account))


def sought_of(recipient: Recipient, party: Party) -> Sought:
    """Who is looked for, as far as it decides whom to ask."""
    return Sought(
        kind=party.kind,
        role=recipient.role,
        domicile=recipient.domicile,
        whereabouts=recipient.whereabouts,
        identified=party.identity_number_sealed is not None,
    )


def known_search(row: AddressSearch, zone: ZoneInfo) -> KnownSearch:
    """A search as the rules see it."""
    return KnownSearch(
        source=Source(row.source),
        requested_on=row.requested_at.astimezone(zone).date(),
        due_on=row.due_on,
        answer=Answer(row.answer) if row.answer else None,
        replied_on=_day(row.replied_at, zone),
        by=str(row.replied_by or ""),
    )


def _day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return moment.astimezone(zone).date() if moment is not None else None
