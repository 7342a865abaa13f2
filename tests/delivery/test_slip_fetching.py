"""The picture of a signed slip: fetched late, kept sealed, told as a fact; absent and unreadable ones hurt nobody."""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select

from delivery.domain.errors import OutcomeUnknown, SendError, Transient
from delivery.domain.event import Channel, EventKind
from delivery.providers import Capabilities, Message, Submission
from delivery.slip_fetching import SLIP_IMAGE
from delivery.store.evidence import Evidence
from tests.delivery.conftest import SetScene
from tests.delivery.scene import HOME, Carrier, Scene

PICTURE = b"\xff\xd8\xff the signed slip \xff\xd9"


@dataclass
class Post(Carrier):
    """A carrier of mail that photographs slips: `pictures` are its answers, the last one for ever."""

    pictures: deque[bytes | SendError | None] = field(default_factory=lambda: deque([None]))
    keeps_slips: bool = True
    asked: int = 0

    def submit(self, message: Message) -> Submission:
        return Submission(super().submit(message).reference, EventKind.POST_ACCEPTED)

    def slip(self, reference: str) -> tuple[bytes, str] | None:
        assert reference
        self.asked += 1
        found = self.pictures.popleft() if len(self.pictures) > 1 else self.pictures[0]
        if isinstance(found, SendError):
            raise found
        return None if found is None else (found, "image/jpeg")


@pytest.fixture
def post() -> Post:
    return Post("ems", Capabilities(Channel.POST, idempotent=True, askable=False))


@pytest.fixture
def mailed(set_scene: SetScene, post: Post) -> Scene:
    """A mail is on its way."""
    scene = set_scene(post)
    scene.open(HOME)
    while not post.sent:
        scene.step(timedelta(days=1))
    scene.report(post, EventKind.POST_OUT, raw_code="702")
    return scene


def deliver(scene: Scene, post: Post) -> None:
    scene.report(post, EventKind.POST_DELIVERED, raw_code="704", args={"recipient_class": "addressee"})
    scene.run()


def pictures(scene: Scene) -> list[Evidence]:
    with scene.looking() as session:
        return list(session.scalars(select(Evidence).where(Evidence.kind == SLIP_IMAGE)))


def reasons(scene: Scene) -> list[str]:
    return [event.reason for event in scene.journal() if event.kind == EventKind.INFORMATION]


def test_a_picture_is_asked_for_daily_after_the_delivery_and_kept_once_as_a_late_fact(
    mailed: Scene, post: Post
) -> None:
    post.pictures = deque([None, Transient("connection_refused"), PICTURE])
    deliver(mailed, post)
    assert post.asked == 0, "no slip is scanned on the day it is signed"
    mailed.step(timedelta(days=4))
    (kept,) = pictures(mailed)
    mail = mailed.attempt(Channel.POST)
    assert (post.asked, kept.attempt_id, kept.order_id) == (3, mail.id, mailed.order_id)
    assert mailed.runtime.blobs.get(mailed.court_id, kept.sha256) == PICTURE
    (fact,) = [event for event in mailed.journal() if event.kind == EventKind.POST_PROOF_AVAILABLE]
    assert (fact.attempt_id, fact.args["sha256"]) == (mail.id, kept.sha256)
    assert "slip_to_key" in mailed.desk()


def test_a_picture_that_the_carrier_announces_is_fetched_at_once(mailed: Scene, post: Post) -> None:
    post.pictures = deque([PICTURE])
    mailed.report(post, EventKind.POST_PROOF_AVAILABLE)
    mailed.run()
    assert (post.asked, len(pictures(mailed))) == (1, 1)
    deliver(mailed, post)
    mailed.step(timedelta(days=3))
    assert (post.asked, len(pictures(mailed))) == (1, 1)


def test_an_unreadable_picture_comes_before_a_person(mailed: Scene, post: Post) -> None:
    post.pictures = deque([OutcomeUnknown("slip_unreadable")])
    deliver(mailed, post)
    mailed.step(timedelta(days=20))
    assert pictures(mailed) == []
    assert "slip_unreadable" in reasons(mailed)
    assert "slip_missing" in mailed.desk()


def test_a_picture_that_was_never_promised_is_only_noted_when_it_does_not_come(mailed: Scene, post: Post) -> None:
    deliver(mailed, post)
    mailed.step(timedelta(days=20))
    asked = post.asked
    assert "slip_missing" in reasons(mailed)
    assert "slip_missing" not in mailed.desk()
    mailed.step(timedelta(days=10))
    assert post.asked == asked


def test_nobody_asks_where_nothing_is_offered_or_the_delivery_was_taken_back(mailed: Scene, post: Post) -> None:
    deliver(mailed, post)
    mailed.report(post, EventKind.POST_REVERSED, raw_code="743", args={"reverses": "704"})
    mailed.step(timedelta(days=3))
    post.keeps_slips = False
    mailed.report(post, EventKind.POST_PROOF_AVAILABLE)
    mailed.step(timedelta(days=3))
    assert post.asked == 0
