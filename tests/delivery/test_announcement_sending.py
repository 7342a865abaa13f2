"""On the way to the case system: the schedule, what ends it, one id through death and replay, two secrets at once."""

from datetime import timedelta

import pytest

from delivery.announcer import Heard, Request
from delivery.domain.announcement import SCHEDULE, EventType
from delivery.domain.errors import Conflict
from delivery.store.announcements import AnnouncementDelivery
from delivery.subscribing import (
    disable_endpoint,
    enable_endpoint,
    endpoint_to_change,
    replay_one,
    replay_since,
    rotate_secret,
    send_test,
)
from tests.delivery.announced import (
    ADMINISTRATOR,
    CaseSystem,
    deliveries,
    listening,
    secrets_in_force,
    state_of,
    tries,
    verifies,
)
from tests.delivery.scene import MOBILE, Died, Scene

SECOND = timedelta(seconds=1)


@pytest.fixture
def system() -> CaseSystem:
    return CaseSystem()


def _open_and_run(scene: Scene) -> None:
    scene.open(MOBILE)
    scene.run()


def test_every_try_keeps_id_and_text_and_comes_on_its_day(scene: Scene, system: CaseSystem) -> None:
    listening(scene, system, EventType.ORDER_OPENED)
    system.always = Heard(500)
    start = scene.now
    _open_and_run(scene)
    expected = start
    for number, pause in enumerate(SCHEDULE[1:-1], start=1):
        expected += pause
        scene.run_until(expected - SECOND)
        assert len(system.heard) == number
        scene.run_until(expected)
        assert len(system.heard) == number + 1
    assert len(set(system.ids)) == 1
    assert len({request.body for request in system.heard}) == 1
    assert [made.status for made in tries(scene)] == [500] * 9


def test_an_endpoint_that_fails_for_days_is_disabled_and_the_desk_is_told(scene: Scene, system: CaseSystem) -> None:
    endpoint_id = listening(scene, system, EventType.ORDER_OPENED)
    system.always = Heard(0, "connection_refused")
    _open_and_run(scene)
    scene.step(timedelta(days=2, hours=23))
    assert state_of(scene, endpoint_id) == ("active", "")
    scene.step(timedelta(hours=5))
    assert len(system.heard) == len(SCHEDULE)
    assert state_of(scene, endpoint_id) == ("disabled", "failing")
    assert scene.desk().count("webhook_disabled") == 1
    assert [one.status for one in deliveries(scene)] == ["stopped"]
    heard = len(system.heard)
    scene.step(timedelta(days=10))
    assert len(system.heard) == heard


def test_one_success_in_between_keeps_an_endpoint(scene: Scene, system: CaseSystem) -> None:
    endpoint_id = listening(scene, system, EventType.ORDER_OPENED)
    system.always = Heard(500)
    _open_and_run(scene)
    scene.step(timedelta(days=1))
    system.say(204)
    with scene.runtime.transaction() as session:
        found = endpoint_to_change(session, scene.court_id, endpoint_id)
        send_test(session, found, by=ADMINISTRATOR, now=scene.now)
    scene.run()
    scene.step(timedelta(days=4))
    assert state_of(scene, endpoint_id) == ("active", "")
    assert sorted(one.status for one in deliveries(scene)) == ["delivered", "failed"]


def test_a_success_ends_it(scene: Scene, system: CaseSystem) -> None:
    listening(scene, system, EventType.ORDER_OPENED)
    system.say(500, 302, 404)
    _open_and_run(scene)
    scene.step(timedelta(days=4))
    assert [made.status for made in tries(scene)] == [500, 302, 404, 204]
    (delivery,) = deliveries(scene)
    assert (delivery.status, delivery.next_at) == ("delivered", None)


def test_gone_is_gone(scene: Scene, system: CaseSystem) -> None:
    endpoint_id = listening(scene, system)
    system.say(410)
    _open_and_run(scene)
    scene.step(timedelta(days=1))
    assert len(system.heard) == 1
    assert state_of(scene, endpoint_id) == ("disabled", "gone")
    assert "webhook_disabled" in scene.desk()


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_asks_for_time_gets_it(scene: Scene, system: CaseSystem, status: int) -> None:
    endpoint_id = listening(scene, system, EventType.ORDER_OPENED)
    system.answers.append(Heard(status, retry_after=timedelta(minutes=20)))
    start = scene.now
    _open_and_run(scene)
    assert [one.next_at for one in deliveries(scene)] == [start + timedelta(minutes=20)]
    scene.run_until(start + timedelta(minutes=10))
    with scene.runtime.transaction() as session:
        found = endpoint_to_change(session, scene.court_id, endpoint_id)
        send_test(session, found, by=ADMINISTRATOR, now=scene.now)
    scene.run_until(start + timedelta(minutes=20) - SECOND)
    assert len(system.heard) == 1, "not even with something else"
    scene.run_until(start + timedelta(minutes=20))
    assert sorted(system.types) == ["order.opened", "order.opened", "webhook.test"]
    assert {one.status for one in deliveries(scene)} == {"delivered"}


def test_an_endpoint_that_hangs_costs_a_few_tries_not_one_for_each_announcement(
    scene: Scene, system: CaseSystem
) -> None:
    endpoint_id = listening(scene, system)
    system.always = Heard(0, "timed_out")
    with scene.runtime.transaction() as session:
        found = endpoint_to_change(session, scene.court_id, endpoint_id)
        for _ in range(30):
            send_test(session, found, by=ADMINISTRATOR, now=scene.now)
    scene.step(timedelta(seconds=4))
    assert len(system.heard) == 1
    scene.step(timedelta(minutes=30))
    assert len(system.heard) < 15
    system.always = Heard(204)
    scene.step(timedelta(hours=1))
    assert {one.status for one in deliveries(scene)} == {"delivered"}


def test_a_worker_that_dies_after_sending_sends_the_same_again(scene: Scene, system: CaseSystem) -> None:
    listening(scene, system, EventType.ORDER_OPENED)
    system.answers.append(Died())
    scene.open(MOBILE)
    with pytest.raises(Died):
        scene.run("mortal")
    with scene.runtime.transaction() as session:
        for task in scene.tasks("leased"):
            session.merge(task).lease_until = scene.runtime.machine_now() - SECOND
    scene.run("another")

    assert len(system.heard) == 2
    assert len(set(system.ids)) == 1
    assert [(made.status, made.fault) for made in tries(scene)] == [(0, "interrupted"), (204, "")]
    (delivery,) = deliveries(scene)
    assert (delivery.status, delivery.tries) == ("delivered", 0)


def test_a_late_failure_of_a_worker_that_lost_its_lease_changes_nothing(scene: Scene, system: CaseSystem) -> None:
    """It hangs; meanwhile another has the delivery and it arrives."""
    listening(scene, system, EventType.ORDER_OPENED)
    outer = system

    class Slow(CaseSystem):
        """Hears, and while it thinks the lease runs out."""

        def post(self, _request: Request) -> Heard:
            scene.runtime.announcer = outer
            with scene.runtime.transaction() as session:
                for task in scene.tasks("leased"):
                    session.merge(task).lease_until = scene.runtime.machine_now() - SECOND
            scene.run("another")
            return Heard(0, "timed_out")

    scene.runtime.announcer = Slow()
    scene.open(MOBILE)
    scene.run("slow")
    scene.step(timedelta(hours=1))
    assert len(system.heard) == 1
    assert [(made.status, made.fault) for made in tries(scene)] == [(0, "timed_out"), (204, "")]
    assert [one.status for one in deliveries(scene)] == ["delivered"]


def test_after_a_rotation_either_secret_verifies_for_a_day(scene: Scene, system: CaseSystem) -> None:
    endpoint_id = listening(scene, system)

    def tested() -> None:
        with scene.runtime.transaction() as session:
            found = endpoint_to_change(session, scene.court_id, endpoint_id)
            send_test(session, found, by=ADMINISTRATOR, now=scene.now)
        scene.run()

    first, none = secrets_in_force(scene, endpoint_id)
    assert none is None
    tested()
    with scene.runtime.transaction() as session:
        rotate_secret(
            session, endpoint_to_change(session, scene.court_id, endpoint_id), by=ADMINISTRATOR, now=scene.now
        )
    second, before = secrets_in_force(scene, endpoint_id)
    assert before == first != second
    tested()
    scene.step(timedelta(hours=24))
    tested()
    assert [(verifies(one, first), verifies(one, second)) for one in system.heard] == [
        (True, False),
        (True, True),
        (False, True),
    ]
    assert secrets_in_force(scene, endpoint_id) == (second, None), "the old one is not kept"


def test_a_disabled_endpoint_hears_nothing_and_can_have_all_that_it_missed(scene: Scene, system: CaseSystem) -> None:
    endpoint_id = listening(scene, system, EventType.ORDER_OPENED)
    with scene.runtime.transaction() as session:
        found = endpoint_to_change(session, scene.court_id, endpoint_id)
        disable_endpoint(session, found, by=ADMINISTRATOR, now=scene.now)
    _open_and_run(scene)
    assert system.heard == []
    assert scene.desk().count("webhook_disabled") == 0, "a person wanted it so"
    with scene.runtime.transaction() as session:
        found = endpoint_to_change(session, scene.court_id, endpoint_id)
        with pytest.raises(Conflict, match="webhook_is_disabled"):
            replay_since(session, found, scene.now - SECOND, by=ADMINISTRATOR, now=scene.now)
        enable_endpoint(session, found, by=ADMINISTRATOR, now=scene.now)
        assert replay_since(session, found, scene.now + SECOND, by=ADMINISTRATOR, now=scene.now) == 0
        assert replay_since(session, found, scene.now, by=ADMINISTRATOR, now=scene.now) == 1
    scene.run()
    assert system.types == ["order.opened"]


def test_enabling_settles_what_lies_on_the_desk(scene: Scene, system: CaseSystem) -> None:
    endpoint_id = listening(scene, system, EventType.ORDER_OPENED)
    system.say(410)
    _open_and_run(scene)
    assert "webhook_disabled" in scene.desk()
    with scene.runtime.transaction() as session:
        enable_endpoint(
            session, endpoint_to_change(session, scene.court_id, endpoint_id), by=ADMINISTRATOR, now=scene.now
        )
    assert "webhook_disabled" not in scene.desk()
    assert state_of(scene, endpoint_id) == ("active", "")


def test_a_replay_has_the_old_id_and_begins_the_schedule_anew(scene: Scene, system: CaseSystem) -> None:
    listening(scene, system, EventType.ORDER_OPENED)
    _open_and_run(scene)
    (delivery,) = deliveries(scene)
    system.say(500)
    with scene.runtime.transaction() as session:
        replay_one(session, scene.court_id, delivery.id, by=ADMINISTRATOR, now=scene.now)
    scene.run()
    with scene.runtime.transaction() as session, pytest.raises(Conflict, match="webhook_on_its_way"):
        replay_one(session, scene.court_id, delivery.id, by=ADMINISTRATOR, now=scene.now)
    scene.step(timedelta(seconds=5))
    assert len(system.heard) == 3
    assert len(set(system.ids)) == 1
    assert [one.status for one in deliveries(scene)] == ["delivered"]


def test_an_old_task_does_not_send_beside_a_replay(scene: Scene, system: CaseSystem) -> None:
    """One that was stopped leaves its task behind; that one has lost its turn."""
    endpoint_id = listening(scene, system, EventType.ORDER_OPENED)
    system.say(500, 500)
    _open_and_run(scene)
    scene.step(timedelta(seconds=5))
    with scene.runtime.transaction() as session:
        found = endpoint_to_change(session, scene.court_id, endpoint_id)
        disable_endpoint(session, found, by=ADMINISTRATOR, now=scene.now)
        enable_endpoint(session, found, by=ADMINISTRATOR, now=scene.now)
        replay_since(session, found, scene.now - timedelta(hours=1), by=ADMINISTRATOR, now=scene.now)
    system.say(500, 500, 500)
    scene.run()
    scene.step(timedelta(minutes=5))
    heard = len(system.heard)
    assert heard == 4
    with scene.looking() as session:
        (row,) = session.query(AnnouncementDelivery).all()
        assert (row.tries, row.status) == (2, "waiting")
