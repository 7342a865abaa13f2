"""Writes the table of `docs/field-day.md` from `delivery/domain/door_table.py`: run it after the table changed."""

from collections.abc import Iterator
from pathlib import Path

from delivery.domain.door_codes import Ask, Card, Need
from delivery.domain.door_table import CARDS
from delivery.wording import say

PAGE = Path(__file__).parent.parent / "docs" / "field-day.md"
BEGIN, END = "<!-- door table: begin -->", "<!-- door table: end -->"


def page(text: str) -> str:
    """The document with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, "", *_table(), "", END + after])


def _table() -> Iterator[str]:
    yield "| situation | report | asked | captures | if something is missing: the smallest cure | excuses |"
    yield "|---|---|---|---|---|---|"
    for situation, card in CARDS.items():
        asked = "<br>".join(_ask(ask) for ask in card.asks) or "nothing"
        captures = "<br>".join(_need(need) for need in card.needs) or "none"
        excuses = ", ".join(f"`{excuse}`" for excuse in card.excuses) or "none"
        name = f"`{situation}` {say('zh', f'door.situation.{situation}')}"
        yield f"| {name}{_where(card)} | `{card.result}` | {asked} | {captures} | {_cures(card)} | {excuses} |"


def _where(card: Card) -> str:
    parts = []
    if card.only_for is not None:
        parts.append(f"only for a recipient that is `{card.only_for}`")
    if card.only_at is not None:
        parts.append("at postings only" if card.only_at else "at visits only")
    parts += [f"not under `{caution}`" for caution in card.barred_by]
    return f" ({'; '.join(parts)})" if parts else ""


def _ask(ask: Ask) -> str:
    wanted = f" = {' or '.join(str(answer).lower() for answer in ask.wanted)}" if ask.wanted else ""
    only = f", if {ask.only_if[0]} is {ask.only_if[1]}" if ask.only_if else ""
    return f"`{ask.at}`{wanted}{only}{'' if ask.required else ' (may be left out)'}{' ⚖' if ask.by_law else ''}"


def _need(need: Need) -> str:
    roles = ", ".join(f"`{role}` {points}" if need.least > 1 else f"`{role}`" for role, points in need.points.items())
    least = f" (points; {need.least} needed)" if need.least > 1 else ""
    also = f", or `{need.also[0]}` where the court says `{need.also_if}`" if need.also else ""
    return f"{roles}{least}{also}{' ⚖' if need.by_law else ''}"


def _cures(card: Card) -> str:
    asks = [f"`{ask.lack}`: `{ask.cure}`" for ask in card.asks]
    needs = [f"`{need.lack}`: {' or '.join(f'`{cure}`' for cure in need.cures.values())}" for need in card.needs]
    return "<br>".join(dict.fromkeys([*asks, *needs])) or "nothing can be missing"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
