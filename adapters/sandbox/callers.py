"""How the town calls the platform: reports with the provider's own signature, and whether they were acknowledged."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

import requests

from adapters.sandbox.pushes import PostAccount, is_acknowledged, push_of
from adapters.twilio import SIGNATURE_HEADER, sign
from adapters.wechat_crypto import seal
from adapters.wechat_crypto import sign as wechat_sign

TIMEOUT_SECONDS = (5, 15)  # Twilio's defaults: to connect, to be answered


@dataclass(frozen=True, slots=True)
class TextAccount:
    """The town's account at the text carrier, as the platform's settings must have it; where replies to it are sent."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    inbound_url: str
    verify_service: str = ""


@dataclass(frozen=True, slots=True)
class OfficeAccount:
    """The court's official account and its application in WeCom: one secret, token and key for both will do here."""

    app_id: str
    corp_id: str
    agent_id: int
    secret: str = field(repr=False)
    access_token: str = field(repr=False)
    callback_token: str = field(repr=False)
    aes_key: str = field(repr=False)
    wechat_url: str
    wecom_url: str


class Callers:
    """Outgoing calls. Safe from any thread: each thread has its own connections."""

    def __init__(self, texts: TextAccount, post: PostAccount, office: OfficeAccount) -> None:
        self._texts = texts
        self._post = post
        self._office = office
        self._local = threading.local()
        self._sessions: list[requests.Session] = []

    def report_status(self, url: str, fields: Mapping[str, str], token: str) -> bool:
        """POST a signed form as the text carrier does; whether it was answered 2xx.

        `token` names the report, not the try.
        """
        headers = {SIGNATURE_HEADER: sign(url, fields, self._texts.auth_token), "I-Twilio-Idempotency-Token": token}
        answer = self._send(url, fields, headers)
        return answer is not None and answer.ok

    def ask_what_to_say(self, url: str, fields: Mapping[str, str]) -> str | None:
        """POST a signed form in the middle of a call; the document that comes back, None if there is none."""
        answer = self._send(url, fields, {SIGNATURE_HEADER: sign(url, fields, self._texts.auth_token)})
        return answer.text if answer is not None and answer.ok else None

    def push_trace(self, trace: Mapping[str, str], before: Mapping[str, str] | None, at: datetime) -> bool:
        """POST one trace as the post does, in the account's form; whether the answer is its acknowledgement."""
        push = push_of(self._post, trace, before, at)
        answer = self._send(self._post.push_url, push.body, {"Content-Type": push.content_type})
        return answer is not None and answer.ok and is_acknowledged(self._post.form, answer.content)

    def push_history(self, url: str, param: str, signature: str) -> bool:
        """POST the signed history of an item as a watcher does; whether the answer is its acknowledgement."""
        answer = self._send(url, {"param": param, "sign": signature}, {})
        try:
            return answer is not None and answer.ok and answer.json().get("result") is True
        except (ValueError, AttributeError):
            return False

    def tell_office(self, house: str, message: Mapping[str, str | int], at: datetime, random: bytes) -> bool:
        """POST one sealed and signed message as WeChat or WeCom does; whether it was answered 2xx."""
        office = self._office
        wecom = house == "wecom"
        rows = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in message.items())
        sealed = seal(f"<xml>{rows}</xml>", office.aes_key, office.corp_id if wecom else office.app_id, random)
        stamp, nonce = str(int(at.timestamp())), random.hex()[:10]
        query = {
            "timestamp": stamp,
            "nonce": nonce,
            "msg_signature": wechat_sign(office.callback_token, stamp, nonce, sealed),
        }
        url = f"{office.wecom_url if wecom else office.wechat_url}?{urlencode(query)}"
        answer = self._send(url, f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>", {"Content-Type": "text/xml"})
        return answer is not None and answer.ok

    def push_json(self, url: str, content: object) -> bool:
        """POST JSON without a proof of any kind, as the mainland's text carriers do; whether it was answered 2xx."""
        answer = self._send(url, json.dumps(content, ensure_ascii=False).encode(), {"Content-Type": "application/json"})
        return answer is not None and answer.ok

    def close(self) -> None:
        """Close every connection."""
        for session in self._sessions:
            session.close()

    def _send(
        self, url: str, form: Mapping[str, str] | str | bytes, headers: Mapping[str, str]
    ) -> requests.Response | None:
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # loopback never goes by a proxy
            self._sessions.append(session)
        try:
            return session.post(url, data=form, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException:
            return None
