"""Where a webhook may go: the grammar of its address, and the networks that no address may lead into.

Whoever names an endpoint chooses what this server connects to. So an address is read by a narrow grammar of our own,
and the numbers that its host stands for are judged at the moment of connecting (see `adapters/announcer.py`): a name
may stand for another number each time it is asked. The ranges are IANA's special-purpose registries
(https://www.iana.org/assignments/iana-ipv4-special-registry, iana-ipv6-special-registry, as of 2025-05), all of them,
with multicast (RFC 5771, RFC 4291) and, in IPv6, everything outside global unicast (2000::/3).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from delivery.domain.errors import BadValue

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST = 500
_SCHEMES = {"https": 443, "http": 80}
_URL = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<six>[0-9a-f:.]{2,45})\]|(?P<host>[a-z0-9.-]{1,253}))(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>(?:[/?][A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?)",
    re.ASCII,
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_HIGHEST_PORT = 65535
# A host whose last label is a number is read as an IPv4 address by resolvers, in octal, hexadecimal or one piece too.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


class Refusal(StrEnum):
    """Why an address is not connected to."""

    LOOPBACK = "loopback"
    METADATA = "metadata"
    LINK_LOCAL = "link_local"
    MULTICAST = "multicast"
    PRIVATE = "private"
    SPECIAL = "special"


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


LOOPBACK = _networks("127.0.0.0/8", "::1/128")
INTERNAL = _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
"""The only ranges in which a court's own network may lie."""
_LINK_LOCAL = _networks("169.254.0.0/16", "fe80::/10")
_MULTICAST = _networks("224.0.0.0/4", "ff00::/8")
# Where clouds keep the credentials of a machine: AWS, Azure, Oracle, Aliyun, Google.
_METADATA = _networks(
    "169.254.169.254/32",
    "168.63.129.16/32",
    "192.0.0.192/32",
    "100.100.100.200/32",
    "fd00:ec2::254/128",
    "fd20:ce::254/128",
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL = _networks(
    "0.0.0.0/8",  # this network, RFC 791
    "192.0.0.0/24",  # protocol assignments, RFC 6890
    "192.0.2.0/24",  # documentation, RFC 5737
    "192.31.196.0/24",  # AS112, RFC 7535
    "192.52.193.0/24",  # AMT, RFC 7450
    "192.88.99.0/24",  # 6to4 relay, RFC 7526
    "192.175.48.0/24",  # AS112, RFC 7534
    "198.18.0.0/15",  # benchmarking, RFC 2544
    "198.51.100.0/24",  # documentation, RFC 5737
    "203.0.113.0/24",  # documentation, RFC 5737
    "240.0.0.0/4",  # reserved and limited broadcast, RFC 1112, RFC 8190
    "2001::/23",  # protocol assignments (Teredo, ORCHID, benchmarking ...), RFC 2928
    "2001:db8::/32",  # documentation, RFC 3849
    "2002::/16",  # 6to4, which carries an IPv4 address inside, RFC 3056
    "2620:4f:8000::/48",  # AS112, RFC 7534
    "3fff::/20",  # documentation, RFC 9637
)  # the rest of IPv6's registry (mapped addresses, NAT64, discard, SRv6 ...) lies outside 2000::/3


@dataclass(frozen=True, slots=True)
class Destination:
    """An address in its parts. `host` is a name in lower case or an IP address; `target` begins with a slash."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def address(self) -> Address | None:
        """The host as a number, if it is one."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them (RFC 9110, 7.2): the scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _SCHEMES[self.scheme] else f"{host}:{self.port}"


def parse_destination(text: str, *, sandbox: bool) -> Destination:
    """Read an endpoint's address. Raises `BadValue`: webhook_url_invalid, webhook_url_not_https, webhook_url_refused.

    Only https; in a sandbox installation also http to this machine. No user, no password, no fragment, no zone; names
    in ASCII (an international one in its `xn--` form).
    """
    found = _URL.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise BadValue("webhook_url_invalid")
    host = _host(found)
    port = int(found["port"] or _SCHEMES[found["scheme"]])
    if not 0 < port <= _HIGHEST_PORT:
        raise BadValue("webhook_url_invalid")
    target = found["target"]
    made = Destination(found["scheme"], host, port, target if target.startswith("/") else f"/{target}")
    if made.scheme != "https" and not (sandbox and _is_this_machine(made)):
        raise BadValue("webhook_url_not_https")
    # Which of the internal networks belongs to this court is known where the connection is made.
    if made.address is not None and refusal(made.address, allowed=INTERNAL, sandbox=sandbox) is not None:
        raise BadValue("webhook_url_refused")
    return made


def _host(found: re.Match[str]) -> str:
    try:
        if found["six"] is not None:
            return str(IPv6Address(found["six"]))
        labels = found["host"].split(".")
        if _NUMBER.fullmatch(labels[-1]):
            return str(IPv4Address(found["host"]))
    except AddressValueError:
        raise BadValue("webhook_url_invalid") from None
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise BadValue("webhook_url_invalid")
    return found["host"]


def _is_this_machine(destination: Destination) -> bool:
    address = destination.address
    return destination.host == "localhost" if address is None else _within(address, LOOPBACK)


def refusal(address: Address, *, allowed: Sequence[Network] = (), sandbox: bool = False) -> Refusal | None:
    """Why this address must not be connected to; None if it may.

    `allowed` are the court's own networks: they open what lies in `INTERNAL` and nothing else. A sandbox may reach its
    own machine.
    """
    match address:
        case _ if _within(address, _METADATA):
            found = Refusal.METADATA
        case _ if _within(address, LOOPBACK):
            return None if sandbox else Refusal.LOOPBACK
        case _ if _within(address, _LINK_LOCAL):
            found = Refusal.LINK_LOCAL
        case _ if _within(address, _MULTICAST):
            found = Refusal.MULTICAST
        case _ if _within(address, INTERNAL):
            return None if _within(address, allowed) else Refusal.PRIVATE
        case IPv6Address() if address not in _GLOBAL_V6:
            found = Refusal.SPECIAL
        case _ if _within(address, _SPECIAL):
            found = Refusal.SPECIAL
        case _:
            return None
    return found


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
