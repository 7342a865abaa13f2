"""The exhaustion certificate of an order: drawn up whenever somebody looks, kept as evidence when a notice is approved.

No gap, no refusal: an approval while something is open is refused with the names of what is open, whichever door it
comes through. What was approved on is kept as canonical bytes; the journal's fact of the approval carries their digest.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.addressing import shown_address
from delivery.domain.errors import Conflict
from delivery.domain.exhaustion import Certificate, Gap, certify
from delivery.domain.ladder import Standing
from delivery.gathering import gather_facts
from delivery.runtime import Runtime
from delivery.store.evidence import Evidence
from delivery.store.ids import new_id
from delivery.store.journal import canonical, instant
from delivery.store.orders import ServiceOrder, attempts_of
from delivery.store.surroundings import surroundings_of
from delivery.wording import knows, say

FORMAT = 1
EVIDENCE_KIND = "exhaustion"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate that a notice was approved on."""

    sha256: str
    at: datetime


class ExhaustionGaps(Conflict):
    """Something has to be done before a notice; `errors` names each gap with its subject and its rule."""

    def __init__(self, gaps: Sequence[Gap]) -> None:
        named = [f"{gap.code}:{gap.subject}" if gap.subject else gap.code for gap in gaps]
        super().__init__(
            "exhaustion_gaps",
            errors=tuple({"code": gap.code, "subject": gap.subject, "rule": gap.rule} for gap in gaps),
            gaps=" ".join(dict.fromkeys(named)),
        )


def certificate_of(runtime: Runtime, session: Session, order: ServiceOrder) -> Certificate:
    """The certificate of an order as it stands now."""
    attempts = attempts_of(session, order.court_id, order.id)
    return certify(gather_facts(runtime, session, order, surroundings_of(session, order), attempts, Standing(), set()))


def issue(runtime: Runtime, session: Session, order: ServiceOrder, now: datetime) -> str:
    """Keep the certificate as evidence and return its sha256, for the approval that rests on it.

    Raises `Conflict` (exhaustion_gaps), naming every gap, while anything is open.
    """
    certificate = certificate_of(runtime, session, order)
    if certificate.gaps:
        raise ExhaustionGaps(certificate.gaps)
    content = canonical(_document(session, order, certificate, now)).encode()
    sha256 = runtime.blobs.put(order.court_id, content)
    session.add(
        Evidence(
            court_id=order.court_id,
            id=new_id(),
            order_id=order.id,
            kind=EVIDENCE_KIND,
            sha256=sha256,
            size=len(content),
            media_type="application/json",
            capture={},
            created_at=now,
        )
    )
    return sha256


def issued_of(session: Session, court_id: UUID, order_id: UUID) -> list[Issued]:
    """The certificates that notices of this order were approved on, newest first."""
    rows = session.execute(
        select(Evidence.sha256, Evidence.created_at)
        .where(Evidence.court_id == court_id, Evidence.order_id == order_id, Evidence.kind == EVIDENCE_KIND)
        .order_by(Evidence.created_at.desc(), Evidence.id.desc())
    )
    return [Issued(sha256, at) for sha256, at in rows]


def say_gaps(named: str, language: str) -> str:
    """What `ExhaustionGaps` names, in words."""
    told = [say_gap(*item.partition(":")[::2], language) for item in named.split()]
    return say(language, "list.clauses").join(told)


def say_gap(code: str, subject: str, language: str) -> str:
    """One gap in words; its subject is a channel or a source."""
    table = next((name for name in ("channel", "source") if knows(f"{name}.{subject}")), "")
    told = say(language, f"{table}.{subject}") if table else subject
    return say(language, f"gap.{code}", subject=told)


def _document(session: Session, order: ServiceOrder, certificate: Certificate, now: datetime) -> dict[str, Any]:
    """The certificate with whom and what it is about, as JSON values."""
    around = surroundings_of(session, order)
    content: dict[str, Any] = {
        "v": FORMAT,
        "order": str(order.id),
        "case": around.case.number,
        "recipient": around.party.name,
        "papers": [paper.title for paper in around.papers],
        "issued_at": instant(now),
        "addresses": {
            str(address.id): shown_address(address.kind, address.value or "") for address, _ in around.addresses
        },
        **_plain(asdict(certificate)),
    }
    return content


def _plain(value: Any) -> Any:  # noqa: ANN401 -- whatever the certificate holds, as JSON values
    match value:
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case StrEnum():
            return str(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            return value
