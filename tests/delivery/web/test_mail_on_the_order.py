"""What the page of an order shows of its mails: label, picture of the signed slip, and the days of their tries."""

from datetime import timedelta

from sqlalchemy import select

from delivery.domain.event import EventKind, Report
from delivery.mail_tending import LABEL_KIND
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.slip_fetching import SLIP_IMAGE
from delivery.store.evidence import Evidence
from delivery.store.ids import new_id
from delivery.store.orders import Attempt, lock_order
from delivery.tracking import record_fact
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import CourtLife

LABEL = b"%PDF-1.7 label"
SLIP = b"\xff\xd8\xff slip \xff\xd9"


def test_label_slip_and_tries_stand_beside_the_mail(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        posted = select(Attempt).where(Attempt.court_id == life.court_id, Attempt.channel == "post")
        mail = session.scalars(posted.where(Attempt.reference != "").order_by(Attempt.id)).first()
        assert mail is not None
        order = lock_order(session, life.court_id, mail.order_id)
        assert order is not None
        for number in range(2):
            at = now + timedelta(days=1 + number)
            tried = Report(EventKind.POST_ATTEMPT_FAILED, f"705-{number}", at, raw_code="705", reason="absent")
            record_fact(session, order, tried, now=now, provider="ems", attempt=mail, look_again=False)
        for kind, content, media_type in (
            (LABEL_KIND, LABEL, "application/pdf"),
            (SLIP_IMAGE, SLIP, "image/jpeg"),
        ):
            sha256 = runtime.blobs.put(life.court_id, content)
            session.add(
                Evidence(
                    court_id=life.court_id, id=new_id(), order_id=order.id, attempt_id=mail.id, kind=kind,
                    sha256=sha256, size=len(content), media_type=media_type, capture={}, created_at=now,
                )
            )  # fmt: skip
        address, mail_id = f"/orders/{order.id}", mail.id
    browser = sign_in_as(Role.CLERK)
    page = browser.look(address).text
    # The court at work has told of one try before these two.
    assert "投递未成 3/3" in page
    for link, content in ((f"{address}/labels/{mail_id}", LABEL), (f"{address}/slips/{mail_id}", SLIP)):
        assert link in page
        assert browser.look(link).data == content
    for kind in ("labels", "slips"):
        assert browser.look(f"{address}/{kind}/{new_id()}").status_code == 404
