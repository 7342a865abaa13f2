"""The grade holds: no attack comes near an A or B, no honest awkwardness is a D, ordinary days are all A.

The letter of every scene is written down, so that a change of any weight shows whom it moves.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import pytest

from delivery.domain.photo_facts import Proof
from delivery.domain.photo_grade import WEIGHTS, Letter, Weights, grade_findings
from delivery.domain.photo_signals import Finding, Signal, findings
from tests.mobile_upload.attacks import ATTACKS
from tests.mobile_upload.honest_days import HONEST
from tests.mobile_upload.proof_scenes import DOORS, posting

SCENES = {**ATTACKS, **HONEST}
ORDINARY = range(DOORS)


@cache
def proof_of(name: str) -> Proof:
    scene = posting(0)
    SCENES[name][0](scene)
    return scene.proof()


@cache
def found_in(name: str) -> tuple[Finding, ...]:
    return findings(proof_of(name))


@cache
def found_at(number: int) -> tuple[Finding, ...]:
    return findings(posting(number).proof())


def letters(names: Mapping[str, object], weights: Weights = WEIGHTS) -> dict[str, Letter]:
    return {name: grade_findings(found_in(name), weights).letter for name in names}


@pytest.mark.parametrize("name", SCENES)
def test_each_has_the_letter_that_it_should(name: str) -> None:
    given = grade_findings(found_in(name))
    assert given.letter == SCENES[name][1], given.reasons


def test_no_attack_counts_by_itself_and_half_of_them_are_d() -> None:
    given = list(letters(ATTACKS).values())
    assert len(given) >= 30
    assert {Letter.A, Letter.B}.isdisjoint(given)
    assert given.count(Letter.D) * 2 >= len(given)


def test_no_honest_awkwardness_is_d_and_most_count_by_themselves() -> None:
    given = list(letters(HONEST).values())
    assert len(given) >= 30
    assert Letter.D not in given
    assert (given.count(Letter.A) + given.count(Letter.B)) * 3 >= 2 * len(given)
    assert given.count(Letter.A) + given.count(Letter.B) >= 20


@pytest.mark.parametrize("number", ORDINARY)
def test_an_ordinary_honest_posting_is_an_a(number: int) -> None:
    given = grade_findings(found_at(number))
    assert (given.letter, given.cure) == (Letter.A, None)


def test_whoever_lacks_something_is_told_the_smallest_cure() -> None:
    """Once the bytes are late, or an excuse is given, nothing at the door helps; everything else names an act."""
    without = [name for name in HONEST if HONEST[name][1] == "B" and grade_findings(found_in(name)).cure is None]
    assert without == ["sent three days later", "an excuse though nothing is missing"]


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("another case's notice", "post_right_notice"),
        ("a dirty lens", "close_up"),
        ("no wide picture", "take_wide"),
        ("no permission for the position", "allow_location"),
        ("a cellar", "step_outside"),
        ("gallery only", "use_page_camera"),
        ("gallery and no position", "allow_location"),
        ("an old pair, cropped", "post_right_notice"),
        ("a forged ticket", None),
    ],
)
def test_the_cure_is_the_quickest_act_that_helps(name: str, cure: str | None) -> None:
    assert grade_findings(found_in(name)).cure == cure


def _without(signal: Signal, code: str | None = None) -> Weights:
    """The table with a signal's weights, or one of them, at nothing."""
    changed = {name: 0 if code is None or name == code else weight for name, weight in WEIGHTS[signal].items()}
    return MappingProxyType({**WEIGHTS, signal: changed})


def _moved(weights: Weights) -> set[str]:
    moved = {name for name, letter in letters(SCENES, weights).items() if letter != SCENES[name][1]}
    return moved | {
        f"ordinary {number}" for number in ORDINARY if grade_findings(found_at(number), weights).letter is not Letter.A
    }


@pytest.mark.parametrize("signal", Signal)
def test_no_signal_can_be_taken_away_unseen(signal: Signal) -> None:
    assert _moved(_without(signal))


ROWS = [(signal, code) for signal, codes in WEIGHTS.items() for code, weight in codes.items() if weight]


@pytest.mark.parametrize(("signal", "code"), ROWS)
def test_no_weight_can_be_taken_away_unseen(signal: Signal, code: str) -> None:
    assert _moved(_without(signal, code))
