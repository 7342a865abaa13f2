"""WeChat's and WeCom's side of a callback: messages sealed and signed with secrets that are new, old or foreign."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from adapters.wechat_crypto import seal, sign
from tests.webhooks.contract import RECEIVED_AT
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
