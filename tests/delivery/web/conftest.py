"""A prepared installation with people in it, and browsers for them."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from delivery.clock import SteppedClock
from delivery.runtime import Runtime
from delivery.settings import Settings
from delivery.signing_in import Role, add_account, add_membership
from delivery.store.courts import Court
from delivery.web.app import create_app
from delivery.web.callers import SESSION_COOKIE
from mobile_upload.blueprints import all_of_the_field
from tests.delivery.served_links import Served, send_link
from tests.delivery.web.court_life import MORNING, CourtLife, carriers, handlers, live
from tests.delivery.web.prepared import Weekends, prepare, settings_for
from tests.infrastructure.engines import engines_for, lent_engine
from tests.infrastructure.postgresql import PostgresServer
from tests.infrastructure.templates import COMPILED
from webhooks.inbox import make_blueprint

PASSWORD = "correct horse battery staple"


class Browser(FlaskClient):
    """A client that reads pages to the end, as browsers do, and sends forms with the token of the page before."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 -- Flask's own
        super().__init__(*arguments, **options)
        self._tokens: dict[str, str] = {}

    def look(self, address: str, **options: object) -> TestResponse:
        """GET, to the end."""
        return self.get(address, buffered=True, **options)

    def token(self, address: str = "/sign-in") -> str:
        """The token of the first form on a page."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.look(address, follow_redirects=True).text)
        assert found is not None
        return found[1]

    def token_of_session(self) -> str:
        """The token of every form, which stays the same as long as the session."""
        session = self.get_cookie(SESSION_COOKIE)
        name = session.value if session else ""
        if not name or name not in self._tokens:
            self._tokens[name] = self.token("/memberships")
        return self._tokens[name]

    def send(
        self, address: str, form: Mapping[str, object] | None = None, *, page: str = "/memberships"
    ) -> TestResponse:
        """POST a form with its token."""
        token = self.token_of_session() if page == "/memberships" else self.token(page)
        return self.post(address, data={"csrf": token, **(form or {})}, buffered=True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Either engine: the test runs once on each, unless its module names its `ENGINES`."""
    if "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", engines_for(metafunc))


@dataclass(frozen=True)
class Mould:
    """An installation that was made once and is copied for every test that wants one like it."""

    settings: Settings
    database: str
    blobs: Path
    life: CourtLife | None


@pytest.fixture(scope="session")
def moulds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, bool], Mould]:
    """Installations by engine, empty or with a court at work, each made when it is first asked for."""

    @cache
    def made(engine: str, lived: bool) -> Mould:  # noqa: FBT001 -- a key of the cache
        folder = tmp_path_factory.mktemp("mould")
        if engine == "sqlite":
            database, url = str(folder / "songda.db"), f"sqlite:///{folder / 'songda.db'}"
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            database = server.create()
            url = server.url(database)
        clock = SteppedClock(MORNING)
        settings = settings_for(url, folder)
        runtime = Runtime(settings, Weekends(), carriers(), handlers(), clock)
        prepare(runtime)
        life = live(runtime, clock) if lived else None
        runtime.database.dispose()
        return Mould(settings, database, folder / "blobs", life)

    return made


@pytest.fixture
def runtime(
    request: pytest.FixtureRequest, moulds: Callable[[str, bool], Mould], engine: str, tmp_path: Path
) -> Iterator[Runtime]:
    """A sandbox installation with two courts, on either engine; at work if the test asks for `life`."""
    mould = moulds(engine, "life" in request.fixturenames)
    database = ""
    if engine == "sqlite":
        shutil.copy(mould.database, tmp_path / "songda.db")
        url = f"sqlite:///{tmp_path / 'songda.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        database = server.create(template=mould.database)
        url = server.url(database)
    if mould.blobs.exists():
        shutil.copytree(mould.blobs, tmp_path / "blobs")
    settings = replace(mould.settings, database_url=url, blobs=f"file://{tmp_path / 'blobs'}")
    clock = SteppedClock(mould.life.clock.now() if mould.life else MORNING)
    found = Runtime(settings, Weekends(), carriers(), handlers(), clock)
    with lent_engine(found):
        yield found
    if database:
        server = request.getfixturevalue("postgres_server")
        server.drop(database)


@pytest.fixture
def life(runtime: Runtime, moulds: Callable[[str, bool], Mould], engine: str) -> CourtLife:
    """The court in the middle of its work."""
    made = moulds(engine, True).life  # noqa: FBT003 -- see `moulds`
    clock = runtime.clock
    assert made is not None
    assert isinstance(clock, SteppedClock)
    return replace(made, runtime=runtime, clock=clock)


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The whole application, edges included; bugs in it reach the test."""
    found = create_app(runtime, [make_blueprint(runtime, {}), *all_of_the_field()])
    found.jinja_env.bytecode_cache = COMPILED
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


@pytest.fixture
def served(runtime: Runtime) -> Served:
    """A text message with a link, sent to a mobile number."""
    return send_link(runtime)
