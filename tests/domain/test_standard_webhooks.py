"""Our signatures are those of the specification: its vector, and its own library as a receiver."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from delivery.domain.announcement import SCHEDULE
from delivery.domain.standard_webhooks import SECRET_BYTES, headers, sign, written

VECTOR = json.loads(
    (Path(__file__).parents[1] / "adapters" / "vectors" / "standard_webhooks.json").read_text(encoding="utf-8")
)


def _now() -> int:
    """The library takes no message that is five minutes old."""
    return int(datetime.now(UTC).timestamp())


def test_the_worked_example_comes_out() -> None:
    made = sign(VECTOR["secret"], VECTOR["webhook-id"], VECTOR["webhook-timestamp"], VECTOR["body"].encode())
    assert made == VECTOR["webhook-signature (v1 HMAC-SHA256)"]


def test_a_secret_is_written_as_in_the_example() -> None:
    assert written(bytes(range(SECRET_BYTES))) == VECTOR["secret"]


def test_the_schedule_is_that_of_the_specification() -> None:
    assert [int(pause.total_seconds()) for pause in SCHEDULE] == VECTOR["retry_schedule_seconds"]


@given(secret=st.binary(min_size=24, max_size=64), body=st.text(max_size=200))
def test_the_reference_library_accepts_what_we_sign(secret: bytes, body: str) -> None:
    text = json.dumps({"said": body}, ensure_ascii=False)
    made = headers([written(secret)], "msg_1", _now(), text.encode())
    assert Webhook(written(secret)).verify(text, dict(made)) == {"said": body}


@given(old=st.binary(min_size=32, max_size=32), new=st.binary(min_size=32, max_size=32))
def test_during_a_rotation_either_secret_verifies(old: bytes, new: bytes) -> None:
    made = dict(headers([written(new), written(old)], "msg_1", _now(), b"{}"))
    for secret in (old, new):
        Webhook(written(secret)).verify("{}", made)


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "body", "secret"])
def test_whatever_is_altered_no_longer_verifies(part: str) -> None:
    secret, body = written(bytes(32)), '{"type":"order.opened"}'
    made = dict(headers([secret], "msg_1", _now(), body.encode()))
    match part:
        case "webhook-id":
            made[part] = "msg_2"
        case "webhook-timestamp":
            made[part] = str(_now() - 1)
        case "body":
            body = body.replace("opened", "closed")
        case _:
            secret = written(bytes(31) + b"\x01")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, made)
