"""The differences of an import: kept row by row, told to a person, and settled by one: applied, or left as it is.

What is held may have changed since a row was read. So each difference is applied only to the very value that it was
told against; otherwise it is outdated, and nothing changes. Pressing twice does the same as pressing once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.docket_headings import Column
from delivery.domain.errors import NotFound, RequestError
from delivery.domain.event import EventKind, Report
from delivery.domain.order import UNFINISHED
from delivery.intake_comparing import Difference, Standing, stored
from delivery.order_life import move_hearing
from delivery.planning import replan
from delivery.store.cases import Case, Counsel, LawFirm, Recipient, counsel_of
from delivery.store.desk import close_item, put_on_desk
from delivery.store.ids import new_id
from delivery.store.imports import ImportJob, RowDifference
from delivery.store.orders import ServiceOrder, lock_orders
from delivery.store.parties import Party
from delivery.tracking import record_fact

DESK_KIND = "docket_differs"
APPLY, KEEP = "apply", "keep"
_SETS_A_PLAN = frozenset({Column.PROCEDURE, Column.CONFIDENTIAL})


def keep_differences(
    session: Session, job: ImportJob, found: Iterable[tuple[int, Sequence[Difference]]], now: datetime
) -> None:
    """Write down what rows (number, differences) told otherwise; an earlier open one that told the same goes out."""
    rows = [(number, differences) for number, differences in found if differences]
    job.differing += len(rows)
    waiting = _open_in(session, job, {one.case_id for _, differences in rows for one in differences})
    with session.no_autoflush:
        for number, differences in rows:
            for one in differences:
                for older in waiting.get((one.case_id, one.recipient_id, str(one.field)), ()):
                    if one.standing is Standing.OPEN and older.told == one.told:
                        older.standing, older.settled_at = Standing.SUPERSEDED, now
                _write(session, job, number, one)
    session.flush()
    for job_id in {older.job_id for olders in waiting.values() for older in olders}:
        _tidy_desk(session, job.court_id, job_id, now, "superseded")


def _open_in(
    session: Session, job: ImportJob, case_ids: set[UUID]
) -> dict[tuple[UUID, UUID | None, str], list[RowDifference]]:
    """What earlier imports left open in these cases."""
    found: dict[tuple[UUID, UUID | None, str], list[RowDifference]] = {}
    query = select(RowDifference).where(
        RowDifference.court_id == job.court_id,
        RowDifference.case_id.in_(case_ids),
        RowDifference.job_id != job.id,
        RowDifference.standing == Standing.OPEN,
    )
    for row in session.scalars(query) if case_ids else ():
        found.setdefault((row.case_id, row.recipient_id, row.field), []).append(row)
    return found


def _write(session: Session, job: ImportJob, number: int, one: Difference) -> None:
    row = RowDifference(
        court_id=job.court_id,
        id=new_id(),
        job_id=job.id,
        case_id=one.case_id,
        recipient_id=one.recipient_id,
        row=number,
        field=one.field,
        standing=one.standing,
    )
    session.add(row)
    row.held, row.told = one.held, one.told


def differences_of(
    session: Session, court_id: UUID, job_id: UUID, *, after_row: int = 0, limit: int | None = None
) -> list[RowDifference]:
    """An import's differences by row; whole rows only when the caller continues with the row after the last."""
    query = (
        select(RowDifference)
        .where(RowDifference.court_id == court_id, RowDifference.job_id == job_id, RowDifference.row > after_row)
        .order_by(RowDifference.row, RowDifference.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def open_fields(session: Session, court_id: UUID, job_id: UUID) -> dict[str, int]:
    """Field -> how many of an import's differences wait for a person."""
    rows = session.execute(
        select(RowDifference.field, func.count())
        .where(
            RowDifference.court_id == court_id,
            RowDifference.job_id == job_id,
            RowDifference.standing == Standing.OPEN,
        )
        .group_by(RowDifference.field)
    )
    return {row[0]: row[1] for row in rows}


def tell_desk(session: Session, job: ImportJob, now: datetime) -> None:
    """An import has ended: what it left open needs a person."""
    if count := sum(open_fields(session, job.court_id, job.id).values()):
        put_on_desk(session, job.court_id, kind=DESK_KIND, subject=str(job.id), at=now, count=count)


def settle(
    session: Session,
    court_id: UUID,
    job_id: UUID,
    *,
    action: str,
    by: UUID | None,
    now: datetime,
    difference_id: UUID | None = None,
    field: str = "",
) -> int:
    """Apply or keep one difference, or every open one of a field. Returns how many were applied.

    What is settled already is left alone. Raises `NotFound` for another court's, `RequestError` for an unknown action.
    """
    if action not in {APPLY, KEEP}:
        code = "action_unknown"
        raise RequestError(code, status=422, allowed=f"{APPLY}, {KEEP}")
    query = select(RowDifference).where(RowDifference.court_id == court_id, RowDifference.job_id == job_id)
    if difference_id is not None:
        query = query.where(RowDifference.id == difference_id)
    else:
        query = query.where(RowDifference.field == field, RowDifference.standing == Standing.OPEN)
    rows = session.scalars(query.order_by(RowDifference.row, RowDifference.id).with_for_update()).all()
    if difference_id is not None and not rows:
        raise NotFound
    applied = sum(_settle(session, row, action, by, now) for row in rows if row.standing == Standing.OPEN)
    session.flush()
    _tidy_desk(session, court_id, job_id, now, "settled")
    return applied


def _settle(session: Session, row: RowDifference, action: str, by: UUID | None, now: datetime) -> bool:
    row.settled_at, row.settled_by = now, by
    if action == KEEP:
        row.standing = Standing.KEPT
        return False
    held, put = _ACTS[Column(row.field)](session, row)
    if held not in {row.held, row.told}:
        row.standing = Standing.OUTDATED
        return False
    row.standing = Standing.APPLIED
    if held == row.told:  # another row of the same case was faster
        return False
    put(str(row.told), by, now)
    return True


def _tidy_desk(session: Session, court_id: UUID, job_id: UUID, now: datetime, resolution: str) -> None:
    if not open_fields(session, court_id, job_id):
        close_item(session, court_id, f"{DESK_KIND}:{job_id}", at=now, resolution=resolution)


# ---------------------------------------------------------------- what a field is, and how another value is put there

_Put = Callable[[str, UUID | None, datetime], None]
_Act = Callable[[Session, RowDifference], tuple[str, _Put]]


def _hearing(session: Session, row: RowDifference) -> tuple[str, _Put]:
    case = _case(session, row)

    def put(told: str, by: UUID | None, now: datetime) -> None:
        move_hearing(session, case, hearing_at=datetime.fromisoformat(told), by=by, now=now)

    return stored(case.hearing_at), put


def _of_case(name: str, read: Callable[[str], object]) -> _Act:
    def act(session: Session, row: RowDifference) -> tuple[str, _Put]:
        case = _case(session, row)

        def put(told: str, by: UUID | None, now: datetime) -> None:
            setattr(case, name, read(told))
            _tell(session, row, case, by, now)

        return stored(getattr(case, name)), put

    return act


def _of_recipient(session: Session, row: RowDifference) -> tuple[str, _Put]:
    recipient = session.get_one(Recipient, (row.court_id, row.recipient_id), with_for_update=True)

    def put(told: str, by: UUID | None, now: datetime) -> None:
        recipient.role = told
        _tell(session, row, _case(session, row), by, now)

    return recipient.role, put


def _name(session: Session, row: RowDifference) -> tuple[str, _Put]:
    recipient = session.get_one(Recipient, (row.court_id, row.recipient_id))
    party = session.get_one(Party, (row.court_id, recipient.party_id), with_for_update=True)

    def put(told: str, by: UUID | None, now: datetime) -> None:
        party.name = told
        _tell(session, row, _case(session, row), by, now)

    return party.name or "", put


def _lawyer(session: Session, row: RowDifference) -> tuple[str, _Put]:
    counsel, _ = _counsel(session, row)

    def put(told: str, by: UUID | None, now: datetime) -> None:
        counsel.lawyer = told
        _tell(session, row, _case(session, row), by, now)

    return counsel.lawyer or "", put


def _of_firm(name: str) -> _Act:
    def act(session: Session, row: RowDifference) -> tuple[str, _Put]:
        _, firm = _counsel(session, row)

        def put(told: str, by: UUID | None, now: datetime) -> None:
            setattr(firm, name, told)
            _tell(session, row, _case(session, row), by, now)

        return getattr(firm, name) or "", put

    return act


_ACTS: Mapping[Column, _Act] = MappingProxyType(
    {
        Column.HEARING_AT: _hearing,
        Column.CAUSE: _of_case("cause", str),
        Column.PROCEDURE: _of_case("procedure", str),
        Column.ACCEPTED_ON: _of_case("accepted_on", date.fromisoformat),
        Column.CONFIDENTIAL: _of_case("confidential", lambda told: told == "yes"),
        Column.RECIPIENT: _name,
        Column.ROLE: _of_recipient,
        Column.LAWYER: _lawyer,
        Column.LAW_FIRM_EMAIL: _of_firm("email"),
        Column.LAW_FIRM_WECHAT: _of_firm("wechat"),
    }
)


def _case(session: Session, row: RowDifference) -> Case:
    return session.get_one(Case, (row.court_id, row.case_id), with_for_update=True)


def _counsel(session: Session, row: RowDifference) -> tuple[Counsel, LawFirm]:
    """The recipient's newest counsel: the one that a docket names is the last that was tied."""
    assert row.recipient_id is not None
    return counsel_of(session, row.court_id, row.recipient_id)[-1]


def _tell(session: Session, row: RowDifference, case: Case, by: UUID | None, now: datetime) -> None:
    """A fact in every order under way that the correction concerns; it looks again."""
    session.flush()
    concerned = [ServiceOrder.case_id == row.case_id, ServiceOrder.status.in_(UNFINISHED)]
    if row.recipient_id is not None:
        concerned.append(ServiceOrder.recipient_id == row.recipient_id)
    args = {"field": row.field, "by": str(by or "")}
    for order in lock_orders(session, row.court_id, *concerned):
        record_fact(session, order, Report(EventKind.DETAILS_CORRECTED, "", now, args=args), now=now)
        if row.field in _SETS_A_PLAN:
            replan(session, order, case, by=by, now=now)
