"""A prepared installation with people in it, and browsers for them."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from delivery.clock import SteppedClock
from delivery.runtime import Runtime
from delivery.signing_in import Role, add_account, add_membership
from delivery.store.courts import Court
from delivery.web.app import create_app
from tests.delivery.web.court_life import MORNING, CourtLife, carriers, handlers, live
from tests.delivery.web.prepared import Weekends, prepare, settings_for

PASSWORD = "correct horse battery staple"


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
    found = Runtime(settings_for(engine_url, tmp_path), Weekends(), carriers(), handlers(), SteppedClock(MORNING))
    prepare(found)
    yield found
    found.database.dispose()


@pytest.fixture
def life(runtime: Runtime) -> CourtLife:
    """The court in the middle of its work."""
    clock = runtime.clock
    assert isinstance(clock, SteppedClock)
    return live(runtime, clock)


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
