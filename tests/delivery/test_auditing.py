"""The audit: clean when all is well, and every way in which it may not be is found and named."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from delivery.auditing import audit
from delivery.domain.event import EventKind
from delivery.store.ids import new_id
from delivery.store.inbox import Callback
from delivery.store.tasks import schedule
from tests.delivery.scene import HOME, MOBILE, Scene
from tests.infrastructure.engines import BOTH
from tests.infrastructure.tree import ROOT

ENGINES = BOTH


@pytest.fixture
def lived(scene: Scene) -> Scene:
    """A court where something has happened, and all is well."""
    scene.open(replace(MOBILE, basis="plaintiff_supplied", consent_scope=""), HOME)
    scene.run()
    scene.report(scene.carriers["texts"], EventKind.DELIVERED, detail={"note": "13800138000"})
    scene.run()
    return scene


def _codes(scene: Scene) -> list[str]:
    return [finding.code for finding in audit(scene.runtime)]


def _change(scene: Scene, statement: str, **values: object) -> None:
    with scene.runtime.transaction() as session:
        assert session.connection().execute(text(statement), values).rowcount == 1


def test_a_court_where_all_is_well_is_clean(lived: Scene) -> None:
    assert audit(lived.runtime, blobs=True) == []


def test_one_changed_byte_is_found_and_named(lived: Scene) -> None:
    event = lived.journal()[3]
    altered = event.entry.replace('"v":1', '"v":1 ', 1)
    assert len(altered) == len(event.entry) + 1
    _change(lived, "UPDATE delivery_event SET entry = :entry WHERE hash = :hash", entry=altered, hash=event.hash)

    findings = audit(lived.runtime)
    assert {finding.code for finding in findings} == {"journal_entry_altered", "journal_entry_unreadable"}
    assert all(finding.args["order"] == str(lived.order_id) for finding in findings)
    assert all(finding.args["sequence"] == str(event.sequence) for finding in findings)
    assert str(findings[0]).startswith(f"journal_entry_altered court=qinghe order={lived.order_id} sequence=4 event=")


@pytest.mark.parametrize(
    ("column", "value"),
    [("kind", "signed"), ("provider", "nobody"), ("event_id", "another"), ("hash", "0" * 64)],
)
def test_a_column_that_says_something_else_is_found(lived: Scene, column: str, value: str) -> None:
    event = lived.journal()[2]
    statement = f"UPDATE delivery_event SET {column} = :value WHERE hash = :hash"
    _change(lived, statement, value=value, hash=event.hash)
    findings = audit(lived.runtime)
    assert findings
    assert all(finding.args["sequence"] in {"3", "4"} for finding in findings if "sequence" in finding.args)
    if column != "hash":
        assert [finding.args["column"] for finding in findings] == [column]


def test_an_entry_that_is_gone_is_found(lived: Scene) -> None:
    event = lived.journal()[2]
    _change(lived, "DELETE FROM delivery_event WHERE hash = :hash", hash=event.hash)
    assert {"journal_gap", "journal_chain_broken"} <= set(_codes(lived))


def test_a_forged_entry_that_hashes_well_breaks_the_chain(lived: Scene) -> None:
    from delivery.store.journal import canonical, entry_hash

    event = lived.journal()[2]
    body = json.loads(event.entry) | {"reason": "invented"}
    forged = canonical(body)
    _change(
        lived,
        "UPDATE delivery_event SET entry = :entry, hash = :new WHERE hash = :old",
        entry=forged,
        new=entry_hash(forged),
        old=event.hash,
    )
    findings = audit(lived.runtime)
    assert [finding.code for finding in findings] == ["journal_chain_broken"]
    assert findings[0].args["sequence"] == "4", "the next entry cites what stood there"


def test_the_last_entry_is_held_by_the_order(lived: Scene) -> None:
    lived.tell(EventKind.INFORMATION)
    _change(lived, "DELETE FROM delivery_event WHERE hash = :hash", hash=lived.journal()[-1].hash)
    assert "journal_head_differs" in _codes(lived)


@pytest.mark.parametrize("column", ["content_sealed", "salt"])
def test_a_detail_that_was_changed_is_found(lived: Scene, column: str) -> None:
    with lived.runtime.transaction() as session:
        statement = f"UPDATE event_detail SET {column} = :value"
        session.connection().execute(text(statement), {"value": b"x" * 40})
    assert set(_codes(lived)) & {"detail_does_not_open", "detail_altered"}


def test_an_erased_detail_leaves_the_chain_whole(lived: Scene) -> None:
    with lived.runtime.transaction() as session:
        session.connection().execute(
            text("UPDATE event_detail SET content_sealed = NULL, erased_at = :now"), {"now": "2026-03-02 02:00:00"}
        )
    assert _codes(lived) == []


def test_a_status_that_the_journal_does_not_bear_out_is_found(lived: Scene) -> None:
    with lived.runtime.transaction() as session:
        session.connection().execute(text("UPDATE service_order SET status = 'concluded'"))
    assert "order_status_differs" in _codes(lived)


def _overdue(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        schedule(session, scene.court_id, "noop", new_id(), due_at=scene.now, created_at=scene.now)
    scene.clock.step(timedelta(hours=2))


def _stuck(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        schedule(session, scene.court_id, "noop", new_id(), due_at=scene.now, created_at=scene.now)
        session.flush()
        session.connection().execute(
            text("UPDATE task SET status = 'leased', lease_until = :then WHERE handler = 'noop'"),
            {"then": "2026-01-01 00:00:00"},
        )


def _buried(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        schedule(session, scene.court_id, "noop", new_id(), due_at=scene.now, created_at=scene.now)
        session.flush()
        session.connection().execute(text("UPDATE task SET status = 'buried' WHERE handler = 'noop'"))


def _forgotten(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        session.connection().execute(text("DELETE FROM task"))
        session.connection().execute(text("UPDATE attempt SET status = 'failed'"))


def _nobody_sends(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        session.connection().execute(text("UPDATE attempt SET status = 'planned'"))
        session.connection().execute(text("DELETE FROM task WHERE handler = 'submit_attempt'"))


def _died(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        session.connection().execute(text("UPDATE attempt SET status = 'submitting'"))
        session.connection().execute(text("DELETE FROM task WHERE handler = 'submit_attempt'"))


def _callback(status: str) -> Callable[[Scene], None]:
    def put(scene: Scene) -> None:
        with scene.runtime.transaction() as session:
            session.add(
                Callback(
                    court_id=scene.court_id,
                    provider="texts",
                    received_at=scene.now - timedelta(days=1),
                    status=status,
                    sha256="0" * 64,
                )
            )

    return put


@pytest.mark.parametrize(
    ("mishap", "code"),
    [
        (_overdue, "task_overdue"),
        (_stuck, "lease_stuck"),
        (_buried, "task_buried"),
        (_forgotten, "order_forgotten"),
        (_nobody_sends, "attempt_forgotten"),
        (_died, "attempt_stuck"),
        (_callback("unmatched"), "callback_unmatched"),
        (_callback("malformed"), "callback_malformed"),
        (_callback("waiting"), "callback_unread"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_what_should_have_happened_and_did_not_is_named(
    lived: Scene, mishap: Callable[[Scene], None], code: str
) -> None:
    mishap(lived)
    assert code in _codes(lived)


def test_a_stored_paper_that_is_gone_or_altered_is_found(lived: Scene) -> None:
    (court, sha256) = next(lived.runtime.blobs.names())
    lived.runtime.blobs.put_sealed(court, sha256, b"k001" + b"x" * 60)
    assert [finding.code for finding in audit(lived.runtime, blobs=True)] == ["blob_altered"]


def test_every_finding_is_explained() -> None:
    told = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    codes = {
        code
        for module in ("auditing", "journal_checking")
        for code in re.findall(
            r"""(?:_found|_named)\(\s*f?"([a-z_]+)"|\("([a-z]+_[a-z]+)", \(Task""",
            (ROOT / "delivery" / f"{module}.py").read_text(encoding="utf-8"),
        )
        for code in code
        if code
    } | {"attempt_stuck", "attempt_forgotten", "callback_unmatched", "callback_malformed"}
    assert len(codes) > 15
    assert sorted(code for code in codes - {"callback_"} if f"`{code}`" not in told) == []
