"""Whose fault a failure is, in one small vocabulary for all providers.

Every mapping table says it of each of its codes. From it follows which error a refusal becomes, and what a late
report of failure means for the address: only `ADDRESS` speaks against the address itself, and lowers it for the next
order too.
"""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple, assert_never

from delivery.domain.errors import Misconfigured, Permanent, SendError, Transient


class Fault(StrEnum):
    """What stands in `Report.args["fault"]` of a failure."""

    ADDRESS = "address"  # this number or mailbox does not work, for anybody
    RECIPIENT = "recipient"  # it works, but its holder wants nothing from us
    ROUTE = "route"  # this provider cannot reach it; another may
    CONTENT = "content"  # the text was refused, on the way or there
    PASSING = "passing"  # off, full, busy: later it may work
    OURS = "ours"  # account, sender, balance
    UNKNOWN = "unknown"  # a failure without a cause that we know


NUMBER_LIMITED = "number_limited"
"""Too many messages to this one number lately: it waits, and the provider goes on carrying to everybody else."""


class Meaning(NamedTuple):
    """One row of a mapping table: whose fault, and our stable reason code."""

    fault: Fault
    reason: str


def refusal(meaning: Meaning, *, detail: str = "", retry_after: timedelta | None = None) -> SendError:
    """Turn a clear and documented "no" at submission into the error that the core acts on."""
    match meaning.fault:
        case Fault.OURS:
            return Misconfigured(meaning.reason, detail=detail)
        case Fault.PASSING:
            return Transient(meaning.reason, detail=detail, retry_after=retry_after)
        case Fault.ADDRESS | Fault.RECIPIENT | Fault.ROUTE | Fault.CONTENT | Fault.UNKNOWN:
            return Permanent(meaning.reason, detail=detail)
    assert_never(meaning.fault)
