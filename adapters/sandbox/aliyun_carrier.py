"""Aliyun in the town: its short message service as the adapter and its own library call it, and what it pushes."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.aliyun import verify
from adapters.aliyun_codes import BEIJING, TIME_FORMAT
from adapters.sandbox.conversation import Request, Response
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.happening import Happening
from adapters.sandbox.letterbox import Stored
from adapters.sandbox.template_texts import VARIABLES, Asked, RefusedText, TemplateAccount, TemplateTexts

ACTION = "x-acs-action"
_REFUSALS = {
    "signature": "isv.SMS_SIGNATURE_ILLEGAL",
    "template": "isv.SMS_TEMPLATE_ILLEGAL",
    "missing": "isv.TEMPLATE_MISSING_PARAMETERS",
    "length": "isv.PARAM_LENGTH_LIMIT",
    "number": "isv.MOBILE_NUMBER_ILLEGAL",
}
_STATUSES = {"queued": 1, "undelivered": 2, "delivered": 3}
_MAINLAND_DIGITS = 11


class AliyunCarrier:
    """Answers the interface; says what is pushed."""

    def __init__(self, deliveries: Deliveries, account: TemplateAccount) -> None:
        self._deliveries = deliveries
        self._account = account
        self._texts = TemplateTexts(deliveries, account, dead="INVALID_NUMBER", off="MOBILE_NOT_ON_SERVICE")

    @property
    def push_url(self) -> str:
        """Where reports and answers go."""
        return self._account.push_url

    def answer(self, request: Request) -> Response:
        """One call."""
        account, query = self._account, request.query
        if not verify(account.key_id, account.key_secret, query, request.headers):
            return _said("SignatureDoesNotMatch", status=400)
        match request.headers[ACTION]:
            case "SendSms":
                self._deliveries.journal.count("requests_received")
                return self._send(query)
            case "QuerySendDetails":
                self._deliveries.journal.count("queries_received")
                return self._details(query)
            case _:
                return _said("InvalidAction.NotFound", status=404)

    def _send(self, query: Mapping[str, str]) -> Response:
        number, reference = query.get("PhoneNumbers", ""), query.get("OutId", "")
        try:
            given = json.loads(query.get("TemplateParam", "{}"))
            variables = [str(given.get(name, "")) for name in VARIABLES]
        except (ValueError, AttributeError):
            return _said("isv.INVALID_JSON_PARAM")
        if len(number) != _MAINLAND_DIGITS or not number.isdigit():
            return _said(_REFUSALS["number"])
        code, signature = query.get("TemplateCode", ""), query.get("SignName", "")
        try:
            stored, hangs_up = self._texts.take(
                Asked(number, code, signature, variables, reference, reference.partition(".")[0])
            )
        except RefusedText as refused:
            return _said(_REFUSALS[refused.why]) if refused.why in _REFUSALS else _said("InternalError", status=500)
        return _said("OK", hang_up=hangs_up, BizId=f"{stored.sid}^0")

    def _details(self, query: Mapping[str, str]) -> Response:
        day = query.get("SendDate", "")
        found = [one for one in self._texts.sent(query.get("PhoneNumber", "")) if f"{_local(one.at):%Y%m%d}" == day]
        size, page = int(query.get("PageSize", "10")), int(query.get("CurrentPage", "1"))
        rows = [_detail(one) for one in found[(page - 1) * size : page * size]]
        return _said("OK", TotalCount=len(found), SmsSendDetailDTOs={"SmsSendDetailDTO": rows})

    def pushed(self, happening: Happening) -> list[dict[str, object]]:
        """What is pushed when this happens; nothing for a text that nobody knows."""
        args, at = happening.args, f"{_local(happening.due_at):{TIME_FORMAT}}"
        if "reply" in args:
            serial = str(int(happening.due_at.timestamp()))
            said = {"content": args["reply"], "send_time": at, "dest_code": "1234", "sequence_id": serial}
            return [{"phone_number": args["from"], **said}]
        stored = self._texts.note(happening)
        if stored is None:
            return []
        error = stored.more["error"]
        return [
            {
                "phone_number": stored.recipient,
                "send_time": f"{_local(stored.at):{TIME_FORMAT}}",
                "report_time": at,
                "success": not error,
                "err_code": error or "DELIVERED",
                "err_msg": "",
                "sms_size": "1",
                "biz_id": f"{stored.sid}^0",
                "out_id": stored.more["reference"],
            }
        ]


def _detail(stored: Stored) -> dict[str, Any]:
    detail = {
        "PhoneNum": stored.recipient,
        "SendStatus": _STATUSES[stored.status],
        "SendDate": f"{_local(stored.at):{TIME_FORMAT}}",
        "Content": stored.body,
        "OutId": stored.more["reference"],
    }
    if stored.status == "queued":
        return detail
    received = f"{_local(datetime.fromisoformat(stored.more['updated'])):{TIME_FORMAT}}"
    return {**detail, "ReceiveDate": received, "ErrCode": stored.more["error"] or "DELIVERED"}


def _local(moment: datetime) -> datetime:
    return moment.astimezone(BEIJING)


def _said(code: str, *, status: int = 200, hang_up: bool = False, **more: object) -> Response:
    body = {"Code": code, "Message": code, "RequestId": "0A974B78-02BF-4C79-ADF3-90CFBA1B55B1", **more}
    return Response(json.dumps(body, ensure_ascii=False).encode(), status, hang_up=hang_up)
