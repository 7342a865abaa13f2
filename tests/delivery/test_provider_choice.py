"""Several providers of one channel: the court's order, and who takes over; and texts written by template for them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from delivery.domain.errors import Misconfigured, Transient
from delivery.domain.event import Channel, EventKind
from delivery.domain.order import AttemptStatus
from delivery.linking import hashed
from delivery.message_checking import check_code
from delivery.provider_choice import SETTING, first_open, next_open, ways_out
from delivery.providers import Capabilities
from delivery.store.courts import Court, Installation
from delivery.store.links import ServiceLink
from delivery.store.orders import attempts_of
from tests.delivery.scene import MOBILE, Carrier, Fault, Scene, mail_relay

LIMITED = Transient("rate_limited")


def carrier(name: str, *, templated: bool = True) -> Carrier:
    return Carrier(name, Capabilities(Channel.SMS, idempotent=False, askable=False, templated=templated))


@pytest.fixture
def scene(tables_url: str, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tables_url, f"file://{tmp_path / 'blobs'}", (carrier("beta"), carrier("alpha"), mail_relay()))
    yield scene
    scene.close()


def prefer(scene: Scene, *names: str) -> None:
    with scene.runtime.transaction() as session:
        session.get_one(Court, scene.court_id).settings = {SETTING: {"sms": list(names)}}


def moves(scene: Scene) -> list[tuple[str, str, str]]:
    """Who took over from whom, and why."""
    facts = [event for event in scene.journal() if event.body["reason"] == "provider_changed"]
    return [(event.args["from"], event.args["to"], event.args["why"]) for event in facts]


def test_the_alphabet_decides_unless_the_court_does() -> None:
    providers = {name: carrier(name) for name in ("beta", "alpha")} | {"mails": mail_relay()}
    assert ways_out(providers, Channel.SMS) == ("alpha", "beta")
    assert ways_out(providers, Channel.SMS, ["beta", "gamma", "mails"]) == ("beta",)
    assert ways_out(providers, Channel.SMS, []) == ()
    assert ways_out(providers, Channel.EMAIL) == ("mails",)


@given(
    ways=st.lists(st.sampled_from("abcdef"), unique=True),
    current=st.sampled_from("abcdefg"),
    closed=st.sets(st.sampled_from("abcdef")),
)
def test_who_takes_over_is_open_and_another(ways: list[str], current: str, closed: set[str]) -> None:
    other = next_open(ways, current, closed)
    able = set(ways) - closed - {current}
    assert (other in able) if able else other == ""
    first = first_open(ways, closed)
    assert first in (set(ways) - closed or set(ways) or {""})


def test_in_a_circle_everybody_gets_a_turn() -> None:
    assert [next_open("abc", way, ()) for way in "abc"] == ["b", "c", "a"]


def test_a_text_by_template_is_kept_as_it_will_be_read(scene: Scene) -> None:
    scene.open(MOBILE)
    scene.run()
    (message,) = scene.carriers["alpha"].sent
    template = message.template
    assert template is not None
    assert (template.court, template.name, template.signature) == ("qinghe", "e_service.zh", "云州市青河区人民法院")
    assert list(template.variables) == ["a", "b", "c", "d"]
    assert all(0 < len(value) <= 6 and value.isalnum() for value in template.variables.values())
    first, second, third, fourth = template.variables.values()
    assert message.text.startswith("【云州市青河区人民法院】有诉讼文书")
    assert f" http://127.0.0.1:8100/e/{first}-{second} " in message.text
    assert f"核验码{third}-{fourth}" in message.text
    assert "回复1邮寄" in message.text
    assert message.subject == "（2026）云0102民初1号"  # what is kept of the template does not leak into it
    with scene.looking() as session:
        assert session.scalars(select(ServiceLink.token_hash)).all() == [hashed(f"{first}-{second}")]
        assert check_code(session, f"{third}-{fourth}") is not None
        assert attempts_of(session, scene.court_id, scene.order_id)[0].text == message.text


def test_the_registered_signature_may_differ_from_the_name(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        session.get_one(Court, scene.court_id).settings = {"sms_signature": "青河法院"}
    scene.open(MOBILE)
    scene.run()
    (message,) = scene.carriers["alpha"].sent
    assert message.text.startswith("【青河法院】")
    assert message.template is not None
    assert message.template.signature == "青河法院"


def test_the_court_s_first_choice_carries(scene: Scene) -> None:
    prefer(scene, "beta", "alpha")
    scene.open(MOBILE)
    scene.run()
    assert [len(scene.carriers[name].sent) for name in ("alpha", "beta")] == [0, 1]


def test_without_a_way_the_channel_is_passed_over(scene: Scene) -> None:
    prefer(scene, "gamma")
    scene.open(MOBILE)
    scene.run()
    assert scene.attempts(Channel.SMS) == []


def test_a_paused_provider_is_passed_over(scene: Scene) -> None:
    scene.carriers["alpha"].faults.append(Fault(Misconfigured("credentials_refused")))
    scene.open(MOBILE)
    scene.run()
    assert scene.desk() == ["provider_paused"]
    scene.step(timedelta(hours=1))
    assert len(scene.carriers["beta"].sent) == 1
    assert moves(scene) == [("alpha", "beta", "paused")]
    assert scene.attempt(Channel.SMS).tries == 1  # nothing was burnt


def test_a_provider_outside_the_court_s_list_takes_nothing_over(scene: Scene) -> None:
    prefer(scene, "alpha")
    scene.carriers["alpha"].faults.append(Fault(Misconfigured("credentials_refused")))
    scene.open(MOBILE)
    scene.step(timedelta(hours=3))
    assert scene.carriers["beta"].sent == []
    assert scene.attempt(Channel.SMS).status == AttemptStatus.PLANNED


def test_a_provider_that_is_gone_is_replaced(scene: Scene) -> None:
    gone = scene.carriers["alpha"]
    gone.faults.append(Fault(Transient("connection_refused")))
    scene.open(MOBILE)
    scene.run()
    del scene.carriers["alpha"]
    scene.step(timedelta(hours=1))
    assert (len(gone.sent), len(scene.carriers["beta"].sent)) == (0, 1)
    assert scene.desk() == []


def test_a_throttled_text_goes_by_the_other_at_once(scene: Scene) -> None:
    scene.carriers["alpha"].faults.append(Fault(LIMITED))
    scene.open(MOBILE)
    scene.run()
    assert len(scene.carriers["beta"].sent) == 1
    assert moves(scene) == [("alpha", "beta", "rate_limited")]


def test_when_all_are_throttled_it_waits_and_nothing_is_doubled(scene: Scene) -> None:
    for name in ("alpha", "beta"):
        scene.carriers[name].faults.append(Fault(LIMITED))
    scene.open(MOBILE)
    scene.run()
    assert [scene.carriers[name].calls for name in ("alpha", "beta")] == [1, 1]
    scene.step(timedelta(hours=1))
    assert sum(len(one.sent) for one in scene.carriers.values()) == 1
    assert scene.attempt(Channel.SMS).status == AttemptStatus.SUBMITTED


def test_a_later_that_is_no_limit_stays_where_it_is(scene: Scene) -> None:
    scene.carriers["alpha"].faults.append(Fault(Transient("connection_refused")))
    scene.open(MOBILE)
    scene.step(timedelta(hours=1))
    assert (len(scene.carriers["alpha"].sent), moves(scene)) == (1, [])


def test_a_free_text_does_not_go_to_a_carrier_of_templates(tables_url: str, tmp_path: Path) -> None:
    scene = Scene(tables_url, f"file://{tmp_path / 'blobs'}", (carrier("free", templated=False), carrier("strict")))
    prefer(scene, "free")
    scene.carriers["free"].faults.append(Fault(Misconfigured("credentials_refused")))
    scene.open(MOBILE)
    scene.run()
    prefer(scene, "free", "strict")
    scene.step(timedelta(hours=3))
    assert (scene.carriers["strict"].calls, moves(scene)) == (0, [])
    scene.close()


def test_a_text_by_template_goes_freely_too(tables_url: str, tmp_path: Path) -> None:
    scene = Scene(tables_url, f"file://{tmp_path / 'blobs'}", (carrier("free", templated=False), carrier("strict")))
    scene.carriers["free"].faults.append(Fault(LIMITED))
    scene.open(MOBILE)
    scene.run()
    (message,) = scene.carriers["strict"].sent
    assert message.template is not None
    scene.close()


def test_after_a_restore_who_may_have_sent_it_is_not_passed_over(scene: Scene) -> None:
    scene.open(MOBILE)
    with scene.runtime.transaction() as session:
        session.get_one(Installation, 1).restored_at = scene.now + timedelta(minutes=1)
    scene.carriers["alpha"].faults.append(Fault(LIMITED))
    scene.run()
    assert (scene.carriers["beta"].calls, moves(scene)) == (0, [])
    assert EventKind.SUBMITTED not in scene.kinds()
