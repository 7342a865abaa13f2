"""The post office: China Post's open platform v2 for agreement customers, and the postmen behind it."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapters.ems_codec import BODY_FIELD, OK, UnopenableBodyError, open_body
from adapters.sandbox import hours, papers, slips, texts
from adapters.sandbox.chance import Chance
from adapters.sandbox.conversation import Request, Response
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.directory import Directory
from adapters.sandbox.happening import Act, Happening
from adapters.sandbox.letterbox import Waybill
from adapters.sandbox.parcels import RETURNED, Course, Postman
from adapters.sandbox.pushes import Form, PostAccount

PATHS = {"/amp-prod-api/f/amp/api/open", "/amp-prod-api/f/amp/api/test"}
_WAYBILL_SPACE = 10**10


class _Refusal(Exception):
    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class PostOffice:
    """Answers the platform's calls; plans pushes and paper slips."""

    def __init__(self, deliveries: Deliveries, account: PostAccount, directory: Directory) -> None:
        self._deliveries = deliveries
        self._account = account
        self._directory = directory
        self._chance = Chance(deliveries.population.seed)
        self._postman = Postman(self._chance, deliveries.population.parameters, directory.kinds)

    def answer(self, request: Request) -> Response:
        """One API call. The town's refusal codes are its own: the platform's list is not public."""
        hangs_up = False
        if request.form.get("apiCode") == "020003":
            self._deliveries.journal.count("requests_received")
        try:
            body = self._open(request)
            match request.form.get("apiCode"):
                case "020003":
                    result, hangs_up = self._order(body)
                case "020006":
                    result = self._cancel(body)
                case "040001":
                    result = self._track(body)
                case "010004":
                    result = self._label(body)
                case code if code and code == self._account.slip_api:
                    result = self._signed_slip(body)
                case _:
                    return _reply("S0001", "接口代码不存在")
        except _Refusal as refusal:
            return _reply(refusal.code, refusal.message, status=refusal.status)
        return _reply(OK, "成功", result, hangs_up=hangs_up)

    def _open(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        form = request.form
        if form.get("senderNo") != self._account.sender_no or form.get("authorization") != self._account.authorization:
            raise _Refusal("S0002", "授权信息有误")
        try:
            return json.loads(open_body(form.get(BODY_FIELD, ""), self._account.sign_key))
        except (UnopenableBodyError, ValueError):
            raise _Refusal("S0003", "报文无法解密") from None

    def _order(self, body: Any) -> tuple[Mapping[str, Any], bool]:  # noqa: ANN401 - JSON
        deliveries = self._deliveries
        if not isinstance(body, list) or len(body) != 1 or not isinstance(body[0], dict):
            raise _Refusal("B0001", "报文格式有误")
        order: Mapping[str, Any] = body[0]
        receiver = order.get("receiver") or {}
        missing = [
            name
            for name, value in {
                "logisticsOrderNo": order.get("logisticsOrderNo"),
                "receiver.name": receiver.get("name"),
                "receiver.address": receiver.get("address"),
                "receiver.prov": receiver.get("prov"),
            }.items()
            if not value
        ]
        if missing:
            raise _Refusal("B0002", "必填项缺失：" + "、".join(missing))
        titles = [str(cargo.get("cargoName", "")) for cargo in order.get("cargos") or ()]
        key = texts.digest(str(receiver["name"]), _address(receiver), *titles)
        request_ordinal = deliveries.journal.next_ordinal(f"post-request:{key}")
        mishap = deliveries.before_taking(key, request_ordinal, str(order["logisticsOrderNo"]))
        if mishap.refuses:
            raise _Refusal("S9999", "系统繁忙", 500)
        waybill = self._take(order, receiver, key)
        result = {"waybillNo": waybill.number, "logisticsOrderNo": waybill.order_no}
        return result, mishap.hangs_up

    def _take(self, order: Mapping[str, Any], receiver: Mapping[str, Any], key: str) -> Waybill:
        """A waybill for the order; the same order number gets the same one again."""
        deliveries = self._deliveries
        now = deliveries.now()
        order_no = str(order["logisticsOrderNo"])
        with deliveries.memory.writing():
            known = deliveries.letterbox.waybill(order_no=order_no)
            if known is not None:
                return known
            ordinal = deliveries.journal.next_ordinal(f"post:{key}")
            item = f"{key}#{ordinal}"
            door = self._directory.door(_address(receiver), str(receiver["name"]))
            course = self._postman.carry(door, item, now)
            waybill = Waybill(self._number(item), order_no, now, {**order, "key": item}, cancelled=False)
            traces = [(trace.at, trace.told(waybill.number)) for trace in course.traces]
            deliveries.letterbox.keep_waybill(waybill, traces)
            deliveries.journal.count("mail_orders")
            pushes = deliveries.disturbed(self._pushes(course, waybill.number, item), order_no)
            deliveries.journal.plan([*pushes, *self._slip(course, waybill, item)], about=waybill.number)
            if self._account.slip_api and course.slip_at is not None and course.on_slip not in RETURNED:
                # Photographed on the next morning, long before the paper is back.
                there_at = hours.instant(hours.local(course.ended_at).date() + timedelta(days=1), time(9))
                deliveries.journal.remember(f"slip:{waybill.number}", there_at.isoformat())
        return waybill

    def _pushes(self, course: Course, number: str, item: str) -> list[Happening]:
        """Each trace when it is pushed, with the one before where the form needs it."""
        pushes, before = [], None
        for trace in course.traces:
            told = trace.told(number)
            alone = before is None or self._account.form is Form.PLATFORM
            args = {"trace": told} if alone else {"trace": told, "before": before}
            pushes.append(Happening(trace.pushed_at, item, Act.PUSH, args))
            before = told
        return pushes

    def _slip(self, course: Course, waybill: Waybill, key: str) -> list[Happening]:
        if course.slip_at is None or not self._deliveries.has_staff:
            return []
        numbers = self._deliveries.population.parameters
        body = slips.slip(course, waybill.number, self._chance, numbers, key)
        return [Happening(course.slip_at, key, Act.SLIP, {"slip": body})]

    def _number(self, key: str) -> str:
        """Thirteen digits that no other item has."""
        ordinal = 0
        while True:
            number = f"119{int(self._chance.draw(key, 'waybill', ordinal) * _WAYBILL_SPACE):010d}"
            if self._deliveries.letterbox.waybill(number=number) is None:
                return number
            ordinal += 1

    def _cancel(self, body: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
        self._deliveries.journal.count("queries_received")
        waybill = self._known(body)
        if waybill.cancelled:
            return {"waybillNo": waybill.number}
        now = self._deliveries.now()
        if self._deliveries.letterbox.traces(waybill.number, now):
            raise _Refusal("B0004", "邮件已收寄，不能撤单")
        with self._deliveries.memory.writing():
            self._deliveries.letterbox.cancel_waybill(waybill.number, now)
            self._deliveries.journal.call_off(waybill.number)
        return {"waybillNo": waybill.number}

    def _track(self, body: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
        self._deliveries.journal.count("queries_received")
        waybill = self._known(body)
        return {"responseItems": self._deliveries.letterbox.traces(waybill.number, self._deliveries.now())}

    def _label(self, body: Any) -> Any:  # noqa: ANN401 - JSON
        self._deliveries.journal.count("queries_received")
        waybill = self._known(body)
        receiver = waybill.body.get("receiver") or {}
        lines = (waybill.number, str(receiver.get("name", "")), _address(receiver))
        return {"waybillNo": waybill.number, "label": base64.b64encode(papers.paper("国内特快专递", lines)).decode()}

    def _signed_slip(self, body: Any) -> Any:  # noqa: ANN401 - JSON
        """The picture of the signed slip from the morning after; before, and where none was made, nothing."""
        self._deliveries.journal.count("queries_received")
        waybill = self._known(body)
        there_at = self._deliveries.journal.recall(f"slip:{waybill.number}")
        if there_at is None or datetime.fromisoformat(there_at) > self._deliveries.now():
            return {"waybillNo": waybill.number, "items": []}
        content = base64.b64encode(papers.picture(waybill.number)).decode()
        return {"waybillNo": waybill.number, "items": [{"picture": content}]}

    def _known(self, body: Any) -> Waybill:  # noqa: ANN401 - JSON
        named = body[0] if isinstance(body, list) and body else body
        number = str(named.get("waybillNo", "")) if isinstance(named, dict) else ""
        waybill = self._deliveries.letterbox.waybill(number=number) if number else None
        if waybill is None:
            raise _Refusal("B0003", "无此邮件")
        return waybill


def _address(receiver: Mapping[str, Any]) -> str:
    return "".join(str(receiver.get(part, "")) for part in ("prov", "city", "county", "address"))


def _reply(code: str, message: str, result: Any = None, *, status: int = 200, hangs_up: bool = False) -> Response:  # noqa: ANN401 - JSON
    answer = {
        "serialNo": str(uuid5(NAMESPACE_URL, f"{datetime.now(UTC).isoformat()}")),
        "retCode": code,
        "retMsg": message,
        "retBody": "" if result is None else json.dumps(result, ensure_ascii=False),
        "retDate": f"{hours.local(datetime.now(UTC)):%Y-%m-%d %H:%M:%S}",
    }
    return Response(json.dumps(answer, ensure_ascii=False).encode(), status, hang_up=hangs_up)
