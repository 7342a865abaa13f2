"""A court whose data must stay starts with no provider abroad and is served by none, unless somebody approved it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from delivery.cli.command_line import Equipment, Replayed, run
from delivery.data_gates import (
    DataMustStay,
    approvals_of,
    approve,
    check_data_stays,
    end_approval,
)
from delivery.domain.data_gate import Approval
from delivery.domain.errors import NotFound, Transient
from delivery.domain.event import Channel
from delivery.domain.order import AttemptStatus
from delivery.providers import Capabilities
from delivery.store.courts import Court, Installation
from tests.delivery.scene import MOBILE, MORNING, Carrier, Fault, Scene, mail_relay
from tests.delivery.test_geocoding import Map

ABROAD = Capabilities(Channel.SMS, idempotent=False, askable=False, abroad=True)
INSIDE = Capabilities(Channel.SMS, idempotent=False, askable=False)
DAY = date(2026, 3, 2)
GIVEN = Approval("far", "高级人民法院", "2026-17", DAY, DAY + timedelta(days=30), "admin", MORNING)


@pytest.fixture
def scene(tables_url: str, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tables_url, f"file://{tmp_path / 'blobs'}", (Carrier("far", ABROAD), mail_relay()))
    with scene.runtime.transaction() as session:
        session.get_one(Installation, 1).sandbox = False
    yield scene
    scene.close()


def record(scene: Scene, approval: Approval = GIVEN) -> None:
    with scene.runtime.transaction() as session:
        approve(session.get_one(Court, scene.court_id), approval)


def starts(scene: Scene) -> None:
    with scene.runtime.reading() as session:
        check_data_stays(scene.runtime, session)


def test_a_start_is_refused_by_one_message_that_names_court_provider_and_what_to_do(scene: Scene) -> None:
    scene.runtime.settings = replace(scene.runtime.settings, storage_abroad="eu-central-1")
    with pytest.raises(DataMustStay) as refused:
        starts(scene)
    for part in ("court qinghe: far", "storage (eu-central-1)", "approve-abroad"):
        assert part in str(refused.value)
    record(scene)
    record(scene, replace(GIVEN, provider="storage"))
    starts(scene)
    scene.clock.step_to(scene.now + timedelta(days=40))
    with pytest.raises(DataMustStay, match="far"):
        starts(scene)


def test_a_geocoder_abroad_is_named_too(scene: Scene) -> None:
    record(scene)
    scene.runtime.geocoder = Map(deque(), abroad=True)
    with pytest.raises(DataMustStay, match="qinghe: map lies"):
        starts(scene)
    record(scene, replace(GIVEN, provider="map"))
    starts(scene)


def test_a_court_elsewhere_and_a_sandbox_start(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        session.get_one(Court, scene.court_id).time_zone = "Asia/Hong_Kong"
    starts(scene)
    with scene.runtime.transaction() as session:
        session.get_one(Court, scene.court_id).time_zone = "Asia/Shanghai"
    with pytest.raises(DataMustStay):
        starts(scene)
    with scene.runtime.transaction() as session:
        session.get_one(Installation, 1).sandbox = True
    starts(scene)


def test_what_was_approved_and_ended_stays_to_be_read(scene: Scene) -> None:
    record(scene)
    ended_at = MORNING + timedelta(hours=1)
    with scene.runtime.transaction() as session:
        end_approval(session.get_one(Court, scene.court_id), "far", ended_at)
    with scene.runtime.reading() as session:
        court = session.get_one(Court, scene.court_id)
        assert approvals_of(court) == [replace(GIVEN, ended_at=ended_at)]
        with pytest.raises(NotFound):
            end_approval(court, "far", ended_at)


def test_a_channel_without_another_provider_is_passed_over_and_the_desk_says_so(scene: Scene) -> None:
    scene.open(MOBILE)
    scene.run()
    assert scene.carriers["far"].sent == []
    assert scene.attempts(Channel.SMS) == []
    assert "data_must_stay" in scene.desk()
    assert "data_must_stay" in {tier.skipped_reason for tier in scene.tiers()} | {
        event.body["reason"] for event in scene.journal()
    }


def test_what_was_planned_under_an_approval_that_ended_waits_or_goes_by_another(scene: Scene) -> None:
    record(scene)
    scene.carriers["far"].faults.append(Fault(Transient("connection_refused")))
    scene.open(MOBILE)
    scene.run()
    assert scene.attempt(Channel.SMS).status == AttemptStatus.PLANNED
    with scene.runtime.transaction() as session:
        end_approval(session.get_one(Court, scene.court_id), "far", scene.now)
    scene.step(timedelta(hours=1))
    assert scene.carriers["far"].sent == []
    assert "data_must_stay" in scene.desk()
    scene.carriers["near"] = near = Carrier("near", INSIDE)
    scene.step(timedelta(hours=1))
    assert len(near.sent) == 1
    moved = [event.args["why"] for event in scene.journal() if event.body["reason"] == "provider_changed"]
    assert moved == ["data_must_stay"]


def test_an_operator_approves_ends_and_reads_on_the_command_line(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    def songda(*arguments: str) -> int:
        equipment = Equipment(lambda: scene.runtime, lambda: None, lambda _court, _provider: Replayed(0, 0))
        return run([*arguments, "--court", "qinghe"], equipment)

    paper = ("--approved-by", "省高级人民法院", "--reference", "2026-17")
    assert songda("approve-abroad", "nobody", *paper, "--until", "2026-12-31") != 0
    assert songda("approve-abroad", "far", *paper, "--until", "2026-03-01") != 0
    with pytest.raises(DataMustStay):
        starts(scene)
    assert songda("approve-abroad", "far", *paper, "--until", "2026-12-31") == 0
    starts(scene)
    capsys.readouterr()
    assert songda("approvals") == 0
    told = capsys.readouterr().out
    for part in ("must stay", "far", "2026-03-02 to 2026-12-31", "省高级人民法院", "2026-17", "recorded by"):
        assert part in told
    assert songda("end-approval", "far") == 0
    assert songda("end-approval", "far") != 0
    with pytest.raises(DataMustStay):
        starts(scene)
    assert songda("approvals") == 0
    assert "ended" in capsys.readouterr().out
