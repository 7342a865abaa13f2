"""Reports that come as mail and not over HTTP: from a pipe of the mail server, or from a folder that it delivers to.

Both end where a posted one ends: verified, stored verbatim with its task, and only then done with. A message from the
folder is moved after the commit, so that one which a dying process had in hand is taken again, and told once only.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from delivery.domain.errors import MalformedCallback, NotFound
from delivery.runtime import Runtime
from delivery.store.courts import all_courts
from delivery.store.orders import attempt_by_key
from webhooks.inbox import LARGEST_BODY, keep
from webhooks.receiver import InboundRequest, Receiver
from webhooks.smtp import SmtpReceiver

_MOST_AT_ONCE = 500


class NotOurs(Exception):
    """The message is no report about mail of ours: too large for one, or to a return path that we did not make."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as the mail server hands it over; `sender` and `recipient` of the envelope, empty where unknown."""

    message: bytes
    sender: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class MailTaker:
    """Takes messages that reached this machine, whose mail server is believed like our own path's secret."""

    runtime: Runtime
    receiver: SmtpReceiver

    def take(self, arrived: Arrived, court: str = "") -> None:
        """Store one message. Raises `NotOurs`, `NotFound` for an unknown court, and whatever the database raises.

        Without a court it goes to the one whose mail it is about.
        """
        if not arrived.message.strip() or len(arrived.message) > LARGEST_BODY:
            raise NotOurs
        headers = {
            "Content-Type": "message/rfc822",
            **({"X-Envelope-From": arrived.sender} if arrived.sender else {}),
            **({"X-Envelope-To": arrived.recipient} if arrived.recipient else {}),
        }
        posted = InboundRequest("POST", "", headers, arrived.message, received_at=self.runtime.now())
        code = court or self._court_of(posted)
        path = f"/webhooks/{self.receiver.name}/{code}/{self.receiver.secrets[0]}"
        inbound = InboundRequest("POST", path, headers, arrived.message, received_at=posted.received_at)
        keep(self.runtime, self.receiver, code, inbound)

    def _court_of(self, request: InboundRequest) -> str:
        try:
            key = self.receiver.key_of(request)
        except MalformedCallback:
            raise NotOurs from None
        with self.runtime.reading() as session:
            for court in all_courts(session):
                if attempt_by_key(session, court.id, self.receiver.name, key) is not None:
                    return court.code
        raise NotOurs


@dataclass(frozen=True, slots=True)
class MailFolder:
    """A folder in the form Maildir: what lies in `new` is taken and moved to `cur`, flagged when it is none of ours."""

    folder: Path
    taker: MailTaker

    def take_all(self) -> int:
        """Take what lies there, oldest first, and give how many. One process at a time; the others find nothing."""
        taken = 0
        with self._alone() as alone:
            for path in sorted((self.folder / "new").iterdir())[:_MOST_AT_ONCE] if alone else ():
                try:
                    self.taker.take(Arrived(path.read_bytes()))
                except NotOurs:
                    flags = "F"  # flagged: somebody may want to look at it
                else:
                    flags, taken = "S", taken + 1
                path.rename(self.folder / "cur" / f"{path.name.partition(':')[0]}:2,{flags}")
        return taken

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        lock = os.open(self.folder / "songda.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(lock)


def rounds(receivers: Mapping[str, Receiver]) -> Sequence[Callable[[Runtime], object]]:
    """What is done now and then where the settings name a folder for reports: read it."""
    receiver = receivers.get(SmtpReceiver.name)
    if not isinstance(receiver, SmtpReceiver) or not receiver.maildir:
        return ()

    def read_mail_folder(runtime: Runtime) -> int:
        return MailFolder(Path(receiver.maildir), MailTaker(runtime, receiver)).take_all()

    return (read_mail_folder,)


def take_piped(runtime: Runtime, receivers: Mapping[str, Receiver], arrived: Arrived, court: str) -> bool:
    """Take one message from the mail server's pipe; False when it is none of ours. Raises what `take` raises."""
    receiver = receivers.get(SmtpReceiver.name)
    if not isinstance(receiver, SmtpReceiver):
        code = "provider_not_configured"
        raise NotFound(code, provider=SmtpReceiver.name)
    try:
        MailTaker(runtime, receiver).take(arrived, court)
    except NotOurs:
        return False
    return True
