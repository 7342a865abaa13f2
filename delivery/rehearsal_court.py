"""The believable court of a rehearsal: its row, its people with their sign-ins, and the keys its staff work with."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.installing import found
from delivery.runtime import Runtime
from delivery.signing_in import Role, add_account, add_membership
from delivery.store.accounts import ApiKey, account_by_login
from delivery.store.cases import Counsel
from delivery.store.courts import Court
from delivery.texted_codes import choose_provider

ZONE_NAME = "Asia/Shanghai"
PASSWORD = "songda-demo"  # noqa: S105 -- of a sandbox on loopback only, printed at every start
_PEOPLE = (
    ("clerk", "周敏", Role.CLERK),
    ("dispatcher", "孙浩然", Role.DISPATCHER),
    ("server", "李磊", Role.FIELD_SERVER),
    ("officer", "陈法官", Role.COURT_OFFICER),
    ("supervisor", "王主任", Role.SUPERVISOR),
    ("admin", "管理员", Role.ADMINISTRATOR),
)
FIRM_LOGIN = "lawfirm"


@dataclass(frozen=True, slots=True)
class CourtPlan:
    """The court to be made: its names, the area its own servers go to, its plan and whether it reuses addresses."""

    code: str
    name: str
    name_en: str
    area: str
    plan: str = "standard"  # empty: chosen for each order
    reuse: bool = True


def make_court(
    runtime: Runtime, session: Session, plan: CourtPlan, keys: Mapping[str, str], *, seed: int, now: datetime
) -> UUID:
    """Found the sandbox and its court; `keys` maps each staff key to its scopes. Returns the court's id."""
    found(session, sandbox=True, now=runtime.machine_now(), seed=seed)
    court = Court(
        code=plan.code,
        name=plan.name,
        name_en=plan.name_en,
        time_zone=ZONE_NAME,
        area=plan.area,
        phone="0755-12368",
        settings={"plan": plan.plan, "reuse": plan.reuse},
    )
    session.add(court)
    session.flush()
    for key, scopes in keys.items():
        session.add(
            ApiKey(
                court_id=court.id,
                key_hash=hashlib.sha256(key.encode()).hexdigest(),
                label="town",
                scopes=scopes,
                created_at=now,
            )
        )
    return court.id


def use_codes(runtime: Runtime, session: Session, court_id: UUID) -> None:
    """Have one-time codes texted by whoever texts them, as a court does that is tried by people.

    Not in a simulation: its months pass in minutes, and codes count machine time.
    """
    found = [name for name, provider in runtime.providers.items() if provider.capabilities.codes]
    for name in found[:1]:
        choose_provider(runtime, session.get_one(Court, court_id), name)


def add_people(session: Session, court_id: UUID, now: datetime) -> None:
    """One account for each role of the court."""
    for login, name, role in _PEOPLE:
        account = add_account(session, login=login, name=name, password=PASSWORD, language="zh", at=now)
        add_membership(session, account.id, court_id, role)


def add_firm_account(session: Session, court_id: UUID, now: datetime) -> bool:
    """An account at the law firm with most clients, once firms came in with a docket; whether there is one."""
    if account_by_login(session, FIRM_LOGIN) is not None:
        return True
    busiest = (
        select(Counsel.law_firm_id)
        .where(Counsel.court_id == court_id)
        .group_by(Counsel.law_firm_id)
        .order_by(func.count().desc(), Counsel.law_firm_id)
        .limit(1)
    )
    firm_id = session.scalar(busiest)
    if firm_id is None:
        return False
    account = add_account(session, login=FIRM_LOGIN, name="律师助理", password=PASSWORD, language="zh", at=now)
    add_membership(session, account.id, court_id, Role.LAW_FIRM, law_firm_id=firm_id)
    return True


def sign_ins() -> list[tuple[str, str]]:
    """Login and role of every demo account, for the terminal."""
    return [(login, str(role)) for login, _, role in _PEOPLE] + [(FIRM_LOGIN, str(Role.LAW_FIRM))]
