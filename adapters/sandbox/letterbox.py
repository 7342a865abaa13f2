"""What arrived in the town: messages and mail items, as long as anybody may ask for them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from adapters.sandbox.memory import Memory


class Door(StrEnum):
    """Which protocol a message came in by."""

    SMS = "sms"
    VOICE = "voice"  # calls
    CODE = "code"  # one-time codes
    EMAIL = "email"
    WECHAT = "wechat"  # an official account's template messages
    WECOM = "wecom"  # cards to members


@dataclass(frozen=True, slots=True)
class Stored:
    """A message; `attempt` is what makes two of them one attempt, `more` holds the extras of the protocol."""

    sid: str
    door: Door
    at: datetime
    sender: str
    recipient: str
    body: str
    attempt: str
    status: str
    more: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waybill:
    """A mail item; `body` is the order as the court sent it."""

    number: str
    order_no: str
    at: datetime
    body: Mapping[str, Any]
    cancelled: bool


class Letterbox:
    """Messages and waybills. Every method is atomic and safe to call from any thread."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def keep_message(self, message: Stored) -> None:
        """File a message."""
        self._memory.run(
            "insert into message values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                message.sid,
                message.door,
                _text(message.at),
                message.sender,
                message.recipient,
                message.body,
                message.attempt,
                message.status,
                _json(message.more),
            ),
        )

    def set_status(self, sid: str, status: str, more: Mapping[str, Any]) -> None:
        """A message moved on."""
        self._memory.run("update message set status = ?, more = ? where sid = ?", (status, _json(more), sid))

    def message(self, sid: str) -> Stored | None:
        """One message by its identifier."""
        row = self._memory.first("select * from message where sid = ?", (sid,))
        return None if row is None else _stored(row)

    def messages(self, door: Door, recipient: str = "", limit: int = 1000) -> list[Stored]:
        """Messages of one protocol, newest first; of one recipient if named."""
        rows = self._memory.all(
            "select * from message where door = ? and (? = '' or recipient = ?) order by at desc, sid limit ?",
            (door, recipient, recipient, limit),
        )
        return [_stored(row) for row in rows]

    def doubled(self) -> list[str]:
        """Attempts that arrived as more than one message."""
        rows = self._memory.all("select attempt from message group by attempt having count(*) > 1 order by attempt", ())
        return [str(row[0]) for row in rows]

    def keep_waybill(self, waybill: Waybill, traces: Sequence[tuple[datetime, Mapping[str, str]]]) -> None:
        """File a mail item and its whole course, which is told only as time passes."""
        with self._memory.writing():
            body = _json(waybill.body)
            row = (waybill.number, waybill.order_no, _text(waybill.at), body, int(waybill.cancelled))
            self._memory.run("insert into waybill values (?, ?, ?, ?, ?)", row)
            self._memory.run_many(
                "insert into trace values (?, ?, ?)",
                [(waybill.number, _text(at), _json(trace)) for at, trace in traces],
            )

    def waybill(self, *, number: str = "", order_no: str = "") -> Waybill | None:
        """A mail item by its own or the court's number."""
        row = self._memory.first("select * from waybill where number = ? or order_no = ?", (number, order_no))
        return None if row is None else _waybill(row)

    def waybills(self, limit: int = 1000) -> list[Waybill]:
        """Mail items, newest first."""
        return [
            _waybill(row)
            for row in self._memory.all("select * from waybill order by at desc, number limit ?", (limit,))
        ]

    def cancel_waybill(self, number: str, now: datetime) -> None:
        """Take an item back: what lies ahead does not come."""
        with self._memory.writing():
            self._memory.run("update waybill set cancelled = 1 where number = ?", (number,))
            self._memory.run("delete from trace where waybill = ? and at > ?", (number, _text(now)))

    def traces(self, number: str, until: datetime) -> list[Mapping[str, str]]:
        """What the carrier says of an item by now, in its order."""
        rows = self._memory.all(
            "select body from trace where waybill = ? and at <= ? order by at, rowid", (number, _text(until))
        )
        return [json.loads(row[0]) for row in rows]


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _stored(row: Sequence[Any]) -> Stored:
    sid, door, at, sender, recipient, body, attempt, status, more = row
    return Stored(
        sid, Door(door), datetime.fromisoformat(at), sender, recipient, body, attempt, status, json.loads(more)
    )


def _waybill(row: Sequence[Any]) -> Waybill:
    number, order_no, at, body, cancelled = row
    return Waybill(number, order_no, datetime.fromisoformat(at), json.loads(body), bool(cancelled))
