"""The form of the door table: its closed lists of codes (situations, captures, lacks, cures, excuses) and its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from delivery.domain.law.vocabulary import Kind


class Situation(StrEnum):
    """What somebody meets at a door."""

    HANDED_OVER = "handed_over"  # to the recipient, its organ, guardian, agent or named collector
    FAMILY = "family"  # to a co-resident adult family member
    COMPANY_DESK = "company_desk"  # to the office, mail room or duty room of an organisation
    REFUSED = "refused"
    NOBODY_HOME = "nobody_home"
    POSTING = "posting"
    MOVED = "moved"
    WRONG_ADDRESS = "wrong_address"
    DANGEROUS = "dangerous"


class Role(StrEnum):
    """What a capture is for."""

    NEAR = "near"  # the sheet with its code
    WIDE = "wide"  # the door with its number
    VIDEO = "video"
    RECEIPT = "receipt"  # the signed paper receipt
    SIGNATURE = "signature"  # drawn on the screen
    AUDIO = "audio"
    OTHER = "other"


class Form(StrEnum):
    """How a question is answered."""

    CHOICE = "choice"
    FLAG = "flag"
    DATE = "date"


class Policy(StrEnum):
    """What a court chooses for its doors."""

    SCREEN_SIGNATURE_ENOUGH = "screen_signature_enough"
    SECOND_SERVER = "second_server"


class Lack(StrEnum):
    """What a proof does not have."""

    NO_SIGNER = "no_signer"
    NO_DATE = "no_date"
    NO_RECEIPT = "no_receipt"
    ID_NOT_CHECKED = "id_not_checked"
    NO_RELATION = "no_relation"
    NOT_CO_RESIDENT = "not_co_resident"
    NOT_ADULT = "not_adult"
    OPPOSED = "opposed"
    NOT_OF_THE_STAFF = "not_of_the_staff"
    NO_REFUSER = "no_refuser"
    NO_PLACE = "no_place"
    PROCESS_NOT_RECORDED = "process_not_recorded"
    NO_DOOR = "no_door"
    NO_SHEET = "no_sheet"
    NOT_LAWFUL_HERE = "not_lawful_here"


class Cure(StrEnum):
    """The smallest act that brings what lacks."""

    NAME_THE_PLACE = "name_the_place"
    ASK_WHO = "ask_who"
    ASK_RELATION = "ask_relation"
    LOOK_AT_IDENTITY_CARD = "look_at_identity_card"
    HAVE_DATE_WRITTEN = "have_date_written"
    PHOTOGRAPH_RECEIPT = "photograph_receipt"
    PHOTOGRAPH_DOOR = "photograph_door"
    PHOTOGRAPH_SHEET = "photograph_sheet"
    ONE_MORE_PHOTO = "one_more_photo"
    SHORT_VIDEO = "short_video"
    ASK_FOR_OFFICE = "ask_for_office"
    ASK_FOR_ANOTHER = "ask_for_another"
    CHOOSE_ANOTHER = "choose_another"


EFFORT: Final[Mapping[Cure, int]] = {cure: rank for rank, cure in enumerate(Cure)}
"""How much each act asks of somebody at a door: a tap, a question, a picture, a film, another person."""


class Excuse(StrEnum):
    """Why something could not be had. Each lowers the grade; none serves."""

    CAMERA_FAILED = "camera_failed"
    TOO_DARK = "too_dark"
    FILMING_FORBIDDEN = "filming_forbidden"  # by the house, or by people there
    THREATENED = "threatened"
    IDENTITY_WITHHELD = "identity_withheld"
    ANSWER_WITHHELD = "answer_withheld"
    NO_PEN_OR_PAPER = "no_pen_or_paper"
    NO_DOOR_NUMBER = "no_door_number"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question. `at` is the place of its answer in the report (`signer.role`).

    `choices` by the kind of the recipient, the usual one first, which stands until changed if it is `assumed`; so does
    today. With `wanted`, only these answers make the proof whole. `only_if`: (place, answer) of another question.
    `unless`: cautions that lift it; `never_under`: (caution, answers that do not count under it). `by_law`: without it
    the law engine does not say "served".
    """

    at: str
    form: Form
    lack: Lack
    cure: Cure
    choices: Mapping[Kind, tuple[str, ...]] | None = None
    wanted: tuple[str | bool, ...] = ()
    required: bool = True
    assumed: bool = False
    only_if: tuple[str, str] | None = None
    unless: tuple[str, ...] = ()
    never_under: tuple[str, tuple[str, ...]] | None = None
    by_law: bool = True


@dataclass(frozen=True, slots=True)
class Need:
    """Captures. Each role is worth its points; `least` of them are needed, and `cures` says what brings the rest.

    Under the setting `also_if`, the roles of `also` count too.
    """

    points: Mapping[Role, int]
    least: int
    lack: Lack
    cures: Mapping[int, Cure]
    also: tuple[Role, ...] = ()
    also_if: Policy | None = None
    unless: tuple[str, ...] = ()
    by_law: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One situation: what a report of it says (`result`), asks and needs.

    `only_for`: the kind of recipient that it fits; `barred_by`: cautions under which it is not lawful; `only_at`:
    whether it belongs to postings alone (true) or to visits alone (false).
    """

    result: str
    asks: tuple[Ask, ...] = ()
    needs: tuple[Need, ...] = ()
    excuses: tuple[Excuse, ...] = ()
    only_for: Kind | None = None
    barred_by: tuple[str, ...] = ()
    only_at: bool | None = None
