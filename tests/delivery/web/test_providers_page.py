"""The page of providers says how each stands, since when and why, who takes over, and what waits."""

from datetime import timedelta

import pytest

from delivery.data_gates import approve, today_of
from delivery.domain.data_gate import Approval
from delivery.domain.event import Channel
from delivery.provider_health import pause_provider, throttle
from delivery.provider_reading import Health, standings
from delivery.providers import Capabilities
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.courts import Court, Installation
from tests.delivery.scene import Carrier as AbroadCarrier
from tests.delivery.web.conftest import SignInAs
from tests.delivery.web.court_life import Carrier, CourtLife


def stands(runtime: Runtime, life: CourtLife, name: str) -> tuple[str, str]:
    """Its health, and who takes over."""
    with runtime.reading() as session:
        court = session.get_one(Court, life.court_id)
        one = next(one for one in standings(runtime, session, court, runtime.now()) if one.name == name)
        return one.condition.health, one.instead


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("限速", "发送过快", "接替", "最近成功")),
        ("en", ("Spared until", "too fast", "takes over", "Last taken")),
    ],
)
def test_a_throttled_provider_is_shown_with_who_takes_over(
    life: CourtLife, runtime: Runtime, sign_in_as: SignInAs, language: str, words: tuple[str, ...]
) -> None:
    runtime.providers = {**runtime.providers, "aliyun": Carrier("aliyun", Channel.SMS)}
    with runtime.transaction() as session:
        throttle(session, life.court_id, "twilio", timedelta(minutes=25), runtime.now())
    page = sign_in_as(Role.SUPERVISOR, language=language).look("/providers").text
    for word in words:
        assert word in page
    assert stands(runtime, life, "twilio") == (Health.THROTTLED, "aliyun")
    assert stands(runtime, life, "aliyun") == (Health.READY, "")


def test_whoever_may_not_resume_sees_no_button(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    with runtime.transaction() as session:
        throttle(session, life.court_id, "twilio", timedelta(minutes=25), runtime.now())
    clerk, supervisor = sign_in_as(Role.CLERK), sign_in_as(Role.SUPERVISOR)
    assert "/providers/twilio/resume" not in clerk.look("/providers").text
    assert "/providers/twilio/resume" in supervisor.look("/providers").text
    assert supervisor.send("/providers/twilio/resume").status_code == 303
    assert stands(runtime, life, "twilio") == (Health.READY, "")


def test_each_health_is_told_apart(life: CourtLife, runtime: Runtime) -> None:
    far = AbroadCarrier("far", Capabilities(Channel.SMS, idempotent=False, askable=False, abroad=True))
    runtime.providers = {**runtime.providers, "far": far}
    with runtime.transaction() as session:
        session.get_one(Installation, 1).sandbox = False
        pause_provider(session, life.court_id, "ems", "credentials_refused", runtime.now())
        pause_provider(session, life.court_id, "gone", "gone_not_configured", runtime.now())
    assert stands(runtime, life, "ems") == (Health.PAUSED, "")
    assert stands(runtime, life, "gone") == (Health.PAUSED, "")
    assert stands(runtime, life, "smtp") == (Health.READY, "")
    assert stands(runtime, life, "far") == (Health.BARRED, "twilio")
    with runtime.transaction() as session:
        court = session.get_one(Court, life.court_id)
        today = today_of(court, runtime.now())
        approve(court, Approval("far", "高级人民法院", "1", today, today, "admin", runtime.now()))
    assert stands(runtime, life, "far") == (Health.READY, "")
