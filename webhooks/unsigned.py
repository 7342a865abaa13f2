"""The little that an unsigned call can prove: it knows an address that one carrier was told, and where it comes from.

Whatever passes is a hint and no more: the inbox has the provider asked about it.
"""

import hmac
import ipaddress

from adapters.documents import read_json
from adapters.hints import Network
from delivery.domain.errors import InvalidSignature, MalformedCallback
from webhooks.receiver import InboundRequest


def prove(request: InboundRequest, secrets: tuple[str, ...], networks: tuple[Network, ...]) -> None:
    """Compare the last part of the path with every active secret, and the caller with the networks allowed."""
    given = request.path().rpartition("/")[2].encode("utf-8", "replace")
    if request.method != "POST" or not any(hmac.compare_digest(one.encode(), given) for one in secrets):
        raise InvalidSignature("path")
    if not _is_within(request.remote, networks):
        raise InvalidSignature("network")


def _is_within(remote: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)  # what a socket for both families makes of an IPv4 caller
    return any((mapped or address) in network for network in networks)


def content(request: InboundRequest) -> list[dict[str, object]]:
    """Read a JSON body: a list of objects, or one by itself. Raises `MalformedCallback`."""
    try:
        said = read_json(request.body)
    except (ValueError, RecursionError):
        raise MalformedCallback("not_json") from None
    items = said if isinstance(said, list) else [said]
    if not items or not all(isinstance(item, dict) for item in items):
        raise MalformedCallback("report_missing")
    return items


def text(item: dict[str, object], name: str) -> str:
    """Give a field as text; empty when it is absent or no text or number."""
    value = item.get(name)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def international(number: str, country: str = "86") -> str:
    """Write a number as the court has it: the carriers leave the country out, or put it before without a plus."""
    digits = number.removeprefix("+")
    return f"+{digits}" if digits.startswith(country) and len(digits) > len("13900000001") else f"+{country}{digits}"
