"""Connections to one mail relay, kept open in one background event loop; a thread hands over a message and waits.

What matters is the phase in which something breaks. Until the content is on its way nothing can have been accepted, and
a connection that turns out to be dead is simply replaced; from then on, silence means that we do not know.
"""

import asyncio
import contextlib
import re
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import aiosmtplib


class Encryption(StrEnum):
    """How a connection is protected."""

    REQUIRED = "required"  # STARTTLS or nothing
    OFFERED = "offered"  # STARTTLS when the relay offers it
    IMPLICIT = "implicit"  # TLS from the first byte, commonly port 465
    OFF = "off"  # to this machine only


class Phase(StrEnum):
    """How far a handing-over had come."""

    CONNECT = "connect"
    LOGIN = "login"
    ENVELOPE = "envelope"
    RECIPIENT = "recipient"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail goes first. `seconds` limits each step, `whole_seconds` one message with all its steps."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    encryption: Encryption = Encryption.REQUIRED
    hello: str = "localhost"
    ca_file: str = ""
    connections: int = 8
    messages_per_connection: int = 100
    seconds: float = 20.0
    whole_seconds: float = 90.0


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one recipient. `content` builds the bytes and the options, given what the relay offers."""

    sender: str
    recipient: str = field(repr=False)
    content: Callable[[frozenset[str]], "Content"] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent, and the options of MAIL and RCPT (RFC 3461, RFC 6531)."""

    message: bytes = field(repr=False)
    mail_options: tuple[str, ...] = ()
    rcpt_options: tuple[str, ...] = field(default=(), repr=False)
    encoding: str = "ascii"


class Broken(Exception):
    """A handing-over that did not end well: in which phase, and with which reply, 0 for none at all.

    `status` is the enhanced code (RFC 3463) or empty. The relay's own words are left behind: they quote the address.
    """

    def __init__(self, phase: Phase, code: int = 0, status: str = "", cause: str = "") -> None:
        super().__init__(f"{phase} {code} {status} {cause}".strip())
        self.phase = phase
        self.code = code
        self.status = status
        self.cause = cause


_ENHANCED = re.compile(r"\b([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
_CLOSING = 421
_FRESH_SECONDS = 5.0  # a connection that was used this lately is taken to stand, without asking
_DEAD = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, ConnectionError)


@dataclass(slots=True)
class _Link:
    client: aiosmtplib.SMTP
    used: int = 0
    phase: Phase = Phase.CONNECT
    cleared_at: float = 0.0  # of the loop's clock: when the last message was taken whole, which leaves nothing behind


class Pool:
    """At most `connections` open connections to a relay, each for `messages_per_connection` messages. Thread-safe."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._idle: list[_Link] = []
        self._places = asyncio.Semaphore(relay.connections)

    def deliver(self, envelope: Envelope) -> None:
        """Hand one message over and wait for the relay's word. Raises `Broken`."""
        asyncio.run_coroutine_threadsafe(self._deliver(envelope), self._running_loop()).result()

    def close(self) -> None:
        """Take leave of the relay and end the background thread; a later `deliver` starts it again."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._leave_all(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._places = asyncio.Semaphore(self._relay.connections)
                # A daemon: an open connection must not keep a stopping process alive.
                self._thread = threading.Thread(target=self._loop.run_forever, name="smtp-pool", daemon=True)
                self._thread.start()
            return self._loop

    async def _deliver(self, envelope: Envelope) -> None:
        async with self._places:
            link = self._idle.pop() if self._idle else None
            if link is None or not await self._is_alive(link):
                link = _Link(self._new_client())
            try:
                await self._hand_over(link, envelope)
            except Broken as broken:
                gone = broken.phase is Phase.ENVELOPE and broken.code in {0, _CLOSING}
                if link.used == 1 or not gone:
                    raise
                # It had gone before anything was on its way: a new connection may take the message.
                await self._hand_over(_Link(self._new_client()), envelope)

    async def _hand_over(self, link: _Link, envelope: Envelope) -> None:
        try:
            async with asyncio.timeout(self._relay.whole_seconds):
                if link.used == 0:
                    await self._connect(link)
                await self._transact(link, envelope)
        except Exception as error:  # noqa: BLE001 - whatever broke, only its phase and its code go on
            broken = _broken(link.phase, error)
        else:
            link.cleared_at = asyncio.get_running_loop().time()
            await self._put_back(link)
            return
        # A refused recipient leaves the connection as good as before; after anything else it is not trusted.
        if broken.phase is Phase.RECIPIENT and broken.code not in {0, _CLOSING}:
            await self._put_back(link)
        else:
            _drop(link)
        raise broken

    def _new_client(self) -> aiosmtplib.SMTP:
        relay = self._relay
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=relay.hello,
            timeout=relay.seconds,
            use_tls=relay.encryption is Encryption.IMPLICIT,
            start_tls=False,  # done by hand below, to know the phase
            tls_context=None if relay.encryption is Encryption.OFF else self._tls_context,
        )

    @cached_property
    def _tls_context(self) -> ssl.SSLContext:
        """Made once: reading the certificates of the system takes longer than a message."""
        return ssl.create_default_context(cafile=self._relay.ca_file or None)

    async def _is_alive(self, link: _Link) -> bool:
        """Whether a connection that lay idle still answers; RSET also clears what a refused message left."""
        if asyncio.get_running_loop().time() - link.cleared_at < _FRESH_SECONDS:
            return True
        try:
            await link.client.rset()
        except (aiosmtplib.SMTPException, OSError):
            _drop(link)
            return False
        return True

    async def _connect(self, link: _Link) -> None:
        client, relay = link.client, self._relay
        await client.connect()
        link.phase = Phase.LOGIN
        await client.ehlo()
        offered = client.supports_extension("starttls")
        if relay.encryption is Encryption.REQUIRED and not offered:
            raise Broken(link.phase, cause="not_supported")
        if offered and relay.encryption in {Encryption.REQUIRED, Encryption.OFFERED}:
            await client.starttls()
            await client.ehlo()
        if relay.user:
            if not client.supports_extension("auth"):
                raise Broken(link.phase, cause="not_supported")
            await client.login(relay.user, relay.password)

    async def _transact(self, link: _Link, envelope: Envelope) -> None:
        client = link.client
        link.phase = Phase.ENVELOPE
        link.used += 1
        link.cleared_at = 0.0
        content = envelope.content(frozenset(client.esmtp_extensions))
        await client.mail(envelope.sender, options=content.mail_options, encoding=content.encoding)
        link.phase = Phase.RECIPIENT
        await client.rcpt(envelope.recipient, options=content.rcpt_options, encoding=content.encoding)
        link.phase = Phase.CONTENT
        await client.data(content.message)

    async def _put_back(self, link: _Link) -> None:
        if link.used < self._relay.messages_per_connection and link.client.is_connected:
            self._idle.append(link)
        else:
            await self._leave(link)

    async def _leave(self, link: _Link) -> None:
        # Without waiting for the other side to close TLS as well; what it had to say, it said.
        transport = link.client.transport
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await link.client.quit()
        _drop(link, transport)

    async def _leave_all(self) -> None:
        while self._idle:
            await self._leave(self._idle.pop())
        await asyncio.sleep(0)  # the transports are closed in the loop's next round
        await asyncio.sleep(0)


def _drop(link: _Link, transport: asyncio.BaseTransport | None = None) -> None:
    """Close a connection at once."""
    transport = transport or link.client.transport
    link.client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def _broken(phase: Phase, error: Exception) -> Broken:
    """Keep of an error what names no one."""
    match error:
        case Broken():
            return error
        case aiosmtplib.SMTPResponseException():
            found = _ENHANCED.search(error.message)
            return Broken(phase, error.code, found.group(1) if found else "")
        case ssl.SSLCertVerificationError():
            return Broken(phase, cause="certificate")
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return Broken(phase, cause="certificate")
    return Broken(phase, cause="timeout" if isinstance(error, TimeoutError) else "lost")
