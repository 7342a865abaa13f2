"""The mail carrier: an SMTP server on loopback with every mailbox of the town behind it."""

import asyncio
import email
import email.policy
import html
import re
import threading
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from adapters.sandbox import texts
from adapters.sandbox.chance import Chance, name_of
from adapters.sandbox.conversation import LOOPBACK
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.directory import Directory
from adapters.sandbox.faults import Mishap
from adapters.sandbox.letterbox import Door, Stored
from adapters.sandbox.people import BoxKind

_LARGEST_MAIL = 32 << 20
_UNKNOWN_USER = "550 5.1.1 Recipient address rejected: user unknown"
_FULL = "552 5.2.2 Mailbox full"
_TRY_LATER = "451 4.3.0 Requested action aborted: local error in processing"


class MailCarrier:
    """Serves SMTP in one event loop of its own."""

    def __init__(self, deliveries: Deliveries, directory: Directory, port: int = 0) -> None:
        self._desk = _Desk(deliveries, directory)
        self._asked_port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="town-smtp", daemon=True)
        self._server: asyncio.Server | None = None
        self.port = 0

    def start(self) -> None:
        """Listen. Raises `OSError` if the port is taken."""
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(
            self._loop.create_server(self._protocol, LOOPBACK, self._asked_port), self._loop
        )
        self._server = listening.result(timeout=10)
        self.port = int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Close the door and every conversation."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _protocol(self) -> SMTP:
        return SMTP(
            self._desk,
            data_size_limit=_LARGEST_MAIL,
            enable_SMTPUTF8=True,
            ident="Sandbox town",
            auth_require_tls=False,
            authenticator=lambda *_: AuthResult(success=True),
            loop=self._loop,
        )

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        pending = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


class _Desk:
    """What happens to a mail: aiosmtpd calls these by their names."""

    def __init__(self, deliveries: Deliveries, directory: Directory) -> None:
        self._deliveries = deliveries
        self._directory = directory
        self._chance = Chance(deliveries.population.seed)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        """Know the mailbox, or refuse at once."""
        del server, session, rcpt_options
        box = self._directory.mailbox(address)
        if box.bounces:
            self._deliveries.journal.count("requests_received")
            self._deliveries.journal.count("emails_refused")
            return _UNKNOWN_USER
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail, unless a fault or a full mailbox prevents it."""
        del session
        self._deliveries.journal.count("requests_received")
        content = envelope.content or b""
        mail = email.message_from_bytes(
            content if isinstance(content, bytes) else content.encode(), policy=email.policy.default
        )
        text = readable(mail)
        recipient = envelope.rcpt_tos[0]
        key = f"{recipient}:{texts.essence(str(mail['Subject'] or ''), text)}"
        ordinal = self._deliveries.journal.next_ordinal(f"mail-request:{key}")
        mishap = self._deliveries.mishap_of(key, ordinal, _key_of(mail))
        if mishap is Mishap.SLOW:
            await asyncio.sleep(self._deliveries.misfortune.faults.slow_seconds)
        if mishap is Mishap.SERVER_ERROR:
            return _TRY_LATER
        box = self._directory.mailbox(recipient)
        numbers = self._deliveries.population.parameters
        # What was refused by a fault is no delivery: the mailbox is as full as it would be without faults.
        judged = self._deliveries.journal.next_ordinal(f"mail-judged:{key}")
        if box.kind is BoxKind.FIRM and self._chance.happens(numbers.bounce_firm, key, "full", judged):
            self._deliveries.journal.count("emails_refused")
            return _FULL
        for address in envelope.rcpt_tos:
            self._take(mail, text, address, envelope.mail_from or "")
        if mishap is Mishap.RESET and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 2.0.0 OK"

    def _take(self, mail: EmailMessage, text: str, recipient: str, sender: str) -> None:
        deliveries = self._deliveries
        now = deliveries.now()
        subject = str(mail["Subject"] or "")
        key = f"{recipient}:{texts.essence(subject, text)}"
        attempt = str(mail["X-Songda-Attempt"] or mail["Message-ID"] or key).strip()
        with deliveries.memory.writing():
            ordinal = deliveries.journal.next_ordinal(f"mail:{key}")
            sid = "EM" + name_of(deliveries.population.seed, key, "sid", ordinal)
            reminded = self._reminded(recipient, subject + text)
            more = {"subject": subject, "from": str(mail["From"] or ""), "attachments": _attachments(mail)}
            stored = Stored(
                sid, Door.EMAIL, now, sender, recipient, text, f"mail:{recipient}:{attempt}", "received", more
            )
            deliveries.letterbox.keep_message(stored)
            deliveries.journal.count("emails")
            box = self._directory.mailbox(recipient)
            if box.holder:
                whole = f"{subject}\n{text}"
                links = texts.links(whole, deliveries.platform_url)
                every = texts.all_links(whole)
                deliveries.journal.plan(deliveries.reactions.to_mail(box, whole, links, every, now, reminded=reminded))

    def _reminded(self, recipient: str, text: str) -> bool:
        earlier = self._deliveries.now() - timedelta(hours=1)
        case = texts.case_number(text)
        return any(
            message.at <= earlier and texts.case_number(message.more["subject"] + message.body) == case
            for message in self._deliveries.letterbox.messages(Door.EMAIL, recipient, 20)
        )


def _key_of(mail: EmailMessage) -> str:
    """The platform's key of a message: the first half of its number."""
    return str(mail["Message-ID"] or "").strip().lstrip("<").partition("@")[0]


def readable(mail: EmailMessage) -> str:
    """The words of a mail: its plain part, or its HTML part without markup (addresses of links are kept)."""
    part = mail.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    content = str(part.get_content())
    if part.get_content_type() == "text/plain":
        return content
    reader = _Words()
    reader.feed(content)
    reader.close()
    return re.sub(r"[ \t]*\n\s*", "\n", html.unescape(" ".join(reader.words)))


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href")
        if tag == "a" and address:
            self.words.append(f" {address} ")


def _attachments(mail: EmailMessage) -> list[str]:
    return [part.get_filename() or part.get_content_type() for part in mail.iter_attachments()]
