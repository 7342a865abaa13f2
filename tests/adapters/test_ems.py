"""China Post's adapter against a local server of the platform's form."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ems import Ems
from adapters.ems_codec import UnopenableBodyError, open_body, seal_body
from adapters.ems_codes import report_of_trace
from adapters.ems_settings import Settings
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, Transient
from delivery.domain.event import Channel, EventKind
from delivery.providers import Message, PostalAddress, Sender
from delivery.settings import Problem
from tests.adapters.contract import ProviderContract, message, told
from tests.adapters.fake_ems import SENDER_NO, SIGN_KEY, FakeEms, answer, ok, trace
from tests.adapters.harness import LocalHarness, Refused
from tests.adapters.local_http import LocalHttp, Told

VECTORS = json.loads((Path(__file__).parent / "vectors" / "chinapost_platform_v2.json").read_text(encoding="utf-8"))
COURT = PostalAddress("云州省", "云州市", "青河区", "法院路1号", "650001")


class EmsHarness(LocalHarness[FakeEms]):
    """The adapter and a local China Post."""

    def __init__(self, server: LocalHttp, post: FakeEms) -> None:
        super().__init__(server, post, REFUSED)
        self.settings = Settings(
            url=f"{server.url}/amp-prod-api/f/amp/api/open",
            sender_no=SENDER_NO,
            authorization="authorization-0001",
            sign_keys=(SIGN_KEY,),
            sender_name="云州市青河区人民法院",
            sender_phone="0871-65550000",
            sender=COURT,
            timeout_seconds=0.4,
        )
        self.provider = Ems(self.settings, self.clock)

    def message(self, key: str = "0195a000-0000-7000-8000-000000000001", **changes: object) -> Message:
        return message(key, **{"channel": Channel.POST, **changes})

    def made(self) -> int:
        return len(self.side.orders)


REFUSED: list[Refused] = [
    (answer("B0001", "李雷 13900000002 地址不可达"), (Transient, "refused")),
    (Told(401), (Misconfigured, "credentials_refused")),
    (Told(404), (Misconfigured, "address_unusable")),
    (Told(302, b"", {"Location": "https://elsewhere.example/"}), (Misconfigured, "redirected")),
    (Told(429, b"", {"Retry-After": "30"}), (Transient, "rate_limited")),
    (Told(408), (Transient, "asked_to_repeat")),
    (Told(422), (Permanent, "refused")),
    (Told(500), (OutcomeUnknown, "server_error")),
    (Told(200, b"<html>"), (OutcomeUnknown, "answer_unreadable")),
    (Told(200, b"[]"), (OutcomeUnknown, "answer_unreadable")),
    (Told(200, b'{"retCode": "00000", "retBody": "{"}'), (OutcomeUnknown, "answer_unreadable")),
    (ok({}), (OutcomeUnknown, "waybill_missing")),
    (ok([]), (OutcomeUnknown, "waybill_missing")),
]


@pytest.fixture
def harness() -> Iterator[EmsHarness]:
    post = FakeEms()
    server = LocalHttp(post)
    with server:
        yield EmsHarness(server, post)


class TestContract(ProviderContract):
    """The suite, for China Post."""


def test_the_order_is_for_papers_to_the_door_with_a_receipt(harness: EmsHarness) -> None:
    assert harness.provider.submit(harness.message()).kind is EventKind.POST_ACCEPTED
    (order,) = harness.side.orders.values()
    assert order == {
        "createdTime": "2026-03-02 09:00:00",
        "ecommerceUserId": "0195a000-0000-7000-8000-0000000000c0",
        "senderNo": SENDER_NO,
        "logisticsOrderNo": "0195a000-0000-7000-8000-000000000001",
        "contentsAttribute": "1",
        "bizProductNo": "1",
        "deliverType": "2",
        "receiptFlag": "2",
        "sender": {
            "name": "云州市青河区人民法院",
            "phone": "087165550000",
            "prov": "云州省",
            "city": "云州市",
            "county": "青河区",
            "address": "法院路1号",
            "postCode": "650001",
        },
        "receiver": {
            "name": "李雷",
            "mobile": "13900000002",
            "prov": "云州省",
            "city": "云州市",
            "county": "青河区",
            "address": "青河路8号",
        },
        "cargos": [
            {"cargoName": "开庭传票", "cargoQuantity": 1},
            {"cargoName": "起诉状副本", "cargoQuantity": 1},
        ],
    }
    assert harness.server.seen[0].form["timeStamp"] == "2026-03-02 09:00:00"


def test_a_court_of_its_own_address_posts_from_there(harness: EmsHarness) -> None:
    own = Sender("云州市白山区人民法院", "0871-65551111", PostalAddress("云州省", "云州市", "白山区", "山路1号"))
    harness.provider.submit(harness.message(sender=own))
    (order,) = harness.side.orders.values()
    assert order["sender"] == {
        "name": "云州市白山区人民法院",
        "phone": "087165551111",
        "prov": "云州省",
        "city": "云州市",
        "county": "白山区",
        "address": "山路1号",
    }


def test_the_label_is_a_pdf_whatever_its_field_is_called(harness: EmsHarness) -> None:
    content = base64.b64encode(b"%PDF-1.7 label").decode()
    for inner in (content, json.dumps({"waybillNo": "1", "label": content}), json.dumps(content)):
        harness.side.refuse = answer("00000", "成功", inner)
        assert harness.provider.label("1000000000001") == b"%PDF-1.7 label"
    harness.side.refuse = ok({"label": "not a document"})
    with pytest.raises(OutcomeUnknown):
        harness.provider.label("1000000000001")


PICTURE = b"\xff\xd8\xff\xe0" + bytes(60) + b"\xff\xd9"


def _keeper(harness: EmsHarness) -> Ems:
    return Ems(replace(harness.settings, slip_api="010010"), harness.clock)


def test_the_picture_of_a_slip_is_what_opens_to_one_whatever_its_field_is_called(harness: EmsHarness) -> None:
    keeper, content = _keeper(harness), base64.b64encode(PICTURE).decode()
    for inner in (content, json.dumps(content), json.dumps({"waybillNo": "1", "items": [{"picture": content}]})):
        harness.side.refuse = answer("00000", "成功", inner)
        assert keeper.slip("1000000000001") == (PICTURE, "image/jpeg")
    assert harness.server.seen[-1].form["apiCode"] == "010010"
    assert json.loads(open_body(harness.server.seen[-1].form["logitcsInterface"], SIGN_KEY)) == {
        "waybillNo": "1000000000001"
    }


def test_a_slip_without_a_picture_is_absent_and_a_cut_one_unreadable(harness: EmsHarness) -> None:
    keeper = _keeper(harness)
    misses: tuple[object, ...] = (None, [], {"waybillNo": "1000000000001", "items": []})
    for nothing in misses:
        harness.side.refuse = ok(nothing, "未查询到")
        assert keeper.slip("1000000000001") is None
    for cut in (PICTURE[:-2], b"<html>" + bytes(90)):
        harness.side.refuse = ok({"picture": base64.b64encode(cut).decode()})
        with pytest.raises(OutcomeUnknown, match="slip_unreadable"):
            keeper.slip("1000000000001")
    harness.side.refuse = answer("B0003", "无此邮件")
    with pytest.raises(Transient, match="refused"):
        keeper.slip("1000000000001")
    large = PICTURE[:4] + bytes(3 << 20) + PICTURE[-2:]
    harness.side.refuse = ok({"picture": base64.b64encode(large).decode()})
    assert keeper.slip("1000000000001") == (large, "image/jpeg")


def test_pictures_are_offered_only_where_the_agreement_names_their_interface(harness: EmsHarness) -> None:
    assert (harness.provider.keeps_slips, _keeper(harness).keeps_slips) == (False, True)


def test_questions_keep_to_the_rate_and_orders_do_not_wait(harness: EmsHarness) -> None:
    for _ in range(60):
        harness.provider.track("1000000000001")
    with pytest.raises(Transient) as caught:
        harness.provider.track("1000000000001")
    assert (caught.value.reason, caught.value.retry_after) == ("rate_limited", timedelta(minutes=1))
    harness.provider.submit(harness.message())
    harness.later(timedelta(minutes=1))
    harness.provider.track("1000000000001")


def test_nothing_leaves_in_clear(harness: EmsHarness) -> None:
    harness.provider.submit(harness.message())
    assert "李雷" not in harness.server.seen[0].body.decode()
    assert "13900000002" not in harness.server.seen[0].body.decode()


def test_no_postal_address_is_refused_without_a_request(harness: EmsHarness) -> None:
    with pytest.raises(Permanent):
        harness.provider.submit(harness.message(postal=None))
    assert harness.server.seen == []


def test_the_time_to_wait_is_passed_on(harness: EmsHarness) -> None:
    harness.side.refuse = Told(429, b"", {"Retry-After": "30"})
    with pytest.raises(Transient) as caught:
        harness.provider.submit(harness.message())
    assert caught.value.retry_after == timedelta(seconds=30)


def test_an_order_is_cancelled_by_both_numbers(harness: EmsHarness) -> None:
    waybill = harness.provider.submit(harness.message()).reference
    harness.provider.cancel("0195a000-0000-7000-8000-000000000001", waybill)
    assert harness.side.cancelled == [waybill]


def test_asked_traces_are_the_same_reports_as_pushed_ones(harness: EmsHarness) -> None:
    assert harness.provider.track("1000000000001") == ()
    harness.side.traces = [trace("702"), trace("704", deliverCode="10", opTime="2026-03-05 11:00:00")]
    assert harness.provider.track("1000000000001") == tuple(report_of_trace(one) for one in harness.side.traces)


def test_a_trace_that_cannot_be_read_hides_none_of_the_others(harness: EmsHarness) -> None:
    good, bad = trace("704", deliverCode="10"), trace("702", opTime="0001-01-01 00:00:00")
    harness.side.traces = [good, bad]
    first, second = harness.provider.track("1000000000001")
    assert (first, second.kind) == (report_of_trace(good), EventKind.UNRECOGNISED)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_sealed_bodies_equal_the_published_ones(case: dict[str, str]) -> None:
    assert seal_body(case["bodyJson"], case["signKey"]) == case["logitcsInterface"]
    assert open_body(case["logitcsInterface"], case["signKey"]) == case["bodyJson"]
    assert open_body(case["logitcsInterface"].replace("+", " "), case["signKey"]) == case["bodyJson"]


@settings(deadline=None)  # the machine may be busy
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_sealing_is_undone_by_opening(text: str) -> None:
    assert open_body(seal_body(text, SIGN_KEY), SIGN_KEY) == text


@settings(deadline=None)  # the machine may be busy
@given(st.one_of(st.text(), st.binary().map(lambda raw: "|$4|" + raw.hex()), st.text().map("|$4|".__add__)))
def test_junk_does_not_open(text: str) -> None:
    with pytest.raises(UnopenableBodyError):
        open_body(text, SIGN_KEY)


def _sealed_without_the_key_text(text: str) -> str:
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.SM4(base64.b64decode(SIGN_KEY)), modes.ECB()).encryptor()  # noqa: S305 - the protocol's
    sealed = encryptor.update(padder.update(text.encode()) + padder.finalize()) + encryptor.finalize()
    return f"|$4|{base64.b64encode(sealed).decode()}"


def test_a_body_without_the_trailing_key_opens_only_as_json() -> None:
    assert open_body(_sealed_without_the_key_text('{"a": 1}'), SIGN_KEY) == '{"a": 1}'
    with pytest.raises(UnopenableBodyError):
        open_body(_sealed_without_the_key_text("a = 1"), SIGN_KEY)
    with pytest.raises(UnopenableBodyError):
        open_body(seal_body('{"a": 1}', SIGN_KEY), "AAECAwQFBgcICQoLDA0ODg==")


def test_settings_name_every_wrong_variable() -> None:
    problems: list[Problem] = []
    environ = {
        "SONGDA_EMS_SENDER_NO": SENDER_NO,
        "SONGDA_EMS_SIGN_KEY": f"{SIGN_KEY}, too-short",
        "SONGDA_EMS_SENDER_NAME": "法院",
        "SONGDA_EMS_URL": "https://user:word@post.example/api",
    }
    assert Settings.from_environ(environ, problems) is None
    assert told(problems) == [
        ("SONGDA_EMS_URL", "must be an address"),
        ("SONGDA_EMS_AUTHORIZATION", "must be set"),
        ("SONGDA_EMS_SIGN_KEY", "must hold keys"),
        ("SONGDA_EMS_SENDER_PHONE", "must be set"),
        ("SONGDA_EMS_SENDER_PROVINCE", "must be set"),
        ("SONGDA_EMS_SENDER_CITY", "must be set"),
        ("SONGDA_EMS_SENDER_COUNTY", "must be set"),
        ("SONGDA_EMS_SENDER_STREET", "must be set"),
    ]


def test_settings_are_complete_with_the_address_of_the_court() -> None:
    environ = {
        "SONGDA_EMS_SENDER_NO": SENDER_NO,
        "SONGDA_EMS_AUTHORIZATION": "authorization-0001",
        "SONGDA_EMS_SIGN_KEY": SIGN_KEY,
        "SONGDA_EMS_SENDER_NAME": "云州市青河区人民法院",
        "SONGDA_EMS_SENDER_PHONE": "0871-65550000",
        "SONGDA_EMS_SENDER_PROVINCE": "云州省",
        "SONGDA_EMS_SENDER_CITY": "云州市",
        "SONGDA_EMS_SENDER_COUNTY": "青河区",
        "SONGDA_EMS_SENDER_STREET": "法院路1号",
        "SONGDA_EMS_SENDER_POSTCODE": "650001",
    }
    settings = Settings.from_environ(environ, [])
    assert settings is not None
    assert settings.sender == COURT
    assert SIGN_KEY not in repr(settings)
    assert "authorization-0001" not in repr(settings)
    assert Settings.from_environ({}, []) is None
