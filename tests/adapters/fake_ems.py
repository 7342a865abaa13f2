"""China Post's platform v2, as far as we use it: opens what is sealed, gives one waybill for one order number."""

import json

from adapters.ems_codec import open_body, seal_body
from tests.adapters.local_http import Seen, Told, Trouble

SIGN_KEY = "AAECAwQFBgcICQoLDA0ODw=="
SENDER_NO = "1100000000000"


class FakeEms:
    """Takes orders; `refuse` answers instead, `trouble` happens after the order was kept."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, object]] = {}
        self.waybills: dict[str, str] = {}
        self.traces: list[dict[str, object]] = []
        self.cancelled: list[str] = []
        self.refuse: Told | None = None
        self.trouble: Trouble | None = None

    def __call__(self, seen: Seen) -> Told | Trouble:
        if self.refuse is not None:
            return self.refuse
        fields = seen.form
        assert fields["senderNo"] == SENDER_NO
        assert fields["authorization"] == "authorization-0001"
        body = json.loads(open_body(fields["logitcsInterface"], SIGN_KEY))
        match fields["apiCode"]:
            case "020003":
                (order,) = body
                number = order["logisticsOrderNo"]
                self.orders.setdefault(number, order)
                waybill = self.waybills.setdefault(number, f"12{len(self.waybills):011d}")
                return self.trouble or ok({"waybillNo": waybill, "logisticsOrderNo": number})
            case "020006":
                self.cancelled.append(body["waybillNo"])
                return ok(None)
            case "040001":
                assert body["direction"] == "0"
                return ok({"responseItems": self.traces}, "成功" if self.traces else "未查询到轨迹")
            case other:
                return answer("X0001", f"no such interface: {other}")


def ok(body: object, text: str = "成功") -> Told:
    """Build an answer in which, as the platform does it, the body is JSON inside a JSON string."""
    return answer("00000", text, "" if body is None else json.dumps(body, ensure_ascii=False))


def answer(code: str, text: str, body: str = "") -> Told:
    """Build any answer of the platform."""
    content = {
        "serialNo": "c3e7e1a2e6f44eb9",
        "retCode": code,
        "retMsg": text,
        "retBody": body,
        "retDate": "2026-03-02",
    }
    return Told(200, json.dumps(content, ensure_ascii=False).encode(), {"Content-Type": "application/json"})


def trace(op_code: str, **changes: str) -> dict[str, object]:
    """Build one trace as the platform writes it."""
    fields = {
        "waybillNo": "1000000000001",
        "opTime": "2026-03-05 10:01:02",
        "opCode": op_code,
        "opName": "投递结果反馈",
        "opDesc": "已签收,本人签收,投递员:王五",
        "opOrgProvName": "云州省",
        "opOrgCity": "云州市",
        "opOrgCode": "10000001",
        "opOrgName": "示例揽投部",
        "operatorNo": "0001",
        "operatorName": "王五",
        "deliverCode": "",
        "attemptDeliveryCode": "",
        "productName": "特快专递",
    }
    return {**fields, **changes}


def push(content: object, key: str = SIGN_KEY) -> str:
    """Seal a pushed trace."""
    return seal_body(json.dumps(content, ensure_ascii=False), key)
