"""What belongs to an act of service: the people who signed or refused, the witness, the postings, the objections.

Apart from `acts`, because several methods share them and rules about people read them without caring for the method.
"""

from dataclasses import dataclass
from datetime import date

from delivery.domain.law.act_vocabulary import (
    ConductKind,
    Media,
    ObjectionBy,
    ObjectionForm,
    PostingPlace,
    WitnessKind,
)
from delivery.domain.law.vocabulary import Relation, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who signed, refused or took the papers."""

    role: Role
    relation: Relation | None = None
    born_on: date | None = None
    co_resident: bool = False
    named_collector: bool = False
    opposing_party: bool = False
    opposing_party_relative: bool = False
    id_checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Who was asked to witness a refusal (见证人)."""

    kind: WitnessKind
    invited: bool = False
    attended: bool = False
    signed: bool = False
    unwillingness_noted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsObjection:
    """The envelope did not hold what the slip says."""

    by: ObjectionBy
    form: ObjectionForm
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductFact:
    """Conduct that shows that papers arrived."""

    kind: ConductKind
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One posting or publication of a public notice."""

    place: PostingPlace
    on: date
    process_media: Media = Media.NONE
