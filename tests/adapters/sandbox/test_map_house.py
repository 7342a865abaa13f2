"""The town's map speaks AMap's protocol: the real adapter asks, and finds what lies there."""

from collections import Counter
from collections.abc import Iterator

import pytest

from adapters.amap import AMap, Settings
from adapters.sandbox.conversation import TownServer
from adapters.sandbox.map_house import MapAccount, MapHouse, true_place
from delivery.domain.errors import Misconfigured
from delivery.domain.geocode import UNCERTAINTY_M, Located, Tier
from delivery.domain.geodesy import Datum, in_mainland, metres_between, to_wgs84

STREETS = [f"云东省云州市青河区滨河路{number}号" for number in range(1, 61)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = TownServer(MapHouse(MapAccount("key", "secret"), 7).answer)
    server.start()
    yield server.url
    server.stop()


def test_the_adapter_finds_the_true_place_of_every_door(url: str) -> None:
    town = AMap(Settings("key", "secret", url))
    found = [town.locate(street, "云州市") for street in STREETS]
    tiers = Counter(one.tier if one else None for one in found)
    assert tiers[Tier.PARCEL] > tiers[Tier.STREET] > 0
    assert tiers[Tier.STREET] < 20
    for street, one in zip(STREETS, found, strict=True):
        if isinstance(one, Located):
            truth = true_place(7, street)
            assert one.datum is Datum.GCJ02
            assert in_mainland(truth)
            assert metres_between(to_wgs84(one.place, one.datum), truth) < 1
            assert metres_between(one.place, truth) > UNCERTAINTY_M[Tier.STREET], "the datum cannot be left out"
    assert [town.locate(street, "云州市") for street in STREETS[:3]] == found[:3]


@pytest.mark.parametrize(("key", "secret"), [("other", "secret"), ("key", "other"), ("key", "")])
def test_a_question_that_is_not_ours_is_refused(url: str, key: str, secret: str) -> None:
    with pytest.raises(Misconfigured):
        AMap(Settings(key, secret, url)).locate(STREETS[0], "")
