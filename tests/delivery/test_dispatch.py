"""Sending: exactly what was written down, at most once, and honest about what nobody knows."""

from datetime import UTC, datetime, timedelta

import pytest

from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, Transient
from delivery.domain.event import Channel, EventKind
from delivery.domain.order import AttemptStatus
from delivery.order_life import resume_provider, resume_sending, stop_sending
from delivery.providers import Message, Submission
from delivery.store.courts import Court
from tests.delivery.conftest import SetScene
from tests.delivery.scene import EMAIL, HOME, MOBILE, Carrier, Died, Fault, Scene, mail_relay, post_office, text_carrier

LEASE = timedelta(minutes=2)


def _after_death(scene: Scene) -> None:
    """Let the dead worker's lease run out, and another worker come."""
    with scene.runtime.transaction() as session:
        for task in scene.tasks("leased"):
            merged = session.merge(task)
            merged.lease_until = scene.runtime.machine_now() - timedelta(seconds=1)
    scene.run("another")


def _run_into_death(scene: Scene) -> None:
    with pytest.raises(Died):
        scene.run("mortal")


def test_an_attempt_is_sent_once_and_its_exact_words_are_kept(scene: Scene) -> None:
    scene.open(MOBILE)
    scene.run()

    (message,) = scene.carriers["texts"].sent
    attempt = scene.attempt(Channel.SMS)
    assert attempt.status == AttemptStatus.SUBMITTED
    assert message.to == "+8613800138000"
    with scene.looking() as session:
        session.add(attempt)
        assert attempt.text == message.text
    scene.step(timedelta(hours=3))
    assert len(scene.carriers["texts"].sent) == 1
    assert scene.kinds().count(EventKind.SUBMITTED) == 1


def test_sure_refusals_are_tried_again_with_growing_pauses(scene: Scene) -> None:
    texts = scene.carriers["texts"]
    texts.faults.extend([Fault(Transient("busy")), Fault(Transient("busy", retry_after=timedelta(minutes=7)))])
    scene.open(MOBILE)
    start = scene.now

    scene.run()
    assert texts.calls == 1
    scene.run_until(start + timedelta(minutes=2))
    assert texts.calls == 2
    scene.run_until(start + timedelta(minutes=8))
    assert texts.calls == 2, "the carrier named a pause of seven minutes"
    scene.run_until(start + timedelta(minutes=9))

    assert texts.calls == 3
    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED


def test_endless_refusals_end_in_failure_and_the_ladder_goes_on(scene: Scene) -> None:
    scene.carriers["texts"].faults.extend([Fault(Transient("busy"))] * 20)
    scene.open(MOBILE, HOME)
    scene.step(timedelta(hours=5))

    attempt = scene.attempt(Channel.SMS)
    assert (attempt.status, attempt.reason) == (AttemptStatus.FAILED, "gave_up")
    assert scene.tiers()[-1].tier == "visit"
    assert scene.carriers["texts"].sent == []


def test_an_address_that_will_not_work_escalates_at_once_and_is_remembered(scene: Scene) -> None:
    scene.carriers["texts"].faults.append(Fault(Permanent("unknown_number", detail="21211")))
    scene.open(MOBILE, HOME)
    scene.run()

    assert scene.attempt(Channel.SMS).reason == "unknown_number"
    assert scene.order().tier == "visit"
    scene.open(MOBILE, case_number="（2026）云0102民初2号")
    scene.run()
    assert scene.attempts(Channel.SMS) == [], "the number is dead in every case"


def test_wrong_credentials_pause_the_provider_and_burn_nothing(scene: Scene) -> None:
    texts = scene.carriers["texts"]
    texts.faults.append(Fault(Misconfigured("credentials_refused")))
    scene.open(MOBILE)
    scene.run()
    scene.step(timedelta(hours=4))

    attempt = scene.attempt(Channel.SMS)
    assert (attempt.status, attempt.tries, texts.calls) == (AttemptStatus.PLANNED, 0, 1)
    assert scene.desk() == ["provider_paused"]

    with scene.runtime.transaction() as session:
        resume_provider(session, scene.court_id, "texts", now=scene.now)
    scene.run()
    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED
    assert len(texts.sent) == 1
    assert scene.desk() == []


def test_a_provider_that_is_gone_is_paused_not_guessed(scene: Scene) -> None:
    scene.carriers["texts"].faults.append(Fault(Transient("busy", retry_after=timedelta(hours=1))))
    scene.open(MOBILE)
    scene.run()
    providers = scene.runtime.providers
    assert isinstance(providers, dict)
    texts = providers.pop("texts")

    scene.step(timedelta(hours=2))
    assert scene.attempt(Channel.SMS).status == AttemptStatus.PLANNED
    assert scene.desk() == ["provider_paused"]

    providers["texts"] = texts
    with scene.runtime.transaction() as session:
        resume_provider(session, scene.court_id, "texts", now=scene.now)
    scene.run()
    assert len(texts.sent) == 1


@pytest.mark.parametrize("taken", [True, False])
def test_unknown_outcomes_are_asked_and_settled(scene: Scene, taken: bool) -> None:  # noqa: FBT001 -- a parameter
    texts = scene.carriers["texts"]
    texts.faults.append(Fault(OutcomeUnknown("timed_out"), taken=taken))
    scene.open(MOBILE)
    scene.run()
    assert scene.attempt(Channel.SMS).status == AttemptStatus.UNKNOWN
    assert scene.desk() == ["outcome_unknown"]

    scene.step(timedelta(minutes=5))
    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED
    assert len(texts.sent) == 1
    assert scene.desk() == []


def test_an_outcome_may_be_unknown_twice(scene: Scene) -> None:
    texts = scene.carriers["texts"]
    texts.faults.extend([Fault(OutcomeUnknown("timed_out")), Fault(OutcomeUnknown("timed_out"))])
    scene.open(MOBILE)
    scene.step(timedelta(minutes=30))

    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED
    assert scene.kinds().count(EventKind.OUTCOME_UNKNOWN) == 2
    assert len(texts.sent) == 1


def test_a_question_that_fails_never_sends_again(scene: Scene) -> None:
    texts = scene.carriers["texts"]
    texts.faults.append(Fault(OutcomeUnknown("timed_out"), taken=True))
    texts.ask_faults.extend([Transient("busy"), Misconfigured("credentials_refused"), OutcomeUnknown("timed_out")])
    scene.open(MOBILE)
    scene.step(timedelta(hours=1))

    assert len(texts.sent) == 1
    assert texts.calls == 1
    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED
    assert "outcome_unknown" not in scene.desk()


def test_what_cannot_be_asked_stays_unknown_on_the_desk_and_the_ladder_goes_on(set_scene: SetScene) -> None:
    scene = set_scene(mail_relay(), post_office())
    mails = scene.carriers["mails"]
    mails.faults.append(Fault(OutcomeUnknown("connection_lost"), taken=True))
    scene.open(EMAIL, HOME)
    scene.run()

    assert scene.attempt(Channel.EMAIL).status == AttemptStatus.UNKNOWN
    assert scene.desk() == ["outcome_unknown"]
    scene.step(timedelta(days=7))
    assert mails.calls == 1
    assert scene.order().tier == "visit"


def test_what_a_person_did_with_a_mail_counts_though_nobody_could_say_whether_it_left(scene: Scene) -> None:
    mails = scene.carriers["mails"]
    mails.faults.append(Fault(OutcomeUnknown("connection_lost"), taken=True))
    scene.open(EMAIL)
    scene.run()
    attempt = scene.attempt(Channel.EMAIL)
    assert (attempt.status, scene.order().outcome) == (AttemptStatus.UNKNOWN, "NOT_SERVED")
    scene.tell(EventKind.ACKNOWLEDGED, attempt, args={"role": "recipient"})
    scene.run()
    assert scene.order().outcome == "SERVED"


@pytest.mark.parametrize("kind", [EventKind.FAILED, EventKind.ACKNOWLEDGED])
def test_what_answers_the_question_takes_it_off_the_desk(set_scene: SetScene, kind: EventKind) -> None:
    scene = set_scene(mail_relay(), post_office())
    scene.carriers["mails"].faults.append(Fault(OutcomeUnknown("connection_lost"), taken=True))
    scene.open(EMAIL, HOME)
    scene.run()
    assert "outcome_unknown" in scene.desk()
    scene.tell(kind, scene.attempt(Channel.EMAIL))
    assert scene.attempt(Channel.EMAIL).status != AttemptStatus.UNKNOWN
    assert "outcome_unknown" not in scene.desk()


def test_an_idempotent_provider_gets_the_same_key_again(set_scene: SetScene) -> None:
    scene = set_scene(post_office())
    post = scene.carriers["ems"]
    post.faults.append(Fault(OutcomeUnknown("timed_out"), taken=True))
    scene.open(HOME)
    scene.step(timedelta(days=14))

    assert post.calls == 2
    assert len(post.sent) == 1
    assert scene.attempt(Channel.POST).status == AttemptStatus.SUBMITTED
    assert "outcome_unknown" not in scene.desk()


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize(
    ("carrier", "expected"),
    [
        (text_carrier(idempotent=True), AttemptStatus.SUBMITTED),
        (text_carrier(askable=True), AttemptStatus.SUBMITTED),
        (text_carrier(askable=False), AttemptStatus.UNKNOWN),
    ],
    ids=["idempotent", "askable", "neither"],
)
def test_what_a_dead_worker_left_is_settled_without_a_second_message(
    set_scene: SetScene,
    carrier: Carrier,
    expected: AttemptStatus,
    taken: bool,  # noqa: FBT001 -- a parameter
) -> None:
    mine = Carrier(carrier.name, carrier.capabilities)
    scene = set_scene(mine)
    mine.faults.append(Fault(Died(), taken=taken))
    scene.open(MOBILE)
    _run_into_death(scene)
    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTING

    _after_death(scene)
    scene.step(timedelta(minutes=10))

    assert scene.attempt(Channel.SMS).status == expected
    assert len(mine.sent) == (1 if expected is AttemptStatus.SUBMITTED or taken else 0)
    assert ("outcome_unknown" in scene.desk()) == (expected is AttemptStatus.UNKNOWN)


def test_a_result_after_a_lost_lease_is_a_late_fact(set_scene: SetScene) -> None:
    carrier = text_carrier(askable=False)
    scene = set_scene(carrier)
    carrier.meanwhile = lambda: _after_death(scene)
    scene.open(MOBILE)
    scene.run("slow")

    assert len(carrier.sent) == 1
    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED, "the slow worker's answer came in after all"
    assert EventKind.OUTCOME_UNKNOWN in scene.kinds()
    assert scene.desk() == []


def test_a_late_sure_refusal_lets_the_same_attempt_go_again(set_scene: SetScene) -> None:
    carrier = text_carrier(askable=False)
    scene = set_scene(carrier)
    carrier.meanwhile = lambda: _after_death(scene)
    carrier.faults.append(Fault(Transient("busy")))
    scene.open(MOBILE)
    scene.run("slow")
    scene.step(timedelta(minutes=10))

    assert len(carrier.sent) == 1
    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED


def test_a_worker_that_lost_its_lease_makes_none_of_its_other_calls(set_scene: SetScene) -> None:
    """The first call takes so long that another worker takes over what was claimed together with it."""
    carrier = text_carrier(askable=False)
    scene = set_scene(carrier)
    for number in (11, 12, 13):
        scene.open(MOBILE, case_number=f"（2026）云0102民初{number}号")

    def much_later() -> None:
        late = scene.runtime.machine_now() + LEASE * 2
        scene.clock.machine = lambda: late
        scene.run("another")

    carrier.meanwhile = much_later
    scene.run("first")

    # Nothing but the call in hand was begun, so the other worker could make the two others, and each went out once.
    assert len(carrier.sent) == len({message.attempt_id for message in carrier.sent}) == 3
    assert scene.desk() == []


def test_nothing_leaves_while_all_sending_is_stopped(scene: Scene) -> None:
    scene.open(MOBILE)
    with scene.runtime.transaction() as session:
        stop_sending(session.get_one(Court, scene.court_id), reason="drill", now=scene.now)
    scene.step(timedelta(hours=5))
    assert scene.carriers["texts"].calls == 0

    with scene.runtime.transaction() as session:
        resume_sending(session, session.get_one(Court, scene.court_id), now=scene.now)
    scene.step(timedelta(hours=1))
    assert len(scene.carriers["texts"].sent) == 1


def test_a_delayed_text_does_not_leave_at_night(scene: Scene) -> None:
    texts = scene.carriers["texts"]
    texts.faults.append(Fault(Transient("busy", retry_after=timedelta(hours=13))))
    scene.open(MOBILE)
    scene.step(timedelta(hours=22))
    assert texts.calls == 1, "22:00 to 7:00 in court"

    scene.step(timedelta(hours=1, minutes=1))
    assert len(texts.sent) == 1


def test_the_key_of_an_attempt_follows_from_its_place_in_the_ladder(set_scene: SetScene) -> None:
    scene = set_scene(text_carrier(), mail_relay())
    scene.open(MOBILE, EMAIL)
    scene.run()

    keys = [attempt.idempotency_key for attempt in scene.attempts()]
    assert len(set(keys)) == len(keys) == 2
    assert all(len(key) == 36 for key in keys)


@pytest.mark.parametrize("askable", [True, False])
def test_a_second_task_for_the_same_attempt_takes_no_living_worker_for_dead(
    set_scene: SetScene,
    askable: bool,  # noqa: FBT001 -- a parameter
) -> None:
    carrier = text_carrier(askable=askable)
    scene = set_scene(carrier)
    carrier.faults.append(Fault(Transient("busy", retry_after=timedelta(minutes=10))))
    scene.open(MOBILE)
    scene.run()
    for due in (0, 1):
        with scene.runtime.transaction() as session:
            resume_provider(session, scene.court_id, "texts", now=scene.now + timedelta(seconds=due))

    def another_worker_comes() -> None:
        scene.clock.step(timedelta(seconds=1))
        scene.run("another")

    carrier.meanwhile = another_worker_comes
    scene.step(timedelta(minutes=20))

    assert len(carrier.sent) == 1
    assert scene.kinds().count(EventKind.OUTCOME_UNKNOWN) == 0
    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED


def test_a_clock_put_forward_in_the_middle_of_a_call_sends_nothing_twice(set_scene: SetScene) -> None:
    texts = text_carrier()
    scene = set_scene(texts)
    scene.open(MOBILE)
    submit = texts.submit
    asked: list[Message] = []

    def slowly(message: Message) -> Submission:
        if not asked:
            asked.append(message)
            scene.clock.machine = lambda: datetime.now(UTC) + timedelta(hours=1)
            scene.run("who finds that the lease ran out")
        return submit(message)

    texts.submit = slowly  # type: ignore[method-assign]  # the same carrier, but slower
    scene.run()
    scene.step(timedelta(minutes=10))
    assert len(texts.sent) == 1
    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED
    assert scene.desk() == []
