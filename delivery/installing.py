"""What is done once: the folder, the keys and the one row that says what an installation is.

A sandbox is chosen when its database is made and never becomes anything else, and no other installation becomes one.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.errors import IntegrityFault, SongdaError
from delivery.settings import Settings
from delivery.store.courts import Installation, installation
from delivery.store.model import vault_of
from delivery.store.parties import Party
from delivery.store.vault import generate_keys

KEYS_FILE = "keys"
_TRIED = 5


class InstallationMismatch(SongdaError):
    """What is asked for does not fit what this installation is."""


def data_directory(environ: Mapping[str, str]) -> Path:
    """Where an installation keeps what has no place of its own: `SONGDA_DATA`, or `var` here."""
    return Path(environ.get("SONGDA_DATA") or "var").absolute()


def with_kept_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment, with the keys from the data folder when none are given."""
    complete = dict(environ)
    file = data_directory(environ) / KEYS_FILE
    if not complete.get("SONGDA_KEYS") and file.is_file():
        complete["SONGDA_KEYS"] = file.read_text(encoding="ascii", errors="replace").strip()
    return complete


def make_keys(environ: Mapping[str, str]) -> Path | None:
    """Make keys of its own for an embedded installation that has none; where they were put, or None.

    Only where the database lies in the same folder: whoever names a database elsewhere must name its keys too, because
    keys that only one machine knows would be lost with it.
    """
    directory = data_directory(environ)
    file = directory / KEYS_FILE
    if environ.get("SONGDA_KEYS") or environ.get("SONGDA_DATABASE_URL") or file.exists():
        return None
    if (directory / "songda.db").exists():
        message = (
            f"{directory / 'songda.db'} is there, but the keys that seal it are not: restore {file} or SONGDA_KEYS"
        )
        raise InstallationMismatch(message)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(generate_keys() + "\n")
        out.flush()
        os.fsync(out.fileno())
    return file


def found(session: Session, *, sandbox: bool, now: datetime, seed: int | None = None, clock: str = "") -> Installation:
    """Say what this database is, for good; `now` is machine time. Raises `InstallationMismatch` if it is already."""
    if installation(session) is not None:
        message = "this database already holds an installation"
        raise InstallationMismatch(message)
    row = Installation(id=1, sandbox=sandbox, seed=seed, clock=clock or None, created_at=now)
    session.add(row)
    session.flush()
    return row


def check_keys(session: Session) -> None:
    """Hold that the keys given are those that this database was sealed with, before anything is sealed with others.

    A few values are tried, so that one damaged row alone keeps nobody out. Raises `InstallationMismatch`.
    """
    vault = vault_of(session)
    tried = session.execute(select(Party.id, Party.name_sealed, Party.name_index).limit(_TRIED)).all()
    fits = not tried
    for party_id, sealed, index in tried:
        with suppress(IntegrityFault):
            name = vault.open(sealed, Party.name.place_in(Party.__tablename__, party_id)).decode()
            fits = fits or Party.name.index_for(vault, name) == index
    if not fits:
        message = "SONGDA_KEYS are not the keys of this database: set those that it was made with"
        raise InstallationMismatch(message)


def check_fits(row: Installation | None, settings: Settings) -> None:
    """Hold that a sandbox stays on its own machine and that only a sandbox has a clock of its own.

    Raises `InstallationMismatch`.
    """
    if row is None:
        return
    if row.sandbox and not settings.is_loopback:
        message = "this database is a sandbox: it may only be served on a loopback address (SONGDA_BASE_URL)"
        raise InstallationMismatch(message)
    if settings.clock is not None and not row.sandbox:
        message = "SONGDA_CLOCK is for a sandbox; this installation works on real time"
        raise InstallationMismatch(message)
