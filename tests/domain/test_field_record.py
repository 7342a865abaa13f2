"""Records of phones: read whatever they hold, verified by their key, put into their chain, and told by five clocks."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.domain.errors import BadValue
from delivery.domain.field_bytes import canonical, is_canonical
from delivery.domain.field_chain import (
    Link,
    doubts_of_clock,
    doubts_of_ticket,
    happened_at,
    is_signed,
    kept_key,
    place_in_chain,
)
from delivery.domain.field_record import FIRST, Doubt, Record, RecordKind, read
from delivery.domain.field_ticket import issue
from tests.mobile_upload.phone import Key, capture

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
KEY = Key()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcé", max_size=3), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


def told(**more: object) -> dict[str, Any]:
    """A whole record, as JSON."""
    return {
        "v": 1, "record_id": str(UUID(int=7)), "device_id": str(UUID(int=8)), "seq": 1, "prev": FIRST,
        "kind": "report", "visit": str(UUID(int=9)), "ticket": None, "made_at": NOW.isoformat(),
        "clocks": {"device_at": NOW.isoformat(), "monotonic_ms": 12.5, "server_offset_ms": None},
        "report": {"result": "nobody_home"}, "captures": [capture()], "sheet": None, "packet": None,
        "situation": "nobody_home", "excuse": None, **more,
    }  # fmt: skip


def record(**more: object) -> Record:
    return read(canonical(told(**more)))


@given(json_values)
@settings(max_examples=50)
def test_what_we_write_is_canonical_and_nothing_else_that_says_the_same(value: Any) -> None:  # noqa: ANN401 -- JSON
    raw = canonical(value)
    assert is_canonical(raw)
    spaced = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(", ", ":")).encode()
    assert is_canonical(spaced) == (spaced == raw)


@pytest.mark.parametrize(
    ("raw", "right"),
    [
        (b'{"a":1e-7,"b":0.000001}', True),  # as browsers spell them; Python would not
        (b'{"b":1,"a":2}', False),
        (b'{"a":1,"a":1}', False),
        (b'{"a": 1}', False),
        (b'{"a":"\\u00e9"}', False),
        ('{"a":"é\\u001f"}'.encode(), True),
        (b'{"a":NaN}', False),
        (b"[" * 100_000, False),
        (b"\xff", False),
    ],
)
def test_canonical_bytes(raw: bytes, right: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert is_canonical(raw) is right


def test_a_record_reads_as_it_was_made() -> None:
    found = record()
    assert (found.kind, found.seq, found.malformed, found.canonical) == (RecordKind.REPORT, 1, False, True)
    assert (found.made_at, found.clocks.monotonic_ms, found.clocks.server_offset_ms) == (NOW, 12.5, None)
    assert found.captures[0].content["samples"][0]["lat"] == 31.2
    assert found.sha256 == hashlib.sha256(found.raw).hexdigest()


@pytest.mark.parametrize("raw", [b"", b"x", b"[]", b"{}", b'{"record_id":7}', b'{"record_id":"x"}', b"[" * 90_000])
def test_only_what_cannot_be_told_from_noise_is_refused(raw: bytes) -> None:
    with pytest.raises(BadValue, match="record_malformed"):
        read(raw)


def test_a_record_is_at_most_256_kilobytes() -> None:
    limit = 256 * 1024
    padding = "x" * (limit - len(canonical(told(note=""))))
    assert len(record(note=padding).raw) == limit
    with pytest.raises(BadValue, match="record_too_large"):
        record(note=padding + "x")


@given(st.sampled_from(sorted(told())), json_values)
@settings(max_examples=50)
def test_any_member_may_be_anything(name: str, value: Any) -> None:  # noqa: ANN401 -- JSON
    if name == "record_id":
        return
    found = record(**{name: value})
    assert found.id == UUID(int=7)
    assert isinstance(found.malformed, bool)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "gift"}, {"device_id": "x"}, {"seq": 0}, {"seq": True}, {"seq": 2**31}, {"prev": "x"}, {"visit": 1},
        {"made_at": "2026-03-02T08:00:00"}, {"made_at": "soon"}, {"clocks": []}, {"clocks": {"monotonic_ms": 1e300}},
        {"report": []}, {"captures": {}}, {"captures": [1]}, {"captures": [{"capture_id": str(UUID(int=1))}]},
        {"packet": 0}, {"situation": "x" * 81}, {"ticket": "x" * 2001},
    ],
)  # fmt: skip
def test_what_is_not_of_its_form_is_left_out_and_said(wrong: dict[str, Any]) -> None:
    assert record(**wrong).malformed


def test_two_captures_of_one_id_are_one() -> None:
    one = capture()
    found = record(captures=[one, one | {"role": "wide"}])
    assert [(item.role, found.malformed) for item in found.captures] == [("near", True)]


def test_a_signature_holds_for_its_bytes_and_its_key_alone() -> None:
    raw, kept = record().raw, kept_key(KEY.jwk)
    good = KEY.sign(raw)
    assert is_signed(raw, good, kept)
    assert not is_signed(raw + b" ", good, kept)
    assert not is_signed(raw, Key().sign(raw), kept)
    for bad in ("", "é", "AAAA", good[:-2], good + "AA", "A" * 86):
        assert not is_signed(raw, bad, kept)


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"}, {"crv": "P-384"}, {"x": "AAAA"}, {"y": "é"}, {"x": KEY.jwk["y"]}, {"d": KEY.jwk["x"]}, {"y": 1},
    ],
)  # fmt: skip
def test_a_key_is_a_public_point_on_the_curve(change: dict[str, object]) -> None:
    with pytest.raises(BadValue, match="device_key_malformed"):
        kept_key(KEY.jwk | change)
    assert json.loads(kept_key({**KEY.jwk, "ext": True, "key_ops": []})) == KEY.jwk


@given(st.integers(2, 8), st.data())
@settings(max_examples=40)
def test_a_chain_shows_what_was_left_out_changed_or_slipped_in(length: int, data: st.DataObject) -> None:
    chain: list[Record] = []
    for seq in range(1, length + 1):
        prev = chain[-1].sha256 if chain else FIRST
        chain.append(record(seq=seq, prev=prev, record_id=str(uuid4())))
    links = {one.seq: Link(one.seq or 0, one.sha256) for one in chain}
    for one in chain:
        assert place_in_chain(one, links.get((one.seq or 0) - 1), number_taken=False) == frozenset()
    at = data.draw(st.integers(1, length - 1))
    after, changed = chain[at], replace(chain[at - 1], raw=chain[at - 1].raw + b" ")
    assert place_in_chain(after, None, number_taken=False) == {Doubt.GAP}
    assert place_in_chain(after, Link(at, changed.sha256), number_taken=False) == {Doubt.CHAIN_BROKEN}
    assert Doubt.NUMBER_TWICE in place_in_chain(after, links[at], number_taken=True)


def test_the_first_record_begins_the_chain() -> None:
    assert place_in_chain(record(prev="1" * 64), None, number_taken=False) == {Doubt.CHAIN_BROKEN}
    assert place_in_chain(record(seq=None), None, number_taken=False) == {Doubt.CHAIN_BROKEN}


TICKET = issue(
    task=UUID(int=9), court=UUID(int=1), server=UUID(int=2), device=UUID(int=8), nonce="0" * 32, address="",
    now=NOW - timedelta(hours=2),
)  # fmt: skip


@pytest.mark.parametrize(
    ("hours_off", "offset_hours", "doubts", "at"),
    [
        (0, None, set(), NOW),
        (24, None, {Doubt.CLOCK_AHEAD}, NOW),
        (-24, None, {Doubt.CLOCK_BEHIND}, TICKET.issued_at),
        (24, -24, set(), NOW),  # the phone had learnt how wrong it is
        (-24, 24, set(), NOW),
        (-1, None, set(), NOW - timedelta(hours=1)),
        (0.05, None, set(), NOW),
    ],
)
def test_five_clocks_say_when_it_was(
    hours_off: float, offset_hours: float | None, doubts: set[Doubt], at: datetime
) -> None:
    made_at = (NOW + timedelta(hours=hours_off)).isoformat()
    offset = None if offset_hours is None else offset_hours * 3_600_000
    found = record(made_at=made_at, clocks={"device_at": made_at, "server_offset_ms": offset})
    assert doubts_of_clock(found, NOW, TICKET) == doubts
    assert happened_at(None, found, NOW, TICKET) == at
    assert happened_at(NOW + timedelta(days=1), found, NOW, TICKET) == NOW


def test_a_clock_beyond_all_days_harms_nobody() -> None:
    found = record(clocks={"server_offset_ms": 9e14})
    assert happened_at(None, found, NOW, TICKET) == NOW


@pytest.mark.parametrize(
    ("changes", "made_at", "received_at", "doubts"),
    [
        ({}, NOW, NOW, set()),
        ({"device": UUID(int=5)}, NOW, NOW, {Doubt.TICKET_FOREIGN}),
        ({"task": UUID(int=5)}, NOW, NOW, {Doubt.TICKET_FOREIGN}),
        ({}, TICKET.expires_at, NOW + timedelta(days=2), {Doubt.TICKET_EXPIRED}),
        ({}, NOW, TICKET.expires_at + timedelta(days=7), {Doubt.TICKET_LATE}),
    ],
)
def test_a_ticket_is_for_its_visit_its_phone_and_its_day(
    changes: dict[str, Any], made_at: datetime, received_at: datetime, doubts: set[Doubt]
) -> None:
    assert doubts_of_ticket(record(), replace(TICKET, **changes), made_at, received_at) == doubts
