"""A recipient whose link has expired asks for a new one: a clerk sends it with one press, once, served or not."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from delivery.desk_work import resolve_item
from delivery.domain.errors import Conflict
from delivery.domain.event import Channel, EventKind
from delivery.domain.order import AttemptStatus, OrderStatus
from delivery.link_identity import Refusal, check_identity
from delivery.linking import LIFETIME, hashed
from delivery.order_life import cancel_order
from delivery.store.desk import DeskItem
from delivery.store.links import link_by_token
from delivery.store.parties import Address
from tests.delivery.scene import MOBILE, Scene

TOKEN = re.compile(r"/e/([\w-]+)")


@pytest.fixture
def asked(scene: Scene) -> Scene:
    """Somebody proved who they are behind a link that had expired."""
    scene.open(MOBILE)
    scene.run()
    found = TOKEN.search(scene.carriers["texts"].sent[0].text)
    assert found is not None
    scene.clock.step(LIFETIME + timedelta(days=1))
    for _ in range(2):
        with scene.runtime.transaction() as session:
            link = link_by_token(session, hashed(found[1]))
            assert link is not None
            admitted = check_identity(
                session, link, digits="002X", role="recipient", now=scene.now, machine_now=scene.runtime.machine_now()
            )
        assert admitted.refusal is Refusal.RENEWAL_ASKED
    return scene


def press(scene: Scene, action: str = "send_link") -> None:
    with scene.runtime.transaction() as session:
        item_id: UUID = session.scalars(select(DeskItem.id).where(DeskItem.kind == "link_expired")).one()
        resolve_item(
            scene.runtime,
            session,
            scene.court_id,
            item_id,
            action=action,
            reason="",
            by=None,
            roles=frozenset({"clerk"}),
            now=scene.now,
        )


def test_one_press_sends_one_new_link_that_opens(asked: Scene) -> None:
    texts = asked.carriers["texts"]
    before = len(texts.sent)
    press(asked)
    with pytest.raises(Conflict):
        press(asked)
    asked.run()

    assert len(texts.sent) == before + 1
    assert texts.sent[-1].to == MOBILE.value
    assert len({message.idempotency_key for message in texts.sent}) == len(texts.sent)
    fresh = TOKEN.search(texts.sent[-1].text)
    assert fresh is not None
    with asked.looking() as session:
        link = link_by_token(session, hashed(fresh[1]))
        assert link is not None
        assert link.expires_at == asked.now + LIFETIME
    assert "link_expired" not in asked.desk()
    assert [event.reason for event in asked.journal()].count("new_link_sent") == 1


def test_whoever_was_served_gets_a_new_link_too(asked: Scene) -> None:
    asked.change(lambda _, order: setattr(order, "status", OrderStatus.CONCLUDED))
    before = len(asked.carriers["texts"].sent)
    press(asked)
    asked.run()
    assert len(asked.carriers["texts"].sent) == before + 1
    assert EventKind.SUBMITTED in asked.kinds()
    assert asked.attempts(Channel.SMS)[-1].status == AttemptStatus.SUBMITTED
    assert asked.order().status == OrderStatus.CONCLUDED


def test_nothing_goes_where_the_recipient_is_no_longer(asked: Scene) -> None:
    with asked.runtime.transaction() as session:
        session.scalars(select(Address)).one().standing = "not_theirs"
    with pytest.raises(Conflict) as refused:
        press(asked)
    assert refused.value.code == "link_went_nowhere"
    assert "link_expired" in asked.desk()
    assert "new_link_sent" not in [event.reason for event in asked.journal()]


def test_a_cancelled_order_sends_no_link(asked: Scene) -> None:
    asked.change(lambda session, order: cancel_order(session, order, reason="settled", by=None, now=asked.now))
    with pytest.raises(Conflict) as refused:
        press(asked)
    assert refused.value.code == "order_has_moved_on"
