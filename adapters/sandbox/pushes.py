"""How the post tells the platform what became of an item: the three forms that stand side by side, and their answers.

Platform v2 seals one trace. JDPT vouches for a list by a digest, leaves out to whom and why not, and repeats the trace
before in each list. The oldest form proves nothing, knows nine actions, and takes one back by `effect` 0.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from adapters.ems_codec import BODY_FIELD, OK, digest_body, seal_body
from adapters.sandbox import hours

_FORM = "application/x-www-form-urlencoded"
_STAMP = "%Y-%m-%d %H:%M:%S"
# The oldest form's actions (00 收寄, 10 妥投, 20 未妥投, 30 经转, 40 and 41 at sorting centres, 50 安排投递).
_ACTIONS = {"203": "00", "305": "40", "389": "41", "713": "41", "702": "50", "704": "10", "705": "20"}
_PASSED_ON = "30"
_TAKES_BACK = {"743": "704"}


class Form(StrEnum):
    """How traces are pushed."""

    PLATFORM = "platform"
    JDPT = "jdpt"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True)
class PostAccount:
    """The court's agreement with the post; where traces are pushed, and in which form.

    `jdpt_key` vouches for pushes of the JDPT form. `slip_api` is the interface code of the pictures of signed slips;
    empty where the agreement has none.
    """

    sender_no: str
    authorization: str = field(repr=False)
    sign_key: str = field(repr=False)
    push_url: str = field(repr=False)
    form: Form = Form.PLATFORM
    jdpt_key: str = field(default="", repr=False)
    slip_api: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """One request: its body and content type."""

    body: bytes
    content_type: str = _FORM


def push_of(account: PostAccount, trace: Mapping[str, str], before: Mapping[str, str] | None, at: datetime) -> Push:
    """One trace in the account's form; `before` is the one that the same item had before it, `at` the moment."""
    match account.form:
        case Form.PLATFORM:
            return _sealed(account, trace, at)
        case Form.JDPT:
            return _listed(account, [one for one in (before, trace) if one is not None], at)
        case Form.LEGACY:
            return _of_old(trace, before)


def is_acknowledged(form: Form, answer: bytes) -> bool:
    """Whether an answer is the acknowledgement that the form documents."""
    try:
        content = json.loads(answer)
        match form:
            case Form.PLATFORM:
                return bool(content["code"] == OK)
            case Form.JDPT:
                items = content["responseItems"]
                return content["responseState"] is True and bool(items) and all(item["success"] for item in items)
            case Form.LEGACY:
                return content["success"] == "1" and not content["failmailnums"]
    except (ValueError, KeyError, TypeError):
        return b"<success>1</success>" in answer and b"<failmailnums></failmailnums>" in answer


def _sealed(account: PostAccount, trace: Mapping[str, str], at: datetime) -> Push:
    form = {
        "apiCode": "040002",
        "senderNo": account.sender_no,
        "timeStamp": f"{hours.local(at):{_STAMP}}",
        BODY_FIELD: seal_body(json.dumps(trace, ensure_ascii=False), account.sign_key),
    }
    return Push(urlencode(form).encode())


def _listed(account: PostAccount, traces: list[Mapping[str, str]], at: datetime) -> Push:
    told = [
        {"traceNo" if name == "waybillNo" else name: value for name, value in trace.items() if name in _JDPT_FIELDS}
        for trace in traces
    ]
    body = json.dumps({"traces": told}, ensure_ascii=False)
    stamp = f"{hours.local(at):%Y%m%d%H%M%S}"
    form = {
        "sendID": "JDPT",
        "proviceNo": "99",
        "msgKind": f"JDPT_{account.sender_no}_TRACE",
        "serialNo": f"{stamp}{traces[-1]['waybillNo']}",
        "sendDate": stamp,
        "receiveID": account.sender_no,
        "batchNo": stamp,
        "dataType": "1",
        "dataDigest": digest_body(body, account.jdpt_key),
        "msgBody": body,
    }
    return Push(urlencode(form).encode())


_JDPT_FIELDS = frozenset(
    {
        "waybillNo", "opTime", "opCode", "opName", "opDesc", "opOrgProvName", "opOrgCity", "opOrgCode", "opOrgName",
        "operatorNo", "operatorName",
    }
)  # fmt: skip


def _of_old(trace: Mapping[str, str], before: Mapping[str, str] | None) -> Push:
    """JSON for what is handed over or not, XML for the way there: both are in use."""
    reverses = _TAKES_BACK.get(trace["opCode"])
    if reverses is not None and before is not None and before["opCode"] == reverses:
        item = {**_item(before), "effect": "0"}
    else:
        item = _item(trace)
    if item["action"] in {"10", "20"}:
        return Push(json.dumps({"listexpressmail": [item]}, ensure_ascii=False).encode(), "application/json")
    inner = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in item.items())
    return Push(f"<listexpressmail><expressmail>{inner}</expressmail></listexpressmail>".encode(), "text/xml")


def _item(trace: Mapping[str, str]) -> dict[str, Any]:
    day, _, time = trace["opTime"].partition(" ")
    return {
        "serialnumber": f"{trace['waybillNo']}{trace['opCode']}{day.replace('-', '')}",
        "mailnum": trace["waybillNo"],
        "procdate": day.replace("-", ""),
        "proctime": time.replace(":", ""),
        "orgfullname": trace["opOrgName"],
        "action": _ACTIONS.get(trace["opCode"], _PASSED_ON),
        "description": trace["opDesc"],
        "effect": "1",
        "properdelivery": trace["deliverCode"],
        "notproperdelivery": trace["attemptDeliveryCode"],
    }
