"""Twilio's Calls resource and its recordings, as far as we use them, in the documented form."""

import json
from email.utils import format_datetime

from tests.adapters.contract import NOW
from tests.adapters.fake_twilio import SID
from tests.adapters.local_http import Seen, Told, Trouble

ROOT = f"/2010-04-01/Accounts/{SID}"
_JSON = {"Content-Type": "application/json"}


class FakeTwilioVoice:
    """Places and lists calls, and has one recording; `refuse` answers instead, `trouble` comes after keeping."""

    def __init__(self) -> None:
        self.calls: list[dict[str, object]] = []
        self.refuse: Told | None = None
        self.trouble: Trouble | None = None
        self.status = "queued"
        self.created_at = NOW
        self.recordings = {"RE" + "0" * 32: b"ID3 two voices"}

    def __call__(self, seen: Seen) -> Told | Trouble:
        if self.refuse is not None:
            return self.refuse
        if seen.path.startswith(f"{ROOT}/Recordings/"):
            content = self.recordings.get(seen.path.rpartition("/")[2].removesuffix(".mp3"))
            return Told(404) if content is None else Told(200, content, {"Content-Type": "audio/mpeg"})
        assert seen.path == f"{ROOT}/Calls.json"
        if seen.method == "GET":
            found = [one for one in self.calls if one["to"] == seen.query["To"]]
            uri = f"{seen.path}?PageSize=50&Page=0"
            page = {"calls": found, "page": 0, "page_size": 50, "start": 0, "end": max(len(found) - 1, 0)}
            more = {"first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None, "uri": uri}
            return Told(200, json.dumps({**page, **more}).encode(), _JSON)
        self.calls.insert(0, self._resource(seen.form))
        return self.trouble or Told(201, json.dumps(self.calls[0]).encode(), _JSON)

    def _resource(self, form: dict[str, str]) -> dict[str, object]:
        sid = f"CA{len(self.calls):032x}"
        return {
            "account_sid": SID,
            "answered_by": None,
            "api_version": "2010-04-01",
            "date_created": format_datetime(self.created_at),
            "date_updated": format_datetime(self.created_at),
            "direction": "outbound-api",
            "duration": None,
            "from": form["From"],
            "sid": sid,
            "status": self.status,
            "subresource_uris": {},
            "to": form["To"],
            "uri": f"{ROOT}/Calls/{sid}.json",
        }
