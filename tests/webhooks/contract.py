"""What every receiver must do, whoever calls: instantiate it with a receiver and a maker of genuine requests.

For any request at all the only outcomes of `verify` are a return and `InvalidSignature`; for any verified one the only
outcomes of `event_reports` are reports and `MalformedCallback`.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from delivery.domain.errors import InvalidSignature, MalformedCallback
from delivery.domain.event import EventKind, Report
from webhooks.receiver import InboundRequest, Receiver

RECEIVED_AT = datetime(2026, 3, 5, 3, 0, tzinfo=UTC)
HEADER_TEXT = st.text(max_size=80)
_SETTINGS = settings(
    # The sender has no state, and every receiver runs the same properties: both are meant.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    deadline=None,
    max_examples=150,
    database=None,
)


class Sender(Protocol):
    """A provider's side: makes genuine requests, and knows the receiver that must take them."""

    @property
    def receiver(self) -> Receiver:
        """A receiver whose newest secret is `new`, and which still takes `old`."""

    def request(self, code: str = ..., *, proof: str = "new") -> InboundRequest:
        """Make a genuine request that reports this code, proved with a secret that is new, old or foreign."""

    def signature_headers(self) -> tuple[str, ...]:
        """Name the headers that carry the proof; none when it lies in address or body."""

    def codes(self) -> Mapping[str, EventKind]:
        """Give every code that the provider documents, and what it must become."""

    def malformed(self) -> list[InboundRequest]:
        """Make genuine requests whose content is not of the documented form."""


class ReceiverContract:
    """The suite. A subclass gives the fixture `sender`."""

    def test_a_genuine_request_is_read(self, sender: Sender) -> None:
        request = sender.request()
        sender.receiver.verify(request)
        (report,) = sender.receiver.event_reports(request)
        assert report.event_id
        assert len(report.event_id) <= 200
        assert report.occurred_at.tzinfo is not None
        answer = sender.receiver.acknowledge(request)
        assert 200 <= answer.status < 300

    def test_the_previous_secret_is_still_taken(self, sender: Sender) -> None:
        sender.receiver.verify(sender.request(proof="old"))

    def test_a_foreign_secret_is_refused(self, sender: Sender) -> None:
        with pytest.raises(InvalidSignature):
            sender.receiver.verify(sender.request(proof="foreign"))

    def test_a_changed_body_is_refused_or_says_the_same(self, sender: Sender) -> None:
        """A proof in the address (a secret path) says nothing of the body; every other proof covers it."""
        request = sender.request()
        changed = replace(request, body=request.body.replace(b"0", b"1"))
        if sender.signature_headers():
            with pytest.raises(InvalidSignature):
                sender.receiver.verify(changed)

    def test_a_request_without_proof_is_refused(self, sender: Sender) -> None:
        for name in sender.signature_headers():
            request = sender.request()
            bare = {key: value for key, value in request.headers.items() if key.lower() != name.lower()}
            with pytest.raises(InvalidSignature):
                sender.receiver.verify(replace(request, headers=bare))

    def test_a_repeated_request_is_the_same_report(self, sender: Sender) -> None:
        first, second = sender.request(), sender.request()
        second = replace(second, received_at=RECEIVED_AT + timedelta(hours=1))
        assert _ids(sender.receiver.event_reports(first)) == _ids(sender.receiver.event_reports(second))

    def test_different_codes_are_different_reports(self, sender: Sender) -> None:
        ids = [_ids(sender.receiver.event_reports(sender.request(code))) for code in sender.codes()]
        assert len({one for some in ids for one in some}) == sum(map(len, ids))

    def test_every_code_becomes_what_the_table_says(self, sender: Sender) -> None:
        found = {code: sender.receiver.event_reports(sender.request(code))[0].kind for code in sender.codes()}
        assert found == sender.codes()

    def test_an_unknown_code_is_shown_and_never_guessed(self, sender: Sender) -> None:
        request = sender.request("no-such-code")
        sender.receiver.verify(request)
        (report,) = sender.receiver.event_reports(request)
        assert report.kind is EventKind.UNRECOGNISED

    def test_order_does_not_matter(self, sender: Sender) -> None:
        requests = [sender.request(code) for code in sender.codes()]
        forwards = [sender.receiver.event_reports(one) for one in requests]
        backwards = [sender.receiver.event_reports(one) for one in reversed(requests)]
        assert forwards == backwards[::-1]

    def test_malformed_content_is_malformed(self, sender: Sender) -> None:
        for request in sender.malformed():
            sender.receiver.verify(request)
            with pytest.raises(MalformedCallback):
                sender.receiver.event_reports(request)

    def test_codes_hold_no_personal_data(self, sender: Sender) -> None:
        for code in sender.codes():
            for report in sender.receiver.event_reports(sender.request(code)):
                shown = f"{report.event_id} {report.raw_code} {report.reason} {dict(report.args)}"
                assert not [word for word in ("13900000001", "王五", "lilei") if word in shown]

    @_SETTINGS
    @given(value=HEADER_TEXT)
    def test_junk_in_the_proof_is_refused(self, sender: Sender, value: str) -> None:
        for name in sender.signature_headers():
            request = sender.request()
            junk = {**{key: text for key, text in request.headers.items() if key.lower() != name.lower()}, name: value}
            with pytest.raises(InvalidSignature):
                sender.receiver.verify(replace(request, headers=junk))

    @settings(_SETTINGS, max_examples=40)
    @given(headers=st.dictionaries(HEADER_TEXT, HEADER_TEXT, max_size=6))
    def test_junk_beside_a_genuine_proof_is_verified_or_refused(self, sender: Sender, headers: dict[str, str]) -> None:
        request = sender.request()
        with suppress(InvalidSignature):
            sender.receiver.verify(replace(request, headers={**headers, **request.headers}))
            sender.receiver.verify(replace(request, headers={**request.headers, **headers}))

    @_SETTINGS
    @given(
        method=st.sampled_from(["GET", "POST", "PUT", ""]),
        url=st.one_of(st.text(), st.text().map("/webhooks/x?".__add__), st.text().map("https://[".__add__)),
        headers=st.dictionaries(HEADER_TEXT, HEADER_TEXT, max_size=4),
        content_type=st.sampled_from(["application/x-www-form-urlencoded", "application/json", "", "text/plain"]),
        body=st.one_of(st.binary(), st.text().map(str.encode), st.just(b"[" * 20_000), st.just(b"a=1&" * 500)),
    )
    def test_junk_from_anybody_is_refused(
        self, sender: Sender, method: str, url: str, headers: dict[str, str], content_type: str, body: bytes
    ) -> None:
        request = InboundRequest(method, url, {**headers, "Content-Type": content_type}, body, received_at=RECEIVED_AT)
        with pytest.raises(InvalidSignature):
            sender.receiver.verify(request)

    @_SETTINGS
    @given(body=st.one_of(st.binary(), st.text().map(str.encode)), content_type=HEADER_TEXT)
    def test_junk_that_was_verified_is_read_or_malformed(self, sender: Sender, body: bytes, content_type: str) -> None:
        request = replace(sender.request(), body=body, headers={"Content-Type": content_type})
        try:
            reports = sender.receiver.event_reports(request)
        except MalformedCallback:
            return
        assert all(isinstance(report, Report) for report in reports)


def _ids(reports: list[Report]) -> list[str]:
    return [report.event_id for report in reports]
