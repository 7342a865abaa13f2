"""Twilio's receiver for calls: statuses, keys, recordings, and what is said next."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from adapters.twilio import SIGNATURE_HEADER, Algorithm, sign
from adapters.twilio_codes import ANSWERED_BY, CALL_STATUSES
from delivery.domain.errors import InvalidSignature
from delivery.domain.event import Channel, EventKind
from delivery.providers import Capabilities
from delivery.recordings import fetch_recording
from delivery.store.courts import Court
from delivery.store.evidence import Evidence
from delivery.store.orders import ServiceOrder
from delivery.store.parties import Address, AddressBasis, AddressConfirmation
from delivery.tracking import record_report
from tests.delivery.conftest import SetScene
from tests.delivery.scene import HOME, MOBILE, Carrier, Scene
from tests.webhooks.contract import RECEIVED_AT, ReceiverContract
from webhooks.receiver import InboundRequest
from webhooks.twilio import TwilioReceiver
from webhooks.twilio_voice import TwilioVoiceReceiver

BASE = "https://court.example"
HOOK = "/webhooks/twilio_voice/qinghe"
KEY = "0195a000-0000-7000-8000-000000000001"
SID = "CA" + "0" * 32
SECRETS = {"new": "token-new", "old": "token-old", "foreign": "token-foreign"}
RECEIVER = TwilioVoiceReceiver(TwilioReceiver(BASE, ("token-new", "token-old")))
CALL = {"AccountSid": "AC" + "a" * 32, "CallSid": SID, "From": "+14155550100", "To": "+8613900000001"}
TABLES = json.loads((Path(__file__).parents[1] / "adapters" / "vectors" / "twilio_tables.json").read_text("utf-8"))


def called(fields: Mapping[str, str], *, proof: str = "new", step: str = "", key: str = KEY) -> InboundRequest:
    path = f"{HOOK}?{urlencode({'key': key, **({'step': step} if step else {})})}"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        SIGNATURE_HEADER: sign(BASE + path, fields, SECRETS[proof]),
    }
    return InboundRequest("POST", path, headers, urlencode(fields).encode(), received_at=RECEIVED_AT)


class VoiceSender:
    """Twilio's side."""

    receiver = RECEIVER

    def request(self, code: str = "busy", *, proof: str = "new") -> InboundRequest:
        status, _, answered_by = code.partition("/")
        more = {"AnsweredBy": answered_by} if answered_by else {}
        return called({**CALL, "CallStatus": status, **more}, proof=proof)

    def signature_headers(self) -> tuple[str, ...]:
        return (SIGNATURE_HEADER,)

    def codes(self) -> Mapping[str, EventKind]:
        ends = {f"completed/{by}" if by else "completed": kind for by, kind in ANSWERED_BY.items()}
        return {**CALL_STATUSES, **ends, "completed/robot": EventKind.UNRECOGNISED}

    def malformed(self) -> list[InboundRequest]:
        return [called({}), called({"CallSid": SID}), called({"CallStatus": "busy"})]


@pytest.fixture
def sender() -> VoiceSender:
    return VoiceSender()


class TestContract(ReceiverContract):
    """The suite, for calls."""


def test_every_code_of_the_tables_is_known() -> None:
    statuses = {status.partition(" ")[0] for status in TABLES["call_status"]} - {"completed"}
    assert statuses <= set(CALL_STATUSES)
    assert set(TABLES["call_events"]) - {"completed"} <= set(CALL_STATUSES)
    assert set(TABLES["answered_by"]) <= set(ANSWERED_BY)


def test_the_algorithm_is_ours_to_choose() -> None:
    pinned = TwilioVoiceReceiver(TwilioReceiver(BASE, ("token-new",), Algorithm.HMAC_SHA256))
    with pytest.raises(InvalidSignature):
        pinned.verify(called({**CALL, "CallStatus": "busy"}))


def test_voicemail_reached_nobody(sender: VoiceSender) -> None:
    (report,) = RECEIVER.event_reports(sender.request("completed/machine_start"))
    assert (report.kind, report.reason) == (EventKind.FAILED, "voicemail")


@pytest.mark.parametrize(
    ("digits", "kind", "choice"),
    [
        ("1", EventKind.INFORMATION, None),
        ("2", EventKind.REPLIED, "call_me"),
        ("3", EventKind.NOT_ME, None),
        ("9", EventKind.INFORMATION, None),
    ],
)
def test_a_key_is_a_hint_of_whoever_holds_the_telephone(digits: str, kind: EventKind, choice: str | None) -> None:
    (report,) = RECEIVER.event_reports(called({**CALL, "Digits": digits, "CallStatus": "in-progress"}, step="answer"))
    assert (report.kind, report.args.get("choice"), report.args["role"]) == (kind, choice, "holder")


@pytest.mark.parametrize(("status", "count"), [("in-progress", 0), ("completed", 1), ("absent", 1)])
def test_a_recording_is_told_of_when_it_is_ready(status: str, count: int) -> None:
    fields = {**CALL, "RecordingSid": "RE" + "0" * 32, "RecordingStatus": status}
    reports = RECEIVER.event_reports(called(fields, step="recorded"))
    assert len(reports) == count
    assert [bool(report.args.get("recorded")) for report in reports] == [status == "completed"] * count


class Caller(Carrier):
    """A provider of calls that keeps a recording."""

    def recording(self, reference: str) -> tuple[bytes, str]:
        assert reference == "RE" + "0" * 32
        return b"ID3 two voices", "audio/mpeg"


CALLER = Capabilities(Channel.VOICE, idempotent=False, askable=True)


@pytest.fixture
def calling(set_scene: SetScene) -> Scene:
    return make_calling(set_scene)


def make_calling(set_scene: SetScene) -> Scene:
    """A court that calls, recording what is said, in a case in which a confirmed word by telephone would be service."""
    scene = set_scene(Caller("twilio_voice", CALLER))
    scene.handle("fetch_recording", fetch_recording)
    with scene.runtime.transaction() as session:
        session.get_one(Court, scene.court_id).settings = {"record_calls": True}
    scene.open(MOBILE, case_number="（2025）云0102民初9号")
    scene.open(HOME, procedure="summary")
    scene.step(timedelta(days=1, hours=1))
    assert len(scene.carriers["twilio_voice"].sent) == 1
    return scene


def _hear(scene: Scene, request: InboundRequest) -> str:
    """As the inbox does: verify, record, and give what is said next."""
    RECEIVER.verify(request)
    with scene.runtime.transaction() as session:
        for report in RECEIVER.event_reports(request):
            record_report(session, scene.court_id, "twilio_voice", report, scene.now)
    scene.run()
    with scene.runtime.reading() as session:
        answer = RECEIVER.reply(session, request)
    return answer.body if answer is not None else ""


def _ways(scene: Scene, fields: Mapping[str, str], step: str) -> InboundRequest:
    key = scene.attempt(Channel.VOICE).idempotency_key
    return called({**CALL, "CallStatus": "in-progress", **fields}, step=step, key=key)


def test_the_call_says_who_we_are_how_to_check_it_and_no_case(calling: Scene) -> None:
    said = _hear(calling, _ways(calling, {"AnsweredBy": "human"}, "announce"))
    assert said.count("<Say ") == 2
    for part in ("云州市青河区人民法院", "Qinghe District Court", "/s", "1 2 3 6 8", "录音", "recorded", "step=answer"):
        assert part in said
    assert "民初" not in said
    assert "李伟" not in said


def test_a_machine_is_told_nothing(calling: Scene) -> None:
    assert "<Say" not in _hear(calling, _ways(calling, {"AnsweredBy": "machine_start"}, "announce"))


def test_a_stranger_to_us_is_told_nothing(calling: Scene) -> None:
    request = called({**CALL, "CallStatus": "in-progress"}, step="announce", key=str(UUID(int=7)))
    with calling.runtime.reading() as session:
        answer = RECEIVER.reply(session, request)
    assert answer is not None
    assert "<Say" not in answer.body


def test_hearing_again_calling_back_and_not_me(calling: Scene) -> None:
    assert _hear(calling, _ways(calling, {"Digits": "1"}, "answer")).count("<Gather") == 1
    assert "回电" in _hear(calling, _ways(calling, {"Digits": "2"}, "answer"))
    assert calling.desk() == ["call_wanted"]
    assert "不再" in _hear(calling, _ways(calling, {"Digits": "3"}, "answer"))
    with calling.looking() as session:
        assert session.scalars(select(Address.standing).where(Address.kind == "mobile")).all() == ["not_theirs"]


def test_a_recording_is_kept_as_evidence_once(calling: Scene) -> None:
    fields = {"RecordingSid": "RE" + "0" * 32, "RecordingStatus": "completed"}
    for _ in range(2):
        _hear(calling, _ways(calling, fields, "recorded"))
    with calling.looking() as session:
        (kept,) = session.scalars(select(Evidence)).all()
    assert (kept.kind, kept.media_type) == ("call_recording", "audio/mpeg")
    assert calling.runtime.blobs.get(calling.court_id, kept.sha256) == b"ID3 two voices"


def _rights(scene: Scene) -> object:
    """Everything that only a person's word may change."""
    with scene.looking() as session:
        bases = [
            (row.basis, row.consent_scope, row.consent_given_on, row.confirmation_id)
            for row in session.scalars(select(AddressBasis).order_by(AddressBasis.id))
        ]
        forms = len(session.scalars(select(AddressConfirmation)).all())
        outcomes = [order.outcome for order in session.scalars(select(ServiceOrder).order_by(ServiceOrder.id))]
    return bases, forms, outcomes


def test_no_sequence_of_keys_is_consent_or_a_confirmed_address_or_service(set_scene: SetScene) -> None:
    calling = make_calling(set_scene)
    before = _rights(calling)
    endings = ("completed/human", "completed/unknown", "completed", "busy")

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from("0123456789*#"), max_size=6), st.sampled_from(endings), st.booleans())
    def pressed(keys: list[str], ending: str, recorded: bool) -> None:  # noqa: FBT001 - drawn
        _hear(calling, _ways(calling, {"AnsweredBy": "human"}, "announce"))
        for number, key in enumerate(keys):
            sid = f"CA{number}{''.join(keys)}"
            _hear(calling, _ways(calling, {"Digits": key, "CallSid": sid}, "answer"))
        status, _, by = ending.partition("/")
        _hear(calling, _ways(calling, {"CallStatus": status, "CallSid": f"CA{keys}{ending}", "AnsweredBy": by}, ""))
        if recorded:
            fields = {"RecordingSid": "RE" + "0" * 32, "RecordingStatus": "completed"}
            _hear(calling, _ways(calling, fields, "recorded"))
        assert _rights(calling) == before

    pressed()
    calling.step(timedelta(days=30))
    assert _rights(calling) == before
    assert {"SERVED", "PRESUMED"}.isdisjoint({calling.order().outcome})
