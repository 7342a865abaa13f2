"""The grade as a rule: what lacks is no contradiction, a distance is no verdict, and a cure cures."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.door_codes import Role
from delivery.domain.field_record import Clocks, Doubt
from delivery.domain.geodesy import Position
from delivery.domain.notice import NoticeResult
from delivery.domain.photo_facts import Door, Elsewhere, Fix, Mode, PositionState, Proof, Shot
from delivery.domain.photo_grade import CURES, WEIGHTS, Letter, grade, grade_findings
from delivery.domain.photo_places import gap_to_door, place_codes, travel_codes
from delivery.domain.photo_signals import Finding, Signal
from delivery.domain.photo_standing import Standing, after_grading
from tools.write_photo_grades import PAGE, page

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
DOOR = Position(30.66, 104.06)
METRE = 1 / 111_195

codes = st.fixed_dictionaries({signal: st.sampled_from(sorted(WEIGHTS[signal])) for signal in Signal})


def found(chosen: dict[Signal, str]) -> list[Finding]:
    return [Finding(signal, code) for signal, code in chosen.items()]


@given(codes)
def test_a_distance_alone_never_makes_a_d(chosen: dict[Signal, str]) -> None:
    without = grade_findings(found(chosen | {Signal.PLACE: "no_fix"}))
    far = grade_findings(found(chosen | {Signal.PLACE: "inconsistent"}))
    assert far.letter >= without.letter
    assert (far.letter is Letter.D) == (without.letter is Letter.D)


LACKING = {signal: [code for code, weight in table.items() if -30 < weight <= 0] for signal, table in WEIGHTS.items()}


@given(st.fixed_dictionaries({signal: st.sampled_from(mild) for signal, mild in LACKING.items() if mild}))
def test_what_merely_lacks_is_never_a_d(chosen: dict[Signal, str]) -> None:
    assert grade_findings(found(chosen)).letter is not Letter.D


@given(codes)
def test_a_cure_is_of_something_that_was_found_and_an_a_needs_none(chosen: dict[Signal, str]) -> None:
    given_grade = grade_findings(found(chosen))
    possible = {CURES[key][0] for key in chosen.items() if key in CURES}
    assert given_grade.cure is None or given_grade.cure in possible
    assert given_grade.letter is not Letter.A or given_grade.cure is None
    assert given_grade.score == sum(reason.weight for reason in given_grade.reasons)


def shot(metres: float = 0.0, accuracy: float = 10.0, **more: object) -> Shot:
    """A picture taken so far to the north of the door."""
    fixes = tuple(
        Fix(Position(DOOR.lat + (metres + n / 2) * METRE, DOOR.lon), accuracy, AT + timedelta(seconds=n))
        for n in range(3)
    )
    told: dict[str, object] = {"mode": Mode.IN_PAGE, "sha256": "a" * 64, "shutter_at": AT, "fixes": fixes} | more
    return Shot(UUID(int=1), Role.NEAR, **told)  # type: ignore[arg-type]


def proof(*shots: Shot, **more: object) -> Proof:
    told: dict[str, object] = {"door": Door(DOOR, 20)} | more
    return Proof(UUID(int=2), UUID(int=3), AT + timedelta(minutes=3), shots, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("metres", "accuracy", "uncertainty", "code"),
    [
        (45, 10, 20, "consistent"),  # R = sqrt(17.3^2 + 20^2) + 25 = 51.4
        (60, 10, 20, "inconclusive"),
        (195, 10, 20, "inconclusive"),  # 2R + 100 = 202.9
        (215, 10, 20, "inconsistent"),
        (280, 150, 20, "consistent"),
        (5000, 151, 20, "coarse"),
    ],
)
def test_both_uncertainties_are_allowed_for(metres: float, accuracy: float, uncertainty: float, code: str) -> None:
    one = proof(shot(metres, accuracy), door=Door(DOOR, uncertainty))
    assert [name for name, _ in place_codes(one)] == [code]


def test_the_allowed_distance_is_the_published_one() -> None:
    gap = gap_to_door(Fix(DOOR, 10), DOOR, 20)
    assert gap.metres == 0
    assert gap.allowed_m == pytest.approx(51.44, abs=0.01)


@pytest.mark.parametrize(
    ("metres", "seconds", "expected"),
    [
        (300, 60, []),
        (6000, 360, ["too_fast"]),  # the town in six minutes
        (6000, 900, []),
        (100_000, 3000, []),  # a fast train
        (100_000, 600, ["impossible"]),
        (3000, 0, ["too_fast"]),
        (4000, 0, ["impossible"]),
    ],
)
def test_how_fast_anybody_can_be(metres: float, seconds: float, expected: list[str]) -> None:
    there = Fix(Position(DOOR.lat + metres * METRE, DOOR.lon), 10)
    been = Elsewhere(UUID(int=9), UUID(int=8), UUID(int=7), there, AT - timedelta(seconds=seconds))
    assert [code for code, _ in travel_codes(proof(shot(), elsewhere=[been]))] == expected


@given(
    st.lists(
        st.builds(
            shot,
            st.floats(-1e6, 1e6),
            st.floats(0.1, 5000),
            readable=st.booleans(),
            position_state=st.sampled_from(PositionState),
            codes=st.frozensets(st.sampled_from(NoticeResult)),
            monotonic_ms=st.none() | st.floats(0, 1e9),
        ),
        max_size=3,
    ),
    st.frozensets(st.sampled_from(Doubt)),
    st.booleans(),
    st.builds(
        Clocks, st.none() | st.just(AT), st.none() | st.floats(0, 1e9), st.none(), st.none() | st.floats(-1e14, 1e14)
    ),
)
def test_any_proof_has_a_grade_in_words_that_the_table_knows(
    shots: list[Shot],
    doubts: frozenset[Doubt],
    asks: bool,  # noqa: FBT001 -- drawn
    clocks: Clocks,
) -> None:
    given_grade = grade(proof(*shots, doubts=doubts, asks_notice=asks, clocks=clocks))
    assert all(reason.code in WEIGHTS[reason.signal] for reason in given_grade.reasons)


@pytest.mark.parametrize(
    ("letter", "before", "letter_before", "after"),
    [
        (Letter.A, None, "", Standing.COUNTS),
        (Letter.C, None, "", Standing.WAITING),
        (Letter.B, "waiting", "C", Standing.COUNTS),
        (Letter.D, "counts", "A", Standing.WAITING),
        (Letter.C, "accepted", "C", Standing.ACCEPTED),
        (Letter.D, "accepted", "C", Standing.WAITING),  # a person has not seen what is known now
        (Letter.A, "refused", "D", Standing.REFUSED),
        (Letter.D, "appealed", "D", Standing.APPEALED),
    ],
)
def test_what_a_person_said_holds_unless_it_became_worse(
    letter: Letter, before: str | None, letter_before: str, after: Standing
) -> None:
    assert after_grading(letter, before, letter_before) is after


def test_the_page_of_weights_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
