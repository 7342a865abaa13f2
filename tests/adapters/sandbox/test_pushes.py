"""The post's three forms of pushing, as the town speaks them, before our own receivers."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_network

import pytest

from adapters.sandbox.chance import Chance
from adapters.sandbox.parameters import Parameters
from adapters.sandbox.parcels import Postman
from adapters.sandbox.people import Door, DoorState, Place
from adapters.sandbox.pushes import Form, PostAccount, Push, is_acknowledged, push_of
from delivery.domain.errors import InvalidSignature
from delivery.domain.event import EventKind, Report
from tests.adapters.sandbox.court import SIGN_KEY
from tests.adapters.sandbox.settings import START
from webhooks.ems import EmsReceiver, JdptReceiver, LegacyReceiver
from webhooks.receiver import InboundRequest, Receiver

SENDER_NO, JDPT_KEY, SECRET = "1100000000000", "EXAMPLEKEY", "secret-path-0000001"
RECEIVERS: dict[Form, Receiver] = {
    Form.PLATFORM: EmsReceiver((SIGN_KEY,), SENDER_NO),
    Form.JDPT: JdptReceiver((JDPT_KEY,)),
    Form.LEGACY: LegacyReceiver((SECRET,), (ip_network("127.0.0.0/8"),)),
}
URLS = {Form.LEGACY: f"/webhooks/ems_legacy/qinghe/{SECRET}"}


def account(form: Form) -> PostAccount:
    return PostAccount(SENDER_NO, "authorization-0001", SIGN_KEY, "", form, JDPT_KEY)


def inbound(push: Push, form: Form) -> InboundRequest:
    headers = {"Content-Type": push.content_type}
    url = URLS.get(form, f"/webhooks/{form}/qinghe")
    return InboundRequest("POST", url, headers, push.body, received_at=START, remote="127.0.0.1")


def courses(number: int = 40) -> Iterator[list[dict[str, str]]]:
    """What happens to some items, told as the platform tells it; many deliveries are taken back."""
    postman = Postman(Chance(3), Parameters().varied("post_reversed", 60), {})
    door = Door(Place("云岭省", "云州市", "青河区", "学府街2号"), DoorState.RIGHT, "x", in_area=True)
    for index in range(number):
        course = postman.carry(door, f"item{index}", START)
        yield [dict(trace.told(f"{1190000000000 + index}")) for trace in course.traces]


def read(form: Form, course: list[dict[str, str]]) -> list[Report]:
    """Push a course and read it, each request verified and acknowledged."""
    receiver, found, before = RECEIVERS[form], list[Report](), None
    for trace in course:
        request = inbound(push_of(account(form), trace, before, START), form)
        receiver.verify(request)
        found += receiver.event_reports(request)
        assert is_acknowledged(form, receiver.acknowledge(request).body.encode())
        before = trace
    return found


@pytest.mark.parametrize("form", Form)
def test_every_push_is_genuine_read_and_acknowledged(form: Form) -> None:
    told = [report for course in courses() for report in read(form, course)]
    assert not [report for report in told if report.kind is EventKind.UNRECOGNISED]
    assert {EventKind.POSTED, EventKind.POST_OUT, EventKind.POST_DELIVERED, EventKind.POST_REVERSED} <= {
        report.kind for report in told
    }


def test_jdpt_repeats_what_it_said_and_leaves_out_to_whom() -> None:
    for course in courses(10):
        told = read(Form.JDPT, course)
        assert len(told) == 2 * len(course) - 1
        assert len({report.event_id for report in told}) == len(course)
        signed = [report for report in told if report.raw_code == "704"]
        assert all(report.args["recipient_class"] == "unknown" for report in signed)


def test_what_both_forms_tell_in_full_is_the_same_fact() -> None:
    for course in courses(10):
        plain = [trace for trace in course if trace["opCode"] not in {"704", "705"}]
        assert {one.event_id for one in read(Form.JDPT, plain)} == {one.event_id for one in read(Form.PLATFORM, plain)}


def test_the_oldest_form_takes_back_by_naming_what_it_said() -> None:
    taken_back = [report for course in courses() for report in read(Form.LEGACY, course) if "reverses" in report.args]
    assert taken_back
    assert {report.args["reverses"] for report in taken_back} == {"action:10"}


def test_another_key_proves_nothing() -> None:
    (course, *_) = courses(1)
    foreign = replace(account(Form.JDPT), jdpt_key="OTHER", sign_key="TvaBgrhE46sft3nZlfe7xw==")
    for form in (Form.JDPT, Form.PLATFORM):
        with pytest.raises(InvalidSignature):
            RECEIVERS[form].verify(inbound(push_of(replace(foreign, form=form), course[0], None, START), form))


REFUSING: list[Callable[[Form], bool]] = [
    lambda form: is_acknowledged(form, b""),
    lambda form: is_acknowledged(form, b"[]"),
    lambda form: is_acknowledged(form, b'{"code": "B0001"}'),
    lambda form: is_acknowledged(form, b'{"responseState": true, "responseItems": [{"success": false}]}'),
    lambda form: is_acknowledged(form, b'{"success": "0", "failmailnums": "119"}'),
]


@pytest.mark.parametrize("form", Form)
def test_anything_else_is_no_acknowledgement(form: Form) -> None:
    assert not [refusing for refusing in REFUSING if refusing(form)]
