"""Reads one trace of China Post's (轨迹), pushed or asked for, into our words by the table `ems_codes.toml`.

Platform v2 and JDPT tell the same traces; the oldest form has nine actions of its own.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from delivery.domain.errors import MalformedCallback
from delivery.domain.event import EventKind, Report

BEIJING = ZoneInfo("Asia/Shanghai")
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
_ACTION_TIME = "%Y%m%d %H%M%S"

_QUALIFIERS = {"704": ("deliver_code", "deliverCode"), "705": ("attempt_delivery_code", "attemptDeliveryCode")}
# Names of people and places, and free text in which they stand; they travel sealed.
_PERSONAL = {
    "opName": "name",
    "opDesc": "text",
    "opOrgProvName": "province",
    "opOrgCity": "city",
    "opOrgName": "office",
    "operatorNo": "operator_number",
    "operatorName": "operator",
}

_PERSONAL_OF_ACTION = {"orgfullname": "office", "description": "text"}


@cache
def table() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Load the table: `op_code`, `deliver_code`, `attempt_delivery_code` and `action`, each from code to row."""
    return tomllib.loads(files("adapters").joinpath("ems_codes.toml").read_text(encoding="utf-8"))


def report_of_trace(trace: Mapping[str, Any]) -> Report:
    """Read one trace. Raises `MalformedCallback` without waybill, time or code; an unknown code is `UNRECOGNISED`.

    Times are Beijing's, written without a zone. `event_id` follows from what the carrier says, not from when it
    came, so that a trace pushed twice, or pushed and asked for, is one report.
    """
    said = {key: str(value).strip() for key, value in trace.items() if isinstance(value, str | int)}
    waybill, code = said.get("waybillNo") or said.get("traceNo", ""), said.get("opCode", "")
    if not waybill or not code:
        raise MalformedCallback("trace_incomplete")
    row, qualifier = _row(code, said)
    occurred_at = _beijing(said.get("opTime", ""))
    office = said.get("opOrgCode", "")
    identity = ("ems", waybill, code, *qualifier.values(), occurred_at.isoformat(), office, said.get("opDesc", ""))
    return Report(
        kind=EventKind(row["kind"]),
        event_id=hashlib.sha256("|".join(identity).encode()).hexdigest(),
        occurred_at=occurred_at,
        reference=waybill,
        raw_code=code,
        reason=row.get("reason", ""),
        args=_args(row) | qualifier | ({"office_code": office} if office else {}),
        detail={ours: said[theirs] for theirs, ours in _PERSONAL.items() if said.get(theirs)},
    )


def unreadable_trace(trace: Mapping[str, Any], received_at: datetime) -> Report:
    """Keep a trace that says of which mail it tells, but not what or when: a person reads it.

    Raises `MalformedCallback` when not even the mail is named.
    """
    waybill = str(trace.get("traceNo") or trace.get("waybillNo") or "").strip()
    if not waybill:
        raise MalformedCallback("trace_incomplete")
    content = json.dumps(trace, ensure_ascii=False, sort_keys=True, default=str)
    digest = hashlib.sha256(f"ems|unreadable|{waybill}|{content}".encode()).hexdigest()
    return Report(EventKind.UNRECOGNISED, digest, received_at, reference=waybill, raw_code="unreadable")


def report_of_action(item: Mapping[str, Any]) -> Report:
    """Read one item of the oldest push (`listexpressmail`). Raises `MalformedCallback` as `report_of_trace` does.

    `effect` 0 takes back what was said with the same number, moment and action. What the codes beside the actions 10
    and 20 mean is in no description that we know, so they are kept and nothing is concluded from them.
    """
    said = {key: str(value).strip() for key, value in item.items() if isinstance(value, str | int)}
    waybill, action = said.get("mailnum", ""), said.get("action", "")
    if not waybill or not action:
        raise MalformedCallback("trace_incomplete")
    occurred_at = _beijing(f"{said.get('procdate', '')} {said.get('proctime', '')}", _ACTION_TIME)
    void = said.get("effect") == "0"
    row = {"kind": EventKind.POST_REVERSED} if void else table()["action"].get(action)
    identity = ("ems", "listexpressmail", waybill, occurred_at.isoformat(), action, "void" if void else "")
    beside = said.get("properdelivery") or said.get("notproperdelivery") or ""
    return Report(
        kind=EventKind(row["kind"]) if row else EventKind.UNRECOGNISED,
        event_id=hashlib.sha256("|".join(identity).encode()).hexdigest(),
        occurred_at=occurred_at,
        reference=waybill,
        raw_code=f"action:{action}",
        reason=str(row.get("reason", "")) if row else "",
        args=(_args(row) if row else {})
        | ({"reverses": f"action:{action}"} if void else {})
        | ({"beside": beside} if beside else {}),
        detail={ours: said[theirs] for theirs, ours in _PERSONAL_OF_ACTION.items() if said.get(theirs)},
    )


def _row(code: str, said: Mapping[str, str]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Find the row that decides, and the code beside the code.

    An unknown code beside a known one makes the whole trace unrecognised: 704 with 180 is a loss, so 704 with a code
    that nobody knows is not yet a delivery. With none at all, a delivery is one to nobody known.
    """
    row = table()["op_code"].get(code)
    if row is None:
        return {"kind": EventKind.UNRECOGNISED}, {}
    if code not in _QUALIFIERS:
        return row, {}
    ours, theirs = _QUALIFIERS[code]
    beside = said.get(theirs, "")
    if not beside:
        return {**row, "recipient_class": "unknown"} if code == "704" else {**row, "reason": "other"}, {}
    return table()[ours].get(beside, {"kind": EventKind.UNRECOGNISED}), {ours: beside}


def _args(row: Mapping[str, Any]) -> dict[str, str]:
    """Give the codes of a row as text; several reversed codes are one text with blanks between."""
    args = {name: row[name] for name in ("recipient_class", "contradicts", "also") if name in row}
    if "reverses" in row:
        args["reverses"] = " ".join(row["reverses"])
    if row.get("customs"):
        args["stage"] = "customs"
    return args


def _beijing(text: str, form: str = TIME_FORMAT) -> datetime:
    try:
        return datetime.strptime(text, form).replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter for the first day of the first year, many a program's "no date"
        raise MalformedCallback("trace_time_unreadable") from None
