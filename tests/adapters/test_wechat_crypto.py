"""The envelope of WeChat and WeCom: the published vectors, and an independent library as oracle both ways."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.enterprise.crypto import WeChatCrypto as WeComCrypto
from wechatpy.exceptions import InvalidAppIdException

from adapters.wechat_crypto import UnopenableEnvelopeError, is_key, seal, sign, unseal, verify

VECTORS = json.loads((Path(__file__).parent / "vectors" / "wechat_crypto.json").read_text(encoding="utf-8"))
PLAIN, EVENT, WECOM = VECTORS["cases"]
TOKEN, KEY, APP = EVENT["token"], EVENT["EncodingAESKey"], EVENT["receiveId"]
RANDOM = EVENT["random16"].encode()
STAMP, NONCE = EVENT["timestamp"], EVENT["nonce"]
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def test_the_signature_of_a_plain_check_is_the_published_one() -> None:
    assert sign(PLAIN["token"], PLAIN["timestamp"], PLAIN["nonce"]) == PLAIN["signature"]
    assert verify(PLAIN["signature"], PLAIN["token"], PLAIN["timestamp"], PLAIN["nonce"])


def test_an_event_is_sealed_and_signed_as_published() -> None:
    assert seal(EVENT["plaintext"], KEY, APP, RANDOM) == EVENT["Encrypt"]
    assert unseal(EVENT["Encrypt"], KEY, APP) == EVENT["plaintext"]
    assert sign(TOKEN, STAMP, NONCE, EVENT["Encrypt"]) == EVENT["msg_signature"]


def test_the_published_sample_of_wecom_opens() -> None:
    assert sign(WECOM["token"], WECOM["timestamp"], WECOM["nonce"], WECOM["echostr"]) == WECOM["msg_signature"]
    assert unseal(WECOM["echostr"], WECOM["EncodingAESKey"], WECOM["receiveId"]) == WECOM["reply"]


@settings(deadline=None)  # the machine may be busy
@given(ANY_TEXT)
def test_what_we_seal_the_oracle_opens(text: str) -> None:
    sealed = seal(text, KEY, APP, RANDOM)
    signature = sign(TOKEN, STAMP, NONCE, sealed)
    posted = f"<xml><ToUserName>gh_0001</ToUserName><Encrypt>{sealed}</Encrypt></xml>"
    assert WeChatCrypto(TOKEN, KEY, APP).decrypt_message(posted, signature, STAMP, NONCE) == text
    assert WeComCrypto(TOKEN, KEY, APP).decrypt_message(posted, signature, STAMP, NONCE) == text


@settings(deadline=None)
@given(ANY_TEXT.filter(bool))
def test_what_the_oracle_seals_we_open(text: str) -> None:
    posted = WeChatCrypto(TOKEN, KEY, APP).encrypt_message(text, NONCE, STAMP)
    sealed = posted.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    signature = posted.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]
    assert verify(signature, TOKEN, STAMP, NONCE, sealed)
    assert unseal(sealed, KEY, APP) == text


def test_the_oracle_answers_the_check_of_wecom_as_we_do() -> None:
    oracle = WeComCrypto(WECOM["token"], WECOM["EncodingAESKey"], WECOM["receiveId"])
    echo = oracle.check_signature(WECOM["msg_signature"], WECOM["timestamp"], WECOM["nonce"], WECOM["echostr"])
    assert echo == unseal(WECOM["echostr"], WECOM["EncodingAESKey"], WECOM["receiveId"])


def test_what_was_meant_for_another_account_does_not_open() -> None:
    sealed = seal("x", KEY, "wx-of-somebody-else", RANDOM)
    with pytest.raises(UnopenableEnvelopeError):
        unseal(sealed, KEY, APP)
    with pytest.raises(InvalidAppIdException):
        WeChatCrypto(TOKEN, KEY, APP).decrypt_message(
            f"<xml><Encrypt>{sealed}</Encrypt></xml>", sign(TOKEN, STAMP, NONCE, sealed), STAMP, NONCE
        )


def test_another_key_does_not_open() -> None:
    with pytest.raises(UnopenableEnvelopeError):
        unseal(EVENT["Encrypt"], WECOM["EncodingAESKey"], APP)


@pytest.mark.parametrize("length", range(70))
def test_every_length_of_padding_is_undone(length: int) -> None:
    assert unseal(seal("x" * length, KEY, APP, RANDOM), KEY, APP) == "x" * length


def _raw(plain: bytes) -> str:
    key = base64.b64decode(f"{KEY}=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        bytes(32),  # a padding of none
        b"x" * 31 + b"\x21",  # a padding of 33
        b"x" * 30 + b"\x01\x02",  # bytes of padding that are not all the same
        RANDOM + b"\x00\x00\xff\xff" + b"x" * 11 + b"\x01",  # longer than there is
        RANDOM + b"\x00\x00\x00\x02" + b"\xff\xfe" + APP.encode() + b"\x08" * 8,  # no text
    ],
)
def test_wrongly_built_contents_do_not_open(plain: bytes) -> None:
    with pytest.raises(UnopenableEnvelopeError):
        unseal(_raw(plain), KEY, APP)


@settings(deadline=None)
@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_junk_does_not_open(text: str) -> None:
    with pytest.raises(UnopenableEnvelopeError):
        unseal(text, KEY, APP)


@given(st.text())
def test_junk_is_no_signature(text: str) -> None:
    assert not verify(text, TOKEN, STAMP, NONCE)


def test_a_key_has_43_characters() -> None:
    assert is_key(KEY)
    assert is_key(WECOM["EncodingAESKey"])
    assert not [text for text in ("", KEY[:-1], f"{KEY}=", f"{KEY[:-1]}+", f"{KEY[:-1]}汉") if is_key(text)]
