"""Every number of the town in one place, each with the mark that says how much it is worth.

S: from the court's own report. P: published by a court. C: computed from those. G: a guess. A report prints the
guesses and varies them; none is ever tuned to a wished result. Shares are of one, spans in days unless the name says
otherwise, and the shares of one choice are weights: varying one keeps the ratio of the others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum


class Mark(StrEnum):
    """Where a number comes from."""

    REPORTED = "S"
    PUBLISHED = "P"
    COMPUTED = "C"
    GUESSED = "G"


def _reported(value: float) -> float:
    return field(default=value, metadata={"mark": Mark.REPORTED})


def _published(value: float) -> float:
    return field(default=value, metadata={"mark": Mark.PUBLISHED})


def _computed(value: float) -> float:
    return field(default=value, metadata={"mark": Mark.COMPUTED})


def _guessed(value: float) -> float:
    return field(default=value, metadata={"mark": Mark.GUESSED})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number as a report prints it."""

    name: str
    value: float
    mark: Mark


@dataclass(frozen=True, slots=True)
class Parameters:
    """The town's numbers. What is not explained here is explained beside its use."""

    # Cases.
    monday_load: float = _guessed(1.3)
    friday_load: float = _guessed(0.85)
    cause_loan: float = _guessed(34)
    cause_contract: float = _guessed(26)
    cause_family: float = _guessed(14)
    cause_traffic: float = _guessed(9)
    cause_labour: float = _guessed(7)
    cause_other: float = _guessed(10)
    procedure_ordinary: float = _guessed(30)
    procedure_summary: float = _guessed(45)
    procedure_small_claims: float = _guessed(20)
    procedure_payment_order: float = _guessed(5)
    fast_track: float = _reported(0.217)
    fast_track_hearing_days: float = _reported(7)
    hearing_days_least: float = _guessed(25)
    hearing_days_most: float = _guessed(40)
    defendants_one: float = _guessed(60)
    defendants_two: float = _guessed(25)
    defendants_three: float = _guessed(10)
    defendants_four: float = _guessed(5)
    defendant_natural: float = _guessed(45)
    defendant_organisation: float = _guessed(17)
    plaintiff_natural: float = _guessed(55)
    plaintiff_organisation: float = _guessed(45)
    hearing_moved: float = _guessed(0.09)
    hearing_delay_least: float = _guessed(7)  # days
    hearing_delay_most: float = _guessed(21)
    lost_hearing_moved: float = _guessed(0.8)  # once the desk says so
    settled_or_withdrawn: float = _guessed(0.18)
    end_settled: float = _guessed(2)
    end_withdrawn: float = _guessed(1)

    # What the docket knows.
    plaintiff_confirmed_here: float = _guessed(0.95)
    defendant_confirmed_here: float = _guessed(0.04)
    confirmed_consents: float = _guessed(0.85)  # of those who confirm an address, consent to electronic service
    prior_natural: float = _guessed(0.12)
    prior_organisation: float = _guessed(0.22)
    prior_within_year: float = _guessed(0.60)
    prior_says_yes: float = _guessed(0.55)
    counsel_plaintiff: float = _guessed(0.62)
    counsel_organisation: float = _guessed(0.18)
    counsel_natural: float = _guessed(0.05)
    firms: float = _guessed(28)
    firms_top_five: float = _guessed(0.45)
    natural_has_id: float = _guessed(0.78)
    natural_has_phone: float = _guessed(0.84)
    natural_has_email: float = _guessed(0.06)
    organisation_has_id: float = _guessed(0.97)
    organisation_has_phone: float = _guessed(0.80)
    organisation_has_email: float = _guessed(0.22)
    plaintiff_has_email: float = _guessed(0.40)

    # Telephones and text messages.
    phone_his: float = _guessed(72)
    phone_dead: float = _guessed(12)
    phone_stranger: float = _guessed(6)
    phone_silent: float = _guessed(10)
    phone_confirmed_good: float = _guessed(0.94)  # a number that the party itself gave to a court
    sms_delivered: float = _guessed(0.93)
    sms_filtered: float = _guessed(0.15)
    sms_opened: float = _guessed(0.34)  # of messages that the carrier delivers to the party's own telephone
    sms_undelivered_unknown: float = _guessed(0.5)  # of undelivered ones: no such subscriber; the rest are switched off
    sms_replied: float = _guessed(0.11)
    answer_1: float = _guessed(50)  # post it
    answer_2: float = _guessed(20)  # I collect it
    answer_4: float = _guessed(30)  # call me
    reminder_opened: float = _guessed(0.10)  # a further message to someone who let the first one lie
    stranger_says_not_me: float = _guessed(0.20)
    acts_same_day: float = _guessed(60)
    acts_next_day: float = _guessed(25)
    acts_later: float = _guessed(15)
    acts_at_the_latest: float = _guessed(7)  # days
    call_answered: float = _guessed(0.65)  # of the calls to people who do take unknown ones
    call_busy: float = _guessed(0.03)
    call_machine: float = _guessed(0.15)  # of the numbers that do not answer, have voicemail
    call_back_wanted: float = _guessed(0.15)  # of those who hear an announcement out
    call_heard_again: float = _guessed(0.10)
    fraud_suspected: float = _guessed(0.25)  # and hang up
    fraud_suspected_after_code: float = _guessed(0.10)  # where a text with a code to check it by came before

    # Mailboxes.
    bounce_firm: float = _guessed(0.01)
    bounce_company: float = _guessed(0.09)
    bounce_person: float = _guessed(0.14)
    scanner_on_firm_mail: float = _guessed(0.40)
    email_opened_company: float = _guessed(0.45)
    email_opened_person: float = _guessed(0.30)
    firm_opened: float = _guessed(0.95)
    firm_assistant_opens: float = _guessed(0.35)
    mandate_missing: float = _guessed(0.06)

    # WeChat. Guessed as a whole: no court has published how many follow its account.
    plaintiff_follows: float = _guessed(0.15)  # and named the account when the case was filed
    firm_has_wechat: float = _guessed(0.40)  # a member of the court's WeCom
    wechat_blocked: float = _guessed(0.02)
    wechat_opened: float = _guessed(0.50)  # of what arrived
    firm_presses: float = _guessed(0.30)  # whoever looks after the firm's account presses "received"

    # Behind the link.
    identity_mistyped: float = _guessed(0.07)
    opened_declines: float = _guessed(0.04)
    opened_leaves: float = _guessed(0.06)  # reads, and neither acknowledges nor refuses
    volunteers_address: float = _guessed(0.10)  # confirms an address although nobody asked
    objects: float = _guessed(0.015)
    other_arrival_date: float = _guessed(0.004)

    # Doors. Guessed as a whole; the rest of the defendants' right addresses is split 3 to 1 into moved and no such
    # place.
    address_right_natural: float = _guessed(0.68)
    address_right_organisation: float = _guessed(0.82)
    address_wrong_is_moved: float = _guessed(0.75)
    address_right_confirmed: float = _guessed(0.96)  # confirmed in this case
    address_right_prior_year: float = _guessed(0.90)  # confirmed in another case within a year
    address_right_prior_older: float = _guessed(0.76)
    out_of_area: float = _guessed(0.27)
    door_met: float = _guessed(38)
    door_family: float = _guessed(14)
    door_refused: float = _guessed(5)
    door_nobody: float = _guessed(43)
    door_second_band: float = _guessed(0.35)
    moved_is_told: float = _guessed(0.60)  # at an address that the party has left, someone says so
    servers: float = _reported(4)
    stops_per_server: float = _guessed(14)
    door_without_signal: float = _guessed(0.20)
    media_photos: float = _guessed(60)
    media_video: float = _guessed(35)
    media_single_photo: float = _guessed(5)
    witness_committee_member: float = _guessed(3)
    witness_neighbour: float = _guessed(2)
    witness_employer_staff: float = _guessed(1)
    witness_attends: float = _guessed(0.5)
    signature_dated_otherwise: float = _guessed(0.01)

    # Court mail. The carrier's published totals (79 / 10.3 / 10.7%) hold over all addresses; with about 80.6% right,
    # 14.6% left behind and 4.8% not existing they give these shares for each kind of address.
    post_right_delivered: float = _computed(92.5)
    post_right_unclaimed: float = _computed(7.5)
    post_moved_delivered: float = _computed(30)
    post_moved_bad_address: float = _computed(38)
    post_moved_unclaimed: float = _computed(32)
    post_refused: float = _published(0.041)  # of what counts as delivered
    signer_natural_self: float = _guessed(44)
    signer_natural_family: float = _guessed(14)
    signer_natural_unclear: float = _guessed(16)
    signer_natural_locker: float = _guessed(26)
    signer_organisation_self: float = _guessed(8)
    signer_organisation_desk: float = _guessed(64)
    signer_organisation_unclear: float = _guessed(13)
    signer_organisation_locker: float = _guessed(15)
    # Who it really was, as the paper slip or the server's report says.
    family_spouse: float = _guessed(5)
    family_parent: float = _guessed(2)
    family_child: float = _guessed(2)
    family_sibling: float = _guessed(1)
    family_co_resident: float = _guessed(0.9)
    desk_office_staff: float = _guessed(2)
    desk_mail_room_staff: float = _guessed(2)
    desk_duty_room_staff: float = _guessed(1)
    other_neighbour: float = _guessed(3)
    other_property_guard: float = _guessed(3)
    other_flatmate: float = _guessed(1)
    other_landlord: float = _guessed(1)
    other_unknown: float = _guessed(4)
    signer_id_checked: float = _guessed(0.5)
    void_is_no_such_address: float = _guessed(0.5)  # the rest comes back as "no such person"
    carrier_self_10: float = _guessed(1)
    carrier_family_20: float = _guessed(1)
    carrier_desk_60: float = _guessed(3)
    carrier_desk_162: float = _guessed(1)
    carrier_unclear_20: float = _guessed(2)
    carrier_unclear_100: float = _guessed(1)
    carrier_locker_50: float = _guessed(5)
    carrier_locker_30: float = _guessed(2)
    carrier_locker_70: float = _guessed(3)
    carrier_locker_161: float = _guessed(2)
    locker_emptied: float = _guessed(0.5)  # of items in a locker: reported as put in and, later, taken out
    post_reversed: float = _guessed(0.005)
    waybill_recycled: float = _guessed(0.001)
    post_days_median: float = _guessed(3)
    post_days_p90: float = _guessed(6)
    slip_days: float = _guessed(4)
    slip_never: float = _guessed(0.04)
    returned_after_few_attempts: float = _guessed(0.30)
    slip_differs: float = _guessed(0.03)
    postman_telephones: float = _guessed(0.80)  # before he sends an item back

    # Address search: who knows where the party really is, and how many days an answer takes.
    register_current_natural: float = _guessed(0.6)  # the household register names the home, else one that was left
    register_current_organisation: float = _guessed(0.75)
    other_party_knows: float = _guessed(0.15)
    carrier_knows: float = _guessed(0.3)
    committee_knows: float = _guessed(0.25)
    search_days_least: float = _guessed(1)
    search_days_most: float = _guessed(6)

    # Staff at their desks.
    officer_approves: float = _guessed(0.95)

    def table(self) -> Iterator[Parameter]:
        """Every parameter, in the order of this file."""
        for entry in fields(self):
            yield Parameter(entry.name, getattr(self, entry.name), entry.metadata["mark"])

    def weights(self, choice: str, options: Iterable[str]) -> dict[str, float]:
        """The weights of one choice, by option: `weights("media", ("photos", "video"))`."""
        return {option: getattr(self, f"{choice}_{option}") for option in options}

    def guesses(self) -> tuple[Parameter, ...]:
        """What nobody has measured: printed with every simulation."""
        return tuple(entry for entry in self.table() if entry.mark is Mark.GUESSED)

    def varied(self, name: str, factor: float) -> "Parameters":
        """The same town with one number multiplied; a share of one stays a share.

        Raises `KeyError` for an unknown name.
        """
        known = {entry.name: entry.value for entry in self.table()}
        value = known[name] * factor
        return replace(self, **{name: min(value, 1.0) if known[name] <= 1 else value})
