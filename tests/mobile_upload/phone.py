"""A field server's phone for tests: a real P-256 key, a chain of records, and a browser to send them with."""

import base64
import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.test import TestResponse

from delivery.domain.field_bytes import canonical
from delivery.domain.field_record import FIRST
from tests.delivery.web.conftest import Browser


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Key:
    """A key that signs as browsers do."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self._private.public_key().public_numbers()
        x, y = (base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def sign(self, content: bytes) -> str:
        r, s = decode_dss_signature(self._private.sign(content, ec.ECDSA(SHA256())))
        return base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def capture(role: str = "near", content: bytes = b"picture", **more: object) -> dict[str, Any]:
    """What a record says of one capture."""
    return {
        "capture_id": str(uuid.uuid4()),
        "role": role,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "media_type": "image/jpeg",
        "mode": "in_page",
        "samples": [{"lat": 31.2, "lon": 121.5, "accuracy_m": 9.5}],
        "position_state": "ok",
        **more,
    }


class Phone:
    """One phone of one person: enrols, reads the day, makes records and sends them."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.key = Key()
        self.device_id = ""
        self.seq, self.head = 0, FIRST

    def post(self, address: str, body: Mapping[str, Any]) -> TestResponse:
        token = self.browser.look("/field/api/session").get_json()["csrf"]
        return self.browser.post(f"/field/api/{address}", json=body, headers={"X-CSRF": token}, buffered=True)

    def enrol(self) -> TestResponse:
        answer = self.post("devices", {"name": "张三的手机", "public_key": self.key.jwk})
        self.device_id = answer.get_json().get("device_id", "")
        return answer

    def day(self) -> dict[str, Any]:
        found: dict[str, Any] = self.browser.look(f"/field/api/day?device={self.device_id}").get_json()
        return found

    def door(self, kind: str = "posting") -> dict[str, Any]:
        """The first door of this kind."""
        return next(visit for visit in self.day()["visits"] if visit["kind"] == kind)

    def make(self, kind: str, at: datetime, **told: object) -> bytes:
        """The bytes of the next record."""
        self.seq += 1
        content = {
            "v": 1,
            "record_id": str(uuid.uuid4()),
            "device_id": self.device_id,
            "seq": self.seq,
            "prev": self.head,
            "kind": kind,
            "visit": None,
            "ticket": None,
            "made_at": at.isoformat(),
            "clocks": {"device_at": at.isoformat(), "monotonic_ms": 1234.5, "server_offset_ms": 0},
            "report": None,
            "captures": [],
            "sheet": None,
            "packet": None,
            "situation": None,
            "excuse": None,
            **told,
        }
        raw = canonical(content)
        self.head = hashlib.sha256(raw).hexdigest()
        return raw

    def send(self, raw: bytes, signature: str | None = None) -> TestResponse:
        signed = self.key.sign(raw) if signature is None else signature
        return self.post("records", {"bytes": base64url(raw), "signature": signed})
