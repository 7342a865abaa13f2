"""What is over goes after its span; what waits, failed or was buried stays, and the journal never goes."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select, update

from delivery.auditing import audit
from delivery.retiring import retire
from delivery.signing_in import add_account
from delivery.store.accounts import SignIn, SignInTry
from delivery.store.announcements import Announcement, AnnouncementDelivery, AnnouncementTry
from delivery.store.model import Model
from delivery.store.tasks import Task
from tests.delivery.announced import CaseSystem, listening
from tests.delivery.scene import MOBILE, Scene
from tests.infrastructure.engines import BOTH

ENGINES = BOTH


def count(scene: Scene, model: type[Model]) -> int:
    with scene.looking() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def lived(scene: Scene) -> None:
    """An order, told to a case system, and somebody who signed in and mistyped."""
    listening(scene, CaseSystem())
    scene.open(MOBILE)
    scene.run()
    at = scene.runtime.machine_now()
    with scene.runtime.transaction() as session:
        account = add_account(session, login="li", name="李", password="correct horse battery", language="zh", at=at)
        session.flush()
        for number, span in enumerate((timedelta(days=-31), timedelta(days=1))):
            session.add(
                SignIn(
                    token_hash=f"{number}", account_id=account.id, csrf="x", language="zh", created_at=at, seen_at=at,
                    expires_at=at + span,
                )
            )  # fmt: skip
            session.add(SignInTry(subject="x", tried_at=at + span))


def test_what_is_over_goes_after_its_span(scene: Scene) -> None:
    lived(scene)
    journal, waiting = len(scene.journal()), len(scene.tasks())
    done = len(scene.tasks("done"))
    assert min(done, waiting, count(scene, AnnouncementDelivery), count(scene, AnnouncementTry)) > 0

    assert retire(scene.runtime) == {"sign_in": 1, "sign_in_try": 1}
    scene.clock.step(timedelta(days=91))
    assert retire(scene.runtime) == {"task": done}
    assert len(scene.tasks()) == waiting
    scene.clock.step(timedelta(days=90))
    with scene.runtime.transaction() as session:
        (kept,) = session.scalars(select(AnnouncementDelivery.id).limit(1))
        session.execute(update(AnnouncementDelivery).where(AnnouncementDelivery.id == kept).values(status="failed"))
    retire(scene.runtime)

    assert (count(scene, AnnouncementDelivery), count(scene, Announcement), count(scene, AnnouncementTry)) == (1, 1, 1)
    assert count(scene, SignIn) == 1
    assert len(scene.journal()) == journal
    assert [one.code for one in audit(scene.runtime) if not one.code.startswith("task_overdue")] == []
    assert retire(scene.runtime) == {}


def test_nothing_goes_where_everything_is_kept(scene: Scene) -> None:
    lived(scene)
    never = timedelta(0)
    scene.runtime.settings = replace(
        scene.runtime.settings, keep_tasks=never, keep_announcements=never, keep_sessions=never
    )
    scene.clock.step(timedelta(days=4000))
    before = count(scene, Task)
    assert retire(scene.runtime) == {}
    assert count(scene, Task) == before
