"""What comes back for an e-mail: delivery reports (RFC 3464, RFC 6533), given to us by the mail server as they are.

The mail server posts what arrives for `bounce+...` to `/webhooks/smtp/COURT/SECRET`, the message as it is, and may
name the envelope in `X-Envelope-From` and `X-Envelope-To`; or it pipes it into `songda take-mail`, or delivers it to a
folder (`webhooks/mail_taking.py`). Anybody can write a false report, so one counts only when
it came to a return path that we made, with an empty sender, and for the envelope that we named.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parsedate_to_datetime

from adapters.faults import Fault, Meaning
from adapters.hints import meaning_of_answer
from adapters.smtp import NAME, Settings, meaning_of, read_bounce_token
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import EventKind, Report
from webhooks.receiver import Answer, InboundRequest

# RFC 3464, 2.3.3. The action decides and not the status: a relay that gives up on a full mailbox says "failed" and
# 4.2.2.
ACTIONS = {
    "failed": EventKind.FAILED,
    "delayed": EventKind.DELAYED,
    "delivered": EventKind.DELIVERED,  # in the mailbox
    "relayed": EventKind.RELAYED,  # to a host that reports nothing more
    "expanded": EventKind.RELAYED,  # to a list
}
EXPIRED = Meaning(Fault.PASSING, "expired")
_STATUS_PARTS = {"message/delivery-status", "message/global-delivery-status"}
_RETURN_PATH = re.compile(r"bounce\+([^@\s<>]{1,80})@", re.IGNORECASE)
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")


@dataclass(frozen=True, slots=True)
class SmtpReceiver:
    """Delivery reports. The proof is a secret at the end of the path. `maildir`: a folder where they arrive, too."""

    secrets: tuple[str, ...] = field(repr=False)
    maildir: str = ""
    name = NAME

    @classmethod
    def configured(cls, settings: Settings) -> "SmtpReceiver":
        """Build the receiver that belongs to a relay."""
        return cls(settings.secrets, settings.maildir)

    def verify(self, request: InboundRequest) -> None:
        """Compare the last part of the path with every active secret."""
        given = request.path().rpartition("/")[2].encode("utf-8", "replace")
        if request.method != "POST" or not any(hmac.compare_digest(one.encode(), given) for one in self.secrets):
            raise InvalidSignature("path")

    def event_reports(self, request: InboundRequest) -> list[Report]:
        """Read a report: one fact for each recipient in it, and we send to one at a time."""
        mail = _mail_in(request)
        token = self._token(request, mail)
        blocks = [block for part in mail.walk() if part.get_content_type() in _STATUS_PARTS for block in _blocks(part)]
        recipients = [block for block in blocks if "action" in block]
        if not recipients or not _has_empty_sender(request, mail):
            return [_other(request, mail, token)]
        envelope = next((block["original-envelope-id"] for block in blocks if "original-envelope-id" in block), "")
        ours = not envelope or envelope == token.partition(".")[0]
        return [_fact(request, mail, token, block, ours=ours) for block in recipients]

    def acknowledge(self, request: InboundRequest) -> Answer:  # noqa: ARG002 - the same for every request
        """Say nothing more than that it is kept."""
        return Answer(status=204)

    def key_of(self, request: InboundRequest) -> str:
        """Give our key of the mail that a message is about. Raises `MalformedCallback` when it is none of ours."""
        return _key(self._token(request, _mail_in(request)))

    def _token(self, request: InboundRequest, mail: Message) -> str:
        """Give the genuine token of the return path to which the message came."""
        named = [request.header("X-Envelope-To"), *(str(mail[name] or "") for name in ("Delivered-To", "To"))]
        for text in named:
            for match in _RETURN_PATH.finditer(text):
                token = match.group(1).lower()
                if read_bounce_token(token, self.secrets) is not None:
                    return token
        raise MalformedCallback("return_path_not_ours")


def _mail_in(request: InboundRequest) -> Message:
    """Take the message apart. Raises `MalformedCallback` for parts within parts within parts without an end."""
    try:
        mail = message_from_bytes(request.body)
        for _ in mail.walk():  # whoever reads it walks through it, too
            pass
    except RecursionError:
        raise MalformedCallback("nested_too_deep") from None
    return mail


def _blocks(part: Message) -> Iterator[Mapping[str, str]]:
    """Give the fields of each block, names in small letters.

    The library takes a `delivery-status` apart into blocks, but of a `global-delivery-status` only the first: the
    others are what it takes for its text.
    """
    nested = part.get_payload()
    for message in nested if isinstance(nested, list) else ():
        if not isinstance(message, Message):
            continue
        yield _fields(message)
        rest = message.get_payload(decode=True)
        if isinstance(rest, bytes) and rest.strip():
            text = rest.decode("utf-8", "replace")
            yield from (_fields(message_from_string(block.strip())) for block in _BLANK_LINE.split(text))


def _fields(message: Message) -> Mapping[str, str]:
    return {name.lower(): " ".join(str(value).split()) for name, value in message.items()}


def _has_empty_sender(request: InboundRequest, mail: Message) -> bool:
    """Whether the envelope's sender was empty, as far as anybody says; a report never asks for an answer.

    Postfix writes MAILER-DAEMON for an empty sender when it pipes a message (pipe(8), `null_sender`).
    """
    sender = request.header("X-Envelope-From") or str(mail["Return-Path"] or "")
    return sender.strip().strip("<>").upper() in {"", "MAILER-DAEMON"}


def _fact(request: InboundRequest, mail: Message, token: str, block: Mapping[str, str], *, ours: bool) -> Report:
    action, status = block["action"].lower(), block.get("status", "").partition(" ")[0]
    kind = ACTIONS.get(action, EventKind.UNRECOGNISED) if ours else EventKind.UNRECOGNISED
    # Our key finds a mail whose answer was lost: what its reference is was never written down.
    args, reason = {"status": status[:12], "key": _key(token)}, ""
    if kind is EventKind.FAILED:
        meaning = meaning_of(status)
        if status.startswith("4") and meaning.fault is Fault.ADDRESS:
            meaning = EXPIRED  # it was never told for good
        reason, args["fault"] = meaning.reason, meaning.fault.value
    return Report(
        kind=kind,
        event_id=_digest(token, str(mail["Message-ID"]), action, status, block.get("final-recipient", "")),
        occurred_at=_date(mail, request.received_at),
        reference=token,
        raw_code=f"{action} {status}"[:40],
        reason=reason,
        args=args,
        detail={name: block[name] for name in ("final-recipient", "remote-mta", "diagnostic-code") if block.get(name)},
    )


def _other(request: InboundRequest, mail: Message, token: str) -> Report:
    """Note what came to the return path and is no report.

    A person's answer with one of the digits that our mails offer says what the digit says; an automatic answer tells
    nothing; anything else is shown.
    """
    automatic = str(mail["Auto-Submitted"] or "no").strip().lower() != "no"
    line = "" if automatic or _has_empty_sender(request, mail) else _first_line(mail)
    kind, choice = meaning_of_answer(line)
    answers = bool(choice) or kind is not EventKind.REPLIED
    if not answers:
        kind = EventKind.INFORMATION if automatic else EventKind.UNRECOGNISED
    return Report(
        kind=kind,
        event_id=_digest(token, str(mail["Message-ID"]), hashlib.sha256(request.body).hexdigest()),
        occurred_at=_date(mail, request.received_at),
        reference=token,
        raw_code="reply" if answers else "automatic_answer" if automatic else "not_a_report",
        args={"key": _key(token), **({"choice": choice} if choice else {})},
        detail={"subject": str(mail["Subject"] or "")[:200], **({"text": line} if answers else {})},
    )


def _key(token: str) -> str:
    return token.partition(".")[0]


def _first_line(mail: Message) -> str:
    """Give the first line that a person wrote; below it mail programs quote what is answered."""
    part = next((part for part in mail.walk() if part.get_content_type() == "text/plain"), None)
    content = part.get_payload(decode=True) if part is not None else None
    if part is None or not isinstance(content, bytes):
        return ""
    try:
        text = content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):  # a character set that nobody knows, or that is none for mail
        text = content.decode("utf-8", "replace")
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def _date(mail: Message, received_at: datetime) -> datetime:
    """Give the reporting server's own clock, or ours when it says nothing that can be read."""
    try:
        written = parsedate_to_datetime(str(mail["Date"]))
        return written.replace(tzinfo=UTC) if written.tzinfo is None else written.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return received_at
