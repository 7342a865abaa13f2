"""Twilio's Messages resource, as far as we use it: answers with the fields and formats of the documented API."""

import json
from email.utils import format_datetime

from tests.adapters.contract import NOW
from tests.adapters.local_http import Seen, Told, Trouble

SID = "AC" + "a" * 32


class FakeTwilio:
    """Creates and lists messages; `refuse` answers instead, `trouble` happens after the message was kept."""

    def __init__(self) -> None:
        self.messages: list[dict[str, object]] = []
        self.refuse: Told | None = None
        self.trouble: Trouble | None = None
        self.status = "queued"
        self.created_at = NOW

    def __call__(self, seen: Seen) -> Told | Trouble:
        assert seen.path == f"/2010-04-01/Accounts/{SID}/Messages.json"
        if self.refuse is not None:
            return self.refuse
        if seen.method == "GET":
            return self._list(seen)
        self.messages.insert(0, self._resource(seen.form))
        return self.trouble or Told(201, json.dumps(self.messages[0]).encode(), {"Content-Type": "application/json"})

    def _list(self, seen: Seen) -> Told:
        found = [one for one in self.messages if one["to"] == seen.query["To"]]
        page = {
            "messages": found,
            "page": 0,
            "page_size": int(seen.query.get("PageSize", "50")),
            "start": 0,
            "end": max(len(found) - 1, 0),
            "first_page_uri": f"{seen.path}?PageSize=50&Page=0",
            "next_page_uri": None,
            "previous_page_uri": None,
            "uri": f"{seen.path}?PageSize=50&Page=0",
        }
        return Told(200, json.dumps(page).encode(), {"Content-Type": "application/json"})

    def _resource(self, form: dict[str, str]) -> dict[str, object]:
        sid = f"SM{len(self.messages):032x}"
        return {
            "account_sid": SID,
            "api_version": "2010-04-01",
            "body": form["Body"],
            "date_created": format_datetime(self.created_at),
            "date_sent": None,
            "date_updated": format_datetime(self.created_at),
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": self.status,
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{SID}/Messages/{sid}/Media.json"},
            "to": form["To"],
            "uri": f"/2010-04-01/Accounts/{SID}/Messages/{sid}.json",
        }


def problem(status: int, code: int, text: str = "The 'To' number +8613900000001 is not valid") -> Told:
    """Build the error body of the 2010 API; Twilio likes to quote the number in it."""
    body = {"code": code, "message": text, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return Told(status, json.dumps(body).encode(), {"Content-Type": "application/json"})
