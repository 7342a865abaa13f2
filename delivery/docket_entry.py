"""From a row of a docket to an entry for intake: what a docket leaves unsaid is filled in here, by rule.

An address without a basis came with the papers of whoever brought the case: it is the plaintiff's own filing for the
plaintiff's side, and plaintiff-supplied for everybody else (facts format, "Address basis"). A consent to e-service
covers only what the consenting party itself gave: at an address that the other side supplied, nobody consented.
"""

from collections.abc import Iterator, Mapping

from delivery.addressing import postal_value
from delivery.docket_row import DocketDocument, DocketRow
from delivery.domain.address import AddressKind, Basis, Phone
from delivery.domain.case import CAME_TO_COURT
from delivery.domain.paper import DocumentKind
from delivery.intake_entries import WHOLE_SCOPE, AddressEntry, OrderEntry, PaperEntry

# These the party named itself, so that its consent to e-service is a consent to be served there.
OWN_WORD = frozenset({Basis.CONFIRMED, Basis.GIVEN_ORALLY, Basis.OWN_FILING, Basis.PRE_DISPUTE_AGREED})
# Without a date of their own they came with the case.
_DATED_BY_FILING = OWN_WORD | {Basis.PLAINTIFF_SUPPLIED}


def entry_of(row: DocketRow, papers: Mapping[str, PaperEntry]) -> OrderEntry:
    """The entry of one row; `papers` holds those whose bytes came along, by their path in the archive."""
    return OrderEntry(
        case_number=row.case.text,
        procedure=row.procedure,
        recipient_name=row.recipient,
        recipient_kind=row.kind,
        role=row.role,
        papers=tuple(_paper(document, papers) for document in row.documents),
        addresses=tuple(_addresses(row)),
        cause=row.cause,
        instance=row.case.instance,
        dispute=row.origin.text if row.origin else "",
        confidential=row.confidential,
        accepted_on=row.accepted_on,
        hearing_at=row.hearing_at,
        identity_number=row.identity.number if row.identity else "",
        identity_checked=row.identity.checked if row.identity else True,
        born_on=row.identity.born_on if row.identity else None,
        language=row.language,
        firm=row.counsel.firm if row.counsel else "",
        firm_email=row.counsel.email if row.counsel else "",
        firm_wechat=row.counsel.wechat if row.counsel else "",
        lawyer=row.counsel.lawyer if row.counsel else "",
    )


def _paper(document: DocketDocument, papers: Mapping[str, PaperEntry]) -> PaperEntry:
    found = papers.get(document.file)
    if found is None:
        return PaperEntry(document.kind, document.title)
    return PaperEntry(document.kind, document.title, found.sha256, found.size, found.media_type)


def basis_of(row: DocketRow) -> Basis:
    """The basis of a row's addresses, as written or as its silence means."""
    if row.basis is not None:
        return row.basis
    return Basis.OWN_FILING if row.role in CAME_TO_COURT else Basis.PLAINTIFF_SUPPLIED


def consent_is_without_address(row: DocketRow) -> bool:
    """Whether the row notes a consent to e-service, but no electronic address that the party gave itself."""
    if row.consent is None or not row.consent.given:
        return False
    return basis_of(row) not in OWN_WORD or not (row.emails or row.wechat or any(phone.mobile for phone in row.phones))


def _addresses(row: DocketRow) -> Iterator[AddressEntry]:
    basis = basis_of(row)
    given_on = row.confirmed_on or (row.accepted_on if basis in _DATED_BY_FILING else None)
    scope = _scope(row) if basis in OWN_WORD else ""
    for phone in row.phones:
        kind = AddressKind.MOBILE if phone.mobile else AddressKind.LANDLINE
        yield AddressEntry(kind, _dialled(phone), basis, given_on, scope if phone.mobile else "")
    for email in row.emails:
        yield AddressEntry(AddressKind.EMAIL, email, basis, given_on, scope)
    if row.wechat:
        yield AddressEntry(AddressKind.WECHAT, row.wechat, basis, given_on, scope)
    if row.postal is not None:
        yield AddressEntry(AddressKind.POSTAL, postal_value(row.postal), basis, given_on)


def _dialled(phone: Phone) -> str:
    """The number with its extension as RFC 3966 writes it."""
    return f"{phone.number};ext={phone.extension}" if phone.extension else phone.number


def _scope(row: DocketRow) -> str:
    """The consent in the ledger's form: "all", kinds by comma in their usual order, or nothing."""
    if row.consent is None or not row.consent.given:
        return ""
    if row.consent.scope == frozenset(DocumentKind):
        return WHOLE_SCOPE
    return ",".join(kind for kind in DocumentKind if kind in row.consent.scope)
