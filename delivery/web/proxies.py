"""Who is calling when a proxy of ours stands in front: the address that it tells, and never a stranger's word.

Everything that is slowed by where it comes from (passwords, short codes) and every push that is taken only from a
carrier's network looks at this address. Without it all the world would share the proxy's, and one guesser could shut
everybody out.
"""

from collections.abc import Sequence
from ipaddress import ip_address

from delivery.domain.destination import Address, Network


def caller(remote: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """The first address from the right in `X-Forwarded-For` that is no proxy of ours; `remote` unless that is one.

    Each proxy puts the address that called it at the end, so what stands further left may be anybody's invention.
    """
    found = remote
    for told in reversed(forwarded.split(",")):
        here, next_one = _address(found), _address(told.strip())
        if here is None or next_one is None or not any(here in network for network in proxies):
            break
        found = str(next_one)
    return found


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
