"""`end-user`, `set-password`, `revoke-key`: shutting somebody or some program out, at once."""

import argparse

from delivery.cli.command_line import Equipment, Parsers
from delivery.cli.courts import court_named


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


def _end_user(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.leaving import end_memberships
    from delivery.signing_in import Role

    runtime = equipment.runtime()
    with runtime.transaction() as session:
        court_id = court_named(session, chosen.court).id if chosen.court else None
        role = Role(chosen.role) if chosen.role else None
        ended = end_memberships(session, chosen.login, at=runtime.machine_now(), court_id=court_id, role=role)
    print(f"songda: {ended} roles of {chosen.login} ended, signed out everywhere")
    return 0


def _set_password(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.cli.administration import asked_password
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
        revoked = revoke_keys(session, court_named(session, chosen.court).id, chosen.label, at=runtime.machine_now())
    print(f"songda: {revoked} keys of {chosen.court} are refused from now on")
    return 0
