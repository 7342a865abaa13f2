"""The dispatcher's page of the field day: packets loaded and handed in, and who goes to which door."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.domain.errors import BadValue
from delivery.field_packets import give_visits, loads_of, number_packets, servers_of, unnumbered
from delivery.store.courts import Court
from delivery.store.field import packets_of
from delivery.visiting import Visit, open_visits
from delivery.web.rendering import page
from delivery.web.request_state import court_id, note_read, now, session

blueprint = Blueprint("field_packets", __name__, template_folder="templates")
_LISTED = 100
_LABELS = 200
_NOBODY = "nobody"


@blueprint.get("/field/packets")
def listing() -> ResponseReturnValue:
    """Whose packets are loaded and handed in, and the doors that wait, to be numbered and given to somebody."""
    court = session().get_one(Court, court_id())
    chosen = request.args.get("server", "")
    visits = _waiting(chosen, _LISTED + 1)
    servers = servers_of(session(), court_id())
    listed = visits[:_LISTED]
    note_read("visits_listed")
    return page(
        "field/packets.html",
        loads=loads_of(session(), court, now()),
        visits=sorted(listed, key=lambda visit: (visit.due_on is None, visit.due_on, visit.id)),
        more=len(visits) > _LISTED,
        listed=_LISTED,
        numbers=packets_of(session(), court_id(), [visit.id for visit in listed]),
        servers=servers,
        names={server.id: server.name for server in servers},
        chosen=chosen,
        unnumbered=unnumbered(session(), court_id()),
    )


@blueprint.get("/field/packets/labels")
def labels() -> ResponseReturnValue:
    """What is printed and stuck on the packets: the number, for people and for cameras, whom it is for and where."""
    visits = _waiting(request.args.get("server", ""), _LABELS)
    numbers = packets_of(session(), court_id(), [visit.id for visit in visits])
    wanted = [(numbers[visit.id], visit) for visit in visits if visit.id in numbers]
    note_read("packet_labels_printed", labels=len(wanted))
    return page(
        "field/labels.html",
        labels=[(number, _code(number), visit) for number, visit in sorted(wanted, key=lambda one: one[0])],
    )


def _waiting(chosen: str, most: int) -> list[Visit]:
    """The doors of one server (its id), of nobody yet (`nobody`), or all that wait; at most so many of those."""
    if not chosen:
        return open_visits(session(), court_id(), limit=most)
    server = None if chosen == _NOBODY else _id(chosen)
    # Whoever is asked for comes first, then what is nobody's: so none of theirs is cut off for other people's.
    found = open_visits(session(), court_id(), limit=most, server=server or UUID(int=0))
    return [visit for visit in found if visit.assigned_to == server]


def _code(number: int) -> str:
    """A packet's number for a camera, as an address of its own picture."""
    import segno  # slow to load and needed for printing alone

    return segno.make(f"packet:{number}", error="m", micro=False).svg_data_uri(scale=4, border=2, light="white")


@blueprint.post("/field/packets/number")
def number() -> ResponseReturnValue:
    """Number the packets that have none."""
    count = number_packets(session(), court_id(), now())
    return redirect(url_for("field_packets.listing", numbered=count), HTTPStatus.SEE_OTHER)


@blueprint.post("/field/packets/give")
def give() -> ResponseReturnValue:
    """Give the visits that are ticked, or all that were listed, to one field server."""
    chosen = request.form.getlist("listed" if request.form.get("which") == "listed" else "visit")
    count = give_visits(session(), court_id(), [_id(text) for text in chosen], _id(request.form.get("server", "")))
    note_read("visits_given", _id(request.form["server"]), visits=count)
    return redirect(url_for("field_packets.listing", given=count), HTTPStatus.SEE_OTHER)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadValue("server_unknown") from None
