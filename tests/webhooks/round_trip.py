"""A court whose providers are real adapters in front of local servers, and whose inbox has the real receivers."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from adapters.ems import Ems
from adapters.ems_settings import Settings as EmsSettings
from adapters.smtp import Settings as SmtpSettings
from adapters.smtp import Smtp
from adapters.smtp_pool import Encryption, Relay
from adapters.twilio import SIGNATURE_HEADER, TwilioSms, sign
from adapters.twilio import Settings as TwilioSettings
from delivery.providers import PostalAddress
from tests.adapters.fake_ems import SENDER_NO, SIGN_KEY, FakeEms, push
from tests.adapters.fake_smtp import FakeRelay
from tests.adapters.fake_twilio import SID, FakeTwilio
from tests.adapters.local_http import LocalHttp
from tests.delivery.scene import MORNING, Carrier, Scene
from webhooks.ems import EmsReceiver
from webhooks.inbox import TASK, make_blueprint, reader
from webhooks.receiver import Receiver
from webhooks.smtp import SmtpReceiver
from webhooks.twilio import TwilioReceiver

BASE = "http://127.0.0.1:8100"
_FORM = "application/x-www-form-urlencoded"
_COURT_ADDRESS = PostalAddress("云州省", "云州市", "青河区", "法院路1号")


@dataclass
class RoundTrip:
    """What a test holds: the court, and the providers' side of the line."""

    scene: Scene
    texts: FakeTwilio
    texts_server: LocalHttp
    post: FakeEms
    relay: FakeRelay
    app: Flask
    receivers: Mapping[str, Receiver]

    def call(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Call the platform, let it read what came, and give the status of its answer."""
        parts = urlsplit(url)
        answer: TestResponse = self.app.test_client().post(
            f"{parts.path}?{parts.query}", data=body, headers=dict(headers)
        )
        self.scene.run()
        return answer.status_code

    def callback_url(self) -> str:
        """Give the address at which the platform asked to be told of its newest text."""
        asked: list[str] = [
            seen.form["StatusCallback"] for seen in self.texts_server.seen if "StatusCallback" in seen.form
        ]
        return asked[-1]

    def tell(self, status: str, *, url: str = "", proof: str = "token-new", **more: str) -> int:
        """Send a status callback about the newest text."""
        url = url or self.callback_url()
        fields = {"AccountSid": SID, "MessageStatus": status, "SmsStatus": status, **more}
        fields.setdefault("MessageSid", str(self.texts.messages[0]["sid"]))
        headers = {"Content-Type": _FORM, SIGNATURE_HEADER: sign(url, fields, proof)}
        return self.call(url, urlencode(fields).encode(), headers)

    def answer(self, text: str, number: str = "+8613800138000", sid: str = "SM" + "f" * 32) -> int:
        """Send what a person answers to a text."""
        url = f"{BASE}/webhooks/twilio/qinghe"
        fields = {"MessageSid": sid, "SmsStatus": "received", "From": number, "To": "+14155550100", "Body": text}
        headers = {"Content-Type": _FORM, SIGNATURE_HEADER: sign(url, fields, "token-new")}
        return self.call(url, urlencode(fields).encode(), headers)

    def push(self, content: dict[str, Any], key: str = SIGN_KEY) -> int:
        """Push a trace."""
        body = urlencode({"apiCode": "040002", "logitcsInterface": push(content, key)}).encode()
        return self.call(f"{BASE}/webhooks/ems/qinghe", body, {"Content-Type": _FORM})

    def bounce(self, report: bytes, secret: str = "secret-new") -> int:  # noqa: S107 - a test's
        """Post a delivery report."""
        return self.call(f"{BASE}/webhooks/smtp/qinghe/{secret}", report, {"Content-Type": "message/rfc822"})

    def count(self, table: type) -> int:
        with self.scene.looking() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@contextmanager
def round_trip(database_url: str, blobs: str, *names: str) -> Iterator[RoundTrip]:
    """Set everything up; `names` are the providers that the court has."""
    with ExitStack() as stack:
        texts, post = FakeTwilio(), FakeEms()
        texts_server, post_server = (stack.enter_context(LocalHttp(one)) for one in (texts, post))
        relay = stack.enter_context(FakeRelay())
        scene = Scene(database_url, blobs, ())
        stack.callback(scene.close)
        texts.created_at = MORNING
        twilio = TwilioSettings(SID, ("token-new", "token-old"), "+14155550100", texts_server.url, 0.4)
        ems = EmsSettings(
            url=post_server.url,
            sender_no=SENDER_NO,
            authorization="authorization-0001",
            sign_keys=(SIGN_KEY,),
            sender_name="云州市青河区人民法院",
            sender_phone="0871-65550000",
            sender=_COURT_ADDRESS,
        )
        where = Relay("127.0.0.1", relay.port, encryption=Encryption.OFF, seconds=2.0)
        smtp = SmtpSettings(where, "songda@court.example", bounce_domain="court.example", secrets=("secret-new",))
        mail = Smtp(smtp, scene.clock.now)
        stack.callback(mail.close)
        providers = {"twilio": TwilioSms(twilio, scene.clock.now), "ems": Ems(ems, scene.clock.now), "smtp": mail}
        scene.carriers.update({name: cast("Carrier", providers[name]) for name in names})
        receivers: dict[str, Receiver] = {
            "twilio": TwilioReceiver.configured(twilio, BASE),
            "ems": EmsReceiver.configured(ems),
            "smtp": SmtpReceiver.configured(smtp),
        }
        scene.handle(TASK, reader(receivers))
        app = Flask(__name__)
        app.register_blueprint(make_blueprint(scene.runtime, receivers))
        yield RoundTrip(scene, texts, texts_server, post, relay, app, receivers)
