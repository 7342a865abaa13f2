"""The platform's JSON API as staff use it: a bearer key a role, lists page by page, reports taken or refused."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import requests

from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.visitors import TIMEOUT_SECONDS, Unreachable

_SERVER_FAULT = 500
_PATIENCE = (401, 429)  # a key that is not there yet, too many requests: the same call works later


class CourtApi:
    """Calls of one town. Raises `Unreachable` when it has to be tried again."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._session = requests.Session()
        self._session.trust_env = False  # loopback never goes by a proxy

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def pages(self, path: str, key: str) -> Iterator[Mapping[str, Any]]:
        """Every item of a list, page after page."""
        cursor = ""
        while True:
            more = f"{'&' if '?' in path else '?'}cursor={cursor}" if cursor else ""
            answer = self._call("GET", path + more, key)
            if not answer.ok:
                raise Unreachable
            page = answer.json()
            yield from page["items"]
            cursor = page.get("next") or ""
            if not cursor:
                return

    def read(self, path: str, key: str) -> Mapping[str, Any]:
        """One thing."""
        answer = self._call("GET", path, key)
        if not answer.ok:
            raise Unreachable
        found: Mapping[str, Any] = answer.json()
        return found

    def tell(self, key: str, path: str, body: Mapping[str, Any], who: str, now: datetime) -> bool:
        """POST; whether the platform took it.

        A refusal is noted and not repeated: the same words would be refused again.
        """
        answer = self._call("POST", path, key, body)
        if answer.status_code in _PATIENCE:
            raise Unreachable
        what = path.rsplit("/", 1)[-1]
        more = {"act": what, "status": answer.status_code}
        if not answer.ok:
            more["answer"] = answer.text[:300]
            self._deliveries.journal.count("staff_refused")
        self._deliveries.journal.note(now, who, what if answer.ok else "refused_by_platform", more)
        return answer.ok

    def _call(self, method: str, path: str, key: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        url = self._deliveries.platform_url.rstrip("/") + path
        headers = {"Authorization": f"Bearer {key}"}
        try:
            answer = self._session.request(method, url, json=body, headers=headers, timeout=TIMEOUT_SECONDS)
        except requests.RequestException:
            raise Unreachable from None
        if answer.status_code >= _SERVER_FAULT:
            raise Unreachable
        return answer
