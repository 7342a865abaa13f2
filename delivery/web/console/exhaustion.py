"""The exhaustion certificate of an order, to be read before a notice is approved and printed for the file."""

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from delivery.addressing import shown_address
from delivery.exhausting import certificate_of, issued_of, say_gap
from delivery.web.console.address_use import article
from delivery.web.console.order_reading import read_order
from delivery.web.narrating import names_of
from delivery.web.rendering import page as render
from delivery.web.rendering import word
from delivery.web.request_state import court_id, language, note_read, now, runtime, session
from delivery.wording import knows

blueprint = Blueprint("exhaustion", __name__)
# Which table of words puts a result or a reason into words; an attempt that ended without one tells its status.
_RESULTS = ("exhaustion_reason", "reason", "result", "attempt_status")


@blueprint.get("/orders/<uuid:order_id>/exhaustion")
def page(order_id: UUID) -> ResponseReturnValue:
    """Every address and means tried, skipped or untried, every source, and what is still open. Addresses in full."""
    view = read_order(session(), court_id(), order_id)
    certificate = certificate_of(runtime(), session(), view.order)
    note_read("exhaustion", order_id)
    addresses = {address.id: shown_address(address.kind, address.value or "") for address, _ in view.addresses}
    return render(
        "console/exhaustion.html",
        view=view,
        certificate=certificate,
        addresses=addresses,
        gaps=list(dict.fromkeys(say_gap(gap.code, gap.subject, language()) for gap in certificate.gaps)),
        told=_told,
        article=article,
        names=names_of(session(), [line.by for line in certificate.sources]),
        issued=issued_of(session(), court_id(), order_id),
        as_of=now(),
    )


def _told(code: str) -> str:
    table = next((name for name in _RESULTS if knows(f"{name}.{code}")), "")
    return word(table, code) if table else code
