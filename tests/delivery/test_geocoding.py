"""Where addresses lie: asked once, asked again after a failure, outranked by a pin, and sealed."""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from delivery.domain.errors import Misconfigured, NotFound, Permanent, RequestError, SendError, Transient
from delivery.domain.event import Channel
from delivery.domain.geocode import Located, Tier
from delivery.domain.geodesy import Datum, Position
from delivery.geocoding import TASK, geocode_address, position_of, positions_of_visits, set_pin
from delivery.store.courts import Installation
from delivery.store.geocodes import Geocode
from tests.delivery.scene import HOME, Scene

GUANGZHOU = Located(Position(23.126486, 113.269765), Datum.GCJ02, Tier.PARCEL, "门牌号")


@dataclass
class Map:
    """A geocoder that answers in turn, and remembers what it was asked."""

    answers: deque[Located | SendError | None]
    abroad: bool = False
    name: str = "map"
    asked: list[tuple[str, str]] = field(default_factory=list)

    def locate(self, address: str, city: str) -> Located | None:
        self.asked.append((address, city))
        answer = self.answers.popleft()
        if isinstance(answer, SendError):
            raise answer
        return answer


def _set(scene: Scene, *answers: Located | SendError | None, abroad: bool = False) -> Map:
    found = Map(deque(answers), abroad)
    scene.runtime.geocoder = found
    scene.handle(TASK, geocode_address)
    return found


def _address(scene: Scene) -> UUID:
    found = scene.attempts(Channel.IN_PERSON)[0].address_id
    assert found is not None
    return found


def _rows(scene: Scene) -> list[tuple[str, str]]:
    with scene.looking() as session:
        return [(row.state, row.reason) for row in session.scalars(select(Geocode).order_by(Geocode.id))]


def test_a_door_that_somebody_will_go_to_is_asked_about_once(scene: Scene) -> None:
    found = _set(scene, GUANGZHOU)
    scene.open(HOME)
    scene.run()
    assert found.asked == [("云东省云州市青河区滨河路8号", "云州市")]
    with scene.looking() as session:
        place = position_of(session, scene.court_id, _address(scene))
        stored = session.execute(text("SELECT position_sealed FROM geocode")).scalar_one()
    assert place is not None
    # The worked example of the datums: Guangzhou in WGS-84.
    assert place.lat == pytest.approx(23.129163, abs=2e-5)
    assert place.lon == pytest.approx(113.264435, abs=2e-5)
    assert (place.uncertainty_m, place.tier, place.datum, place.source) == (20, Tier.PARCEL, Datum.GCJ02, "map")
    assert place.checkable
    assert b"113" not in bytes(stored)
    scene.open(HOME, case_number="（2026）云0102民初2号")
    scene.run()
    assert len(found.asked) == 1


def test_a_failure_is_asked_again_and_a_place_that_is_not_there_is_not(scene: Scene) -> None:
    found = _set(
        scene, Transient("rate_limited", retry_after=timedelta(hours=1)), Misconfigured("signature_refused"), None
    )
    scene.open(HOME)
    scene.run()
    scene.step(timedelta(minutes=59))
    assert len(found.asked) == 1
    scene.step(timedelta(hours=5))
    assert _rows(scene) == [
        ("failed", "rate_limited"), ("failed", "signature_refused"), ("not_found", "no_such_place"),
    ]  # fmt: skip
    assert scene.desk().count("geocoder_refused") == 1
    with scene.looking() as session:
        assert position_of(session, scene.court_id, _address(scene)) is None


def test_it_gives_up_after_six_tries_and_at_once_when_it_will_never_be_known(scene: Scene) -> None:
    found = _set(scene, *[Transient("connection_refused")] * 9)
    scene.open(HOME)
    scene.step(timedelta(days=20))
    assert len(found.asked) == 6
    gone = _set(scene, Permanent("address_not_found"))
    scene.open(replace(HOME, value="云东省|云州市|青河区|无名路1号|650000"), case_number="（2026）云0102民初2号")
    scene.step(timedelta(days=5))
    assert len(gone.asked) == 1


def test_a_clerks_pin_outranks_every_geocoder_and_keeps_its_datum(scene: Scene) -> None:
    _set(scene, GUANGZHOU)
    scene.open(HOME)
    scene.run()
    with scene.runtime.transaction() as session:
        pinned = set_pin(
            session, scene.court_id, _address(scene), Position(23.13, 113.27), Datum.WGS84, by=None, now=scene.now
        )
    assert (pinned.lat, pinned.lon, pinned.source, pinned.tier) == (23.13, 113.27, "pin", Tier.ROOFTOP)
    with scene.runtime.transaction() as session:
        session.add(
            Geocode(
                court_id=scene.court_id, address_id=_address(scene), source="map", state="not_found", made_at=scene.now
            )
        )
    with scene.looking() as session:
        assert position_of(session, scene.court_id, _address(scene)) == pinned
        visit = scene.attempts(Channel.IN_PERSON)[0].id
        assert positions_of_visits(session, scene.court_id, [visit]) == {visit: pinned}
        assert positions_of_visits(session, UUID(int=1), [visit]) == {}


@pytest.mark.parametrize("place", [Position(91, 0), Position(0, 181), Position(0, 0), Position(float("nan"), 1)])
def test_a_pin_lies_on_earth(scene: Scene, place: Position) -> None:
    scene.open(HOME)
    scene.run()
    with pytest.raises(RequestError, match="coordinates_malformed"), scene.runtime.transaction() as session:
        set_pin(session, scene.court_id, _address(scene), place, Datum.WGS84, by=None, now=scene.now)
    with pytest.raises(NotFound), scene.runtime.transaction() as session:
        set_pin(session, UUID(int=1), _address(scene), Position(1, 1), Datum.WGS84, by=None, now=scene.now)


def test_addresses_that_must_stay_are_not_asked_about_abroad(scene: Scene) -> None:
    found = _set(scene, GUANGZHOU, abroad=True)
    with scene.runtime.transaction() as session:
        session.get_one(Installation, 1).sandbox = False
    scene.open(HOME)
    scene.run()
    assert found.asked == []


def test_without_a_geocoder_nothing_is_asked(scene: Scene) -> None:
    scene.open(HOME)
    scene.run()
    assert _rows(scene) == []
    assert [task.handler for task in scene.tasks() if task.handler == TASK] == []
