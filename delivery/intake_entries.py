"""What comes in, before anything is known about it.

One recipient in one case, its addresses, and the papers to be served.
"""

from dataclasses import dataclass
from datetime import date, datetime

from delivery.domain.paper import DocumentKind

WHOLE_SCOPE = "all"


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """A destination of the recipient as the docket gives it.

    `consent_scope`: "all", document kinds by comma, or empty.
    """

    kind: str
    value: str
    basis: str
    given_on: date | None = None
    consent_scope: str = ""
    covers_other_cases: bool = False


@dataclass(frozen=True, slots=True)
class PaperEntry:
    """A paper to be served; without `sha256` its bytes are still to come and nothing that carries it starts."""

    kind: DocumentKind
    title: str
    sha256: str | None = None
    size: int | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """One recipient in one case with the papers to be served.

    `dispute` is the number of an earlier case of the same dispute. `identity_checked` says that the number proves
    itself by its check digit; one that does not makes nobody the same as somebody known.
    """

    case_number: str
    procedure: str
    recipient_name: str
    recipient_kind: str
    role: str
    papers: tuple[PaperEntry, ...]
    addresses: tuple[AddressEntry, ...] = ()
    cause: str = ""
    instance: str = "first"
    dispute: str = ""
    confidential: bool = False
    accepted_on: date | None = None
    hearing_at: datetime | None = None
    payment_order_issued_on: date | None = None
    identity_number: str = ""
    identity_checked: bool = True
    born_on: date | None = None
    language: str = "zh"
    firm: str = ""
    firm_email: str = ""
    firm_wechat: str = ""
    lawyer: str = ""
    plan: str = ""  # empty: the court's own
    move_hearing: bool = False  # a hearing on another day than before is moved, not only told


def consented_kinds(entry: OrderEntry) -> set[DocumentKind] | None:
    """What the recipient's consents to e-service cover together; None when there is none."""
    scopes = [address.consent_scope for address in entry.addresses if address.consent_scope]
    if not scopes:
        return None
    if WHOLE_SCOPE in scopes:
        return set(DocumentKind)
    return {DocumentKind(kind) for scope in scopes for kind in scope.split(",")}
