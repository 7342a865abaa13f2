"""WeChat's and WeCom's side of a callback: messages sealed and signed with secrets that are new, old or foreign."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.wechat_crypto import seal, sign
from delivery.domain.errors import InvalidSignature
from tests.webhooks.contract import RECEIVED_AT, ReceiverContract, Sender
from webhooks.receiver import InboundRequest
from webhooks.wechat_envelope import Envelope

TOKENS = {"new": "newtoken", "old": "oldtoken", "foreign": "othertoken"}
KEYS = {"new": "n" * 43, "old": "o" * 42 + "0", "foreign": "f" * 42 + "8"}
NONCE, RANDOM = "nonce001", b"0123456789abcdef"
SENT_AT = RECEIVED_AT - timedelta(seconds=2)


def envelope(receive_id: str) -> Envelope:
    return Envelope((TOKENS["new"], TOKENS["old"]), (KEYS["new"], KEYS["old"]), receive_id)


def posted(
    name: str, text: str, receive_id: str, *, proof: str = "new", age: timedelta = RECEIVED_AT - SENT_AT
) -> InboundRequest:
    """Seal and sign a message as the platform does."""
    sealed = seal(text, KEYS[proof], receive_id, RANDOM)
    body = f"<xml><ToUserName><![CDATA[gh_0001]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    stamp = str(int((RECEIVED_AT - age).timestamp()))
    query = {
        "signature": sign(TOKENS[proof], stamp, NONCE),
        "timestamp": stamp,
        "nonce": NONCE,
        "openid": "openid_0001",
        "encrypt_type": "aes",
        "msg_signature": sign(TOKENS[proof], stamp, NONCE, sealed),
    }
    url = f"/webhooks/{name}/qinghe?{urlencode(query)}"
    return InboundRequest("POST", url, {"Content-Type": "text/xml"}, body.encode(), received_at=RECEIVED_AT)


def xml(**fields: object) -> str:
    """Write a message: numbers bare, everything else as CDATA."""
    rows = "".join(
        f"<{name}>{value if isinstance(value, int) else f'<![CDATA[{value}]]>'}</{name}>"
        for name, value in fields.items()
    )
    return f"<xml>{rows}</xml>"


def changed(request: InboundRequest, old: str, new: str) -> InboundRequest:
    """The same request with something else in its address."""
    assert old in request.url
    return replace(request, url=request.url.replace(old, new))


class SealedContract(ReceiverContract):
    """The suite, and what holds for either house because the signature covers the sealed text."""

    @settings(
        max_examples=50,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(name=st.sampled_from(["msg_signature", "timestamp", "nonce"]), junk=st.text(max_size=50))
    def test_junk_in_the_proof_of_the_address_is_refused(self, sender: Sender, name: str, junk: str) -> None:
        request = sender.request()
        query = request.query()
        if query[name] == junk:
            return
        text = urlencode({**query, name: junk.encode("utf-8", "replace")})
        with pytest.raises(InvalidSignature):
            sender.receiver.verify(replace(request, url=f"{request.url.partition('?')[0]}?{text}"))

    @pytest.mark.parametrize("name", ["msg_signature=", "timestamp=", "nonce="])
    def test_what_the_signature_covers_cannot_be_changed(self, sender: Sender, name: str) -> None:
        with pytest.raises(InvalidSignature):
            sender.receiver.verify(changed(sender.request(), f"&{name}", f"&{name}1"))
