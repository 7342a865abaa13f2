"""Where the recipient of an order can be reached: what is known, one more, a change, a signed form, a merge undone."""

from datetime import date
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.address_acts import Given, add_address, change_address, record_confirmation
from delivery.addressing import shown_address
from delivery.domain.address import AddressKind, Basis
from delivery.domain.errors import NotFound, RequestError
from delivery.intake_addresses import Form
from delivery.intake_entries import WHOLE_SCOPE
from delivery.party_merging import merges_of, take_back_merge
from delivery.web.console.address_use import uses_of
from delivery.web.console.order_reading import OrderView, read_order
from delivery.web.rendering import page as render
from delivery.web.rendering import word
from delivery.web.request_state import court_id, note_read, now, person, session, zone

blueprint = Blueprint("addresses", __name__, url_prefix="/orders/<uuid:order_id>/addresses")
KINDS = (AddressKind.MOBILE, AddressKind.EMAIL, AddressKind.POSTAL, AddressKind.LANDLINE)
# A confirmed address comes with its form; one from elsewhere comes by itself, with its source.
BASES = tuple(basis for basis in Basis if basis not in {Basis.CONFIRMED, Basis.OTHER_PROCEEDINGS})
_PAPER_FORM = "paper"


@blueprint.get("")
def page(order_id: UUID) -> ResponseReturnValue:
    """The addresses in full, which is recorded, and the forms."""
    view = _view(order_id)
    note_read("addresses", order_id)
    return render(
        "console/addresses.html",
        view=view,
        shown=lambda address: shown_address(address.kind, address.value or ""),
        uses=uses_of(view.addresses, now().astimezone(zone()).date()),
        kinds=[(kind, word("address_kind", kind)) for kind in KINDS],
        bases=[(basis, word("basis", basis)) for basis in BASES],
        merges=merges_of(session(), court_id(), view.party.id),
        today=now().astimezone(zone()).date().isoformat(),
    )


@blueprint.post("")
def add(order_id: UUID) -> ResponseReturnValue:
    """One address more."""
    view = _view(order_id)
    given = _given(request.form.get("kind", ""))
    add_address(session(), court_id(), view.recipient.id, given, by=person().account_id, now=now())
    return _back(order_id)


@blueprint.post("/change")
def change(order_id: UUID) -> ResponseReturnValue:
    """Another in the place of one that is known."""
    view = _view(order_id)
    old = view.address_by_id.get(_named("address"))
    if old is None:
        raise NotFound
    change_address(
        session(),
        court_id(),
        view.recipient.id,
        old.id,
        _given(old.kind),
        in_writing=request.form.get("in_writing") == "yes",
        by=person().account_id,
        now=now(),
    )
    return _back(order_id)


@blueprint.post("/confirmation")
def confirm(order_id: UUID) -> ResponseReturnValue:
    """A signed form, keyed from paper."""
    view = _view(order_id)
    signed_on = _day("signed_on")
    scope = WHOLE_SCOPE if request.form.get("consent") == "yes" else ""
    other_cases = request.form.get("other_cases") == "yes"
    addresses = [
        Given(kind, text, Basis.CONFIRMED, signed_on, scope if kind != AddressKind.POSTAL else "", other_cases)
        for kind in KINDS[:3]
        if (text := request.form.get(kind, "").strip())
    ]
    form = Form(signed_on, warnings_version=_PAPER_FORM if request.form.get("warned") == "yes" else "")
    record_confirmation(session(), court_id(), view.recipient.id, addresses, form, by=person().account_id, now=now())
    return _back(order_id)


@blueprint.post("/merge/undo")
def take_back(order_id: UUID) -> ResponseReturnValue:
    """The recipient and another party are two after all."""
    view = _view(order_id)
    wanted = _named("merge")
    if wanted not in {merge.id for merge in merges_of(session(), court_id(), view.party.id)}:
        raise NotFound
    take_back_merge(session(), court_id(), wanted, by=person().account_id, now=now())
    return _back(order_id)


def _view(order_id: UUID) -> OrderView:
    return read_order(session(), court_id(), order_id)


def _back(order_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("addresses.page", order_id=order_id), HTTPStatus.SEE_OTHER)


def _given(kind: str) -> Given:
    basis = request.form.get("basis", "")
    if basis not in BASES:
        raise RequestError("reason_unknown", status=HTTPStatus.UNPROCESSABLE_ENTITY, reason=basis)
    scope = WHOLE_SCOPE if request.form.get("consent") == "yes" else ""
    return Given(kind, request.form.get("value", "")[:300], basis, _day("given_on"), scope)


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise RequestError("moment_malformed", status=HTTPStatus.UNPROCESSABLE_ENTITY) from None


def _named(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        raise NotFound from None
