"""What is lawful at this door: for each situation what a report must hold, what it lacks, and the smallest cure.

The table is derived from what the law engine asks of direct service (CPL 87, 88), of leaving after a refusal (CPL 89,
INT 130), of leaving at an address and of posting (OP19 7, INT 138), and tests hold it against that engine. It is data,
so that the phone decides at the door by the same rows. A lack that the law needs stays a lack whatever is said for it:
an excuse lets somebody leave, lowers the grade, and serves nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from delivery.domain.door_codes import EFFORT, Ask, Card, Cure, Form, Lack, Need, Policy, Role, Situation
from delivery.domain.door_table import CARDS
from delivery.domain.law.act_vocabulary import Media
from delivery.domain.law.vocabulary import Kind

_OF_THE_PROCESS: Final = frozenset({Role.NEAR, Role.WIDE, Role.OTHER})


@dataclass(frozen=True, slots=True)
class AtDoor:
    """What is known of a door: visit or posting, what the recipient is, what must not be done, what the court chose."""

    posting: bool
    recipient: Kind
    cautions: frozenset[str] = frozenset()
    policy: frozenset[Policy] = frozenset()


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that the proof lacks, and the smallest act that cures it."""

    lack: Lack
    cure: Cure
    by_law: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """`lacks` with the easiest cure first. `excused`: a lack remains, and an excuse that this situation knows is given.

    `serves_not`: the law needs something that is not there.
    """

    lacks: tuple[Missing, ...]
    excused: bool

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.lacks

    @property
    def closes(self) -> bool:
        """Whether the visit may be closed."""
        return self.complete or self.excused

    @property
    def cure(self) -> Cure | None:
        """The smallest act that is still missing."""
        return self.lacks[0].cure if self.lacks else None

    @property
    def serves_not(self) -> bool:
        """Whether the law engine cannot say "served" on this."""
        return any(lack.by_law for lack in self.lacks)


def situations_at(door: AtDoor) -> tuple[Situation, ...]:
    """The situations that may be reported at this door, in the order of the table."""
    return tuple(situation for situation, card in CARDS.items() if _fits(card, door))


def _fits(card: Card, door: AtDoor) -> bool:
    if card.only_for not in {None, door.recipient} or door.cautions & set(card.barred_by):
        return False
    return card.only_at in {None, door.posting}


def judge(
    door: AtDoor, situation: Situation, report: Mapping[str, Any], captures: Iterable[str], excuse: str = ""
) -> Verdict:
    """What a report of this situation lacks at this door. `captures` are the roles of what was taken. Total."""
    card, taken = CARDS[situation], list(captures)
    lacks = [lack for ask in card.asks if (lack := _unanswered(ask, door, report)) is not None]
    lacks += [lack for need in card.needs if (lack := _uncaptured(need, door, taken)) is not None]
    if situation not in situations_at(door):
        lacks.append(Missing(Lack.NOT_LAWFUL_HERE, Cure.CHOOSE_ANOTHER, by_law=True))
    lacks.sort(key=lambda missing: EFFORT[missing.cure])
    return Verdict(tuple(lacks), excused=bool(lacks) and excuse in {str(known) for known in card.excuses})


def media_of(captures: Iterable[str]) -> Media:
    """What captures with these roles are as a record of the process."""
    taken = list(captures)
    if Role.VIDEO in taken:
        return Media.VIDEO
    photos = sum(role in _OF_THE_PROCESS for role in taken)
    if photos == 0:
        return Media.NONE
    return Media.SINGLE_PHOTO if photos == 1 else Media.PHOTOS


def _unanswered(ask: Ask, door: AtDoor, report: Mapping[str, Any]) -> Missing | None:
    if door.cautions & set(ask.unless):
        return None
    if ask.only_if is not None and answer_at(report, ask.only_if[0]) != ask.only_if[1]:
        return None
    missing = Missing(ask.lack, ask.cure, ask.by_law)
    given = answer_at(report, ask.at)
    if given in (None, ""):
        return missing if ask.required else None
    if ask.choices is not None and given not in _choices(ask, door):
        return missing
    return missing if ask.wanted and given not in ask.wanted else None


def _uncaptured(need: Need, door: AtDoor, taken: list[str]) -> Missing | None:
    if door.cautions & set(need.unless):
        return None
    points = _points(need, door)
    remaining = need.least - sum(points.get(role, 0) for role in taken)
    return Missing(need.lack, need.cures[remaining], need.by_law) if remaining > 0 else None


def _choices(ask: Ask, door: AtDoor) -> tuple[str, ...]:
    if ask.choices is None:
        return ()
    caution, barred = ask.never_under or ("", ())
    return tuple(code for code in ask.choices[door.recipient] if caution not in door.cautions or code not in barred)


def _points(need: Need, door: AtDoor) -> dict[str, int]:
    points = {str(role): worth for role, worth in need.points.items()}
    if need.also_if in door.policy:
        points.update((str(role), need.least) for role in need.also)
    return points


def answer_at(report: Mapping[str, Any], place: str) -> Any:  # noqa: ANN401 -- a JSON value
    """What a report says at a dotted place; None when it says nothing there."""
    found: Any = report
    for part in place.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def cards_at(door: AtDoor) -> list[dict[str, Any]]:
    """The rows that are lawful at this door, settled for it, as the phone reads them: codes, places and numbers.

    An ask is {fact, kind, choices, required, wanted, default, when, lacks, cure, by_law}: `fact` is its place in the
    report, `wanted` the answers that make the proof whole (empty: any), `when` the answers under which it is asked. A
    need is {points, least, lacks, cures, by_law}: role -> points, and what brings the points that remain.
    """
    return [
        {
            "code": str(situation),
            "result": CARDS[situation].result,
            "asks": [_ask(ask, door) for ask in CARDS[situation].asks if not door.cautions & set(ask.unless)],
            "captures": [_need(need, door) for need in CARDS[situation].needs if not door.cautions & set(need.unless)],
            "excuses": [str(excuse) for excuse in CARDS[situation].excuses],
        }
        for situation in situations_at(door)
    ]


def _ask(ask: Ask, door: AtDoor) -> dict[str, Any]:
    choices = _choices(ask, door)
    usual = choices[0] if choices else {Form.DATE: "today"}.get(ask.form)
    return {
        "fact": ask.at,
        "kind": ask.form,
        "choices": list(choices),
        "required": ask.required,
        "wanted": list(ask.wanted),
        "default": usual if ask.assumed else None,
        "when": {ask.only_if[0]: [ask.only_if[1]]} if ask.only_if else {},
        "lacks": ask.lack,
        "cure": ask.cure,
        "by_law": ask.by_law,
    }


def _need(need: Need, door: AtDoor) -> dict[str, Any]:
    return {
        "points": _points(need, door),
        "least": need.least,
        "lacks": need.lack,
        "cures": {str(remaining): cure for remaining, cure in need.cures.items()},
        "by_law": need.by_law,
    }
