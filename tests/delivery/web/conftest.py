"""A prepared installation with people in it, and browsers for them."""

import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import delivery.store
from delivery.clock import SteppedClock
from delivery.domain.law.calendar import Calendar, Territory
from delivery.runtime import Runtime
from delivery.settings import Settings
from delivery.signing_in import Role, add_account, add_membership
from delivery.store.courts import Court, Installation
from delivery.store.model import Model
from delivery.store.vault import generate_keys
from delivery.web.app import create_app

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"


class Weekends:
    """A calendar of weekends alone."""

    law = Calendar(
        {
            Territory.MAINLAND: {
                year: frozenset(
                    day
                    for day in (date(year, 1, 1) + timedelta(days=offset) for offset in range(366))
                    if day.weekday() >= 5
                )
                for year in range(2020, 2029)
            }
        }
    )

    def is_rest_day(self, day: date) -> bool:
        """Saturdays and Sundays."""
        return day.weekday() >= 5


class Browser(FlaskClient):
    """A client that reads pages to the end, as browsers do, and sends forms with the token of the page before."""

    def look(self, address: str, **options: object) -> TestResponse:
        """GET, to the end."""
        return self.get(address, buffered=True, **options)

    def token(self, address: str = "/sign-in") -> str:
        """The token of the first form on a page."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.look(address, follow_redirects=True).text)
        assert found is not None
        return found[1]

    def send(
        self, address: str, form: Mapping[str, object] | None = None, *, page: str = "/memberships"
    ) -> TestResponse:
        """POST a form with its token."""
        data = {"csrf": self.token(page), **(form or {})}
        return self.post(address, data=data, buffered=True)


@pytest.fixture
def runtime(engine_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """A sandbox installation with one court and one empty neighbour, on either engine."""
    settings = Settings(
        database_url=engine_url,
        base_url="http://127.0.0.1:8100",
        keys=generate_keys(),
        blobs=f"file://{tmp_path / 'blobs'}",
    )
    found = Runtime(settings, Weekends(), given_clock=SteppedClock(MORNING))
    for module in pkgutil.iter_modules(delivery.store.__path__, "delivery.store."):
        import_module(module.name)
    Model.metadata.create_all(found.database.engine)
    with found.transaction() as session:
        session.add(Installation(sandbox=True, created_at=MORNING))
        for code, name, english in (
            ("qinghe", "云州市青河区人民法院", "Qinghe District People's Court, Yunzhou"),
            ("baishan", "云州市白山区人民法院", "Baishan District People's Court, Yunzhou"),
        ):
            session.add(Court(code=code, name=name, name_en=english))
    yield found
    found.database.dispose()


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The application; bugs in it reach the test."""
    found = create_app(runtime)
    found.test_client_class = Browser
    found.testing = True
    return found


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Somebody who has not signed in."""
    found = app.test_client()
    assert isinstance(found, Browser)
    return found


SignInAs = Callable[..., Browser]


@pytest.fixture
def sign_in_as(app: Flask, runtime: Runtime) -> SignInAs:
    """A browser of somebody with a role, signed in through the form."""

    def sign_in(role: Role = Role.CLERK, *, court: str = "qinghe", language: str = "zh", **firm: object) -> Browser:
        login = f"{role}.{court}.{language}"
        with runtime.transaction() as session:
            found = session.query(Court).filter_by(code=court).one()
            account = add_account(
                session, login=login, name="周明", password=PASSWORD, language=language, at=runtime.now()
            )
            add_membership(session, account.id, found.id, role, **firm)  # type: ignore[arg-type]
        client = app.test_client()
        assert isinstance(client, Browser)
        client.set_cookie("songda_language", language)
        answer = client.send("/sign-in", {"login": login, "password": PASSWORD}, page="/sign-in")
        assert answer.status_code == 303
        return client

    return sign_in
