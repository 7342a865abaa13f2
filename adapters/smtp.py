"""E-mail through the court's own mail relay, one recipient a message, with delivery reports asked for (RFC 3461).

Neither idempotent nor askable: a relay that went silent after the content has perhaps sent it, and nobody can be asked.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTPUTF8, compat32
from email.utils import format_datetime, formataddr
from pathlib import Path

from adapters.environment import MISSING, Group, is_loopback
from adapters.faults import Fault, Meaning
from adapters.smtp_dkim import Signer, read_signers
from adapters.smtp_pool import Broken, Content, Encryption, Envelope, Phase, Pool, Relay
from adapters.whereabouts import Inside, lies_abroad
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.event import Channel
from delivery.providers import Capabilities, Message, Submission
from delivery.settings import Problem

NAME = "smtp"
_MAC_CHARACTERS = 16
_PLAIN = compat32.clone(linesep="\r\n")
_TOKEN = re.compile(r"([0-9a-f-]{1,36})\.([a-z2-7]{16})")
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]\\@]+@[^\s<>,;:\"()\[\]\\@]+")

# Enhanced status codes (RFC 3463 and IANA's registry): whose fault, and what we call it. The class (4 or 5) says
# whether it is for good; these say what it is about.
SUBJECTS = {
    "1.1": Meaning(Fault.ADDRESS, "mailbox_unknown"),
    "1.2": Meaning(Fault.ADDRESS, "bad_domain"),
    "1.3": Meaning(Fault.ADDRESS, "address_invalid"),
    "1.6": Meaning(Fault.ADDRESS, "moved"),
    "1.10": Meaning(Fault.ADDRESS, "bad_domain"),
    "2.1": Meaning(Fault.ADDRESS, "mailbox_disabled"),
    "2.2": Meaning(Fault.PASSING, "mailbox_full"),
    "2.3": Meaning(Fault.CONTENT, "too_big"),
    "3.4": Meaning(Fault.CONTENT, "too_big"),
    "4.1": Meaning(Fault.PASSING, "host_silent"),
    "4.4": Meaning(Fault.ADDRESS, "bad_domain"),
    "4.7": Meaning(Fault.PASSING, "expired"),  # the relay tried until its time was up
    "7.1": Meaning(Fault.CONTENT, "policy"),
}
UNEXPLAINED = Meaning(Fault.UNKNOWN, "undeliverable")


def meaning_of(status: str) -> Meaning:
    """Name what an enhanced status code (`5.1.1`) is about."""
    return SUBJECTS.get(status.partition(".")[2], UNEXPLAINED)


def bounce_token(key: str, secret: str) -> str:
    """Make the token of a return path: our key, and a proof that only we can have made it."""
    digest = hmac.new(secret.encode(), key.encode(), hashlib.sha256).digest()
    return f"{key}.{base64.b32encode(digest)[:_MAC_CHARACTERS].decode('ascii').lower()}"


def read_bounce_token(token: str, secrets: tuple[str, ...]) -> str | None:
    """Give the key of a genuine token, None for any other text. Mail software may have changed the case."""
    match = _TOKEN.fullmatch(token.lower())
    if match is None:
        return None
    key = match.group(1)
    genuine = any(hmac.compare_digest(bounce_token(key, secret), token.lower()) for secret in secrets)
    return key if genuine else None


@dataclass(frozen=True, slots=True)
class Settings:
    """One relay, and who writes. Secrets are newest first: they prove return paths, and name the receiver's path."""

    relay: Relay
    sender: str
    sender_name: str = ""
    reply_to: str = ""
    bounce_domain: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    signers: tuple[Signer, ...] = ()
    maildir: str = ""
    abroad: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], problems: list[Problem]) -> "Settings | None":
        """Read `SONGDA_SMTP_*`; None when the group is absent, or wrong, which `problems` then says."""
        group = Group(environ, "SONGDA_SMTP_", problems)
        if not group.present:
            return None
        sender = group.required("FROM")
        if sender and not (_ADDRESS.fullmatch(sender) and sender.isascii()):
            group.wrong("FROM", "must be a mail address in ASCII")
        sender_domain = sender.rpartition("@")[2].lower()
        domain = group.text("BOUNCE_DOMAIN", sender_domain)
        settings = cls(
            relay=_relay(group, hello=domain),
            sender=sender,
            sender_name=group.text("FROM_NAME"),
            reply_to=group.text("REPLY_TO"),
            bounce_domain=domain,
            secrets=group.secrets("CALLBACK_SECRET"),
            signers=read_signers(
                group,
                group.secrets("DKIM_KEY", required=False),
                group.secrets("DKIM_SELECTOR", required=False),
                group.text("DKIM_DOMAIN"),
                sender_domain,
            ),
            maildir=_maildir(group),
            abroad=lies_abroad(group.text("HOST"), "", group.choice("INSIDE", Inside.NO)),
        )
        return settings if group.sound() else None


def _maildir(group: Group) -> str:
    folder = group.text("MAILDIR")
    if folder and not all((Path(folder) / part).is_dir() for part in ("new", "cur")):
        group.wrong("MAILDIR", "must be a folder in the form Maildir, with the folders new and cur in it")
    return folder


def _relay(group: Group, *, hello: str) -> Relay:
    relay = Relay(
        host=group.required("HOST"),
        port=group.number("PORT", 587, lowest=1, highest=65535),
        user=group.text("USER"),
        password=group.text("PASSWORD"),
        encryption=group.choice("STARTTLS", Encryption.REQUIRED),
        hello=hello,
        ca_file=group.text("CA_FILE"),
        connections=group.number("CONNECTIONS", 8, lowest=1, highest=64),
        messages_per_connection=group.number("MESSAGES_PER_CONNECTION", 100, lowest=1, highest=10_000),
        seconds=group.number("TIMEOUT_SECONDS", 20, lowest=1, highest=300),
    )
    if bool(relay.user) != bool(relay.password):
        group.wrong("PASSWORD" if relay.user else "USER", MISSING)
    guarded = relay.encryption in {Encryption.REQUIRED, Encryption.IMPLICIT}
    if not guarded and relay.user and not is_loopback(relay.host):
        group.wrong("STARTTLS", "must be required or implicit, or the password would travel in the clear")
    return relay


class Smtp:
    """E-mail by a relay."""

    name = NAME
    capabilities = Capabilities(Channel.EMAIL, idempotent=False, askable=False)

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings, self._now = settings, now
        self.capabilities = replace(self.capabilities, abroad=settings.abroad)
        self._pool = Pool(settings.relay)

    def submit(self, message: Message) -> Submission:
        """Hand the mail to the relay. The reference is the token of the return path, which bounces come back with."""
        if not _ADDRESS.fullmatch(message.to):
            raise Permanent("address_invalid" if message.to else "address_missing")
        token = bounce_token(message.idempotency_key, self._settings.secrets[0])
        to = _wire_address(message.to)
        # Written and signed here and not in the pool's one thread: so several are at work at once.
        return_path = f"bounce+{token}@{self._settings.bounce_domain}"
        mail = self._write(message, to, return_path)
        envelope = Envelope(
            sender=return_path,
            recipient=to,
            content=lambda offered: _content(message, to, mail, offered),
        )
        fault: SendError
        try:
            self._pool.deliver(envelope)
        except Broken as broken:
            fault = _fault(broken)
        else:
            return Submission(token)
        raise fault

    def ask(self, message: Message) -> Submission | None:
        """Cannot be told: a relay keeps no list."""
        raise OutcomeUnknown("not_askable", detail=message.channel)

    def close(self) -> None:
        """Close the connections; for tests and for an orderly stop."""
        self._pool.close()

    def _write(self, message: Message, to: str, return_path: str) -> bytes:
        # Only an address in Chinese needs the policy that can write it, which takes its time over every header.
        written = self._compose(message, to)
        # Where no clerk reads the answers, a digit in one is understood when it comes back by the return path.
        written["Reply-To"] = self._settings.reply_to or return_path
        mail = written.as_bytes(policy=_PLAIN if to.isascii() else SMTPUTF8)
        for signer in self._settings.signers:
            mail = signer.signed(mail, message.written_at or self._now())
        return mail

    def _compose(self, message: Message, to: str) -> MIMEBase:
        settings = self._settings
        # Base64 parts, so that no relay on the way must be able to do more.
        parts = [MIMEText(message.text, "plain", "utf-8")]
        parts += [MIMEText(message.html, "html", "utf-8")] if message.html else []
        mail = MIMEMultipart("alternative", f"songda-{message.idempotency_key}", parts) if message.html else parts[0]
        mail["From"] = formataddr((_line(settings.sender_name), settings.sender))
        mail["To"] = to
        mail["Subject"] = _encoded(_line(message.subject))
        mail["Date"] = format_datetime(message.written_at or self._now())
        mail["Message-ID"] = f"<{message.idempotency_key}@{settings.bounce_domain}>"
        mail["X-Songda-Attempt"] = str(message.attempt_id)
        mail["Content-Language"] = "zh-CN" if message.language == "zh" else message.language
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
        return mail


def _content(message: Message, to: str, mail: bytes, offered: frozenset[str]) -> Content:
    """Say what this relay is asked to do with a mail. Raises `Broken` when it cannot carry the address."""
    international = not to.isascii()
    if international and "smtputf8" not in offered:
        raise Broken(Phase.RECIPIENT, 553, "5.6.7")
    mail_options = ["SMTPUTF8"] if international else []
    rcpt_options = []
    if "dsn" in offered:
        original = f"utf-8;{_utf8_xtext(to)}" if international else f"rfc822;{_xtext(to)}"
        mail_options += ["RET=HDRS", f"ENVID={_xtext(message.idempotency_key)}"]
        rcpt_options += ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT={original}"]
    return Content(mail, tuple(mail_options), tuple(rcpt_options), "utf-8" if international else "ascii")


def _encoded(text: str) -> str:
    """Write a header's text in ASCII (RFC 2047)."""
    return text if text.isascii() else Header(text, "utf-8", header_name="Subject").encode()


def _wire_address(address: str) -> str:
    """Write a Chinese domain in its ASCII form, which any relay can carry; a Chinese mailbox name has none."""
    mailbox, _, domain = address.rpartition("@")
    try:
        return f"{mailbox}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def _line(text: str) -> str:
    """Make one line of a text that goes into a header."""
    return " ".join(text.split())


def _xtext(text: str) -> str:
    """Encode as xtext (RFC 3461, 4)."""
    return "".join(char if "!" <= char <= "~" and char not in "+=" else f"+{ord(char):02X}" for char in text)


def _utf8_xtext(text: str) -> str:
    r"""Encode an address as utf-8-addr-xtext (RFC 6533, 3): `\x{4E2D}`."""
    return "".join(char if "!" <= char <= "~" and char not in "+=\\" else f"\\x{{{ord(char):X}}}" for char in text)


_PERMANENT = 500
_SIGN_IN_FIRST = {530, 534, 535, 538}  # RFC 4954, 6: at whatever command they come
_FINAL: dict[Phase, tuple[type[SendError], str]] = {
    Phase.CONNECT: (Transient, "connection_refused"),
    Phase.LOGIN: (Misconfigured, "credentials_refused"),
    Phase.ENVELOPE: (Misconfigured, "sender_not_allowed"),
    # RFC 5321, 4.2.5: only 250 makes the relay responsible; any other word means that it took nothing.
    Phase.CONTENT: (Permanent, "content_refused"),
}
_PASSING = {
    Phase.CONNECT: "connection_refused",
    Phase.LOGIN: "busy",
    Phase.ENVELOPE: "busy",
    Phase.RECIPIENT: "deferred",
    Phase.CONTENT: "deferred",
}


def _fault(broken: Broken) -> SendError:
    """Name a break by its phase: a recipient's refusal is about the address, an earlier one about us or the moment."""
    detail = broken.status or (str(broken.code) if broken.code else broken.cause)
    if broken.phase is Phase.CONTENT and not broken.code:
        return OutcomeUnknown("silent_after_content", detail=detail)
    kind: type[SendError]
    if broken.cause == "certificate":
        kind, reason = Misconfigured, "certificate_not_trusted"
    elif broken.cause == "not_supported":
        kind, reason = Misconfigured, "relay_cannot"
    elif broken.code in _SIGN_IN_FIRST:
        kind, reason = Misconfigured, "credentials_refused"
    elif broken.code < _PERMANENT:
        kind, reason = Transient, _PASSING[broken.phase]
    elif broken.phase is Phase.RECIPIENT:
        # Final, whatever it is about: a full mailbox that is refused with 5yz is not tried again.
        kind, reason = Permanent, meaning_of(broken.status).reason
    else:
        kind, reason = _FINAL[broken.phase]
    return kind(reason, detail=detail)
