"""Writing one attempt down: its way, its key, its exact words, and the task that will send it. Nothing leaves here."""

from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.addressing import destination_of
from delivery.callers_of_court import called_by_people
from delivery.composing import Origin, compose
from delivery.court_sender import text_numbers
from delivery.data_gates import open_providers
from delivery.domain.errors import Conflict
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.ladder import Start
from delivery.domain.order import OrderStatus
from delivery.domain.plan import Pool, Purpose, Step
from delivery.domain.posting import posting_meaning
from delivery.domain.waiting import add_working_days
from delivery.doors import door_of
from delivery.gathering import BY_PEOPLE
from delivery.geocoding import want_position
from delivery.linking import make_link
from delivery.provider_choice import first_open, ways_to, writes_by_template
from delivery.provider_health import closed_providers
from delivery.runtime import Runtime
from delivery.store.cases import Case, Recipient
from delivery.store.courts import Court
from delivery.store.journal import event_known
from delivery.store.links import ServiceLink
from delivery.store.orders import Attempt, ServiceOrder, attempts_of, documents_of, planned_attempt
from delivery.store.parties import Address
from delivery.store.tasks import schedule
from delivery.templating import fill, kept
from delivery.tracking import OURSELVES, record_fact

_ON_FOOT = frozenset({Channel.IN_PERSON, Channel.POSTING})
_TEXTED = frozenset({Channel.SMS, Channel.EMAIL, Channel.WECHAT, Channel.VOICE})
_FILLED_IN = frozenset({Channel.WECHAT, Channel.VOICE})
_VISIT_DAYS = 2


def plan_attempt(
    runtime: Runtime, session: Session, order: ServiceOrder, tier: str, start: Start, now: datetime
) -> Attempt:
    """Write an attempt down with its exact words, and the task that will send it."""
    channel = start.step.channel
    court = session.get_one(Court, order.court_id)
    to = destination_of(session, order.court_id, channel, address_id=start.address_id, firm_id=start.firm_id)
    ways = ways_to(open_providers(runtime, session, court), court, channel, to)
    key = _key_of(order, tier, start, attempts_of(session, order.court_id, order.id))
    attempt = planned_attempt(order, tier=tier, channel=channel, purpose=start.step.purpose, key=key, now=now)
    attempt.address_id, attempt.law_firm_id, attempt.not_before = start.address_id, start.firm_id, start.not_before
    if channel not in called_by_people(court):
        attempt.provider = first_open(ways, closed_providers(session, order.court_id, now))
    session.add(attempt)
    session.flush()
    if channel in _TEXTED and channel not in called_by_people(court):
        _write_text(runtime, session, order, attempt, now, by_template=writes_by_template(runtime.providers, ways))
    if channel in _ON_FOOT and attempt.address_id is not None:
        want_position(runtime, session, attempt.address_id, order.id, order.court_id)
    if channel in BY_PEOPLE | called_by_people(court):
        zone = ZoneInfo(court.time_zone)
        day = start.not_before.astimezone(zone).date()
        attempt.due_on = add_working_days(day, _VISIT_DAYS, runtime.calendar.is_rest_day)
    else:
        schedule(
            session,
            order.court_id,
            "submit_attempt",
            order.id,
            due_at=start.not_before,
            created_at=now,
            attempt=str(attempt.id),
        )
    args = {"channel": channel.value, "purpose": attempt.purpose}
    if channel is Channel.POSTING:
        # Said before anybody leaves: what the papers on that door will be worth.
        args["meaning"] = posting_meaning(door_of(session, order, attempt.address_id, attempt.purpose))
    note_decided(session, order, EventKind.ATTEMPT_PLANNED, now, attempt=attempt, **args)
    return attempt


def _key_of(order: ServiceOrder, tier: str, start: Start, attempts: list[Attempt]) -> str:
    """The attempt's key, from its place in the ladder.

    An installation that was restored from a backup plans the same attempts under the same keys, by which providers
    recognise what its former life already sent.
    """
    target = start.address_id or start.firm_id
    earlier = sum(
        a.tier == tier and a.channel == start.step.channel and target in {a.address_id, a.law_firm_id} for a in attempts
    )
    return str(uuid5(order.id, f"{tier}|{start.step.channel}|{start.step.purpose}|{target}|{earlier}"))


def _write_text(
    runtime: Runtime, session: Session, order: ServiceOrder, attempt: Attempt, now: datetime, *, by_template: bool
) -> None:
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    court = session.get_one(Court, order.court_id)
    firm_id, purpose = attempt.law_firm_id, Purpose(attempt.purpose)
    origin = Origin(runtime.settings.base_url, text_numbers(runtime.providers, court))
    audience = "law_firm" if firm_id else "recipient"
    link = make_link(
        session, order, audience=audience, now=now, attempt_id=attempt.id, law_firm_id=firm_id, short=by_template
    )
    if by_template:
        template, attempt.text = fill(court, purpose, recipient.language, link, origin.base_url, origin.numbers)
        attempt.subject = kept(template)
        return
    words = compose(
        court=court,
        case=session.get_one(Case, (order.court_id, order.case_id)),
        papers=documents_of(session, order.court_id, order.id),
        purpose=purpose,
        language=recipient.language,
        link=link,
        origin=origin,
        channel=Channel(attempt.channel),
    )
    attempt.fields = words.kept_fields() if attempt.channel in _FILLED_IN else None
    attempt.subject, attempt.text, attempt.html = words.subject or None, words.text, words.html or None


def send_new_link(
    runtime: Runtime, session: Session, order: ServiceOrder, link_id: UUID, *, by: UUID | None, now: datetime
) -> Attempt:
    """Send a fresh link where an expired one went: a new attempt like any other, on an order that is locked.

    It leaves also when the order is concluded, because whoever was served may still read the papers. Raises `Conflict`
    (`link_went_nowhere`: the old one was printed, or what it went to is not the recipient's or dead by now;
    `order_has_moved_on`: the order was cancelled).
    """
    link = session.get_one(ServiceLink, (order.court_id, link_id))
    old = session.get(Attempt, (order.court_id, link.attempt_id)) if link.attempt_id else None
    address = session.get(Address, (order.court_id, old.address_id)) if old and old.address_id else None
    if order.status == OrderStatus.CANCELLED:
        code = "order_has_moved_on"
        raise Conflict(code, status_now=order.status)
    if old is None or (address is not None and address.standing != "good"):
        code = "link_went_nowhere"
        raise Conflict(code)
    step = Step(Channel(old.channel), Purpose(old.purpose), Pool.FIRM if old.law_firm_id else Pool.USABLE)
    attempt = plan_attempt(runtime, session, order, old.tier, Start(step, old.address_id, old.law_firm_id, now), now)
    args = {"link": str(link.id), "by": str(by or "")}
    told = Report(EventKind.INFORMATION, _asked_for(attempt), now, reason="new_link_sent", args=args)
    record_fact(session, order, told, now=now, attempt=attempt, look_again=False)
    return attempt


def was_asked_for(session: Session, attempt: Attempt) -> bool:
    """Whether a person had this attempt sent because the recipient asked for a new link."""
    return event_known(session, attempt.court_id, OURSELVES, _asked_for(attempt)) is not None


def _asked_for(attempt: Attempt) -> str:
    return f"new_link:{attempt.id}"


def note_decided(
    session: Session,
    order: ServiceOrder,
    kind: EventKind,
    now: datetime,
    *,
    attempt: Attempt | None = None,
    reason: str = "",
    **args: str,
) -> None:
    """A fact about what we ourselves decided; it needs no further look."""
    record_fact(
        session, order, Report(kind, "", now, reason=reason, args=args), now=now, attempt=attempt, look_again=False
    )
