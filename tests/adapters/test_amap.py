"""AMap's geocoder, spoken over a real socket: signed questions, tiers by level, and what each refusal means."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.amap import AMap, Settings, sign
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.geocode import Located, Tier
from delivery.domain.geodesy import Datum, Position
from delivery.settings import Problem


@dataclass
class House:
    """A server that answers as it is told, and remembers what it was asked."""

    base: str = ""
    answer: bytes = b"{}"
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)

    def tell(self, *places: dict[str, object], infocode: str = "10000") -> None:
        self.answer = json.dumps(
            {"status": "1" if infocode == "10000" else "0", "info": "", "infocode": infocode, "geocodes": list(places)}
        ).encode()


@pytest.fixture(scope="module")
def running() -> Iterator[House]:
    house = House()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
            house.asked.append({"path": urlsplit(self.path).path, **{name: one[0] for name, one in query.items()}})
            self.send_response(house.status)
            self.send_header("Content-Length", str(len(house.answer)))
            self.end_headers()
            self.wfile.write(house.answer)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    house.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield house
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def house(running: House) -> House:
    running.asked.clear()
    running.status = 200
    return running


def _ask(house: House, private_key: str = "") -> Located | None:
    return AMap(Settings("KEY", private_key, house.base)).locate("云州市青河区滨河路8号", "云州市")


def test_a_signature_is_as_the_service_computes_it() -> None:
    fields = {"output": "JSON", "key": "KEYEXAMPLE", "address": "北京市朝阳区阜通东大街6号"}
    assert sign(fields, "PRIVATEKEYEXAMPLE") == "dada47725d67a8c2a5395bb87c82e70a"


def test_a_place_is_kept_in_its_datum_with_its_tier(house: House) -> None:
    house.tell({"location": "113.269765,23.126486", "level": "门牌号", "province": []})
    assert _ask(house, "secret") == Located(Position(23.126486, 113.269765), Datum.GCJ02, Tier.PARCEL, "门牌号")
    (asked,) = house.asked
    signed = {name: value for name, value in asked.items() if name not in {"path", "sig"}}
    assert signed == {"address": "云州市青河区滨河路8号", "city": "云州市", "key": "KEY", "output": "JSON"}
    assert (asked["path"], asked["sig"]) == ("/v3/geocode/geo", sign(signed, "secret"))
    _ask(house)
    assert "sig" not in house.asked[-1]


@pytest.mark.parametrize(
    ("level", "tier"),
    [
        ("单元号", Tier.ROOFTOP),
        ("兴趣点", Tier.INTERPOLATED),
        ("道路", Tier.STREET),
        ("区县", Tier.DISTRICT),
        ([], Tier.REGION),
    ],
)
def test_the_tier_follows_the_level(house: House, level: object, tier: Tier) -> None:
    house.tell({"location": "113.2,23.1", "level": level})
    found = _ask(house)
    assert found is not None
    assert found.tier is tier


def test_of_several_doors_none_is_sure(house: House) -> None:
    place: dict[str, object] = {"location": "113.2,23.1", "level": "门牌号"}
    house.tell(place, place)
    found = _ask(house)
    assert found is not None
    assert found.tier is Tier.STREET
    house.tell()
    assert _ask(house) is None


@pytest.mark.parametrize(
    ("infocode", "error", "reason"),
    [
        ("10001", Misconfigured, "credentials_refused"),
        ("10007", Misconfigured, "signature_refused"),
        ("10003", Transient, "rate_limited"),
        ("10021", Transient, "rate_limited"),
        ("30001", Permanent, "address_not_found"),
        ("20000", Permanent, "refused"),
        ("99999", OutcomeUnknown, "answer_unknown"),
    ],
)
def test_a_refusal_says_what_to_do(house: House, infocode: str, error: type[SendError], reason: str) -> None:
    house.tell(infocode=infocode)
    with pytest.raises(error) as raised:
        _ask(house)
    assert (raised.value.reason, raised.value.detail) == (reason, infocode)
    if isinstance(raised.value, Transient):
        assert raised.value.retry_after in {timedelta(hours=6), timedelta(minutes=1)}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"infocode":"10000","status":"1","geocodes":[{"location":"x"}]}',
        b'{"infocode":"10000","status":"1","geocodes":"ab"}',
    ],
)
def test_an_answer_that_is_none_is_not_guessed_at(house: House, answer: bytes) -> None:
    house.answer = answer
    with pytest.raises(OutcomeUnknown, match="answer_unreadable"):
        _ask(house)
    house.status = 500
    with pytest.raises(OutcomeUnknown, match="server_error"):
        _ask(house)


def test_settings_are_read_as_a_group() -> None:
    problems: list[Problem] = []
    assert Settings.from_environ({}, problems) is None
    read = Settings.from_environ({"SONGDA_AMAP_KEY": "k"}, problems)
    assert (read, problems) == (Settings("k"), [])
    assert Settings.from_environ({"SONGDA_AMAP_PRIVATE_KEY": "x", "SONGDA_AMAP_KEYS": "y"}, problems) is None
    assert [problem.variable for problem in problems] == ["SONGDA_AMAP_KEY", "SONGDA_AMAP_KEYS"]
    assert "KEY" not in repr(Settings("KEY", "PRIVATE"))
