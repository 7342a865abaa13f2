"""Aliyun's short message service, as far as we use it: answers with the fields and formats of the documented API."""

import json
from collections.abc import Mapping
from datetime import datetime

from adapters.aliyun import verify
from adapters.aliyun_codes import BEIJING
from tests.adapters.contract import NOW
from tests.adapters.local_http import Seen, Told, Trouble

KEY_ID = "AKIDTESTEXAMPLE"
KEY_SECRET = "SKtestexample0123456789"


class FakeAliyun:
    """Takes and lists texts; `refuse` answers instead, `trouble` happens after the text was kept."""

    def __init__(self) -> None:
        self.sent: list[dict[str, object]] = []
        self.refuse: Told | None = None
        self.trouble: Trouble | None = None
        self.sent_at = NOW

    def __call__(self, seen: Seen) -> Told | Trouble:
        headers = {name.lower(): value for name, value in seen.headers.items()}
        if not verify(KEY_ID, KEY_SECRET, seen.query, headers):
            return said("SignatureDoesNotMatch", status=400)
        if self.refuse is not None:
            return self.refuse
        if headers["x-acs-action"] == "QuerySendDetails":
            return self._list(seen.query)
        assert headers["x-acs-action"] == "SendSms"
        self.sent.append(self._detail(seen.query))
        return self.trouble or said("OK", BizId=f"{len(self.sent):018d}^0")

    def report(self, status: int, code: str, at: str = "2026-03-02 09:00:30") -> None:
        """Let the carrier report on the newest text."""
        self.sent[-1] |= {"SendStatus": status, "ErrCode": code, "ReceiveDate": at}

    def _detail(self, query: Mapping[str, str]) -> dict[str, object]:
        return {
            "PhoneNum": query["PhoneNumbers"],
            "SendStatus": 1,
            "SendDate": f"{self.sent_at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}",
            "TemplateCode": query["TemplateCode"],
            "Content": f"【{query['SignName']}】{query['TemplateParam']}",
            "OutId": query["OutId"],
        }

    def _list(self, query: Mapping[str, str]) -> Told:
        day = f"{datetime.strptime(query['SendDate'], '%Y%m%d').replace(tzinfo=BEIJING):%Y-%m-%d}"
        found = [
            one for one in self.sent if one["PhoneNum"] == query["PhoneNumber"] and str(one["SendDate"]).startswith(day)
        ]
        size, page = int(query["PageSize"]), int(query["CurrentPage"])
        rows = found[(page - 1) * size : page * size]
        return said("OK", TotalCount=len(found), SmsSendDetailDTOs={"SmsSendDetailDTO": rows})


def said(code: str, *, status: int = 200, **more: object) -> Told:
    """Build an answer; the service likes to quote the number in its messages."""
    message = "OK" if code == "OK" else "13900000001 is not served"
    body = {"Code": code, "Message": message, "RequestId": "0A974B78-02BF-4C79-ADF3-90CFBA1B55B1", **more}
    return Told(status, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json"})
