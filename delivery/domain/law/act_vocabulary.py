"""The closed lists of words in which acts of service are told: where, by whom, with which result and which record.

Apart from `vocabulary`, because these words belong to what somebody did, not to the case in which it was done.
"""

from enum import StrEnum


class Server(StrEnum):
    """Who carried out the act (送达人)."""

    COURT_STAFF = "court_staff"
    CONTRACTOR = "contractor"
    NOTARY = "notary"
    LICENSED_SERVER = "licensed_server"


class Place(StrEnum):
    """Where an act took place; residence and registered office are those of the person served there."""

    RESIDENCE = "residence"
    REGISTERED_OFFICE = "registered_office"
    WORKPLACE = "workplace"
    COURT = "court"
    ELSEWHERE = "elsewhere"


class VisitResult(StrEnum):
    """How a visit ended."""

    SIGNED = "signed"
    REFUSED = "refused"
    NOBODY_HOME = "nobody_home"
    NOT_FOUND = "not_found"


class LeavingTrigger(StrEnum):
    """Why papers were left."""

    REFUSED = "refused"
    NOBODY_HOME = "nobody_home"
    MOVED = "moved"


class CollectionResult(StrEnum):
    """How a call to the court ended."""

    SIGNED = "signed"
    REFUSED = "refused"
    DID_NOT_COME = "did_not_come"


class Media(StrEnum):
    """What recorded the process (拍照、录像)."""

    NONE = "none"
    SINGLE_PHOTO = "single_photo"
    PHOTOS = "photos"
    VIDEO = "video"


class Noter(StrEnum):
    """Who noted the facts on the receipt and signed."""

    SERVER = "server"
    JUDGE = "judge"
    CLERK = "clerk"
    CONTRACTOR = "contractor"


class WitnessKind(StrEnum):
    """Who was asked to witness a refusal."""

    COMMITTEE_MEMBER = "committee_member"
    EMPLOYER_STAFF = "employer_staff"
    NEIGHBOUR = "neighbour"
    PASSER_BY = "passer_by"


class Carrier(StrEnum):
    """Who carried the mail; `state_post` is the state postal enterprise with its court express (法院专递)."""

    STATE_POST = "state_post"
    PRIVATE_COURIER = "private_courier"
    FIRST_CLASS = "first_class"


class PostResult(StrEnum):
    """How a mail ended."""

    SIGNED = "signed"
    RETURNED = "returned"
    LOCKER = "locker"
    IN_TRANSIT = "in_transit"
    NO_PROOF = "no_proof"


class ReturnReason(StrEnum):
    """Why a mail came back, in the carrier's word."""

    REFUSED = "refused"
    MOVED = "moved"
    NO_SUCH_PERSON = "no_such_person"
    NO_SUCH_ADDRESS = "no_such_address"
    UNCLAIMED = "unclaimed"


class ObjectionBy(StrEnum):
    """Who said that the contents are not what the slip says."""

    RECIPIENT = "recipient"
    SIGNER = "signer"


class ObjectionForm(StrEnum):
    """How that was said."""

    ON_THE_SPOT = "on_the_spot"
    WRITTEN = "written"
    ORAL = "oral"


class ConductKind(StrEnum):
    """Conduct that shows that papers abroad arrived."""

    MENTIONS_CONTENTS = "mentions_contents"
    ACTED_ON_CONTENTS = "acted_on_contents"
    OTHER = "other"


class UnitKind(StrEnum):
    """The unit that forwards."""

    ARMY_POLITICAL_ORGAN = "army_political_organ"
    PRISON = "prison"
    COMPULSORY_EDUCATION_INSTITUTION = "compulsory_education_institution"


class AssistanceChannel(StrEnum):
    """Through whom papers travel to another jurisdiction."""

    TREATY = "treaty"
    DIPLOMATIC = "diplomatic"
    HONG_KONG_HIGH_COURT = "hong_kong_high_court"
    MACAO_COURT = "macao_court"
    TAIWAN_MUTUAL_AID = "taiwan_mutual_aid"


class AssistanceResult(StrEnum):
    """How that ended."""

    SIGNED = "signed"
    PENDING = "pending"
    NO_PROOF = "no_proof"
    FAILED = "failed"


class PostingPlace(StrEnum):
    """Where a public notice was posted or published."""

    COURT_BOARD = "court_board"
    DOMICILE = "domicile"
    NEWSPAPER = "newspaper"
    WEBSITE = "website"


class Content(StrEnum):
    """What a public notice says."""

    REASON = "reason"
    CLAIM_POINTS = "claim_points"
    ANSWER_PERIOD = "answer_period"
    CONSEQUENCE_OF_NO_ANSWER = "consequence_of_no_answer"
    HEARING_TIME = "hearing_time"
    HEARING_PLACE = "hearing_place"
    CONSEQUENCE_OF_ABSENCE = "consequence_of_absence"
    MAIN_CONTENT = "main_content"
    APPEAL_RIGHT = "appeal_right"
    APPEAL_PERIOD = "appeal_period"
    APPEAL_COURT = "appeal_court"


class PronouncementKind(StrEnum):
    """当庭宣判 or 定期宣判."""

    ON_THE_SPOT = "on_the_spot"
    SCHEDULED = "scheduled"
