"""`db upgrade`, `keys`, `create-court`, `create-user`, `create-key`, `replay-callback`: setting an installation up."""

import argparse
import getpass
import re
import secrets
import sys
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from delivery.cli.command_line import Equipment, Parsers
from delivery.cli.courts import court_named
from delivery.domain.errors import Conflict, RequestError
from delivery.signing_in import SCOPES, Role, add_account, add_membership, hash_token
from delivery.store.accounts import ApiKey, account_by_login
from delivery.store.courts import Court, court_by_code
from delivery.store.vault import generate_keys

SHORTEST_PASSWORD = 12
# It stands in the addresses of callbacks, and before the names of templates.
_COURT_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_LOGIN = re.compile(r"\S{1,80}")


def register(parsers: Parsers) -> None:
    """Add the commands."""
    database = parsers.group("db", "the database's tables")
    database.add("upgrade", _upgrade, "bring the tables up to this version, whole or not at all")
    keys = parsers.add(
        "keys", _keys, "print fresh keys for SONGDA_KEYS, or a fresh sealing key in front of the old ones"
    )
    keys.add_argument("--rotate", action="store_true", help="keep the present keys and put a new one in front")
    court = parsers.add("create-court", _create_court, "add a court")
    court.add_argument("code", help="short name in addresses, such as qinghe")
    court.add_argument("name", help="the court's name in Chinese")
    court.add_argument("--name-en", required=True, help="the court's name in English")
    court.add_argument("--zone", default="Asia/Shanghai", help="its time zone (default Asia/Shanghai)")
    court.add_argument("--phone", default="", help="the number that messages give for questions")
    court.add_argument("--area", default="", help="the city or county that its field servers reach")
    user = parsers.add("create-user", _create_user, "add an account, or a further role to one")
    user.add_argument("login")
    user.add_argument("--name", help="the person's name (for a new account)")
    user.add_argument("--court", required=True, metavar="CODE")
    user.add_argument("--role", required=True, choices=[role.value for role in Role if role is not Role.LAW_FIRM])
    user.add_argument("--language", choices=["zh", "en"], default="zh")
    user.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    key = parsers.add("create-key", _create_key, "add an API key to a court and print it, once")
    key.add_argument("label", help="what it is for")
    key.add_argument("--court", required=True, metavar="CODE")
    key.add_argument("--scope", action="append", required=True, choices=SCOPES, help="what it may do; repeat for more")
    replay = parsers.add("replay-callback", _replay, "verify quarantined requests again and take in what is genuine")
    replay.add_argument("--court", required=True, metavar="CODE")
    replay.add_argument("--provider", required=True)


def _upgrade(_chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.cli.running import keep_keys, prepare
    from delivery.migrating import head, revision_of, upgrade

    keep_keys()
    runtime = equipment.runtime()
    before = revision_of(runtime.database)
    upgrade(runtime.database)
    prepare(runtime)
    print(f"songda: tables at {head()}" + ("" if before == head() else f" (before: {before or 'none'})"))
    return 0


def _keys(chosen: argparse.Namespace, equipment: Equipment) -> int:
    if not chosen.rotate:
        print(generate_keys())
        return 0
    present = equipment.runtime().settings.keys
    number = max(int(key_id[1:]) for key_id in _ids(present)) + 1
    fresh = generate_keys(f"k{number:03}").partition(";index=")[0]
    print(f"{fresh},{present}")
    print("songda: set SONGDA_KEYS to this everywhere, restart, then run `songda reseal`", file=sys.stderr)
    return 0


def _ids(keys: str) -> list[str]:
    ids = [item.partition(":")[0] for item in keys.partition(";index=")[0].split(",")]
    return [key_id for key_id in ids if key_id[1:].isdigit()] or ["k000"]


def _create_court(chosen: argparse.Namespace, equipment: Equipment) -> int:
    if not _COURT_CODE.fullmatch(chosen.code):
        code = "court_code_malformed"
        raise RequestError(code, court=chosen.code)
    try:
        ZoneInfo(chosen.zone)
    except (ZoneInfoNotFoundError, ValueError):
        code = "zone_unknown"
        raise RequestError(code, zone=chosen.zone) from None
    with equipment.runtime().transaction() as session:
        if court_by_code(session, chosen.code) is not None:
            code = "court_exists"
            raise Conflict(code, court=chosen.code)
        session.add(
            Court(
                code=chosen.code,
                name=chosen.name,
                name_en=chosen.name_en,
                time_zone=chosen.zone,
                phone=chosen.phone,
                area=chosen.area,
            )
        )
    print(f"songda: court {chosen.code} added")
    return 0


def _create_user(chosen: argparse.Namespace, equipment: Equipment) -> int:
    if not _LOGIN.fullmatch(chosen.login):
        code = "login_malformed"
        raise RequestError(code, login=chosen.login)
    runtime = equipment.runtime()
    with runtime.transaction() as session:
        court_id = court_named(session, chosen.court).id
        account = account_by_login(session, chosen.login)
        if account is None:
            account = add_account(
                session,
                login=chosen.login,
                name=chosen.name or chosen.login,
                password=asked_password(from_stdin=chosen.password_stdin),
                language=chosen.language,
                at=runtime.machine_now(),
            )
        add_membership(session, account.id, court_id, Role(chosen.role))
    print(f"songda: {chosen.login} is {chosen.role} of {chosen.court}")
    return 0


def asked_password(*, from_stdin: bool) -> str:
    """A password as typed, or from standard input. Raises `RequestError` (password_too_short)."""
    try:
        password = sys.stdin.readline().rstrip("\n") if from_stdin else getpass.getpass("Password: ")
    except EOFError:
        password = ""
    if len(password) < SHORTEST_PASSWORD:
        code = "password_too_short"
        raise RequestError(code, least=SHORTEST_PASSWORD)
    return password


def _create_key(chosen: argparse.Namespace, equipment: Equipment) -> int:
    runtime = equipment.runtime()
    token = f"sk_{secrets.token_urlsafe(32)}"
    with runtime.transaction() as session:
        session.add(
            ApiKey(
                court_id=court_named(session, chosen.court).id,
                key_hash=hash_token(token),
                label=chosen.label,
                scopes=" ".join(chosen.scope),
                created_at=runtime.machine_now(),
            )
        )
    print(token)
    return 0


def _replay(chosen: argparse.Namespace, equipment: Equipment) -> int:
    replayed = equipment.replay(chosen.court, chosen.provider)
    print(f"songda: {replayed.accepted} taken in, {replayed.refused} still not genuine")
    return 0 if replayed.refused == 0 else 1
