"""What strangers can send to a court's return path or callback address, so that nobody else gets through."""

from pathlib import Path

from sqlalchemy import select

from delivery.domain.event import Channel
from delivery.domain.order import AttemptStatus
from delivery.store.courts import Court
from delivery.store.ids import new_id
from delivery.store.inbox import Quarantine
from tests.delivery.scene import EMAIL
from tests.webhooks.round_trip import round_trip
from tests.webhooks.test_smtp import NESTED, REPORT
from webhooks.inbox import QUARANTINE_BYTES
from webhooks.mail_taking import MailFolder, MailTaker
from webhooks.smtp import SmtpReceiver


def test_a_message_that_nests_without_end_holds_up_no_other(tables_url: str, tmp_path: Path) -> None:
    for part in ("new", "cur"):
        (tmp_path / "bounces" / part).mkdir(parents=True)
    with round_trip(tables_url, f"file://{tmp_path / 'blobs'}", "smtp") as trip:
        trip.scene.open(EMAIL)
        trip.scene.run()
        receiver = trip.receivers["smtp"]
        assert isinstance(receiver, SmtpReceiver)
        sent = trip.scene.attempt(Channel.EMAIL)
        report = REPORT.format(token=sent.reference, key=sent.idempotency_key, action="delivered", status="2.0.0")
        (tmp_path / "bounces" / "new" / "1.bomb").write_bytes(NESTED)
        (tmp_path / "bounces" / "new" / "2.report").write_bytes(report.encode())
        assert MailFolder(tmp_path / "bounces", MailTaker(trip.scene.runtime, receiver)).take_all() == 1
        trip.scene.run()
        assert trip.scene.attempt(Channel.EMAIL).status == AttemptStatus.ARRIVED
        assert {path.name for path in (tmp_path / "bounces" / "cur").iterdir()} == {"1.bomb:2,F", "2.report:2,S"}


def test_junk_in_quarantine_is_bounded_in_bytes_too(tables_url: str, tmp_path: Path) -> None:
    with round_trip(tables_url, f"file://{tmp_path / 'blobs'}", "smtp") as trip:
        assert trip.bounce(b"Subject: hello\n\n", "secret-foreign") == 401
        assert trip.count(Quarantine) == 1
        with trip.scene.runtime.transaction() as session:
            court_id = session.scalars(select(Court.id)).one()
            junk = Quarantine(court_id=court_id, id=new_id(), provider="smtp", received_at=trip.scene.runtime.now())
            junk.request_sealed = bytes(QUARANTINE_BYTES)
            session.add(junk)
        assert trip.bounce(b"Subject: hello again\n\n", "secret-foreign") == 401
        assert trip.count(Quarantine) == 2
