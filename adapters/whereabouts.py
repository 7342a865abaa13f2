"""Whether what a provider is called at lies abroad: for a court whose data must stay, that decides whether it is used.

The same provider often has houses on both sides (a region, an international address), and a mail relay may stand
anywhere. So an address counts as abroad unless it is known to lie in the country, or the operator says that it does.
"""

import re
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit


class Inside(StrEnum):
    """Whether the operator says that an address lies in the country."""

    YES = "yes"
    NO = "no"


def lies_abroad(address: str, mainland: str, said: Inside) -> bool:
    """Whether a host, or the host of a URL, lies abroad; empty stands for the provider's own address in the mainland.

    Not abroad are this machine and private networks (a name without a point is one of the own network), the hosts whose
    whole name fits the pattern `mainland`, and whatever is said to lie inside.
    """
    if said is Inside.YES:
        return False
    try:
        host = (urlsplit(address).hostname if "://" in address else address) or ""
    except ValueError:
        return True  # no address at all, which is told elsewhere
    try:
        return not ip_address(host).is_private
    except ValueError:
        return "." in host and re.fullmatch(mainland, host.lower()) is None
