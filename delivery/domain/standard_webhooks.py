"""The signature of Standard Webhooks 1.0.0: HMAC-SHA256 over id, time and body, under each secret that is in force."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

SECRET_BYTES = 32
_PREFIX = "whsec_"


def written(secret: bytes) -> str:
    """A secret as it is handed to the receiver: `whsec_` and base64."""
    return _PREFIX + base64.b64encode(secret).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, `v1,` and base64, over `id.timestamp.body`. `timestamp` in seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def headers(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """The three headers of a request; during a rotation each secret signs, so that either verifies."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, message_id, timestamp, body) for secret in secrets),
    }
