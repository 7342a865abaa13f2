"""One-time codes by text for the identity check of a link, where the court uses a provider that texts them.

Only where nothing better can be asked: of a party whose identity number the court does not know, the page otherwise
asks for the code in the message, which whoever was passed the message on has too. A code goes to the very number that
the message went to, so that it shows who holds that telephone now. Whenever the provider cannot be used, the page asks
for the code in the message, as if there were none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from delivery.data_gates import open_providers
from delivery.domain.address import mask_phone
from delivery.domain.errors import Misconfigured, NotFound, Permanent, SendError, Transient
from delivery.domain.event import Channel, EventKind, Report
from delivery.link_identity import Proof, proof_wanted
from delivery.link_visiting import attempt_of
from delivery.provider_choice import THROTTLED
from delivery.provider_health import closed_providers, note_success, pause_provider, throttle
from delivery.providers import CodeAnswer, CodeTexting, Message, Submission
from delivery.runtime import Runtime
from delivery.store.accounts import SignInTry, tries_since
from delivery.store.courts import Court
from delivery.store.ids import new_id
from delivery.store.journal import event_known
from delivery.store.links import ServiceLink
from delivery.store.model import vault_of
from delivery.store.orders import lock_order
from delivery.store.parties import Address
from delivery.tracking import OURSELVES, record_fact

SETTING = "texted_codes"
"""The court's setting that names the provider of its codes."""
A_DAY = timedelta(days=1)
CODES_A_DAY = 5  # as many as the provider texts before one of them is typed in
PAUSE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CodeWay:
    """Where a code would go, and by whom."""

    provider: CodeTexting
    court_id: UUID
    attempt_id: UUID
    number: str
    language: str

    @property
    def shown(self) -> str:
        """The number as its owner can recognise it and nobody else can read it."""
        return mask_phone(self.number)


def code_way(runtime: Runtime, session: Session, link: ServiceLink, *, language: str, now: datetime) -> CodeWay | None:
    """How a code reaches whoever the link was sent to; None where the code in the message is what is asked for."""
    if proof_wanted(session, link) is not Proof.MESSAGE_CODE:
        return None
    court = session.get_one(Court, link.court_id)
    provider = open_providers(runtime, session, court).get(str(court.settings.get(SETTING) or ""))
    attempt = attempt_of(session, link)
    if not isinstance(provider, CodeTexting) or attempt is None or attempt.address_id is None:
        return None
    address = session.get_one(Address, (link.court_id, attempt.address_id))
    refused = event_known(session, link.court_id, OURSELVES, _refused_id(link)) is not None
    if address.kind != "mobile" or not address.value or refused:
        return None
    if provider.name in closed_providers(session, link.court_id, now):
        return None
    return CodeWay(provider, link.court_id, attempt.id, address.value, language)


def ask_for_code(session: Session, link: ServiceLink, way: CodeWay, *, now: datetime, machine_now: datetime) -> str:
    """Write down that a code is about to be texted; empty, or the code of why none is: `wait` or `too_many`."""
    order = lock_order(session, link.court_id, link.order_id)
    assert order is not None
    subject = vault_of(session).index("link.texted_code", str(link.id))
    if tries_since(session, subject, machine_now - A_DAY) >= CODES_A_DAY:
        return "too_many"
    if tries_since(session, subject, machine_now - PAUSE + timedelta.resolution):
        return "wait"
    session.add(SignInTry(subject=subject, tried_at=machine_now))
    args = {"link": str(link.id), "provider": way.provider.name}
    report = Report(EventKind.INFORMATION, "", now, reason="code_wanted", args=args)
    record_fact(session, order, report, now=now, attempt=attempt_of(session, link), look_again=False)
    return ""


def text_code(way: CodeWay) -> Submission | SendError:
    """Have the code texted; called with no transaction open."""
    key = new_id()
    message = Message(
        court_id=way.court_id,
        attempt_id=way.attempt_id,
        idempotency_key=str(key),
        channel=Channel.SMS,
        language=way.language,
        recipient_name="",
        to=way.number,
    )
    try:
        return way.provider.submit(message)
    except SendError as error:
        return error


def record_texted(
    session: Session, link: ServiceLink, way: CodeWay, result: Submission | SendError, now: datetime
) -> None:
    """Write down what came of it. A number that takes no codes is not asked for one again through this link."""
    order = lock_order(session, link.court_id, link.order_id)
    assert order is not None
    args, event_id, reason = {"link": str(link.id), "provider": way.provider.name}, "", "code_texted"
    if isinstance(result, SendError):
        reason, args["why"] = "code_not_texted", result.reason
        event_id = _refused_id(link) if isinstance(result, Permanent) else ""
        note_failure(session, link, way, result, now)
    else:
        args["verification"] = result.reference
        note_success(session, link.court_id, way.provider.name, now)
    report = Report(EventKind.INFORMATION, event_id, now, reason=reason, args=args)
    record_fact(session, order, report, now=now, attempt=attempt_of(session, link), look_again=False)


def note_failure(session: Session, link: ServiceLink, way: CodeWay, error: SendError, now: datetime) -> None:
    """What a failure says of the provider: paused for our fault, spared when it asks for less, nothing otherwise."""
    if isinstance(error, Misconfigured):
        pause_provider(session, link.court_id, way.provider.name, error.reason, now)
    elif isinstance(error, Transient) and error.reason == THROTTLED:
        throttle(session, link.court_id, way.provider.name, error.retry_after, now)


def answer_to(way: CodeWay, typed: str) -> CodeAnswer | SendError:
    """Compare what was typed, as far as it can be a code at all; called with no transaction open."""
    try:
        return way.provider.check(way.number, typed)
    except SendError as error:
        return error


def choose_provider(runtime: Runtime, court: Court, provider: str) -> None:
    """Say by whom a court has its codes texted; empty: by nobody. Raises `NotFound` for one that texts none."""
    if provider and not isinstance(runtime.providers.get(provider), CodeTexting):
        code = "provider_not_configured"
        raise NotFound(code, provider=provider)
    court.settings = {**court.settings, SETTING: provider}


def _refused_id(link: ServiceLink) -> str:
    return f"code_refused:{link.id}"
