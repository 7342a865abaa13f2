"""The core's settings: one frozen value, read once from the environment.

Every wrong variable is reported in one message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from delivery.clock import ClockSpec, parse_clock
from delivery.domain.data_gate import storage_abroad
from delivery.domain.destination import Network
from delivery.store.blob_address import S3Place
from delivery.store.vault import KeysMalformed, parse_keys


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong variable: its name and what to do about it (English, for the operator's terminal)."""

    variable: str
    message: str


class WrongSettings(Exception):
    """Everything that is wrong with the environment, at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        lines = "\n".join(f"  {problem.variable}: {problem.message}" for problem in problems)
        super().__init__(f"Songda cannot start; {len(problems)} setting(s) need attention:\n{lines}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the core needs to know. `keys` is a secret and is never printed.

    `storage_abroad` is the host or region abroad where blobs lie; empty if they lie in the country. `proxies` are the
    networks of our own proxies, whose word on who is calling counts. `keep_…`: for how long what is over is kept; zero
    is for ever.
    """

    database_url: str
    base_url: str
    keys: str
    blobs: str
    redis_url: str | None = None
    clock: ClockSpec | None = None
    data_directory: Path = Path("var")
    calendar: Path | None = None
    lease: timedelta = timedelta(minutes=2)
    storage_abroad: str = ""
    proxies: tuple[Network, ...] = ()
    keep_tasks: timedelta = timedelta(days=90)
    keep_announcements: timedelta = timedelta(days=180)
    keep_sessions: timedelta = timedelta(days=30)

    def __repr__(self) -> str:
        """Without secrets."""
        return f"Settings(base_url={self.base_url!r})"

    @property
    def is_loopback(self) -> bool:
        """Whether the installation is only reachable from its own machine: a condition for a sandbox."""
        return urlsplit(self.base_url).hostname in {"127.0.0.1", "localhost", "::1"}


_EVERYWHERE = ip_network("0.0.0.0/0")
_SHORTEST_LEASE, _LONGEST_LEASE = 2, 3600
_LONGEST_KEPT = 36_500
_KEPT = (
    ("SONGDA_KEEP_TASKS_DAYS", 90),
    ("SONGDA_KEEP_ANNOUNCEMENTS_DAYS", 180),
    ("SONGDA_KEEP_SESSIONS_DAYS", 30),
)
DEFAULT_BASE_URL = "http://127.0.0.1:8100"


VARIABLES = (
    "SONGDA_DATA",
    "SONGDA_DATABASE_URL",
    "SONGDA_BASE_URL",
    "SONGDA_KEYS",
    "SONGDA_BLOBS",
    "SONGDA_BLOBS_INSIDE",
    "SONGDA_REDIS_URL",
    "SONGDA_CLOCK",
    "SONGDA_CALENDAR",
    "SONGDA_LEASE_SECONDS",
    "SONGDA_PROXIES",
    "SONGDA_KEEP_TASKS_DAYS",
    "SONGDA_KEEP_ANNOUNCEMENTS_DAYS",
    "SONGDA_KEEP_SESSIONS_DAYS",
)
"""The core's own variables; each provider has a group of its own."""


def unknown_variables(environ: Mapping[str, str], groups: tuple[str, ...]) -> list[str]:
    """Variables that look like ours and are not: a misspelt one must not be taken for an absent one."""
    return sorted(
        name for name in environ if name.startswith("SONGDA_") and name not in VARIABLES and not name.startswith(groups)
    )


def read_settings(environ: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """The core's settings, or the problems that keep them from being read."""
    problems: list[Problem] = []
    directory = Path(environ.get("SONGDA_DATA") or "var").absolute()
    database_url = environ.get("SONGDA_DATABASE_URL") or f"sqlite:///{directory / 'songda.db'}"
    database_url = _checked_database(database_url, problems)
    base_url = (environ.get("SONGDA_BASE_URL") or DEFAULT_BASE_URL).rstrip("/")
    if _scheme(base_url, with_host=True) not in {"http", "https"}:
        problems.append(Problem("SONGDA_BASE_URL", "must be the address people open, such as https://songda.example"))
    keys = environ.get("SONGDA_KEYS", "")
    try:
        parse_keys(keys)
    except KeysMalformed as error:
        problems.append(Problem("SONGDA_KEYS", f"{error}; `songda keys` prints fresh ones"))
    clock = None
    if environ.get("SONGDA_CLOCK"):
        try:
            clock = parse_clock(environ["SONGDA_CLOCK"])
        except ValueError as error:
            problems.append(Problem("SONGDA_CLOCK", str(error)))
    redis_url = environ.get("SONGDA_REDIS_URL") or None
    if redis_url and _scheme(redis_url) not in {"redis", "rediss", "unix"}:
        problems.append(Problem("SONGDA_REDIS_URL", "must begin with redis://, rediss:// or unix://"))
    blobs = environ.get("SONGDA_BLOBS") or f"file://{directory / 'blobs'}"
    kind = _scheme(blobs)
    if kind not in {"file", "s3"}:
        problems.append(Problem("SONGDA_BLOBS", "must begin with file:// or s3://, and be a whole address"))
    abroad = _storage_abroad(environ, blobs, problems) if kind == "s3" else ""
    calendar = Path(environ["SONGDA_CALENDAR"]) if environ.get("SONGDA_CALENDAR") else None
    if calendar is not None and not calendar.is_file():
        problems.append(Problem("SONGDA_CALENDAR", "names no file; it holds the rest days of years not yet built in"))
    lease = _checked_lease(environ.get("SONGDA_LEASE_SECONDS") or "120", problems)
    proxies = _proxies(environ.get("SONGDA_PROXIES", ""), problems)
    kept = [_kept_days(environ, name, usual, problems) for name, usual in _KEPT]
    if problems:
        return None, problems
    more = (redis_url, clock, directory, calendar, lease, abroad, proxies)
    return Settings(database_url, base_url, keys, blobs, *more, *kept), []


def _scheme(url: str, *, with_host: bool = False) -> str:
    """How an address begins; empty if it cannot be read as one, its port included, or names no host where it must."""
    try:
        parts = urlsplit(url)
        whole = parts.port != 0 and (bool(parts.hostname) or not with_host)
    except ValueError:
        return ""
    return parts.scheme if whole else ""


def _kept_days(environ: Mapping[str, str], name: str, usual: int, problems: list[Problem]) -> timedelta:
    """For how long something that is over is kept."""
    text = environ.get(name) or str(usual)
    if not text.isascii() or not text.isdigit() or int(text[:6]) > _LONGEST_KEPT:
        problems.append(Problem(name, f"must be a whole number of days from 0 (for ever) to {_LONGEST_KEPT}"))
        return timedelta(0)
    return timedelta(days=int(text))


def _proxies(text: str, problems: list[Problem]) -> tuple[Network, ...]:
    """The networks of our own proxies."""
    try:
        found = tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError:
        found = (_EVERYWHERE,)
    if any(network.prefixlen == 0 for network in found):
        problems.append(Problem("SONGDA_PROXIES", "must list the networks of your proxies, such as 127.0.0.1/32"))
        return ()
    return found


def _storage_abroad(environ: Mapping[str, str], blobs: str, problems: list[Problem]) -> str:
    """Where the object store lies abroad, by its URL and the variables that its client reads; empty if inside."""
    try:
        place = S3Place.named_in(blobs)
    except ValueError as error:
        problems.append(Problem("SONGDA_BLOBS", str(error)))
        return ""
    endpoint = place.endpoint or environ.get("AWS_ENDPOINT_URL") or environ.get("AWS_ENDPOINT") or ""
    host = urlsplit(endpoint).hostname or endpoint
    region = place.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
    inside = [name.strip() for name in environ.get("SONGDA_BLOBS_INSIDE", "").split(",") if name.strip()]
    return storage_abroad(host, region, inside)


def _checked_lease(text: str, problems: list[Problem]) -> timedelta:
    """How long a worker may be silent before another takes its tasks over: well above twice a provider's time-out."""
    if not text.isascii() or not text.isdigit() or not _SHORTEST_LEASE <= int(text) <= _LONGEST_LEASE:
        problems.append(
            Problem("SONGDA_LEASE_SECONDS", f"must be a whole number from {_SHORTEST_LEASE} to {_LONGEST_LEASE}")
        )
        return timedelta(0)
    return timedelta(seconds=int(text))


def _checked_database(url: str, problems: list[Problem]) -> str:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        form = "sqlite:////path/songda.db or postgresql://user:password@host/name"
        problems.append(Problem("SONGDA_DATABASE_URL", f"must be a database URL: {form}"))
        return url
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        problems.append(Problem("SONGDA_DATABASE_URL", "must begin with sqlite:/// or postgresql://"))
    if parsed.get_backend_name() == "sqlite" and not parsed.database:
        problems.append(Problem("SONGDA_DATABASE_URL", "must name a file: sqlite:////path/songda.db"))
    return parsed.render_as_string(hide_password=False)
