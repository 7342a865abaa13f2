"""The receiver of delivery reports, on reports that a real mail server made (Postfix 3.7, `bounces/`)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.smtp import bounce_token
from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import EventKind, Report
from tests.webhooks.contract import RECEIVED_AT, ReceiverContract
from webhooks.receiver import InboundRequest
from webhooks.smtp import SmtpReceiver

KEY = "0195a000-0000-7000-8000-000000000001"
TOKEN = bounce_token(KEY, "secret-new")
BOUNCES = Path(__file__).parent / "bounces"

REPORT = """\
Date: Sun, 22 Nov 2026 06:15:55 +0000 (UTC)
From: Mail Delivery System <MAILER-DAEMON@mx.local.test>
Subject: Report
To: bounce+{token}@service.test
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"
Message-Id: <20261122061555.40EF4264734@mx.local.test>

--x
Content-Type: text/plain

See below.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.local.test
Original-Envelope-Id: {key}

Final-Recipient: rfc822; lilei@remote.test
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 <lilei@remote.test> and more
    on a second line

--x--
"""


class SmtpSender:
    """The mail server's side."""

    receiver = SmtpReceiver(("secret-new", "secret-old"))

    def request(self, code: str = "failed 5.1.1", *, proof: str = "new") -> InboundRequest:
        action, _, status = code.partition(" ")
        return posted(REPORT.format(token=TOKEN, key=KEY, action=action, status=status).encode(), f"secret-{proof}")

    def signature_headers(self) -> tuple[str, ...]:
        return ()

    def codes(self) -> Mapping[str, EventKind]:
        return {
            "failed 5.1.1": EventKind.FAILED,
            "failed 4.2.2": EventKind.FAILED,
            "delayed 4.2.2": EventKind.DELAYED,
            "delivered 2.0.0": EventKind.DELIVERED,
            "relayed 2.0.0": EventKind.RELAYED,
            "expanded 2.0.0": EventKind.RELAYED,
        }

    def malformed(self) -> list[InboundRequest]:
        foreign = bounce_token(KEY, "secret-foreign")
        texts = ["", "Subject: hello\n\nhello", REPORT.format(token=foreign, key=KEY, action="failed", status="5.1.1")]
        return [posted(NESTED), *(posted(text.encode()) for text in texts)]


NESTED = f"To: bounce+{TOKEN}@service.test\n".encode() + b"Content-Type: message/rfc822\n\n" * 3000


def posted(body: bytes, secret: str = "secret-new", **headers: str) -> InboundRequest:  # noqa: S107 - a test's
    named = {"Content-Type": "message/rfc822", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return InboundRequest("POST", f"/webhooks/smtp/qinghe/{secret}", named, body, received_at=RECEIVED_AT)


@pytest.fixture
def sender() -> SmtpSender:
    return SmtpSender()


class TestContract(ReceiverContract):
    """The suite, for delivery reports."""


def _read(request: InboundRequest) -> Report:
    SmtpSender.receiver.verify(request)
    (report,) = SmtpSender.receiver.event_reports(request)
    return report


def _real(name: str, token: str = TOKEN) -> InboundRequest:
    """Give a real report as if it were about a message of ours: only the two names that we choose are put in."""
    raw = (BOUNCES / name).read_bytes()
    box = raw.partition(b"\nTo: ")[2].partition(b"\n")[0].strip()
    envelope = raw.partition(b"Original-Envelope-Id: ")[2].partition(b"\n")[0].strip()
    return posted(raw.replace(box, f"bounce+{token}@service.test".encode()).replace(envelope, KEY.encode()))


@pytest.mark.parametrize(
    ("name", "kind", "code", "reason", "fault"),
    [
        ("00.eml", EventKind.RELAYED, "relayed 2.0.0", "", None),
        ("01.eml", EventKind.FAILED, "failed 5.1.1", "mailbox_unknown", "address"),
        ("02.eml", EventKind.FAILED, "failed 5.7.1", "policy", "content"),
        ("03.eml", EventKind.RELAYED, "relayed 2.0.0", "", None),  # message/global-delivery-status
        ("04.eml", EventKind.DELAYED, "delayed 4.2.2", "", None),
        ("05.eml", EventKind.FAILED, "failed 4.2.2", "mailbox_full", "passing"),  # gave up
        ("20.eml", EventKind.DELIVERED, "delivered 2.0.0", "", None),
    ],
)
def test_a_real_report_is_read(name: str, kind: EventKind, code: str, reason: str, fault: str | None) -> None:
    report = _read(_real(name))
    assert (report.kind, report.raw_code, report.reason, report.args.get("fault")) == (kind, code, reason, fault)
    assert report.reference == TOKEN
    assert report.occurred_at.date() == datetime(2026, 11, 22, tzinfo=UTC).date()
    assert "remote.test" in report.detail["final-recipient"] or "box.test" in report.detail["final-recipient"]


def test_a_chinese_recipient_is_read_as_written() -> None:
    assert _read(_real("03.eml")).detail["final-recipient"] == "utf-8; 中文@remote.test"


def test_each_real_report_is_a_fact_of_its_own() -> None:
    assert len({_read(_real(path.name)).event_id for path in BOUNCES.iterdir()}) == 7


@pytest.mark.parametrize("spoilt", [TOKEN[:-1] + "x", "perm", KEY, TOKEN + "x"])
def test_a_return_path_that_we_did_not_make_is_not_believed(spoilt: str) -> None:
    with pytest.raises(MalformedCallback):
        SmtpSender.receiver.event_reports(_real("01.eml", spoilt))


def test_another_envelope_is_shown_and_not_believed() -> None:
    other = REPORT.format(token=TOKEN, key="svc-0001-perm", action="failed", status="5.1.1")
    assert _read(posted(other.encode())).kind is EventKind.UNRECOGNISED


def test_a_report_with_a_sender_is_not_believed() -> None:
    request = _real("01.eml")
    for empty in ("<>", "", "<MAILER-DAEMON>"):
        assert _read(replace(request, headers={**request.headers, "X-Envelope-From": empty})).kind is EventKind.FAILED
    forged = replace(request, headers={**request.headers, "X-Envelope-From": "somebody@remote.test"})
    assert _read(forged).kind is EventKind.INFORMATION


def test_the_envelope_may_name_the_return_path() -> None:
    body = REPORT.format(token="x", key=KEY, action="failed", status="5.1.1").encode()
    assert _read(posted(body, X_Envelope_To=f"<BOUNCE+{TOKEN.upper()}@service.test>")).reference == TOKEN


@pytest.mark.parametrize(
    ("headers", "kind"),
    [("Auto-Submitted: auto-replied\n", EventKind.INFORMATION), ("", EventKind.UNRECOGNISED)],
)
def test_other_mail_to_the_return_path_is_no_report(headers: str, kind: EventKind) -> None:
    body = f"To: bounce+{TOKEN}@service.test\n{headers}Subject: I am away\n\nUntil Monday."
    assert _read(posted(body.encode())).kind is kind


GB18030 = "Content-Type: text/plain; charset=gb18030\nContent-Transfer-Encoding: base64\n\n"


@pytest.mark.parametrize(
    ("body", "kind", "choice"),
    [
        ("Content-Type: text/plain\n\n1\n\n> 回复", EventKind.REPLIED, "post_it"),
        (GB18030 + "o7Q=\n", EventKind.REPLIED, "call_me"),
        ("Content-Type: text/plain; charset=nobody-knows\n\n\n 3. \n", EventKind.NOT_ME, "not_me"),
        ("Content-Type: text/html\n\n1", EventKind.UNRECOGNISED, None),
        ("Content-Type: text/plain\n\n1 is my flat", EventKind.UNRECOGNISED, None),
        ("Auto-Submitted: auto-replied\nContent-Type: text/plain\n\n1", EventKind.INFORMATION, None),
        ("Return-Path: <>\nContent-Type: text/plain\n\n3", EventKind.UNRECOGNISED, None),
    ],
)
def test_a_digit_answers_a_mail(body: str, kind: EventKind, choice: str | None) -> None:
    head = f"To: bounce+{TOKEN}@service.test\nSubject: Re: notice\n"
    sender = "" if "Return-Path" in body else "lilei@mail.example"
    report = _read(posted((head + body).encode(), X_Envelope_From=sender))
    assert (report.kind, report.args.get("choice"), report.reference) == (kind, choice, TOKEN)


@pytest.mark.parametrize("charset", ["idna", "undefined", "rot13", "no-such-set", "a\0b"])
def test_an_answer_in_a_character_set_that_is_none_is_read_all_the_same(charset: str) -> None:
    body = f"To: bounce+{TOKEN}@service.test\nContent-Type: text/plain; charset={charset}\n\n1"
    assert _read(posted(body.encode(), X_Envelope_From="lilei@mail.example")).args["choice"]


def test_a_given_up_attempt_never_condemns_the_address() -> None:
    report = _read(SmtpSender().request("failed 4.4.4"))
    assert (report.reason, report.args["fault"]) == ("expired", "passing")


def test_without_a_date_our_clock_counts() -> None:
    body = REPORT.format(token=TOKEN, key=KEY, action="failed", status="5.1.1").partition("\n")[2]
    assert _read(posted(body.encode())).occurred_at == RECEIVED_AT


@pytest.mark.parametrize("path", ["/webhooks/smtp/qinghe", "/webhooks/smtp/qinghe/", "/webhooks/smtp/qinghe/secret"])
def test_a_path_without_the_secret_is_refused(path: str) -> None:
    with pytest.raises(InvalidSignature):
        SmtpSender.receiver.verify(replace(SmtpSender().request(), url=path))


def test_a_get_is_refused() -> None:
    with pytest.raises(InvalidSignature):
        SmtpSender.receiver.verify(replace(SmtpSender().request(), method="GET"))
