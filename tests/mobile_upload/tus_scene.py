"""One court at work, its uploads, and a phone, for every statement of tus."""

import hashlib
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from delivery.clock import SteppedClock
from delivery.runtime import Runtime
from delivery.web.app import create_app
from mobile_upload import uploads
from tests.delivery.web.conftest import Mould
from tests.delivery.web.court_life import carriers, handlers
from tests.delivery.web.prepared import Weekends
from tests.mobile_upload.phones import Phone, bearer


@pytest.fixture(scope="module")
def installation(moulds: Callable[[str, bool], Mould], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """One court at work for all statements; the stores of both engines have tests of their own."""
    mould = moulds("sqlite", True)  # noqa: FBT003 -- see `moulds`
    folder = tmp_path_factory.mktemp("tus")
    shutil.copy(mould.database, folder / "songda.db")
    settings = replace(
        mould.settings, database_url=f"sqlite:///{folder / 'songda.db'}", blobs=f"file://{folder / 'blobs'}"
    )
    assert mould.life is not None
    found = Runtime(settings, Weekends(), carriers(), handlers(), SteppedClock(mould.life.clock.now()))
    yield found
    found.database.dispose()


@pytest.fixture(scope="module")
def app(installation: Runtime) -> Flask:
    return create_app(installation, [uploads.make_blueprint()])


@pytest.fixture(scope="module")
def phone(app: Flask, installation: Runtime) -> Phone:
    return Phone(app, bearer(installation))


def digest(algorithm: str, content: bytes) -> dict[str, str]:
    value = b64encode(hashlib.new(algorithm, content).digest()).decode()
    return {"Upload-Checksum": f"{algorithm} {value}"}


def by_post(phone: Phone, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> TestResponse:
    return phone.ask("POST", path, {"X-HTTP-Method-Override": method, **headers}, body)
