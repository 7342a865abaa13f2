"""What a carrier's word about court mail means in law, and who has to do something about it.

One table for all carriers, total over the postal vocabulary: every kind of postal fact, every class of receiver, every
reason. A carrier's word is never service: mail counts as signed or returned by its paper slip alone, so a meaning says
what the word may turn into once a person has read the slip, and until then the safe reading holds. A word that nobody
defined means that a person looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from delivery.domain.event import EventKind
from delivery.domain.law.act_vocabulary import PostResult, ReturnReason
from delivery.domain.law.vocabulary import Kind


class RecipientClass(StrEnum):
    """Into whose hands, or into what, a carrier says that it gave the mail."""

    ADDRESSEE = "addressee"
    COHABITING_ADULT = "cohabiting_adult"
    DESIGNATED_AGENT = "designated_agent"
    ORGANISATION_RECEIVER = "organisation_receiver"
    MAILROOM = "mailroom"
    PROPERTY_OFFICE = "property_office"
    NEIGHBOUR_OR_OTHER = "neighbour_or_other"
    COUNTER_COLLECTION = "counter_collection"
    LOCKER = "locker"
    STATION = "station"
    LETTERBOX = "letterbox"
    DOORSTEP = "doorstep"
    UNATTENDED_PLACE = "unattended_place"
    UNKNOWN = "unknown"


class MailReason(StrEnum):
    """Why a carrier did not hand the mail over, or why it goes elsewhere."""

    ADDRESS_WRONG = "address_wrong"
    ADDRESSEE_UNKNOWN = "addressee_unknown"
    MOVED = "moved"
    ABSENT = "absent"
    UNREACHABLE_BY_PHONE = "unreachable_by_phone"
    DEFERRED = "deferred_by_addressee"
    REFUSED = "refused"
    WILL_COLLECT = "will_collect"
    TRANSFERRED_TO_COUNTER = "transferred_to_counter"
    FEE_DUE = "fee_due"
    RECALLED = "recalled_by_sender"
    READDRESSED_BY_ADDRESSEE = "readdressed_by_addressee"
    READDRESSED_BY_SENDER = "readdressed_by_sender"
    UNCLAIMED = "unclaimed"
    OUT_OF_AREA = "out_of_area"
    OVERDUE = "overdue"
    LOST = "lost"
    CUSTOMS = "customs"
    OTHER = "other"


class FollowUp(StrEnum):
    """What a person does next about one mail."""

    NONE = "none"
    KEY_SLIP = "key_slip"  # the paper slip decides
    WHO_SIGNED = "who_signed"  # find out who signed, beside the slip
    SERVE_IN_PERSON = "serve_in_person"  # nobody has it in hand: visit, or mail again
    ADDRESS_SEARCH = "address_search"  # this address is not the party's: look for the next
    LEAVE_ON_REFUSAL = "leave_on_refusal"  # visit, and leave the papers where they are refused
    MAIL_AGAIN = "mail_again"
    LOOK = "look"  # no table knows this word


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one word of a carrier means.

    `code` names the meaning (words under `mail_meaning`); `result` is what the law engine is told while no slip lies
    there; `return_reason` is what the slip is then expected to say; `rules` are the articles that decide.
    """

    code: str
    result: PostResult
    follow_up: FollowUp
    rules: tuple[str, ...] = ()
    return_reason: ReturnReason | None = None


_UNDERWAY = Meaning("underway", PostResult.IN_TRANSIT, FollowUp.NONE, ("CPL-91",))
_NOT_SENT = Meaning("not_sent", PostResult.NO_PROOF, FollowUp.MAIL_AGAIN, ("CPL-91",))
_GONE = Meaning("gone", PostResult.NO_PROOF, FollowUp.MAIL_AGAIN, ("CPL-91",))
_STOPPED = Meaning("stopped", PostResult.IN_TRANSIT, FollowUp.LOOK, ("CPL-91",))
UNREADABLE = Meaning("unreadable", PostResult.IN_TRANSIT, FollowUp.LOOK, ("CPL-91",))
"""What a word means that nobody defined: nothing has been received, and a person looks."""

_NOBODY = Meaning("in_nobodys_hands", PostResult.LOCKER, FollowUp.SERVE_IN_PERSON, ("EMS04-8", "EMS04-9"))
_ANOTHER = Meaning("signed_by_another", PostResult.NO_PROOF, FollowUp.WHO_SIGNED, ("CPL-88", "EMS04-7", "EMS04-9"))
_DESK = Meaning("signed_by_desk", PostResult.NO_PROOF, FollowUp.KEY_SLIP, ("CPL-88", "INT-130", "EMS04-9"))

_RECEIVERS: Mapping[RecipientClass, Meaning] = MappingProxyType(
    {
        RecipientClass.ADDRESSEE: Meaning(
            "signed_by_party", PostResult.NO_PROOF, FollowUp.KEY_SLIP, ("CPL-88", "CPL-91", "EMS04-9")
        ),
        RecipientClass.COHABITING_ADULT: Meaning(
            "signed_by_family", PostResult.NO_PROOF, FollowUp.KEY_SLIP, ("CPL-88", "EMS04-7", "EMS04-9")
        ),
        RecipientClass.DESIGNATED_AGENT: Meaning(
            "signed_by_collector", PostResult.NO_PROOF, FollowUp.KEY_SLIP, ("CPL-88", "INT-132", "EMS04-7")
        ),
        RecipientClass.ORGANISATION_RECEIVER: _DESK,
        RecipientClass.MAILROOM: _DESK,
        RecipientClass.PROPERTY_OFFICE: Meaning(
            "left_at_property_office", PostResult.NO_PROOF, FollowUp.WHO_SIGNED, ("CPL-88", "INT-130", "EMS04-9")
        ),
        RecipientClass.NEIGHBOUR_OR_OTHER: _ANOTHER,
        RecipientClass.COUNTER_COLLECTION: Meaning(
            "collected_at_counter", PostResult.NO_PROOF, FollowUp.KEY_SLIP, ("EMS04-7", "EMS04-9")
        ),
        RecipientClass.LOCKER: _NOBODY,
        RecipientClass.STATION: _NOBODY,
        RecipientClass.LETTERBOX: _NOBODY,
        RecipientClass.DOORSTEP: _NOBODY,
        RecipientClass.UNATTENDED_PLACE: _NOBODY,
        RecipientClass.UNKNOWN: Meaning(
            "receiver_not_said", PostResult.NO_PROOF, FollowUp.WHO_SIGNED, ("CPL-87", "CPL-88", "EMS04-8")
        ),
    }
)
# A person's mail taken at the desk of an employer or an estate: INT 130 speaks of organisations only.
_DESK_CLASSES = frozenset({RecipientClass.ORGANISATION_RECEIVER, RecipientClass.MAILROOM})

_TRIED = Meaning("tried", PostResult.IN_TRANSIT, FollowUp.NONE, ("EMS04-6",))
_TRIED_IN_VAIN = Meaning("address_in_doubt", PostResult.IN_TRANSIT, FollowUp.NONE, ("EMS04-6", "EMS04-11"))
_SENT_ON = Meaning("sent_elsewhere", PostResult.IN_TRANSIT, FollowUp.LOOK, ("EMS04-4",))

_FAILED_TRIES: Mapping[MailReason, Meaning] = MappingProxyType(
    {
        MailReason.ADDRESS_WRONG: _TRIED_IN_VAIN,
        MailReason.ADDRESSEE_UNKNOWN: _TRIED_IN_VAIN,
        MailReason.MOVED: _TRIED_IN_VAIN,
        MailReason.ABSENT: _TRIED,
        MailReason.UNREACHABLE_BY_PHONE: _TRIED,
        MailReason.DEFERRED: _TRIED,
        MailReason.REFUSED: Meaning("refused_at_door", PostResult.IN_TRANSIT, FollowUp.KEY_SLIP, ("EMS04-8",)),
        MailReason.WILL_COLLECT: _TRIED,
        MailReason.TRANSFERRED_TO_COUNTER: _TRIED,
        MailReason.FEE_DUE: _STOPPED,
        MailReason.RECALLED: _STOPPED,
        MailReason.READDRESSED_BY_ADDRESSEE: _SENT_ON,
        MailReason.READDRESSED_BY_SENDER: _SENT_ON,
        MailReason.UNCLAIMED: _TRIED,
        MailReason.OUT_OF_AREA: _STOPPED,
        MailReason.OVERDUE: _TRIED,
        MailReason.LOST: _GONE,
        MailReason.CUSTOMS: _STOPPED,
        MailReason.OTHER: _TRIED,
    }
)

_BY_FAULT = ("EMS04-6", "EMS04-11", "OP19-7")
_REFUSED = Meaning(
    "returned_refused",
    PostResult.NO_PROOF,
    FollowUp.LEAVE_ON_REFUSAL,
    ("EMS04-8", "EMS04-11", "CPL-89"),
    ReturnReason.REFUSED,
)
_UNCLAIMED = Meaning(
    "returned_unclaimed", PostResult.NO_PROOF, FollowUp.SERVE_IN_PERSON, ("EMS04-6",), ReturnReason.UNCLAIMED
)
_RETURNED_BY_SENDER = Meaning("returned_by_sender", PostResult.NO_PROOF, FollowUp.MAIL_AGAIN, ("CPL-91",))
_RETURNED = Meaning("returned", PostResult.NO_PROOF, FollowUp.KEY_SLIP, ("EMS04-6", "EMS04-11"))

_RETURNS: Mapping[MailReason, Meaning] = MappingProxyType(
    {
        MailReason.ADDRESS_WRONG: Meaning(
            "returned_no_such_address",
            PostResult.NO_PROOF,
            FollowUp.ADDRESS_SEARCH,
            _BY_FAULT,
            ReturnReason.NO_SUCH_ADDRESS,
        ),
        MailReason.ADDRESSEE_UNKNOWN: Meaning(
            "returned_unknown", PostResult.NO_PROOF, FollowUp.ADDRESS_SEARCH, _BY_FAULT, ReturnReason.NO_SUCH_PERSON
        ),
        MailReason.MOVED: Meaning(
            "returned_moved",
            PostResult.NO_PROOF,
            FollowUp.ADDRESS_SEARCH,
            ("EMS04-4", *_BY_FAULT),
            ReturnReason.MOVED,
        ),
        MailReason.ABSENT: _UNCLAIMED,
        MailReason.UNREACHABLE_BY_PHONE: _UNCLAIMED,
        MailReason.DEFERRED: _UNCLAIMED,
        MailReason.REFUSED: _REFUSED,
        MailReason.WILL_COLLECT: _UNCLAIMED,
        MailReason.TRANSFERRED_TO_COUNTER: _UNCLAIMED,
        MailReason.FEE_DUE: _RETURNED_BY_SENDER,
        MailReason.RECALLED: _RETURNED_BY_SENDER,
        MailReason.READDRESSED_BY_ADDRESSEE: _RETURNED,
        MailReason.READDRESSED_BY_SENDER: _RETURNED_BY_SENDER,
        MailReason.UNCLAIMED: _UNCLAIMED,
        MailReason.OUT_OF_AREA: _RETURNED_BY_SENDER,
        MailReason.OVERDUE: _UNCLAIMED,
        MailReason.LOST: _GONE,
        MailReason.CUSTOMS: _RETURNED,
        MailReason.OTHER: _RETURNED,
    }
)

_KINDS: Mapping[EventKind, Meaning] = MappingProxyType(
    {
        EventKind.POST_ACCEPTED: _UNDERWAY,
        EventKind.POST_CANCELLED: _NOT_SENT,
        EventKind.POSTED: _UNDERWAY,
        EventKind.POST_IN_TRANSIT: _UNDERWAY,
        EventKind.POST_AT_OFFICE: _UNDERWAY,
        EventKind.POST_OUT: _UNDERWAY,
        EventKind.POST_AWAITING_COLLECTION: Meaning(
            "awaiting_collection", PostResult.IN_TRANSIT, FollowUp.NONE, ("EMS04-8", "EMS04-9")
        ),
        EventKind.POST_REFUSED: _FAILED_TRIES[MailReason.REFUSED],
        EventKind.POST_ADDRESS_CHANGED: _SENT_ON,
        EventKind.POST_LOST: _GONE,
        EventKind.POST_DAMAGED: _STOPPED,
        EventKind.POST_EXCEPTION: _STOPPED,
        EventKind.POST_REVERSED: Meaning("taken_back", PostResult.IN_TRANSIT, FollowUp.NONE, ("CPL-91",)),
        EventKind.POST_PROOF_AVAILABLE: Meaning(
            "proof_available", PostResult.NO_PROOF, FollowUp.KEY_SLIP, ("CPL-91", "EMS04-8")
        ),
        EventKind.INFORMATION: _UNDERWAY,
        EventKind.UNRECOGNISED: UNREADABLE,
    }
)

BY_RECEIVER = EventKind.POST_DELIVERED
BY_FAILED_TRY = EventKind.POST_ATTEMPT_FAILED
BY_RETURN = frozenset({EventKind.POST_RETURNING, EventKind.POST_RETURNED})
POSTAL_KINDS = frozenset({*_KINDS, BY_RECEIVER, BY_FAILED_TRY, *BY_RETURN})


def meaning_of(kind: str, *, recipient_class: str = "", reason: str = "", recipient: Kind | None = None) -> Meaning:
    """The meaning of one postal fact: total, for any text whatever in any place.

    `kind` is an `EventKind`; `recipient_class` and `reason` are what came with it; `recipient` says whether the
    addressee is a person or an organisation. What is not in the vocabulary is never receipt.
    """
    if kind == BY_RECEIVER or (kind == EventKind.POST_AWAITING_COLLECTION and recipient_class):
        return _of_receiver(recipient_class, recipient)
    if kind == BY_FAILED_TRY:
        return _of_reason(_FAILED_TRIES, reason, _TRIED)
    if kind in BY_RETURN:
        return _of_reason(_RETURNS, reason, _RETURNED)
    return _KINDS[EventKind(kind)] if kind in _KINDS else UNREADABLE


def _of_receiver(written: str, recipient: Kind | None) -> Meaning:
    try:
        receiver = RecipientClass(written)
    except ValueError:
        receiver = RecipientClass.UNKNOWN
    if receiver in _DESK_CLASSES and recipient is Kind.NATURAL_PERSON:
        return _ANOTHER
    return _RECEIVERS[receiver]


def _of_reason(table: Mapping[MailReason, Meaning], written: str, unsaid: Meaning) -> Meaning:
    try:
        return table[MailReason(written)]
    except ValueError:
        return unsaid
