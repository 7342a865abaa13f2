"""A clerk's pin in the browser: by numbers in any datum, by a click on the drawing, and never another court's."""

import re
from uuid import UUID

import pytest
from sqlalchemy import select

from delivery.domain.geodesy import Position, metres_between
from delivery.geocoding import position_of
from delivery.runtime import Runtime
from delivery.signing_in import Role
from delivery.store.parties import Address
from tests.delivery.served_links import send_link
from tests.delivery.web.conftest import Browser, SignInAs


@pytest.fixture
def address(runtime: Runtime) -> UUID:
    send_link(runtime)
    with runtime.reading() as session:
        return session.scalars(select(Address.id).where(Address.kind == "postal")).one()


def _typed(page: str) -> Position:
    """What the form of the pin holds."""
    found = {name: float(value) for name, value in re.findall(r'name="(lat|lon)" inputmode[^>]* value="([^"]+)"', page)}
    return Position(found["lat"], found["lon"])


def _pin(clerk: Browser, page: str, lat: str, lon: str, datum: str) -> int:
    return clerk.send(page, {"lat": lat, "lon": lon, "datum": datum}).status_code


def test_a_pin_by_numbers_is_kept_in_wgs84_and_moved_by_a_click(
    runtime: Runtime, sign_in_as: SignInAs, address: UUID
) -> None:
    clerk = sign_in_as(Role.CLERK)
    page = f"/addresses/{address}/position"
    assert "还没有任何定位" in clerk.look(page).text
    assert _pin(clerk, page, "91", "x", "wgs84") == 422
    assert _pin(clerk, page, "23.126486", " 113.269765 ", "gcj02") == 303
    with runtime.reading() as session:
        court_id = session.scalars(select(Address.court_id).where(Address.id == address)).one()
        stands = position_of(session, court_id, address)
    assert stands is not None
    assert (round(stands.lat, 4), round(stands.lon, 4), stands.source) == (23.1292, 113.2644, "pin")

    shown = clerk.look(page).text
    assert "采用" in shown
    before = _typed(shown)
    moved = clerk.look(f"{page}?lat={before.lat}&lon={before.lon}&span=1000&at.x=280&at.y=140").text
    assert metres_between(before, _typed(moved)) == pytest.approx(500, rel=0.01)
    assert _typed(moved).lon > before.lon
    drawn = clerk.look(re.findall(r'src="([^"]+map\.svg[^"]*)"', moved)[0].replace("&amp;", "&"))
    assert (drawn.mimetype, drawn.text.count("<circle")) == ("image/svg+xml", 2)


def test_another_courts_door_is_not_to_be_found(sign_in_as: SignInAs, address: UUID) -> None:
    stranger = sign_in_as(Role.ADMINISTRATOR, court="baishan")
    page = f"/addresses/{address}/position"
    assert stranger.look(page).status_code == 404
    assert _pin(stranger, page, "23", "113", "wgs84") == 404
