"""The grade of a photo proof: what each signal is worth, the letter that comes of it, and the smallest act that cures.

A grade is no verdict. It says how much the pictures prove by themselves: A and B count until somebody objects, C and D
wait for a person. D is kept for what contradicts itself. Whoever merely lacks something is never worse than C, and a
distance alone, however great, never makes a D: maps, geocoders and phones are wrong too often.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from delivery.domain.photo_facts import Proof
from delivery.domain.photo_signals import Finding, Signal, findings


class Letter(StrEnum):
    """How much a photo proof proves by itself."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


Weights = Mapping[Signal, Mapping[str, int]]

WEIGHTS: Weights = MappingProxyType(
    {
        Signal.NOTICE_CODE: {
            "this_notice": 25,
            "not_asked": 25,
            "read_by_phone": 10,
            "not_read": 0,
            "not_read_in_file": -10,
            "blank_unbound": 0,
            "expired": -60,
            "cancelled": -80,
            "earlier_visit": -100,
            "other_case": -100,
            "bound_elsewhere": -100,
            "unknown": -100,
        },
        Signal.TICKET: {
            "held": 20,
            "late": 10,
            "missing": -20,
            "expired": -30,
            "replayed": -90,
            "foreign": -100,
            "forged": -100,
        },
        Signal.DEVICE: {
            "whole": 15,
            "gap": 0,
            "gap_stays": -25,
            "device_revoked": -40,
            "device_unknown": -70,
            "chain_broken": -70,
            "number_twice": -70,
            "record_differs": -70,
            "foreign_device": -100,
            "bad_signature": -100,
        },
        Signal.PLACE: {
            "consistent": 15,
            "consistent_by_picture": 10,
            "no_point": 8,
            "inconclusive": 5,
            "coarse": 0,
            "denied": 0,
            "no_fix": 0,
            "not_trusted": 0,
            "inconsistent": -30,
        },
        Signal.SERIES: {"stale": 0, "jump": -40, "frozen": -40, "point_of_another_door": -45},
        Signal.TRAVEL: {"too_fast": -40, "impossible": -60},
        Signal.CLOCKS: {
            "agree": 5,
            "put_right": 5,
            "unlearnt": 0,
            "turned_back": -45,
            "before_ticket": -60,
            "after_receipt": -60,
        },
        Signal.EXIF: {"place_differs": -30, "after_shutter": -30, "edited": -40, "before_ticket": -70},
        Signal.DUPLICATE: {
            "alike_same_door": -30,
            "old_same_door": -40,
            "copy": -60,
            "alike": -60,
            "of_a_colleague": -100,
            "same_pixels": -100,
            "same_bytes": -100,
        },
        Signal.CAPTURE_MODE: {"in_page": 10, "file_input": 0},
        Signal.PAIR: {
            "linked": 10,
            "not_asked": 10,
            "loose": 5,
            "wide_missing": 0,
            "near_missing": 0,
            "door_missing": -15,
            "both_missing": -30,
            "same_picture": -30,
            "apart": -40,
        },
        Signal.PICTURE: {"small": -20, "partly_unreadable": 0, "screen_format": -30, "unreadable": -80},
        Signal.EXCUSE: {"given": -10},
    }
)
AT_LEAST = {Letter.A: 92, Letter.B: 65, Letter.C: 30}
_CONTRADICTS = -30

# What can be done about a finding while still at the door, and about how many seconds it takes.
CURES: Mapping[tuple[Signal, str], tuple[str, int]] = MappingProxyType(
    {
        (Signal.NOTICE_CODE, "not_read"): ("close_up", 10),
        (Signal.NOTICE_CODE, "not_read_in_file"): ("close_up", 10),
        (Signal.NOTICE_CODE, "read_by_phone"): ("close_up", 10),
        (Signal.NOTICE_CODE, "blank_unbound"): ("scan_sheet", 10),
        (Signal.NOTICE_CODE, "expired"): ("post_right_notice", 60),
        (Signal.NOTICE_CODE, "cancelled"): ("post_right_notice", 60),
        (Signal.NOTICE_CODE, "earlier_visit"): ("post_right_notice", 60),
        (Signal.NOTICE_CODE, "other_case"): ("post_right_notice", 60),
        (Signal.NOTICE_CODE, "bound_elsewhere"): ("post_right_notice", 60),
        (Signal.NOTICE_CODE, "unknown"): ("post_right_notice", 60),
        (Signal.TICKET, "missing"): ("open_day_online", 90),
        (Signal.TICKET, "expired"): ("open_day_online", 90),
        (Signal.DEVICE, "gap"): ("send_everything", 30),
        (Signal.DEVICE, "gap_stays"): ("send_everything", 30),
        (Signal.PLACE, "denied"): ("allow_location", 20),
        (Signal.PLACE, "no_fix"): ("step_outside", 30),
        (Signal.PLACE, "coarse"): ("step_outside", 30),
        (Signal.PLACE, "inconclusive"): ("step_outside", 30),
        (Signal.PLACE, "inconsistent"): ("check_door", 40),
        (Signal.SERIES, "stale"): ("step_outside", 30),
        (Signal.CLOCKS, "unlearnt"): ("open_day_online", 90),
        (Signal.EXIF, "before_ticket"): ("photograph_now", 20),
        (Signal.EXIF, "edited"): ("photograph_now", 20),
        (Signal.EXIF, "after_shutter"): ("photograph_now", 20),
        (Signal.DUPLICATE, "alike"): ("photograph_now", 20),
        (Signal.DUPLICATE, "alike_same_door"): ("photograph_now", 20),
        (Signal.DUPLICATE, "old_same_door"): ("photograph_now", 20),
        (Signal.DUPLICATE, "copy"): ("photograph_now", 20),
        (Signal.DUPLICATE, "of_a_colleague"): ("photograph_now", 20),
        (Signal.DUPLICATE, "same_bytes"): ("photograph_now", 20),
        (Signal.DUPLICATE, "same_pixels"): ("photograph_now", 20),
        (Signal.CAPTURE_MODE, "file_input"): ("use_page_camera", 25),
        (Signal.PAIR, "wide_missing"): ("take_wide", 10),
        (Signal.PAIR, "near_missing"): ("take_near", 10),
        (Signal.PAIR, "door_missing"): ("take_wide", 10),
        (Signal.PAIR, "both_missing"): ("take_pair", 20),
        (Signal.PAIR, "same_picture"): ("take_wide", 10),
        (Signal.PAIR, "apart"): ("take_pair", 20),
        (Signal.PAIR, "loose"): ("take_pair", 20),
        (Signal.PICTURE, "unreadable"): ("photograph_now", 20),
        (Signal.PICTURE, "partly_unreadable"): ("photograph_now", 20),
        (Signal.PICTURE, "small"): ("photograph_now", 20),
        (Signal.PICTURE, "screen_format"): ("photograph_now", 20),
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding with what it was worth."""

    signal: Signal
    code: str
    weight: int
    args: tuple[tuple[str, int | str], ...] = ()


@dataclass(frozen=True, slots=True)
class Grade:
    """`cure` is the code of the smallest act that leads to a better letter, None where none is known."""

    letter: Letter
    score: int
    reasons: tuple[Reason, ...]
    cure: str | None

    @property
    def counts(self) -> bool:
        """Whether the proof counts without anybody having looked."""
        return self.letter in {Letter.A, Letter.B}


def grade(proof: Proof, weights: Weights = WEIGHTS) -> Grade:
    """The grade of a proof. Total; the same facts give the same grade."""
    return grade_findings(findings(proof), weights)


def grade_findings(found: Iterable[Finding], weights: Weights = WEIGHTS) -> Grade:
    """The grade of what the signals said."""
    reasons = tuple(
        Reason(one.signal, one.code, weights.get(one.signal, {}).get(one.code, 0), one.args) for one in found
    )
    letter = _letter(reasons)
    cure = None if letter is Letter.A else _cure(reasons, letter, weights)
    return Grade(letter, sum(reason.weight for reason in reasons), reasons, cure)


def _letter(reasons: Iterable[Reason]) -> Letter:
    score = aside = 0
    contradicted = False
    for reason in reasons:
        score += reason.weight
        if reason.signal is Signal.PLACE:
            aside += min(0, reason.weight)
        elif reason.weight <= _CONTRADICTS:
            contradicted = True
    for letter, least in AT_LEAST.items():
        if score >= least:
            return letter
    # What a distance takes away never decides between C and D.
    return Letter.D if contradicted and score - aside < AT_LEAST[Letter.C] else Letter.C


def _cure(reasons: tuple[Reason, ...], letter: Letter, weights: Weights) -> str | None:
    """The quickest act that alone leads to a better letter; failing that, the one that brings most."""
    quickest: tuple[int, str] | None = None
    strongest: tuple[int, str] | None = None
    for cured in dict.fromkeys(CURES[key] for reason in reasons if (key := (reason.signal, reason.code)) in CURES):
        act, seconds = cured
        after = tuple(_after(reason, act, weights) for reason in reasons)
        gain = sum(reason.weight for reason in after) - sum(reason.weight for reason in reasons)
        if gain <= 0:
            continue
        if _letter(after) < letter and (quickest is None or seconds < quickest[0]):
            quickest = seconds, act
        if strongest is None or gain > strongest[0]:
            strongest = gain, act
    best = quickest or strongest
    return best[1] if best else None


def _after(reason: Reason, act: str, weights: Weights) -> Reason:
    """The finding as it would be once the act is done: the best that its signal can say."""
    cured = CURES.get((reason.signal, reason.code))
    if cured is None or cured[0] != act:
        return reason
    best = max(0, *weights.get(reason.signal, {"": 0}).values())
    return Reason(reason.signal, reason.code, best)
