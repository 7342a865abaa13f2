"""One-time codes in the town: Twilio's Verify as its official library calls it, and the telephones they come to.

Twilio's own limits hold: ten minutes, five texts, five tries, and what is over is forgotten. They count machine time,
because whoever types a code sits before the page now, however fast the court's clock runs. No fault is injected here:
nothing that is served hangs on it, and the person would simply ask again.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from adapters.sandbox.callers import TextAccount
from adapters.sandbox.chance import name_of
from adapters.sandbox.conversation import Request, Response
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.letterbox import Door, Stored
from adapters.sandbox.twilio_house import INTERNATIONAL, Refusal, as_json, let_in, national, not_found

ROOT = "/v2/Services/"
_LIVES_SECONDS = 600
_MOST_TEXTS = 5
_MOST_TRIES = 5
_WORDS = {
    "zh-CN": "您的验证码是 {code}，十分钟内有效。",
    "en": "Your verification code is {code}, good for ten minutes.",
}


class CodeCarrier:
    """Answers the API, and puts codes on telephones. `service` is the SID of the one service there is."""

    def __init__(
        self,
        deliveries: Deliveries,
        account: TextAccount,
        service: str,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deliveries = deliveries
        self._account = account
        self._service = service
        self._seconds = seconds

    def answer(self, request: Request) -> Response:
        """One API call."""
        return let_in(self._account, request, lambda: self._route(request))

    def _route(self, request: Request) -> Response:
        match request.method, request.path.removeprefix(ROOT).split("/"):
            case "POST", [self._service, "Verifications"]:
                return self._create(request.form)
            case "POST", [self._service, "VerificationCheck"]:
                return self._check(request.form)
            case "GET", [self._service, "Verifications", sid]:
                found = self._running(self._deliveries.journal.recall(f"verification:{sid}") or "")
                if found is None:
                    raise not_found()
                return Response(self._resource(found, "pending"))
            case _:
                raise not_found()

    def _create(self, form: Mapping[str, str]) -> Response:
        to, channel = form.get("To", ""), form.get("Channel", "")
        if not INTERNATIONAL.fullmatch(to) or channel != "sms":
            raise Refusal(60200, "Invalid parameter")
        journal, number = self._deliveries.journal, national(to)
        with self._deliveries.memory.writing():
            found = self._running(number) or self._made(number)
            if found["texts"] >= _MOST_TEXTS:
                raise Refusal(60203, "Max send attempts reached", 429)
            found["texts"] += 1
            self._keep(number, found)
            journal.remember(f"verification:{found['sid']}", number)
            journal.count("codes")
            self._text(number, found, form.get("Locale", "en"))
        return Response(self._resource(found, "pending"), 201)

    def _made(self, number: str) -> dict[str, Any]:
        """A new verification, whose code hangs on the number and on how many there were."""
        seed, ordinal = self._deliveries.population.seed, self._deliveries.journal.next_ordinal(f"verify:{number}")
        code = f"{int(name_of(seed, number, 'one-time code', ordinal), 16) % 1_000_000:06}"
        sid = "VE" + name_of(seed, number, "verification", ordinal)
        return {"sid": sid, "number": number, "code": code, "texts": 0, "tries": 0, "until": self._until()}

    def _until(self) -> float:
        return self._seconds() + _LIVES_SECONDS

    def _text(self, number: str, found: Mapping[str, Any], locale: str) -> None:
        words = _WORDS.get(locale, _WORDS["en"]).format(code=found["code"])
        sid = f"{found['sid']}-{found['texts']}"
        now = self._deliveries.now()
        stored = Stored(sid, Door.CODE, now, self._account.sender, number, words, f"code:{sid}", "delivered", {})
        self._deliveries.letterbox.keep_message(stored)

    def _check(self, form: Mapping[str, str]) -> Response:
        sid = form.get("VerificationSid", "")
        number = national(form.get("To", "")) or self._deliveries.journal.recall(f"verification:{sid}") or ""
        with self._deliveries.memory.writing():
            found = self._running(number)
            if found is None:
                raise not_found()
            if found["tries"] >= _MOST_TRIES:
                raise Refusal(60202, "Max check attempts reached", 429)
            right = form.get("Code", "") == found["code"]
            found["tries"] += 1
            self._keep(number, None if right else found)
        return Response(self._resource(found, "approved" if right else "pending"))

    def code_on(self, number: str) -> str:
        """What the owner of this telephone reads there: the code that was texted last, empty if none is good."""
        found = self._running(number)
        return str(found["code"]) if found is not None else ""

    def _running(self, number: str) -> dict[str, Any] | None:
        kept = self._deliveries.journal.recall(f"verify-now:{number}")
        found: dict[str, Any] | None = json.loads(kept) if kept else None
        return found if found is not None and self._seconds() < found["until"] else None

    def _keep(self, number: str, found: Mapping[str, Any] | None) -> None:
        self._deliveries.journal.remember(f"verify-now:{number}", json.dumps(found) if found is not None else "")

    def _resource(self, found: Mapping[str, Any], status: str) -> bytes:
        return as_json(
            {
                "sid": found["sid"],
                "service_sid": self._service,
                "account_sid": self._account.account_sid,
                "to": f"+86{found['number']}",
                "channel": "sms",
                "status": status,
                "valid": status == "approved",
                "date_created": f"{self._deliveries.now():%Y-%m-%dT%H:%M:%SZ}",
                "date_updated": f"{self._deliveries.now():%Y-%m-%dT%H:%M:%SZ}",
            }
        )
