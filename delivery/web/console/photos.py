"""Photo proofs before people: supervisors decide on the doubtful ones with keys or two clicks, servers see their own.

After a decision the next proof follows by itself. Pictures are shown from copies without metadata; looking at them is
written down.
"""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from delivery.domain.errors import NotFound, RequestError
from delivery.domain.photo_standing import OPEN, Standing
from delivery.photo_reviewing import appeal, false_alarms, rule
from delivery.store.photo_grades import PhotoPrint, PhotoProof, grades_of, proofs_by, proofs_standing
from delivery.web.console.photo_page import address_of, gravest_of, page_of, reasons_of
from delivery.web.downloads import attachment
from delivery.web.faults import words_for
from delivery.web.rendering import page as render
from delivery.web.rendering import word
from delivery.web.request_state import court_id, note_read, now, person, runtime, session

blueprint = Blueprint("photos", __name__, url_prefix="/photos")
_MOST = 100


@blueprint.get("")
def listing() -> ResponseReturnValue:
    """What waits for a person, and how often the signals were wrong."""
    waiting = proofs_standing(session(), court_id(), OPEN, limit=_MOST)
    note_read("photo_proofs", shown=len(waiting))
    total, figures = false_alarms(session(), court_id(), now())
    return render(
        "console/photos.html",
        rows=[(proof, name, _gravest(proof)) for proof, name in waiting],
        total=total,
        figures=figures,
        done=_done(),
    )


@blueprint.get("/<uuid:proof_id>")
def page(proof_id: UUID) -> ResponseReturnValue:
    """One proof with everything that it turns on."""
    return _page(_proof(proof_id))


@blueprint.post("/<uuid:proof_id>")
def decide(proof_id: UUID) -> ResponseReturnValue:
    """Accept it or not, then go on to the next."""
    reason = request.form.get("reason", "")
    accepted = request.form.get("decision", "") == "accept"
    try:
        proof = rule(
            session(), court_id(), proof_id, accepted=accepted, reason=reason, by=person().account_id, now=now()
        )
    except RequestError as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            raise
        return _page(_proof(proof_id), words_for(refused.code, refused.arguments)), refused.status
    session().flush()
    following = _next(proof)
    if following is None:
        return redirect(url_for("photos.listing", done=proof.id), HTTPStatus.SEE_OTHER)
    return redirect(url_for("photos.page", proof_id=following, done=proof.id), HTTPStatus.SEE_OTHER)


@blueprint.get("/<uuid:proof_id>/pictures/<uuid:print_id>")
def picture(proof_id: UUID, print_id: UUID) -> Response:
    """The copy of one picture, without metadata."""
    proof = _proof(proof_id)
    found = session().get(PhotoPrint, (court_id(), print_id))
    if found is None or found.attempt_id != proof.attempt_id or not found.derived_sha256:
        raise NotFound
    note_read("evidence", proof.order_id, evidence=str(found.evidence_id))
    response = attachment(runtime().blobs.get(court_id(), found.derived_sha256), found.role, "image/jpeg")
    response.headers["Content-Disposition"] = "inline"
    return response


@blueprint.get("/mine")
def mine() -> ResponseReturnValue:
    """A server's own proofs: the grade, what would have helped, and the way to appeal."""
    return _mine()


@blueprint.post("/mine/<uuid:proof_id>")
def appeal_mine(proof_id: UUID) -> ResponseReturnValue:
    """Ask for another look."""
    text = request.form.get("text", "")
    try:
        appeal(session(), court_id(), proof_id, text=text, by=person().account_id, now=now())
    except RequestError as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            raise
        return _mine(words_for(refused.code, refused.arguments)), refused.status
    return redirect(url_for("photos.mine"), HTTPStatus.SEE_OTHER)


def _mine(wrong: str = "") -> str:
    rows = proofs_by(session(), court_id(), person().account_id, limit=_MOST)
    note_read("photo_proofs", shown=len(rows))
    return render(
        "console/photos_mine.html",
        rows=[(proof, address_of(session(), proof), _reasons(proof), _may_appeal(proof)) for proof in rows],
        wrong=wrong,
    )


def _may_appeal(proof: PhotoProof) -> bool:
    return proof.standing == Standing.REFUSED and proof.appealed_at is None


def _reasons(proof: PhotoProof) -> list[str]:
    graded = grades_of(session(), court_id(), proof.id)
    return [line.text for line in reasons_of(graded[0]) if line.weight <= 0] if graded else []


def _page(proof: PhotoProof, wrong: str = "") -> str:
    note_read("order", proof.order_id)
    following = _next(proof)
    return render(
        "console/photo.html",
        found=page_of(session(), proof),
        proof=proof,
        is_open=proof.standing in OPEN,
        wrong=wrong,
        typed=request.form,
        done=_done(),
        following=url_for("photos.page", proof_id=following) if following else "",
    )


def _next(proof: PhotoProof) -> UUID | None:
    """The proof that waits behind this one, or else the first that waits."""
    waiting = [one for one, _ in proofs_standing(session(), court_id(), OPEN, limit=_MOST) if one.id != proof.id]
    later = (one for one in waiting if (one.graded_at, one.id) > (proof.graded_at, proof.id))
    found = next(later, waiting[0] if waiting else None)
    return found.id if found is not None else None


def _gravest(proof: PhotoProof) -> str:
    graded = grades_of(session(), court_id(), proof.id)
    return gravest_of(graded[0]) if graded else ""


def _proof(proof_id: UUID) -> PhotoProof:
    found = session().get(PhotoProof, (court_id(), proof_id))
    if found is None:
        raise NotFound
    return found


def _done() -> str:
    """How the proof before this page was decided."""
    try:
        found = session().get(PhotoProof, (court_id(), UUID(request.args.get("done", ""))))
    except ValueError:
        return ""
    return word("photo_standing", found.standing) if found is not None else ""
