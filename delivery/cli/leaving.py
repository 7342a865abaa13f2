"""`end-user`, `set-password`, `revoke-key`: shutting somebody or some program out, at once."""

import argparse
import getpass
import sys
from typing import TYPE_CHECKING

from delivery.cli.command_line import Equipment, Parsers

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

SHORTEST_PASSWORD = 12


def register(parsers: Parsers) -> None:
    """Add the commands."""
    from delivery.signing_in import Role

    end = parsers.add("end-user", _end_user, "end an account's roles and sign it out everywhere")
    end.add_argument("login")
    end.add_argument("--court", metavar="CODE", help="only the roles in this court")
    end.add_argument("--role", choices=[role.value for role in Role], help="only this role")
    change = parsers.add("set-password", _set_password, "give an account another password and sign it out everywhere")
    change.add_argument("login")
    change.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    key = parsers.add("revoke-key", _revoke_key, "refuse a court's API keys of one label from now on")
    key.add_argument("label", help="the label with which it was made")
    key.add_argument("--court", required=True, metavar="CODE")


def asked_password(*, from_stdin: bool) -> str:
    """A password as typed, or from standard input. Raises `RequestError` (password_too_short)."""
    from delivery.domain.errors import RequestError

    password = sys.stdin.readline().rstrip("\n") if from_stdin else getpass.getpass("Password: ")
    if len(password) < SHORTEST_PASSWORD:
        code = "password_too_short"
        raise RequestError(code, least=SHORTEST_PASSWORD)
    return password


def _end_user(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.leaving import end_memberships
    from delivery.signing_in import Role

    runtime = equipment.runtime()
    with runtime.transaction() as session:
        court_id = _court_id(session, chosen.court) if chosen.court else None
        role = Role(chosen.role) if chosen.role else None
        ended = end_memberships(session, chosen.login, at=runtime.machine_now(), court_id=court_id, role=role)
    print(f"songda: {ended} roles of {chosen.login} ended, signed out everywhere")
    return 0


def _set_password(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.leaving import change_password

    runtime = equipment.runtime()
    password = asked_password(from_stdin=chosen.password_stdin)
    with runtime.transaction() as session:
        change_password(session, chosen.login, password, at=runtime.machine_now())
    print(f"songda: {chosen.login} has another password, signed out everywhere")
    return 0


def _revoke_key(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.leaving import revoke_keys

    runtime = equipment.runtime()
    with runtime.transaction() as session:
        revoked = revoke_keys(session, _court_id(session, chosen.court), chosen.label, at=runtime.machine_now())
    print(f"songda: {revoked} keys of {chosen.court} are refused from now on")
    return 0


def _court_id(session: "Session", code: str) -> "UUID":
    from delivery.domain.errors import NotFound
    from delivery.store.courts import court_by_code

    court = court_by_code(session, code)
    if court is None:
        unknown = "court_unknown"
        raise NotFound(unknown, court=code)
    return court.id
