"""Twilio's Verify, as far as we use it: one verification a number, texted as often as asked, five tries to type it."""

import json

from tests.adapters.fake_twilio import SID, problem
from tests.adapters.local_http import Seen, Told, Trouble

SERVICE = "VA" + "5" * 32
CODE = "493817"
_TRIES = 5
_JSON = {"Content-Type": "application/json"}


class FakeTwilioVerify:
    """Texts and compares; `refuse` answers instead, `trouble` comes after texting."""

    def __init__(self) -> None:
        self.texted: list[tuple[str, str]] = []
        self.open: dict[str, int] = {}  # number -> wrong tries
        self.refuse: Told | None = None
        self.trouble: Trouble | None = None
        self.status = "pending"

    def expire(self) -> None:
        """Ten minutes are over."""
        self.open.clear()

    def __call__(self, seen: Seen) -> Told | Trouble:
        if self.refuse is not None:
            return self.refuse
        if seen.path == f"/v2/Services/{SERVICE}/VerificationCheck":
            return self._check(seen.form)
        assert seen.path == f"/v2/Services/{SERVICE}/Verifications"
        assert seen.form["Channel"] == "sms"
        self.texted.append((seen.form["To"], seen.form["Locale"]))
        self.open.setdefault(seen.form["To"], 0)
        return self.trouble or Told(201, self._resource(seen.form["To"], self.status), _JSON)

    def _check(self, form: dict[str, str]) -> Told | Trouble:
        to = form["To"]
        if to not in self.open:
            return problem(404, 20404, "The requested resource was not found")
        if self.open[to] >= _TRIES:
            return problem(429, 60202, "Max check attempts reached")
        if form["Code"] != CODE:
            self.open[to] += 1
            return self.trouble or Told(200, self._resource(to, "pending"), _JSON)
        del self.open[to]
        return self.trouble or Told(200, self._resource(to, "approved"), _JSON)

    @staticmethod
    def _resource(to: str, status: str) -> bytes:
        resource = {
            "account_sid": SID,
            "channel": "sms",
            "date_created": "2026-03-02T01:00:00Z",
            "date_updated": "2026-03-02T01:00:00Z",
            "service_sid": SERVICE,
            "sid": "VE" + "7" * 32,
            "status": status,
            "to": to,
            "valid": status == "approved",
        }
        return json.dumps(resource).encode()
