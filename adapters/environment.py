"""How an edge reads its own group of environment variables, so that all of them can be found wrong in one message.

A group of which no variable is set is a provider that is not configured, which is no mistake. A name in the group
that nobody asked for is one: a misspelt variable must not be taken for an absent one.
"""

import base64
import ipaddress
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from adapters.hints import Network
from delivery.settings import Problem

MISSING = "must be set, like the rest of its group"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_Choice = TypeVar("_Choice", bound=StrEnum)
_SHORTEST_PATH_SECRET = 16
_TEMPLATE = re.compile(r"((?:[a-z0-9-]+/)?[a-z_]+\.[a-z]+)=([A-Za-z0-9_-]{1,60})")

# What each registered text is for, and in which language: every one of them must be there.
TEMPLATE_NAMES = ("confirm_address.zh", "confirm_address.en", "e_service.zh", "e_service.en")


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine; there, and only there, plain text may travel."""
    return host in _LOOPBACK


class Group:
    """The variables that begin with one prefix; whatever is wrong with them is added to `problems`."""

    def __init__(self, environ: Mapping[str, str], prefix: str, problems: list[Problem]) -> None:
        self._values = {name: value.strip() for name, value in environ.items() if name.startswith(prefix)}
        self._prefix = prefix
        self._problems = problems
        self._before = len(problems)
        self._asked: set[str] = set()

    @property
    def present(self) -> bool:
        """Whether any variable of the group is set to something."""
        return any(self._values.values())

    def wrong(self, name: str, message: str) -> None:
        """Note that a variable cannot be used, and what to do about it."""
        self._problems.append(Problem(self._prefix + name, message))

    def sound(self) -> bool:
        """Whether everything that was read can be used; call it last, because it also names what nobody asked for."""
        for name in sorted(self._values.keys() - self._asked):
            self._problems.append(Problem(name, "is not a setting; perhaps misspelt"))
        return len(self._problems) == self._before

    def text(self, name: str, default: str = "") -> str:
        """Read a value that may be absent."""
        self._asked.add(self._prefix + name)
        return self._values.get(self._prefix + name) or default

    def required(self, name: str) -> str:
        """Read a value that must be there."""
        value = self.text(name)
        if not value:
            self.wrong(name, MISSING)
        return value

    def secrets(self, name: str, *, required: bool = True) -> tuple[str, ...]:
        """Read secrets, newest first, with commas between: the first is used, all of them are accepted."""
        value = self.required(name) if required else self.text(name)
        return tuple(part.strip() for part in value.split(",") if part.strip())

    def keys(self, name: str, size: int) -> tuple[str, ...]:
        """Read base64 keys of `size` bytes, newest first, left as text because protocols use the text too."""
        keys = self.secrets(name)
        for key in keys:
            try:
                fits = len(base64.b64decode(key, validate=True)) == size
            except ValueError:  # binascii.Error among them; another one where there are letters beyond ASCII
                fits = False
            if not fits:
                self.wrong(name, f"must hold keys of {size} bytes in base64, with commas between")
        return keys

    def url(self, name: str, default: str = "") -> str:
        """Read an address of http or https without query; plain http only to this machine."""
        value = self.text(name, default) if default else self.required(name)
        if value and not self._is_usable_url(value):
            self.wrong(name, "must be an address with https, without password and query; http only to this machine")
        return value.rstrip("/")

    @staticmethod
    def _is_usable_url(value: str) -> bool:
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return False
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host or ""))
        return bool(host) and safe and not parts.query and not parts.fragment and parts.username is None

    def path_secrets(self, name: str) -> tuple[str, ...]:
        """Read secrets that stand in an address, newest first: long, and of characters that need no encoding there."""
        found = self.secrets(name)
        if any(not re.fullmatch(r"[A-Za-z0-9_-]+", one) or len(one) < _SHORTEST_PATH_SECRET for one in found):
            self.wrong(name, f"must hold secrets of at least {_SHORTEST_PATH_SECRET} letters and digits")
        return found

    def networks(self, name: str) -> tuple[Network, ...]:
        """Read the networks from which calls are taken, with commas between; `0.0.0.0/0` says "from anywhere"."""
        found: list[Network] = []
        for part in self.secrets(name):
            try:
                found.append(ipaddress.ip_network(part))
            except ValueError:
                self.wrong(name, "must hold networks such as 203.0.113.0/24, with commas between")
        return tuple(found)

    def templates(self, name: str) -> dict[str, str]:
        """Read registered templates: `e_service.zh=CODE`, or `COURT/e_service.zh=CODE` for one court alone."""
        found = dict[str, str]()
        for part in self.secrets(name):
            match = _TEMPLATE.fullmatch(part)
            if match is None or match.group(1).rpartition("/")[2] not in TEMPLATE_NAMES:
                self.wrong(name, f"must hold {'=CODE, '.join(TEMPLATE_NAMES)}=CODE, a court's own as COURT/...=CODE")
                return {}
            found[match.group(1)] = match.group(2)
        courts = {key.rpartition("/")[0] for key in found}
        missing = [one for one in TEMPLATE_NAMES if one not in found and not _by_courts(found, courts, one)]
        if found and missing:
            self.wrong(name, f"lacks {', '.join(missing)}")
        return found

    def number(self, name: str, default: int, *, lowest: int, highest: int) -> int:
        """Read a whole number between two bounds."""
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit() or not lowest <= int(value) <= highest:
            self.wrong(name, f"must be a whole number from {lowest} to {highest}")
            return default
        return int(value)

    def choice(self, name: str, default: _Choice) -> _Choice:
        """Read one of the values of an enumeration."""
        value = self.text(name, default)
        kind = type(default)
        if value not in set(kind):
            self.wrong(name, f"must be one of {', '.join(kind)}")
            return default
        return kind(value)


def _by_courts(found: Mapping[str, str], courts: set[str], name: str) -> bool:
    """Whether each court that has templates of its own has this one: then none for all courts is needed."""
    return bool(courts - {""}) and "" not in courts and all(f"{court}/{name}" in found for court in courts)
