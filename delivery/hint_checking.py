"""Hints: what somebody says who cannot prove it, and what the provider itself says when it is asked about that.

A carrier that does not sign its callbacks is believed in nothing but that it is worth asking. Only its answer to our
own, authenticated question is recorded as a fact. What nobody can confirm lies on the desk.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from delivery.attempt_finding import ANSWERS, attempt_meant
from delivery.dispatch import message_of
from delivery.domain.errors import Misconfigured, OutcomeUnknown, SendError, UnknownReference
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import ENDED, AttemptStatus
from delivery.outcomes import CHECK_TASK
from delivery.provider_health import pause_provider
from delivery.providers import Answering
from delivery.runtime import Call, Runtime
from delivery.store.desk import close_item, put_on_desk
from delivery.store.journal import DeliveryEvent, event_known
from delivery.store.orders import Attempt, ServiceOrder, lock_order, newest_attempt_to
from delivery.store.tasks import Lease, Task, schedule
from delivery.tracking import record_fact

ANSWER_UNCONFIRMED = "answer_unconfirmed"
_KEPT = "hint|"
_AGAIN = (timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=2))


def note_hint(
    session: Session, court_id: UUID, provider: str, report: Report, now: datetime, callback_id: UUID | None = None
) -> None:
    """Have the provider asked about what is hinted. A person's words are kept beside it, as unconfirmed as they are.

    Raises `UnknownReference` when no attempt has that name (yet).
    """
    attempt = attempt_meant(session, court_id, provider, report) or _lost(session, court_id, provider, report)
    if attempt is None:
        message = f"{provider} hinted at something unknown"
        raise UnknownReference(message)
    if report.kind in ANSWERS:
        if event_known(session, court_id, provider, report.event_id) is not None:
            return
        _keep_words(session, attempt, report, now, provider, callback_id)
    elif _is_known(session, attempt, report):
        return
    args = {"attempt": str(attempt.id), "kind": report.kind.value, "event": report.event_id}
    if not _is_asked_already(session, attempt, args):
        more = {**args, "callback": str(callback_id or ""), "tries": 0}
        schedule(session, court_id, CHECK_TASK, attempt.order_id, due_at=now, created_at=now, **more)


def _lost(session: Session, court_id: UUID, provider: str, report: Report) -> Attempt | None:
    """The attempt whose answer was lost, and with it the provider's name for it: by the number that it went to."""
    number = str(report.detail.get("to") or "")
    attempt = newest_attempt_to(session, court_id, provider, number) if number else None
    return attempt if attempt is not None and not attempt.reference else None


def _keep_words(
    session: Session, attempt: Attempt, report: Report, now: datetime, provider: str, callback_id: UUID | None
) -> None:
    order = lock_order(session, attempt.court_id, attempt.order_id)
    assert order is not None
    session.refresh(attempt)
    said = Report(
        EventKind.INFORMATION,
        _KEPT + report.event_id,
        report.occurred_at,
        raw_code=report.raw_code,
        reason="not_confirmed",
        args=report.args,
        detail=report.detail,
    )
    record_fact(session, order, said, now=now, provider=provider, attempt=attempt, callback_id=callback_id)


def _is_known(session: Session, attempt: Attempt, report: Report) -> bool:
    """Whether the fact stands in the journal: a mail is tried more than once, so there the moment counts too."""
    same = (DeliveryEvent.attempt_id == attempt.id) & (DeliveryEvent.kind == report.kind)
    if attempt.channel == Channel.POST:
        same &= DeliveryEvent.occurred_at == report.occurred_at
    return bool(session.scalar(select(exists().where(DeliveryEvent.court_id == attempt.court_id, same))))


def _is_asked_already(session: Session, attempt: Attempt, args: dict[str, str]) -> bool:
    """Whether the same question waits to be asked: the same hint a hundred times is one question."""
    waiting = session.scalars(
        select(Task.args).where(
            Task.court_id == attempt.court_id,
            Task.subject_id == attempt.order_id,
            Task.handler == CHECK_TASK,
            Task.status == "ready",
        )
    )
    return any(args.items() <= given.items() for given in waiting)


def check_hint(runtime: Runtime, session: Session, lease: Lease, now: datetime) -> Call | None:
    """Task handler: ask a provider what became of an attempt, after a hint or because time has passed."""
    attempt = session.get(Attempt, (lease.court_id, UUID(lease.args["attempt"])))
    if attempt is None:
        return None
    order = lock_order(session, lease.court_id, attempt.order_id)
    assert order is not None
    session.refresh(attempt)
    kind = lease.args.get("kind", "")
    if not kind and attempt.status in {*ENDED, AttemptStatus.ARRIVED}:
        return None  # nobody hinted at anything, and nothing is open
    provider: object = runtime.providers.get(attempt.provider)
    if not isinstance(provider, Answering):
        if kind:
            _to_the_desk(session, order, attempt, lease.args, now)
        return None
    message = message_of(session, runtime, order, attempt, attempt.submitted_at or now)
    reference = attempt.reference
    ask: Callable[[], Sequence[Report]] = (
        (lambda: provider.answers(message)) if kind in ANSWERS else (lambda: provider.reports(message, reference))
    )
    return Call(perform=ask, record=_Answered(lease))


class _Answered:
    """The second transaction of a question: what the provider said are facts; what it left open is asked again."""

    def __init__(self, lease: Lease) -> None:
        self._court_id = lease.court_id
        self._args = lease.args

    def __call__(self, session: Session, result: Any | SendError, now: datetime) -> None:  # noqa: ANN401 -- see Call
        attempt = session.get_one(Attempt, (self._court_id, UUID(self._args["attempt"])))
        order = lock_order(session, self._court_id, attempt.order_id)
        assert order is not None
        session.refresh(attempt)
        if isinstance(result, Misconfigured):
            pause_provider(session, order.court_id, attempt.provider, result.reason, now)
        reports: Sequence[Report] = () if isinstance(result, SendError) else result
        news = [report for report in reports if self._record(session, order, attempt, report, now)]
        kind = self._args.get("kind", "")
        told = {report.event_id for report in reports}
        confirmed = bool(news) or self._args.get("event") in told or (kind not in ANSWERS and bool(reports))
        if kind and not confirmed:
            never = isinstance(result, OutcomeUnknown) and result.reason == "not_askable"
            self._ask_again(session, order, attempt, now, never=never)

    def _record(self, session: Session, order: ServiceOrder, attempt: Attempt, report: Report, now: datetime) -> bool:
        """Record one fact; whether it is news. It also says that a text of unknown outcome was taken."""
        if report.kind not in ANSWERS:
            attempt.reference = attempt.reference or report.reference
            if attempt.status == AttemptStatus.UNKNOWN:
                taken = Report(EventKind.SUBMITTED, f"accepted:{attempt.id}", attempt.submitted_at or now)
                record_fact(session, order, taken, now=now, attempt=attempt, look_again=False)
                close_item(session, order.court_id, f"outcome_unknown:{attempt.id}", at=now, resolution="answered")
        callback = UUID(self._args["callback"]) if self._args.get("callback") else None
        recorded = record_fact(
            session, order, report, now=now, provider=attempt.provider, attempt=attempt, callback_id=callback
        )
        return recorded is not None

    def _ask_again(
        self, session: Session, order: ServiceOrder, attempt: Attempt, now: datetime, *, never: bool
    ) -> None:
        tries = int(self._args.get("tries", 0))
        if never or tries >= len(_AGAIN):
            _to_the_desk(session, order, attempt, self._args, now)
            return
        args = {**self._args, "tries": tries + 1}
        schedule(session, order.court_id, CHECK_TASK, order.id, due_at=now + _AGAIN[tries], created_at=now, **args)


def _to_the_desk(session: Session, order: ServiceOrder, attempt: Attempt, args: dict[str, Any], now: datetime) -> None:
    more = {"provider": attempt.provider, "channel": attempt.channel}
    kind, subject = "hint_unconfirmed", str(args.get("callback") or attempt.id)
    if args.get("kind") in ANSWERS:
        # What a person wrote is shown one by one, because somebody may find out that it is so and act on it.
        kind, subject = ANSWER_UNCONFIRMED, str(args["event"])[:80]
        kept = event_known(session, order.court_id, attempt.provider, _KEPT + str(args["event"]))
        choice = str(kept.args.get("choice", "")) if kept is not None else ""
        more |= {"attempt": str(attempt.id), "event": str(args["event"]), "said": str(args["kind"]), "choice": choice}
    put_on_desk(session, order.court_id, kind=kind, subject=subject, at=now, order_id=order.id, **more)


def take_answer(
    session: Session, order: ServiceOrder, told: Mapping[str, object], *, by: UUID | None, now: datetime
) -> None:
    """Let an answer count that no machine could confirm: a person found out that it was given.

    `told` is what its desk item holds. Some carriers push what people write back and keep no list of it.
    """
    attempt = session.get_one(Attempt, (order.court_id, UUID(str(told["attempt"]))))
    event = str(told["event"])
    kept = event_known(session, order.court_id, attempt.provider, _KEPT + event)
    said_at, args = (kept.occurred_at, kept.args) if kept is not None else (now, {})
    args = {**args, "by": str(by)} if by else args
    report = Report(EventKind(str(told["said"])), event, said_at, raw_code="reply", args=args)
    record_fact(session, order, report, now=now, provider=attempt.provider, attempt=attempt)
