"""What is done about a mail besides sending it: label, watcher, question, recall."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select

from delivery.court_sender import sender_of, set_sender
from delivery.domain.errors import OutcomeUnknown, Permanent, RequestError, SendError, Transient
from delivery.domain.event import Channel, EventKind, Report
from delivery.domain.order import AttemptStatus
from delivery.hint_checking import check_hint
from delivery.mail_tending import LABEL_KIND
from delivery.outcomes import CHECK_TASK
from delivery.providers import Capabilities, Message, Submission
from delivery.store.courts import Court
from delivery.store.evidence import Evidence
from tests.delivery.conftest import SetScene
from tests.delivery.scene import HOME, Carrier, Scene

LABEL = b"%PDF-1.7 label"


@dataclass
class Post(Carrier):
    """A carrier of mail with all its further services."""

    cancelled: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    course: tuple[Report, ...] = ()
    refuses: SendError | None = None

    def submit(self, message: Message) -> Submission:
        return Submission(super().submit(message).reference, EventKind.POST_ACCEPTED)

    def label(self, reference: str) -> bytes:
        assert reference
        return LABEL

    def cancel(self, key: str, reference: str) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.cancelled.append((key, reference))

    def track(self, reference: str) -> tuple[Report, ...]:
        self.asked.append(reference)
        return self.course

    def reports(self, message: Message, reference: str) -> tuple[Report, ...]:
        assert message.channel is Channel.POST
        return self.track(reference)

    def answers(self, message: Message) -> tuple[Report, ...]:
        raise OutcomeUnknown("not_askable", detail=message.channel)

    def reference(self) -> str:
        return f"{self.name}-{self.sent[-1].idempotency_key}"


def watcher() -> Carrier:
    return Carrier("kuaidi100", Capabilities(Channel.POST, idempotent=True, askable=False, watches=True))


@pytest.fixture
def post() -> Post:
    return Post("ems", Capabilities(Channel.POST, idempotent=True, askable=False))


@pytest.fixture
def mailed(set_scene: SetScene, post: Post) -> Scene:
    """A mail is ordered; the post has not collected it."""
    scene = set_scene(post, watcher())
    scene.open(HOME)
    scene.step(timedelta(days=10))
    while not post.sent:
        scene.step(timedelta(days=1))
    return scene


def test_the_label_is_kept_for_the_mail_room(mailed: Scene) -> None:
    with mailed.looking() as session:
        (label,) = session.scalars(select(Evidence).where(Evidence.kind == LABEL_KIND))
    assert mailed.runtime.blobs.get(mailed.court_id, label.sha256) == LABEL
    assert label.attempt_id == mailed.attempt(Channel.POST).id


def test_a_watcher_is_told_the_number_and_nothing_else(mailed: Scene) -> None:
    (told,) = mailed.carriers["kuaidi100"].sent
    assert told.to == mailed.attempt(Channel.POST).reference
    assert (told.recipient_name, told.postal, told.text, told.document_titles) == ("", None, "", ())
    assert told.callback_url.endswith("/webhooks/kuaidi100/qinghe")
    assert mailed.attempt(Channel.POST).provider == "ems", "a watcher carries nothing"


def test_a_watcher_that_refuses_is_noted(set_scene: SetScene, post: Post) -> None:
    other = watcher()
    other.capabilities = Capabilities(Channel.POST, idempotent=True, askable=False, watches=True)
    scene = set_scene(post, other)

    def refuse(message: Message) -> Submission:
        raise Permanent("carrier_not_allowed", detail=message.channel)

    other.submit = refuse  # type: ignore[method-assign]
    scene.open(HOME)
    scene.step(timedelta(days=10))
    assert "carrier_not_allowed" in [event.reason for event in scene.journal()]


def test_a_mail_that_nobody_needs_any_more_is_taken_back(mailed: Scene, post: Post) -> None:
    mail = mailed.attempt(Channel.POST)
    mailed.tell(EventKind.ORDER_CANCELLED, reason="settled")
    mailed.run()
    assert post.cancelled == [(mail.idempotency_key, mail.reference)]
    assert mailed.attempt(Channel.POST).status == AttemptStatus.WITHDRAWN
    assert EventKind.POST_CANCELLED in mailed.kinds()


def test_a_mail_that_the_post_has_is_not_taken_back(mailed: Scene, post: Post) -> None:
    mailed.report(post, EventKind.POSTED, raw_code="203")
    mailed.tell(EventKind.ORDER_CANCELLED, reason="settled")
    mailed.run()
    assert post.cancelled == []
    assert mailed.attempt(Channel.POST).status == AttemptStatus.UNDERWAY


def test_a_recall_that_the_post_refuses_is_noted_and_changes_nothing(mailed: Scene, post: Post) -> None:
    post.refuses = Transient("refused")
    mailed.tell(EventKind.ORDER_CANCELLED, reason="settled")
    mailed.run()
    assert mailed.attempt(Channel.POST).status == AttemptStatus.SUBMITTED
    assert [event.reason for event in mailed.journal()][-1] == "not_recalled"


def test_a_recall_that_finds_nobody_is_tried_again(mailed: Scene, post: Post) -> None:
    post.refuses = Transient("connection_refused")
    mailed.tell(EventKind.ORDER_CANCELLED, reason="settled")
    mailed.run()
    post.refuses = None
    mailed.step(timedelta(minutes=11))
    assert mailed.attempt(Channel.POST).status == AttemptStatus.WITHDRAWN


def test_a_silent_post_is_asked_after_a_day_and_then_daily_and_what_it_says_are_facts(
    set_scene: SetScene, post: Post
) -> None:
    scene = set_scene(post)
    scene.handle(CHECK_TASK, check_hint)
    scene.open(HOME)
    while not post.sent:
        scene.step(timedelta(hours=6))
    handed_over_at = scene.attempt(Channel.POST).submitted_at
    assert handed_over_at is not None
    post.course = (Report(EventKind.POSTED, "203-1", scene.now, reference=post.reference(), raw_code="203"),)
    scene.step(handed_over_at + timedelta(hours=23) - scene.now)
    assert post.asked == [], "nothing can be known of it yet"
    scene.step(timedelta(hours=2))
    assert (len(post.asked), scene.attempt(Channel.POST).status) == (1, AttemptStatus.UNDERWAY)
    for day in range(2, 4):
        scene.step(timedelta(days=1))
        assert len(post.asked) == day
    scene.report(post, EventKind.POST_OUT, raw_code="702")
    scene.step(timedelta(hours=23))
    assert len(post.asked) == 3, "it has been heard of since"


def test_a_post_that_never_pushes_is_asked_once_more_whether_it_took_a_delivery_back(mailed: Scene, post: Post) -> None:
    more = {"recipient_class": "addressee"}
    told = (
        Report(EventKind.POST_DELIVERED, "704-1", mailed.now, reference=post.reference(), raw_code="704", args=more),
    )
    post.course = told
    post.asked.clear()
    mailed.step(timedelta(days=2))
    assert (len(post.asked), mailed.attempt(Channel.POST).status) == (1, AttemptStatus.ARRIVED)
    mailed.step(timedelta(days=2))
    assert len(post.asked) == 1
    void = {"reverses": "704"}
    later = mailed.now
    post.course = (
        *told,
        Report(EventKind.POST_REVERSED, "743", later, reference=post.reference(), raw_code="743", args=void),
    )
    mailed.step(timedelta(days=3))
    assert mailed.attempt(Channel.POST).status == AttemptStatus.SUBMITTED
    asked = len(post.asked)
    mailed.step(timedelta(days=2))
    assert len(post.asked) > asked, "it is asked about daily again"


def test_what_arrived_and_was_not_taken_back_is_asked_about_once(mailed: Scene, post: Post) -> None:
    more = {"recipient_class": "addressee"}
    mailed.report(post, EventKind.POST_DELIVERED, raw_code="704", event_id="1", args=more)
    post.asked.clear()
    for _ in range(4):
        mailed.step(timedelta(days=5))
    assert len(post.asked) == 1


OWN = {
    "name": "云州市白山区人民法院",
    "phone": "0871-1",
    "province": "云东省",
    "city": "云州市",
    "county": "白山区",
    "street": "山路1号",
}


def test_a_court_posts_from_its_own_address_once_it_has_named_one(set_scene: SetScene, post: Post) -> None:
    scene = set_scene(post)
    with scene.runtime.transaction() as session:
        court = session.get_one(Court, scene.court_id)
        assert sender_of(court) is None
        with pytest.raises(RequestError, match="sender_incomplete"):
            set_sender(court, {"name": "X"})
        set_sender(court, OWN)
    scene.open(HOME)
    scene.step(timedelta(days=10))
    (mail,) = post.sent
    assert mail.sender is not None
    assert (mail.sender.name, mail.sender.address.county) == (OWN["name"], OWN["county"])
    with scene.runtime.transaction() as session:
        court = session.get_one(Court, scene.court_id)
        set_sender(court, {})
        assert sender_of(court) is None
