"""The closed lists of words in which facts about service are told.

They are the enums of the facts format, one class per list, so that a rule compares names and never spellings, and so
that a word that nobody defined is refused at the door. The rest of the core speaks of cases, parties, papers and
addresses in these same words.
"""

from enum import StrEnum


class Jurisdiction(StrEnum):
    """Whose rules of service are asked."""

    CN_CIVIL = "cn_civil"
    NY_CPLR = "ny_cplr"
    CA_CCP = "ca_ccp"
    ENGLAND_CPR = "england_cpr"


class Procedure(StrEnum):
    """程序: ordinary 普通, summary 简易, small claims 小额, payment order 督促."""

    ORDINARY = "ordinary"
    SUMMARY = "summary"
    SMALL_CLAIMS = "small_claims"
    PAYMENT_ORDER = "payment_order"


class Instance(StrEnum):
    """审级. A confirmed address carries over between instances of one dispute (OP19 6)."""

    FIRST = "first"
    SECOND = "second"
    RETRIAL = "retrial"
    ENFORCEMENT = "enforcement"


class Document(StrEnum):
    """诉讼文书: the kinds that the law treats differently."""

    COMPLAINT_COPY = "complaint_copy"
    APPEAL_COPY = "appeal_copy"
    ANSWER_COPY = "answer_copy"
    SUMMONS = "summons"
    HEARING_NOTICE = "hearing_notice"
    EVIDENCE_NOTICE = "evidence_notice"
    JUDGMENT = "judgment"
    RULING = "ruling"
    MEDIATION_STATEMENT = "mediation_statement"
    PAYMENT_ORDER = "payment_order"
    CLAIM_FORM = "claim_form"
    OTHER_DOCUMENT = "other_document"


class Kind(StrEnum):
    """What the recipient is."""

    NATURAL_PERSON = "natural_person"
    ORGANISATION = "organisation"


class Status(StrEnum):
    """A status that the court knows of and that asks for forwarding (转交)."""

    NONE = "none"
    MILITARY = "military"
    IMPRISONED = "imprisoned"
    COMPULSORY_EDUCATION = "compulsory_education"


class Domicile(StrEnum):
    """Where the recipient has its domicile."""

    MAINLAND = "mainland"
    HONG_KONG = "hong_kong"
    MACAO = "macao"
    TAIWAN = "taiwan"
    FOREIGN = "foreign"


class Whereabouts(StrEnum):
    """`unknown`: 下落不明, established."""

    KNOWN = "known"
    UNKNOWN = "unknown"


class Confirmation(StrEnum):
    """What the recipient did when asked to confirm an address for service."""

    GIVEN = "given"
    REFUSED = "refused"
    EVADED = "evaded"
    NOT_REQUESTED = "not_requested"


class AddressKind(StrEnum):
    """What sort of destination an address is."""

    POSTAL = "postal"
    MOBILE = "mobile"
    EMAIL = "email"
    FAX = "fax"
    WECHAT = "wechat"
    PLATFORM_ACCOUNT = "platform_account"


class Basis(StrEnum):
    """By which right the court may use an address."""

    CONFIRMED = "confirmed"
    GIVEN_ORALLY = "given_orally"
    OWN_FILING = "own_filing"
    PRE_DISPUTE_AGREED = "pre_dispute_agreed"
    OTHER_PROCEEDINGS = "other_proceedings"
    REGULAR_USE = "regular_use"
    REGISTRY = "registry"
    HABITUAL_RESIDENCE = "habitual_residence"
    PLAINTIFF_SUPPLIED = "plaintiff_supplied"
    FOUND = "found"


class ChangeForm(StrEnum):
    """How a change of address was told to the court."""

    WRITTEN = "written"
    ORAL = "oral"


class ConsentSource(StrEnum):
    """Where consent to electronic service comes from."""

    EXPRESS = "express"
    PRE_DISPUTE = "pre_dispute"
    OWN_PLEADING = "own_pleading"
    CONDUCT = "conduct"


class Role(StrEnum):
    """Who took, signed for or refused the papers."""

    RECIPIENT = "recipient"
    GUARDIAN = "guardian"
    FAMILY = "family"
    LITIGATION_AGENT = "litigation_agent"
    NAMED_COLLECTOR = "named_collector"
    LEGAL_REPRESENTATIVE = "legal_representative"
    PRINCIPAL = "principal"
    OFFICE_STAFF = "office_staff"
    MAIL_ROOM_STAFF = "mail_room_staff"
    DUTY_ROOM_STAFF = "duty_room_staff"
    PROPERTY_GUARD = "property_guard"
    LANDLORD = "landlord"
    FLATMATE = "flatmate"
    NEIGHBOUR = "neighbour"
    COMMITTEE_MEMBER = "committee_member"
    SUITABLE_PERSON = "suitable_person"
    UNKNOWN = "unknown"


class Relation(StrEnum):
    """How a family member is related to the recipient."""

    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"
    GRANDPARENT = "grandparent"
    OTHER = "other"


class RequestKind(StrEnum):
    """What the recipient asked of the court."""

    PAPER_COPY = "paper_copy"
    KEEP_ADDRESS_CONFIDENTIAL = "keep_address_confidential"


class RebuttalKind(StrEnum):
    """What the recipient says against an effect."""

    NO_FAULT = "no_fault"
    DIFFERENT_ARRIVAL = "different_arrival"
    ADDRESS_NOT_USED = "address_not_used_by_recipient"
    NOT_READ = "not_read_by_recipient"
    SYSTEM_ERROR = "system_error"


class Diligence(StrEnum):
    """What a court found about the attempts before a substituted service."""

    MET = "met"
    NOT_MET = "not_met"


class ReturnDate(StrEnum):
    """Court option: which day is the day of return."""

    MARKED_ON_SLIP = "marked_on_slip"
    COURT_RECEIVED = "court_received"


class HmtNoticePeriod(StrEnum):
    """Court option: how long a notice to Hong Kong, Macao or Taiwan runs."""

    THREE_MONTHS = "three_months"
    SIXTY_DAYS = "sixty_days"
