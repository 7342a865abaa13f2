"""Kuaidi100 as the platform calls it: it takes subscriptions to waybill numbers and pushes what it reads of them.

Each push holds the whole history, newest first, signed with the salt of its subscription. It lags behind the post, says
less exactly who signed, and cannot take a line back: what the post reversed is gone from its next history.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.kuaidi100 import sign
from adapters.kuaidi100_codes import COMPANY
from adapters.sandbox import hours
from adapters.sandbox.chance import Chance
from adapters.sandbox.conversation import Request, Response
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.happening import Act, Happening

PATH = "/poll"
_STAMP = "%Y-%m-%d %H:%M:%S"
_FOR_EVER = timedelta(days=400)
# The post's code -> the watcher's state (高级状态); by whom it was signed for is in `_SIGNED`.
_STATES: Mapping[str, str] = {
    "203": "103", "305": "1002", "389": "1002", "713": "1001", "702": "5", "747": "501", "748": "304",
    "708": "6", "326": "6", "711": "4", "743": "2",
}  # fmt: skip
_SIGNED: Mapping[str, str] = {"10": "301", "30": "304", "50": "304"}
_IN_VAIN: Mapping[str, str] = {"7": "203", "4": "206"}
_BY_ANOTHER, _FAILED = "303", "204"
_TAKEN_BACK: Mapping[str, str] = {"743": "704"}
_SIGNED_FOR = frozenset({"301", "303", "304"})
_BACK = "4"


@dataclass(frozen=True, slots=True)
class WatchAccount:
    """The court's account: its key."""

    key: str = field(repr=False)


class Watcher:
    """Answers subscriptions; plans pushes."""

    def __init__(self, deliveries: Deliveries, account: WatchAccount) -> None:
        self._deliveries = deliveries
        self._account = account
        self._chance = Chance(deliveries.population.seed)

    def answer(self, request: Request) -> Response:
        """One subscription."""
        deliveries = self._deliveries
        deliveries.journal.count("subscriptions")
        try:
            param = json.loads(request.form.get("param", ""))
            number, wanted = str(param["number"]), param["parameters"]
            key, company, url = param["key"], param["company"], str(wanted["callbackurl"])
        except (ValueError, KeyError, TypeError):
            return _reply("700", "订阅的数据格式有误")
        if key != self._account.key:
            return _reply("600", "授权码不合法")
        if company != COMPANY:
            return _reply("702", "快递公司无法识别")
        waybill = deliveries.letterbox.waybill(number=number)
        about = waybill.order_no if waybill is not None else ""
        item = str(waybill.body["key"]) if waybill is not None else number
        ordinal = deliveries.journal.next_ordinal(f"watch-request:{item}")
        mishap = deliveries.before_taking(f"watch:{item}", ordinal, about)
        if mishap.refuses:
            return Response(b"", 500)
        if deliveries.journal.recall(f"watched:{number}") is not None:
            return _reply("501", "重复订阅", hangs_up=mishap.hangs_up)
        pushes = self._pushes(number, f"watch:{item}", url, str(wanted.get("salt", "")))
        with deliveries.memory.writing():
            deliveries.journal.remember(f"watched:{number}")
            deliveries.journal.plan(deliveries.disturbed(pushes, about), about=number)
        return _reply("200", "提交成功", hangs_up=mishap.hangs_up)

    def _pushes(self, number: str, key: str, url: str, salt: str) -> list[Happening]:
        """Everything that it will read of the item; drawn now, told as time passes."""
        now = self._deliveries.now()
        traces = self._deliveries.letterbox.traces(number, now + _FOR_EVER)
        found: list[Happening] = []
        read_at = now
        for count in range(1, len(traces) + 1):
            lag = self._chance.span(timedelta(minutes=45), timedelta(hours=3), key, "reads", count)
            # It reads from top to bottom: a later line is never told before an earlier one.
            read_at = max(_moment(traces[count - 1]) + lag, read_at + timedelta(seconds=1))
            told = _history(traces[:count], number)
            ended = told["state"] in {*_SIGNED_FOR, _BACK}
            param = json.dumps(
                {"status": "shutdown" if ended else "polling", "message": "", "autoCheck": "0", "lastResult": told},
                ensure_ascii=False,
            )
            args = {"watched": url, "param": param, "sign": sign(param, salt)}
            found.append(Happening(read_at, key, Act.PUSH, args))
        return found


def _history(traces: Sequence[Mapping[str, str]], number: str) -> dict[str, Any]:
    kept: list[Mapping[str, str]] = []
    for trace in traces:
        reversed_code = _TAKEN_BACK.get(trace["opCode"])
        kept = [one for one in kept if one["opCode"] != reversed_code]
        kept.append(trace)
    lines = [
        {
            "time": trace["opTime"],
            "ftime": trace["opTime"],
            "context": trace["opDesc"],
            "status": trace["opName"],
            "statusCode": _state(trace),
        }
        for trace in reversed(kept)
    ]
    state = lines[0]["statusCode"]
    return {"message": "ok", "nu": number, "com": COMPANY, "ischeck": "0", "state": state, "data": lines}


def _state(trace: Mapping[str, str]) -> str:
    match trace["opCode"]:
        case "704":
            return _SIGNED.get(trace["deliverCode"], _BY_ANOTHER)
        case "705":
            return _IN_VAIN.get(trace["attemptDeliveryCode"], _FAILED)
        case code:
            return _STATES.get(code, "0")


def _moment(trace: Mapping[str, str]) -> datetime:
    return datetime.strptime(trace["opTime"], _STAMP).replace(tzinfo=hours.ZONE).astimezone(UTC)


def _reply(code: str, message: str, *, hangs_up: bool = False) -> Response:
    answer = {"result": code == "200", "returnCode": code, "message": message}
    return Response(json.dumps(answer, ensure_ascii=False).encode(), hang_up=hangs_up)
