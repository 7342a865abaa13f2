"""Tencent Cloud's short message service, as far as we use it: answers with the fields of the documented API."""

import json
from typing import Any

from adapters.tencent import verify
from tests.adapters.local_http import Seen, Told, Trouble

SECRET_ID = "AKIDTESTEXAMPLE"
SECRET_KEY = "SKtestexample0123456789"
APP_ID = "1400006666"


class FakeTencent:
    """Takes texts and lists what carriers reported; `refuse` answers instead, `trouble` happens after it was kept."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.replies: list[dict[str, Any]] = []
        self.refuse: Told | None = None
        self.trouble: Trouble | None = None
        self.asked: list[dict[str, Any]] = []

    def __call__(self, seen: Seen) -> Told | Trouble:
        headers = {name.lower(): value for name, value in seen.headers.items()}
        if not verify(SECRET_ID, SECRET_KEY, headers, seen.body):
            return error("AuthFailure.SignatureFailure")
        if self.refuse is not None:
            return self.refuse
        fields = json.loads(seen.body)
        match headers["x-tc-action"]:
            case "PullSmsSendStatusByPhoneNumber":
                self.asked.append(fields)
                return answer(PullSmsSendStatusSet=_of(self.statuses, fields))
            case "PullSmsReplyStatusByPhoneNumber":
                self.asked.append(fields)
                return answer(PullSmsReplyStatusSet=_of(self.replies, fields))
            case action:
                assert action == "SendSms"
        self.sent.append({**fields, "SerialNo": f"5000:{len(self.sent):032d}"})
        return self.trouble or answer(SendStatusSet=[status_of(self.sent[-1], "Ok")])

    def report(self, status: str, code: str, *, session: bool = True) -> None:
        """Let the carrier report on the newest text; `session`: the account has our own reference given back."""
        sent = self.sent[-1]
        number = sent["PhoneNumberSet"][0]
        self.statuses.append(
            {
                "UserReceiveTime": 1772413230,
                "CountryCode": "86",
                "SubscriberNumber": number.removeprefix("+86"),
                "PhoneNumber": number,
                "SerialNo": sent["SerialNo"],
                "ReportStatus": status,
                "Description": code,
                "SessionContext": sent["SessionContext"] if session else "",
            }
        )

    def reply(self, number: str, text: str, at: int = 1772413290) -> None:
        """Let somebody write back."""
        self.replies.append(
            {
                "ExtendCode": "",
                "CountryCode": "86",
                "PhoneNumber": number,
                "SubscriberNumber": number.removeprefix("+86"),
                "SignName": "示例法院",
                "ReplyContent": text,
                "ReplyTime": at,
            }
        )


def _of(rows: list[dict[str, Any]], fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in rows if row["PhoneNumber"] == fields["PhoneNumber"]][: fields["Limit"]]


def status_of(sent: dict[str, Any], code: str) -> dict[str, Any]:
    """The status of one number within an answer."""
    taken = code == "Ok"
    return {
        "SerialNo": sent.get("SerialNo", "") if taken else "",
        "PhoneNumber": "+8613900000001",
        "Fee": int(taken),
        "SessionContext": sent.get("SessionContext", ""),
        "Code": code,
        "Message": "send success" if taken else "13900000001 was refused",
        "IsoCode": "CN",
    }


def refused_number(code: str) -> Told:
    """HTTP 200 and no error, with a number that was refused in it."""
    return answer(SendStatusSet=[status_of({}, code)])


def error(code: str, status: int = 200) -> Told:
    """Refuse the whole request."""
    return answer(status, Error={"Code": code, "Message": "13900000001 is not served"})


def answer(status: int = 200, **more: object) -> Told:
    """Build an answer."""
    body = {"Response": {**more, "RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279"}}
    return Told(status, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json"})
