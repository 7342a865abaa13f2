"""The server that intake is measured on: Songda's own application, and beside it routes that write one bare row each.

All run in the same processes of the same server on the same database, so that their ratio says what Songda costs
beyond what any service of this kind must pay: HTTP, Flask, one row, by the ORM or without it, one durable commit.
"""

import os
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Flask, Response, jsonify, request
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import wsgi
from delivery.cli.running import default_threads
from delivery.serving import serve
from delivery.store.database import Database
from delivery.store.ids import new_id

BARE = "/bare"
PROCESSES = 2
THREADS = default_threads()


class BareModel(DeclarativeBase):
    """The tables of the comparison."""


class BareRow(BareModel):
    """What the comparison writes: an id, a text, an instant."""

    __tablename__ = "bare_row"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    text: Mapped[str]
    at: Mapped[datetime]


def bare_application(database: Database) -> Flask:
    """One row, one commit: as an object, or as a plain INSERT of what came."""
    app = Flask("bare")
    engine = create_engine(database.url, pool_size=12)

    @app.post("/inserts")
    def _insert() -> str:
        values = {"id": new_id(), "text": request.get_data(as_text=True), "at": datetime.now(UTC)}
        with database.transaction() as session:
            session.connection().execute(insert(BareRow).values(values))
        return "ok"

    @app.post("/rows")
    def _take() -> tuple[Response, int]:
        with Session(engine) as session, session.begin():
            row = BareRow(text=request.get_json()["text"], at=datetime.now(UTC))
            session.add(row)
            session.flush()
            name = str(row.id)
        return jsonify(id=name), 201

    return app


def application() -> Any:  # noqa: ANN401 -- any WSGI application
    """Both, for one server process."""
    installed = wsgi.install(os.environ)
    bare = bare_application(installed.runtime.database)
    return DispatcherMiddleware(wsgi.create_application(installed), {BARE: bare})


def main() -> int:
    """Serve on the given port until told to stop."""
    runtime = wsgi.install(os.environ).runtime
    return serve(
        application,
        runtime,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        processes=PROCESSES,
        threads=THREADS,
        workers=0,
    )


if __name__ == "__main__":
    sys.exit(main())
