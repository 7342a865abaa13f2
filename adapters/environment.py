"""How an edge reads its own group of environment variables, so that all of them can be found wrong in one message.

A group of which no variable is set is a provider that is not configured, which is no mistake. A name in the group
that nobody asked for is one: a misspelt variable must not be taken for an absent one.
"""

import base64
import binascii
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from delivery.settings import Problem

MISSING = "must be set, like the rest of its group"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_Choice = TypeVar("_Choice", bound=StrEnum)


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
            except binascii.Error:
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
