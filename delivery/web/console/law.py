"""The page where a clerk tries facts: a facts file in, the law engine's reasoning out. Nothing is stored."""

import json
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from delivery.assessing_file import read_facts, told
from delivery.domain.errors import NotFound
from delivery.domain.law import Calendar, CalendarMissing, Facts, FactsInvalid, assess
from delivery.example_facts import ACTED_ON, EXAMPLES, example_text
from delivery.legal_facts import facts_of_order
from delivery.store.journal import journal_of
from delivery.store.orders import ServiceOrder, attempts_of
from delivery.store.surroundings import surroundings_of
from delivery.web.console.reasoning import Reasoning, told_effect
from delivery.web.rendering import page as render
from delivery.web.rendering import t
from delivery.web.request_state import court_id, language, note_read, now, runtime, session

blueprint = Blueprint("law", __name__)
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine says about one set of facts: its reasoning, or the year whose holidays it does not know."""

    facts_id: str
    reasoning: Reasoning | None
    year: int = 0


@blueprint.get("/law")
def page() -> ResponseReturnValue:
    """The form; `?example=NAME&on=DAY` fills it with a typical situation."""
    example = request.args.get("example", "")
    on = _day(request.args.get("on", ""))
    if example not in EXAMPLES:
        return _page("", on=on)
    return _page(example_text(example, on or ACTED_ON), example=example, on=on)


@blueprint.get("/orders/<uuid:order_id>/law")
def of_order(order_id: UUID) -> ResponseReturnValue:
    """The form filled with the facts of one order: codes, days and ids, no names and no numbers."""
    order = session().get(ServiceOrder, (court_id(), order_id))
    if order is None:
        raise NotFound
    events = journal_of(session(), court_id(), order.id)
    attempts = attempts_of(session(), court_id(), order.id)
    note_read("order", order.id)
    facts = facts_of_order(surroundings_of(session(), order), order, events, attempts, now())
    return _page(json.dumps(facts, ensure_ascii=False, indent=2), order_id=order_id)


@blueprint.post("/law")
def try_facts() -> ResponseReturnValue:
    """Assess what was pasted, or the file that was chosen."""
    upload = request.files.get("file")
    content = upload.read() if upload is not None and upload.filename else b""
    text = content.decode("utf-8", "replace") if content else request.form.get("facts", "")
    return _page(text, content or text.encode())


def _page(
    text: str, content: bytes = b"", *, example: str = "", on: date | None = None, order_id: UUID | None = None
) -> ResponseReturnValue:
    wrong, cure, answers, unshown = "", "", [], 0
    if text.strip() or request.method == "POST":
        try:
            read = read_facts(content or text.encode())
            answers = [_answer(facts, runtime().calendar.law) for facts in read[:MOST_SHOWN]]
            unshown = max(0, len(read) - MOST_SHOWN)
        except FactsInvalid as invalid:
            wrong, cure = told(invalid, language()), t(f"law_page.cure.{invalid.problem}")
    shown = render(
        "console/law.html",
        text=text,
        wrong=wrong,
        cure=cure,
        answers=answers,
        unshown=unshown,
        examples=[(name, t(f"law_page.example.{name}")) for name in EXAMPLES],
        example=example,
        on=on or ACTED_ON,
        order_id=order_id,
    )
    return shown, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK


def _answer(facts: Facts, calendar: Calendar) -> Answer:
    try:
        return Answer(_title(facts), told_effect(assess(facts, calendar)))
    except CalendarMissing as missing:
        return Answer(_title(facts), None, missing.year)


def _title(facts: Facts) -> str:
    return t(f"law_page.example.{facts.id}") if facts.id in EXAMPLES else facts.id


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
