"""Tencent in the town: its short message service as the adapter and its own library call it, and what it pushes."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.sandbox import hours
from adapters.sandbox.conversation import Request, Response
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.happening import Happening
from adapters.sandbox.letterbox import Stored
from adapters.sandbox.template_texts import Asked, RefusedText, TemplateAccount, TemplateTexts
from adapters.tencent import verify

ACTION = "x-tc-action"
_REFUSALS = {
    "signature": "FailedOperation.SignatureIncorrectOrUnapproved",
    "template": "FailedOperation.TemplateIncorrectOrUnapproved",
    "missing": "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
    "length": "InvalidParameterValue.TemplateParameterLengthLimit",
    "number": "InvalidParameterValue.IncorrectPhoneNumber",
}
_MAINLAND_DIGITS = 11


class TencentCarrier:
    """Answers the interface; says what is pushed."""

    def __init__(self, deliveries: Deliveries, account: TemplateAccount) -> None:
        self._deliveries = deliveries
        self._account = account
        self._texts = TemplateTexts(deliveries, account, dead="UNDELIV", off="EXPIRED")

    @property
    def push_url(self) -> str:
        """Where reports and answers go."""
        return self._account.push_url

    def answer(self, request: Request) -> Response:
        """One call."""
        account = self._account
        if not verify(account.key_id, account.key_secret, request.headers, request.body):
            return _error("AuthFailure.SignatureFailure")
        fields = json.loads(request.body)
        if fields.get("SmsSdkAppId") != account.app_id:
            return _error("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        match request.headers[ACTION]:
            case "SendSms":
                self._deliveries.journal.count("requests_received")
                return self._send(fields)
            case "PullSmsSendStatusByPhoneNumber":
                self._deliveries.journal.count("queries_received")
                rows = [_status(one) for one in self._texts.sent(_number(fields)) if one.status != "queued"]
                return _answer(PullSmsSendStatusSet=_within(rows, fields, "UserReceiveTime"))
            case "PullSmsReplyStatusByPhoneNumber":
                self._deliveries.journal.count("queries_received")
                rows = [self._reply(fields, at, text) for at, text in self._texts.answers(_number(fields))]
                return _answer(PullSmsReplyStatusSet=_within(rows, fields, "ReplyTime"))
            case _:
                return _error("InvalidAction")

    def _send(self, fields: Mapping[str, Any]) -> Response:
        (to,), reference = fields["PhoneNumberSet"], str(fields.get("SessionContext", ""))
        number = str(to).removeprefix("+86")
        refused = ""
        if len(number) != _MAINLAND_DIGITS or not number.isdigit():
            return _sent(to, reference, code=_REFUSALS["number"])
        variables = [str(value) for value in fields["TemplateParamSet"]]
        template, signature = str(fields["TemplateId"]), str(fields["SignName"])
        try:
            stored, hangs_up = self._texts.take(
                Asked(number, template, signature, variables, reference, reference.partition(".")[0])
            )
        except RefusedText as error:
            refused = error.why
        if refused == "fault":
            return _error("InternalError.OtherError", 500)
        if refused:
            return _sent(to, reference, code=_REFUSALS[refused])
        return _sent(to, reference, code="Ok", serial=_serial(stored), hang_up=hangs_up)

    def _reply(self, fields: Mapping[str, Any], at: datetime, text: str) -> dict[str, Any]:
        number = _number(fields)
        return {
            "ExtendCode": "",
            "CountryCode": "86",
            "PhoneNumber": f"+86{number}",
            "SubscriberNumber": number,
            "SignName": self._account.signature,
            "ReplyContent": text,
            "ReplyTime": int(at.timestamp()),
        }

    def pushed(self, happening: Happening) -> object:
        """What is pushed when this happens: a list of reports, or one reply; nothing for a text that nobody knows."""
        args, at = happening.args, happening.due_at
        if "reply" in args:
            who = {"extend": "", "mobile": args["from"], "nationcode": "86", "sign": self._account.signature}
            return {**who, "text": args["reply"], "time": int(at.timestamp())}
        stored = self._texts.note(happening)
        if stored is None:
            return []
        error = stored.more["error"]
        return [
            {
                "user_receive_time": f"{hours.local(at):%Y-%m-%d %H:%M:%S}",
                "nationcode": "86",
                "mobile": stored.recipient,
                "report_status": "FAIL" if error else "SUCCESS",
                "errmsg": error or "DELIVRD",
                "description": "",
                "sid": _serial(stored),
            }
        ]


def _serial(stored: Stored) -> str:
    return f"5000:{stored.sid}"


def _number(fields: Mapping[str, Any]) -> str:
    return str(fields["PhoneNumber"]).removeprefix("+86")


def _within(rows: list[dict[str, Any]], fields: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    since, until = int(fields["BeginTime"]), int(fields["EndTime"])
    return [row for row in rows if since <= row[name] <= until][: int(fields["Limit"])]


def _status(stored: Stored) -> dict[str, Any]:
    error = stored.more["error"]
    return {
        "UserReceiveTime": int(datetime.fromisoformat(stored.more["updated"]).timestamp()),
        "CountryCode": "86",
        "SubscriberNumber": stored.recipient,
        "PhoneNumber": f"+86{stored.recipient}",
        "SerialNo": _serial(stored),
        "ReportStatus": "FAIL" if error else "SUCCESS",
        "Description": error or "DELIVRD",
        "SessionContext": stored.more["reference"],
    }


def _sent(to: str, reference: str, *, code: str, serial: str = "", hang_up: bool = False) -> Response:
    status = {
        "SerialNo": serial,
        "PhoneNumber": to,
        "Fee": int(bool(serial)),
        "SessionContext": reference,
        "Code": code,
        "Message": code,
        "IsoCode": "CN",
    }
    return _answer(hang_up=hang_up, SendStatusSet=[status])


def _error(code: str, status: int = 200) -> Response:
    return _answer(status, Error={"Code": code, "Message": code})


def _answer(status: int = 200, *, hang_up: bool = False, **more: object) -> Response:
    body = {"Response": {**more, "RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279"}}
    return Response(json.dumps(body, ensure_ascii=False).encode(), status, hang_up=hang_up)
