"""Whether a court's personal data may go to a provider or a storage that lies abroad, as a rule without a database.

A mainland court's data must stay in the country unless somebody with the authority to do so has approved the transfer
(PIPL 36: personal data of state organs is kept in the mainland). An approval is a record of who, by which paper, since
when and until when, for one provider.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import ip_address

STORAGE = "storage"
"""The name under which an approval is given for the place where papers and evidence lie."""

MAINLAND_ZONES = frozenset(
    {"Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Chungking", "Asia/Harbin", "Asia/Kashgar", "PRC"}
)
# The regions in which Amazon's interface is served from the mainland.
_MAINLAND_REGIONS = frozenset({"cn-north-1", "cn-northwest-1"})


@dataclass(frozen=True, slots=True)
class Approval:
    """That data of one court may go to one provider abroad; dates are court-local, `until` is the last day."""

    provider: str
    approved_by: str
    reference: str
    approved_on: date
    until: date
    recorded_by: str
    recorded_at: datetime
    ended_at: datetime | None = None

    def holds(self, today: date) -> bool:
        """Whether it is in force on this day."""
        return self.ended_at is None and self.approved_on <= today <= self.until

    def to_json(self) -> Mapping[str, str | None]:
        """As it is kept with the court."""
        return {
            "provider": self.provider,
            "approved_by": self.approved_by,
            "reference": self.reference,
            "approved_on": self.approved_on.isoformat(),
            "until": self.until.isoformat(),
            "recorded_by": self.recorded_by,
            "recorded_at": self.recorded_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
        }


def approval_of(kept: Mapping[str, str | None]) -> Approval:
    """The reverse of `Approval.to_json`. Raises `KeyError` or `ValueError` for anything else."""
    ended_at = kept.get("ended_at")
    return Approval(
        provider=str(kept["provider"]),
        approved_by=str(kept["approved_by"]),
        reference=str(kept["reference"]),
        approved_on=date.fromisoformat(str(kept["approved_on"])),
        until=date.fromisoformat(str(kept["until"])),
        recorded_by=str(kept["recorded_by"]),
        recorded_at=datetime.fromisoformat(str(kept["recorded_at"])),
        ended_at=datetime.fromisoformat(ended_at) if ended_at else None,
    )


def barred(abroad: Iterable[str], approvals: Iterable[Approval], today: date) -> frozenset[str]:
    """Those of the names abroad for which no approval is in force."""
    return frozenset(abroad) - {approval.provider for approval in approvals if approval.holds(today)}


def storage_abroad(endpoint: str, region: str, inside: Iterable[str]) -> str:
    """Where an object store lies abroad: its host, or its region; empty if it is inside.

    Inside are our own machine, private networks, hosts that the operator has named, and the mainland's regions.
    """
    if not endpoint:
        return "" if region in _MAINLAND_REGIONS else region or "us-east-1"
    if endpoint in set(inside) or endpoint == "localhost":
        return ""
    try:
        address = ip_address(endpoint)
    except ValueError:
        return endpoint
    return "" if address.is_private else endpoint
