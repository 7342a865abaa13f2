"""The rows of the door table: each situation with its questions, its captures and its excuses.

The order of the rows is the order of the buttons on the phone: what happens most comes first.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from delivery.domain.door_codes import Ask, Card, Cure, Excuse, Form, Lack, Need, Policy, Role, Situation
from delivery.domain.law.vocabulary import Kind, Relation
from delivery.domain.law.vocabulary import Role as Who

_MEDIATION: Final = "party_in_person"  # INT 133: to the party itself, and nothing is left
_DEBTOR: Final = "debtor_alone_refuses"  # INT 429


def _by_kind(natural: tuple[str, ...], organisation: tuple[str, ...]) -> Mapping[Kind, tuple[str, ...]]:
    return {Kind.NATURAL_PERSON: natural, Kind.ORGANISATION: organisation}


def _both(*choices: str) -> Mapping[Kind, tuple[str, ...]]:
    return _by_kind(choices, choices)


_FILM = (Excuse.CAMERA_FAILED, Excuse.TOO_DARK, Excuse.FILMING_FORBIDDEN, Excuse.THREATENED)
_PAPER = (Excuse.CAMERA_FAILED, Excuse.NO_PEN_OR_PAPER, Excuse.IDENTITY_WITHHELD, Excuse.ANSWER_WITHHELD)

# CPL 87: the receipt, and the date that the receiver writes on it.
_DATE = Ask("signed_on", Form.DATE, Lack.NO_DATE, Cure.HAVE_DATE_WRITTEN, assumed=True)
_ID = Ask(
    "signer.id_checked", Form.FLAG, Lack.ID_NOT_CHECKED, Cure.LOOK_AT_IDENTITY_CARD, wanted=(True,), by_law=False
)  # EMS04 7(3)
_RECEIPT = Need(
    {Role.RECEIPT: 1},
    1,
    Lack.NO_RECEIPT,
    {1: Cure.PHOTOGRAPH_RECEIPT},
    also=(Role.SIGNATURE,),
    also_if=Policy.SCREEN_SIGNATURE_ENOUGH,
)
_DOOR = Need({Role.WIDE: 1}, 1, Lack.NO_DOOR, {1: Cure.PHOTOGRAPH_DOOR})
_SHEET = Need({Role.NEAR: 1}, 1, Lack.NO_SHEET, {1: Cure.PHOTOGRAPH_SHEET})
# CPL 89: photographs, more than one, or a film of the process.
_PROCESS = Need(
    {Role.VIDEO: 2, Role.NEAR: 1, Role.WIDE: 1, Role.OTHER: 1},
    2,
    Lack.PROCESS_NOT_RECORDED,
    {1: Cure.ONE_MORE_PHOTO, 2: Cure.SHORT_VIDEO},
    unless=(_MEDIATION,),
    by_law=True,
)
_PLACES = _by_kind(("residence", "workplace", "elsewhere"), ("registered_office", "workplace", "elsewhere"))
_WHERE = Ask(
    "place", Form.CHOICE, Lack.NO_PLACE, Cure.NAME_THE_PLACE, choices=_PLACES, assumed=True, unless=(_MEDIATION,)
)
_AT_ADDRESS = Ask(
    "place",
    Form.CHOICE,
    Lack.NO_PLACE,
    Cure.NAME_THE_PLACE,
    choices=_PLACES,
    assumed=True,
    wanted=("residence", "registered_office", "workplace"),
)  # OP19 7: left at the address itself

_TAKERS = _by_kind(
    (Who.RECIPIENT, Who.GUARDIAN, Who.NAMED_COLLECTOR, Who.LITIGATION_AGENT),
    (Who.LEGAL_REPRESENTATIVE, Who.PRINCIPAL, Who.NAMED_COLLECTOR, Who.LITIGATION_AGENT),
)
_DESK = (Who.OFFICE_STAFF, Who.MAIL_ROOM_STAFF, Who.DUTY_ROOM_STAFF)  # INT 130(1)
_REFUSERS = _by_kind(
    (Who.RECIPIENT, Who.FAMILY, Who.GUARDIAN, Who.NAMED_COLLECTOR),
    (Who.LEGAL_REPRESENTATIVE, Who.PRINCIPAL, *_DESK, Who.NAMED_COLLECTOR),
)


def _family(who: str, *, only_if: tuple[str, str] | None = None) -> tuple[Ask, ...]:
    """CPL 88: of full age and living with the recipient; EMS04 7: not the other side of the case."""
    adult = Ask(f"{who}.adult", Form.FLAG, Lack.NOT_ADULT, Cure.ASK_FOR_ANOTHER, wanted=(True,), only_if=only_if)
    together = Ask(
        f"{who}.co_resident", Form.FLAG, Lack.NOT_CO_RESIDENT, Cure.ASK_FOR_ANOTHER, wanted=(True,), only_if=only_if
    )
    opposed = Ask(
        f"{who}.opposing_party",
        Form.FLAG,
        Lack.OPPOSED,
        Cure.ASK_FOR_ANOTHER,
        wanted=(False,),
        required=False,
        only_if=only_if,
    )
    return together, adult, opposed


CARDS: Final[Mapping[Situation, Card]] = MappingProxyType(
    {
        Situation.HANDED_OVER: Card(
            "signed",
            (Ask("signer.role", Form.CHOICE, Lack.NO_SIGNER, Cure.ASK_WHO, choices=_TAKERS, assumed=True), _DATE, _ID),
            (_RECEIPT,),
            _PAPER,
        ),
        Situation.FAMILY: Card(
            "signed",
            (
                Ask("signer.role", Form.CHOICE, Lack.NO_SIGNER, Cure.ASK_WHO, choices=_both(Who.FAMILY), assumed=True),
                Ask(
                    "signer.relation",
                    Form.CHOICE,
                    Lack.NO_RELATION,
                    Cure.ASK_RELATION,
                    choices=_both(*Relation),
                    by_law=False,
                ),
                *_family("signer"),
                _DATE,
                _ID,
            ),
            (_RECEIPT,),
            _PAPER,
            only_for=Kind.NATURAL_PERSON,
            barred_by=(_MEDIATION,),
        ),
        Situation.COMPANY_DESK: Card(
            "signed",
            (
                Ask("signer.role", Form.CHOICE, Lack.NOT_OF_THE_STAFF, Cure.ASK_FOR_OFFICE, choices=_both(*_DESK)),
                _DATE,
                _ID,
            ),
            (_RECEIPT,),
            _PAPER,
            only_for=Kind.ORGANISATION,
            barred_by=(_MEDIATION,),
        ),
        Situation.REFUSED: Card(
            "refused",
            (
                Ask(
                    "refused_by.role",
                    Form.CHOICE,
                    Lack.NO_REFUSER,
                    Cure.ASK_WHO,
                    choices=_REFUSERS,
                    assumed=True,
                    never_under=(_DEBTOR, (Who.FAMILY,)),
                ),
                *_family("refused_by", only_if=("refused_by.role", Who.FAMILY)),
                _WHERE,
            ),
            (_PROCESS,),
            (*_FILM, Excuse.ANSWER_WITHHELD),
        ),
        Situation.POSTING: Card(
            "posted",
            (_AT_ADDRESS,),
            (_SHEET, _DOOR),
            (*_FILM, Excuse.NO_DOOR_NUMBER),
            only_at=True,
        ),
        Situation.NOBODY_HOME: Card("nobody_home", (), (_DOOR,), (*_FILM, Excuse.NO_DOOR_NUMBER), only_at=False),
        Situation.MOVED: Card("moved", (), (_DOOR,), (*_FILM, Excuse.NO_DOOR_NUMBER)),
        Situation.WRONG_ADDRESS: Card("not_found", (), (_DOOR,), (*_FILM, Excuse.NO_DOOR_NUMBER)),
        Situation.DANGEROUS: Card("unsafe"),
    }
)
