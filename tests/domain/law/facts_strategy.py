"""Facts of any kind for the properties: built from the very annotations that the reader checks against."""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from delivery.domain.law.acts import METHODS, Act, AnyAct
from delivery.domain.law.facts import Facts
from delivery.domain.law.vocabulary import Jurisdiction

Strategy = st.SearchStrategy[Any]

DAYS = st.one_of(
    st.dates(date(2026, 1, 5), date(2026, 6, 30)),
    st.dates(date(2021, 11, 1), date(2022, 2, 1)),
    st.dates(),
).map(date.isoformat)
HOURS = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
INSTANTS = st.one_of(
    st.datetimes(datetime(2026, 1, 5), datetime(2026, 6, 30), timezones=HOURS),  # noqa: DTZ001 - the zone comes with it
    st.datetimes(timezones=HOURS),
).map(lambda at: at.replace(microsecond=0).isoformat())
IDS = st.sampled_from(["a", "b", "c", "d"])


def act_dicts(act_id: str) -> Strategy:
    """One act of any method, as JSON, carried out or planned."""
    return _acts().map(lambda act: {**act, "id": act_id})


def fact_dicts() -> Strategy:
    """One facts object of any kind, as JSON; mostly of the mainland."""
    return _record(Facts).map(_made_whole)


def _made_whole(facts: dict[str, Any]) -> dict[str, Any]:
    """What the format asks for across objects: a case with its procedure in the mainland, one id for one act."""
    whole = {**facts, "acts": [{**act, "id": f"s{number}"} for number, act in enumerate(facts["acts"])]}
    if whole["jurisdiction"] == Jurisdiction.CN_CIVIL.value:
        whole["case"] = {"procedure": "ordinary", **whole.get("case", {})}
    return whole


@cache
def _acts() -> Strategy:
    return st.one_of([_act(method) for method in METHODS])


def _act(method: type[Act]) -> Strategy:
    def finished(act: dict[str, Any]) -> dict[str, Any]:
        lacking = any(name not in act for name in method.NEEDED)
        return {**act, "method": method.METHOD, **({"planned": False} if lacking else {})}

    return _record(method).map(finished)


def _record(record: type[Any]) -> Strategy:
    hints = get_type_hints(record)
    needed: dict[str, Strategy] = {}
    open_: dict[str, Strategy] = {}
    for field in fields(record):
        has_default = field.default is not MISSING or field.default_factory is not MISSING
        (open_ if has_default else needed)[field.name] = _value(hints[field.name], field)
    return st.fixed_dictionaries(needed, optional=open_)


def _value(hint: Any, field: Field[Any]) -> Strategy:  # noqa: ANN401 - annotations are values of any type
    if hint == AnyAct:
        return _acts()
    if get_origin(hint) in {Union, UnionType}:
        return st.one_of([_value(option, field) for option in get_args(hint) if option is not NoneType])
    if get_origin(hint) is Literal:
        return st.just(get_args(hint)[0])
    if get_origin(hint) is tuple:
        least = field.metadata.get("min_items", 0)
        unique_by: Callable[[Any], Any] | None = str if field.metadata.get("unique") else None
        return st.lists(_value(get_args(hint)[0], field), min_size=least, max_size=3, unique_by=unique_by)
    return _plain(hint, field)


def _plain(hint: Any, field: Field[Any]) -> Strategy:  # noqa: ANN401
    if field.name in {"id", "act", "address", "new_address"}:
        return IDS
    if hint is int:
        return st.integers(field.metadata["minimum"], field.metadata["maximum"])
    if hint is Jurisdiction:
        return st.sampled_from(["cn_civil"] * 6 + [word.value for word in Jurisdiction])
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from([word.value for word in hint])
    simple: dict[Any, Strategy] = {
        str: st.text(min_size=1, max_size=5),
        bool: st.booleans(),
        date: DAYS,
        datetime: INSTANTS,
    }
    return simple[hint] if hint in simple else _record(hint)
