"""Mail by a real mail server: what the far side does with it comes back as the server's own reports, and counts.

Postfix relays to a far server on loopback that takes, refuses and puts off, and gives up after seconds. Its reports go
to the folder of the return paths, as in production, and are read from there.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from pathlib import Path
from typing import cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.smtp import Settings, Smtp
from adapters.smtp_dkim import Signer
from adapters.smtp_pool import Encryption, Relay
from delivery.domain.event import EventKind
from delivery.domain.order import AttemptStatus
from delivery.intake_entries import AddressEntry
from delivery.store.journal import journal_of
from delivery.store.orders import Attempt, attempts_of
from tests.delivery.scene import Carrier, Scene
from tests.infrastructure.network import free_port
from tests.infrastructure.postfix import PostfixServer
from tests.infrastructure.waiting import until
from webhooks.inbox import TASK, reader
from webhooks.mail_taking import MailFolder, MailTaker
from webhooks.smtp import SmtpReceiver

GIVES_UP, WARNS = 8, 3  # seconds
ANSWERS = {
    "takes@remote.test": "250 2.1.5 OK",
    "unknown@remote.test": "550 5.1.1 No such mailbox",
    "policy@remote.test": "554 5.7.1 Not from you",
    "full@remote.test": "452 4.2.2 Mailbox full, try later",
}
BOX = "lilei@box.test"


class FarSide:
    """The recipients' server: it answers each by the name, and keeps what it takes."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = ANSWERS[address]
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        self.taken.append(content if isinstance(content, bytes) else (content or "").encode())
        return "250 2.0.0 OK"


@pytest.fixture
def far_side() -> Iterator[tuple[FarSide, int]]:
    far = FarSide()
    controller = Controller(far, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield far, controller.port
    controller.stop()


@pytest.fixture
def postfix(far_side: tuple[FarSide, int]) -> Iterator[PostfixServer]:
    boxes = {BOX: "lilei", "bounce@court.test": "bounces"}
    server = PostfixServer({"remote.test": far_side[1]}, boxes, lifetime=GIVES_UP, warning=WARNS)
    yield server
    server.stop()


@dataclass
class Court:
    """A court that mails by this server and reads the folder of its return paths."""

    scene: Scene
    folder: MailFolder

    def mail_to(self, *addresses: str) -> dict[str, Attempt]:
        """Open an order for each, and give the attempts."""
        made = {}
        for number, address in enumerate(addresses, 1):
            entry = AddressEntry("email", address, "confirmed", date(2026, 2, 20), "all")
            case = f"（2026）云0102民初{number}号"
            identity = {"recipient_name": f"甲{number}", "identity_number": None}
            order_id = self.scene.open(entry, case_number=case, **identity)
            self.scene.run()
            with self.scene.looking() as session:
                (made[address],) = attempts_of(session, self.scene.court_id, order_id)
        return made

    def now(self, attempt: Attempt) -> Attempt:
        with self.scene.looking() as session:
            return session.get_one(Attempt, (attempt.court_id, attempt.id))

    def told(self, attempt: Attempt) -> list[str]:
        """What was reported of an attempt's order, in its order."""
        with self.scene.looking() as session:
            return [event.kind for event in journal_of(session, attempt.court_id, attempt.order_id)]

    def read(self) -> None:
        if (self.folder.folder / "new").is_dir():
            self.folder.take_all()
            self.scene.run()


@pytest.fixture
def court(tmp_path: Path, postfix: PostfixServer) -> Iterator[Court]:
    scene = Scene(f"sqlite:///{tmp_path / 'songda.db'}", f"file://{tmp_path / 'blobs'}", ())
    settings = Settings(
        Relay("127.0.0.1", postfix.port, encryption=Encryption.OFF),
        "songda@court.test",
        bounce_domain="court.test",
        secrets=("secret-new",),
        signers=(Signer("court.test", "s2026", Ed25519PrivateKey.generate()),),
    )
    receiver = SmtpReceiver.configured(settings)
    scene.handle(TASK, reader({"smtp": receiver}))
    with closing(Smtp(settings, scene.clock.now)) as mail:
        scene.carriers["smtp"] = cast("Carrier", mail)
        yield Court(scene, MailFolder(postfix.box("bounces"), MailTaker(scene.runtime, receiver)))
    scene.close()


def test_what_becomes_of_mail_is_what_the_mail_server_reports(
    court: Court, postfix: PostfixServer, far_side: tuple[FarSide, int]
) -> None:
    sent = court.mail_to(BOX, *ANSWERS)
    assert {one.status for one in sent.values()} == {AttemptStatus.SUBMITTED}, postfix.logged()

    def ended() -> bool:
        court.read()
        kinds = {address: court.told(one) for address, one in sent.items()}
        failed = [EventKind.FAILED in kinds[f"{name}@remote.test"] for name in ("unknown", "policy", "full")]
        return all(failed) and EventKind.DELIVERED in kinds[BOX] and EventKind.RELAYED in kinds["takes@remote.test"]

    try:
        until(ended, seconds=120)
    except TimeoutError as error:
        raise AssertionError(postfix.logged()) from error
    found = {address: court.now(one) for address, one in sent.items()}
    assert {address: (one.status, one.reason) for address, one in found.items()} == {
        BOX: (AttemptStatus.ARRIVED, ""),
        "takes@remote.test": (AttemptStatus.UNDERWAY, ""),  # handed on: no more will be heard
        "unknown@remote.test": (AttemptStatus.FAILED, "mailbox_unknown"),
        "policy@remote.test": (AttemptStatus.FAILED, "policy"),
        "full@remote.test": (AttemptStatus.FAILED, "mailbox_full"),
    }
    full = court.told(sent["full@remote.test"])
    assert full.index(EventKind.DELAYED) < full.index(EventKind.FAILED)  # warned first, then given up
    assert len(far_side[0].taken) == 1
    arrived = next((postfix.box("lilei") / "new").iterdir()).read_bytes()
    for mail in (far_side[0].taken[0], arrived):
        assert message_from_bytes(mail)["DKIM-Signature"].startswith("v=1; a=ed25519-sha256;")
