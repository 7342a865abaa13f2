"""The lawyer's checklist of one order: one printed page on which every item of proof is held, absent or lacking."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from delivery.checklist import Confirmer, ListedAct, Proof, checklist_of
from delivery.explaining import day_in_words, say_reason, say_rule
from delivery.officer_reading import weaknesses_of
from delivery.web.console.order_reading import read_order
from delivery.web.console.reasoning import reasoning_of
from delivery.web.rendering import page as render
from delivery.web.rendering import t, word
from delivery.web.request_state import court_id, language, note_read, now, session, zone

blueprint = Blueprint("checklist", __name__)

# Which table of words puts a value of a proof into words.
_TABLES = {"role": "person_role", "place": "result", "media": "result", "basis": "basis", "reason": "checklist.back"}


@blueprint.get("/orders/<uuid:order_id>/checklist")
def page(order_id: UUID) -> ResponseReturnValue:
    """Article, date, deadlines, what is missing, what would undo it, the evidence, and who confirms."""
    view = read_order(session(), court_id(), order_id)
    found = checklist_of(session(), view.order, now())
    served = found.effect is not None and found.effect.effective_on
    note_read("order", order_id)
    return render(
        "console/checklist.html",
        view=view,
        order=view.order,
        told=reasoning_of(view.order.effect, weaknesses_of(view.order, view.events)),
        decisive=len(dict.fromkeys(found.effect.basis)) if found.effect is not None else 0,
        acts=[(act, _heading(act), _reasons(act), list(_told(act, served=bool(served)))) for act in found.acts],
        mail=[
            (waybill, meaning, [say_rule(rule, language(), short=True) for rule in meaning.rules])
            for waybill, meaning in found.mail
        ],
        papers=[(paper.kind, paper.title) for paper in view.papers],
        found=found,
        settled=found.confirmer in {Confirmer.NOBODY, Confirmer.CONFIRMED, Confirmer.RULED},
        today=now().astimezone(zone()).date(),
    )


def _heading(act: ListedAct) -> str:
    name = word("law.method", act.method)
    return name if act.on is None else t("checklist.act", method=name, on=day_in_words(act.on, language()))


def _reasons(act: ListedAct) -> list[str]:
    return [say_reason(reason, language()) for reason in act.reasons]


def _told(act: ListedAct, *, served: bool) -> Iterator[tuple[str, str, str]]:
    """Each proof as its state (held, weak, lacking), its name, and what is known of it.

    Once the papers are served, nothing is lacking to acts that served nobody.
    """
    for proof in act.proofs:
        if served and not act.deciding and not proof.held:
            continue
        state = "held" if proof.held else "weak" if act.deciding else "lacking"
        yield state, t(f"checklist.proof.{proof.code}"), _details(proof) if proof.held else ""


def _details(proof: Proof) -> str:
    told = []
    for name, value in proof.values.items():
        if isinstance(value, date):
            told.append(day_in_words(value, language()))
        elif isinstance(value, int):
            told.append(t(f"checklist.count.{proof.code}", count=value))
        elif value:
            told.append(word(_TABLES[name], value))
    return t("list.comma").join(told)
