"""Attempts and their journal entries as acts of service, in the law engine's words.

A carrier's word alone never becomes a signature: mail counts as signed or returned only by the slip that a person
keyed, a message only by what a person did with it. What the carrier's words mean meanwhile says `domain/mail`.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from delivery.answering import choice_of
from delivery.domain.event import Channel, EventKind
from delivery.domain.law.vocabulary import Kind, Role
from delivery.domain.mail import POSTAL_KINDS, Meaning, meaning_of
from delivery.domain.photo_standing import PROVES, Standing
from delivery.store.journal import DeliveryEvent
from delivery.store.orders import Attempt

Facts = dict[str, Any]
"""A part of a facts file; its form is that of `delivery/domain/law`."""

_OF_AGE = 18
_OF_THE_COURT = frozenset({"judge", "clerk"})
# Replies by which the recipient shows that the papers reached it; "not me" is recorded as its own kind of fact.
_OWN_ROLES = frozenset({"recipient", "lawyer", "legal_representative", ""})
# These say nothing about where the mail is.
_SILENT = frozenset({EventKind.INFORMATION, EventKind.UNRECOGNISED, EventKind.POST_PROOF_AVAILABLE})
_TELLING = POSTAL_KINDS - _SILENT
_ABOUT_PHOTOS = frozenset({EventKind.PHOTOS_GRADED, EventKind.PHOTOS_RULED})


def acts_of_attempt(attempt: Attempt, events: list[DeliveryEvent], zone: ZoneInfo) -> list[Facts]:
    """What one attempt was in law, act by act; nothing when its channel serves nobody or nothing has happened yet."""
    mapped = _MAPPINGS.get(Channel(attempt.channel))
    if mapped is None or not events:
        return []
    target = attempt.law_firm_id or attempt.address_id
    acts = mapped(attempt, events, zone)
    for number, act in enumerate(acts):
        _name_people(act, _day_of(act, events, zone))
        act["id"] = str(attempt.id) if number == 0 else f"{attempt.id}-{number}"
        if target is not None:
            act["address"] = str(target)
        _add_note(act, events)
    return acts


def _add_note(act: Facts, events: list[DeliveryEvent]) -> None:
    """INT 131: the note of a judge or clerk is an act of the court's own; whoever reports a visit cannot write it."""
    reported = set(act.pop("noted_by", ())) - _OF_THE_COURT
    written = {
        str(event.args["noted_by"])
        for event in events
        if event.kind == EventKind.OFFICER_NOTED and event.args["act"] == act["id"]
    }
    if reported | written:
        act["noted_by"] = sorted(reported | written)
    if "contractor" in reported and act["method"] == "left_in_place":
        # The engine names it as what would undo the leaving, until somebody of the court vouches for it.
        act["server"] = "contractor"


def _told_last(event: DeliveryEvent) -> int:
    """Sorts what was told last to the front: a slip keyed again corrects the one before."""
    return -event.sequence


def _instant(event: DeliveryEvent) -> str:
    """When it happened, to the second, as a facts file says it."""
    return event.occurred_at.isoformat(timespec="seconds")


def _first(events: list[DeliveryEvent], *kinds: EventKind, own: bool = False) -> DeliveryEvent | None:
    for event in events:
        if event.kind in kinds and (not own or event.args.get("role", "") in _OWN_ROLES):
            return event
    return None


_GOT_THERE = (
    EventKind.DELIVERED,
    EventKind.LINK_OPENED,
    EventKind.READ,
    EventKind.REPLIED,
    EventKind.ACKNOWLEDGED,
    EventKind.ADDRESS_CONFIRMED,
)


def _sent_at(attempt: Attempt, events: list[DeliveryEvent]) -> str | None:
    """When a message left: by the provider's word, or by what came of it. Nobody opens what was never sent."""
    sent = _first(events, EventKind.SUBMITTED)
    if sent is not None:
        return _instant(sent)
    if attempt.submitted_at is not None and _first(events, *_GOT_THERE) is not None:
        return attempt.submitted_at.isoformat(timespec="seconds")
    return None


def _electronic(attempt: Attempt, events: list[DeliveryEvent], _zone: ZoneInfo) -> list[Facts]:
    sent_at = _sent_at(attempt, events)
    if sent_at is None:
        return []
    act: Facts = {"method": "electronic", "sent_at": sent_at}
    found = {
        "delivered_at": _first(events, EventKind.DELIVERED),
        "success_at": _first(events, EventKind.DELIVERED),
        "bounced_at": _first(events, EventKind.FAILED, EventKind.NOT_ME),
        "read_at": _first(events, EventKind.LINK_OPENED, EventKind.READ, own=True),
        "replied_at": _first([event for event in events if not _asks(event)], EventKind.REPLIED, own=True),
        "acted_at": _first(events, EventKind.ACKNOWLEDGED, EventKind.ADDRESS_CONFIRMED, own=True),
    }
    for name, event in found.items():
        if event is not None:
            act[name] = _instant(event)
    if _first(events, EventKind.NOT_ME) is not None:
        # Whoever answered is not the party: nothing that was done with this message counts.
        for name in ("read_at", "replied_at", "acted_at", "success_at", "delivered_at"):
            act.pop(name, None)
    return [act]


def _asks(event: DeliveryEvent) -> bool:
    """Whether an answer only asks for something else: whoever wants post, or a call, has not taken the papers here."""
    return choice_of(EventKind(event.kind), event.args) is not None


def _visit(_attempt: Attempt, events: list[DeliveryEvent], zone: ZoneInfo) -> list[Facts]:
    return [
        _act_of_visit(event, events, zone)
        for event in events
        if event.kind == EventKind.VISITED and event.args.get("result") != "unsafe"
    ]


def _act_of_visit(event: DeliveryEvent, events: list[DeliveryEvent], zone: ZoneInfo) -> Facts:
    args = event.args
    if args.get("collected"):
        act: Facts = {"method": "collected_at_court", "result": "signed"}
        _copy(args, act, "signer", "signed_on")
        return act
    act = {"method": "direct", "at": _instant(event), "result": args["result"]}
    _copy(args, act, "place", "signed_on", "process_media", "noted_by", "signer", "refused_by")
    _weigh_photos(event, act, events)
    if args["result"] == "moved":
        act["result"] = "not_found"
    if args["result"] == "refused":
        act.setdefault("refused_by", args.get("signer") or {"role": "recipient"})
        act.pop("signer", None)
        if act.get("process_media", "none") != "none" or args.get("witness"):
            day = event.occurred_at.astimezone(zone).date().isoformat()
            act = {**act, "method": "left_in_place", "trigger": "refused", "on": day}
            for name in ("at", "result"):
                act.pop(name)
            _copy(args, act, "witness")
    return act


def _weigh_photos(event: DeliveryEvent, act: Facts, events: list[DeliveryEvent]) -> None:
    """Pictures that came with a report prove it once they count; until then, and when they do not, the court decides.

    Refused ones are no record of the process any more. What was told without a phone's record stands as it was told.
    """
    record = event.args.get("record")
    if not record or not event.args.get("captures"):
        return
    of_it = [one for one in events if one.kind in _ABOUT_PHOTOS and one.args.get("record") == record]
    newest = max(of_it, key=lambda one: one.sequence, default=None)
    standing = Standing(newest.args["standing"]) if newest is not None else Standing.AWAITED
    if standing not in PROVES:
        act["proof_doubted"] = True
    if standing in {Standing.REFUSED, Standing.APPEALED}:
        act.pop("process_media", None)


def standing_of_mail(
    events: Sequence[DeliveryEvent], reason: str = "", recipient: Kind | None = None
) -> Meaning | None:
    """What the carrier's last telling word about one mail means; None when it has said nothing yet.

    `events` are one attempt's, in the order in which they happened and without what was taken back; `reason` is the
    last that was heard, because a return itself often gives none.
    """
    last = next((event for event in reversed(events) if event.kind in _TELLING), None)
    if last is None:
        return None
    given = str(last.body["reason"]) or reason
    return meaning_of(
        last.kind, recipient_class=str(last.args.get("recipient_class", "")), reason=given, recipient=recipient
    )


def _mail(attempt: Attempt, events: list[DeliveryEvent], zone: ZoneInfo) -> list[Facts]:
    sent = _first(events, EventKind.POSTED) or _first(events, EventKind.SUBMITTED)
    if sent is None:
        return []

    def day(event: DeliveryEvent) -> str:
        return event.occurred_at.astimezone(zone).date().isoformat()

    act: Facts = {"method": "post", "carrier": "state_post", "posted_on": day(sent), "result": "in_transit"}
    tried = sorted({day(event) for event in events if event.kind == EventKind.POST_ATTEMPT_FAILED})
    if tried:
        act["attempts_on"] = tried
    newest_first = sorted(events, key=_told_last)
    slip = _first(newest_first, EventKind.SLIP_RECORDED)
    if slip is not None:
        act["result"] = slip.args["result"]
        _copy(
            slip.args, act, "signer", "signed_on", "return_reason", "marked_return_on", "attempts_on",
            "contact_attempted", "refused_by", "refusal_noted", "court_received_on",
        )  # fmt: skip
        named = _first(newest_first, EventKind.SIGNER_NAMED)
        if named is not None and act["result"] == "signed" and _is_unread(act.get("signer")):
            act["signer"] = named.args["signer"]
    elif (standing := standing_of_mail(events, attempt.reason)) is not None:
        act["result"] = standing.result.value
    return [act]


def _is_unread(signer: Facts | None) -> bool:
    """The slip does not say who signed, so that an answer given beside it counts."""
    return signer is None or signer.get("role", Role.UNKNOWN) == Role.UNKNOWN


def _posting(_attempt: Attempt, events: list[DeliveryEvent], zone: ZoneInfo) -> list[Facts]:
    acts = []
    for event in events:
        if event.kind == EventKind.VISITED and event.args.get("result") != "unsafe":
            # Whoever came to post met somebody after all: that is a visit like any other.
            acts.append(_act_of_visit(event, events, zone))
        if event.kind != EventKind.NOTICE_POSTED:
            continue
        args = event.args
        day = event.occurred_at.astimezone(zone).date().isoformat()
        if args.get("meaning") in {"left_in_place", "left_at_address"}:
            act: Facts = {"method": "left_in_place", "on": day, "trigger": args.get("trigger", "nobody_home")}
            _copy(args, act, "witness", "refused_by", "process_media", "noted_by")
            _weigh_photos(event, act, events)
        else:
            # A visit card is a visit that met nobody, whatever else is told with it: also no note on a receipt.
            act = {"method": "direct", "at": _instant(event), "result": "nobody_home", "card_left": True}
        _copy(args, act, "place")
        acts.append(act)
    return acts


def _publication(_attempt: Attempt, events: list[DeliveryEvent], _zone: ZoneInfo) -> list[Facts]:
    postings: list[Facts] = []
    content: set[str] = set()
    for event in events:
        if event.kind == EventKind.NOTICE_PUBLISHED:
            postings.extend(event.args.get("postings", []))
            content.update(event.args.get("content", []))
    if not postings:
        return []
    return [
        {
            "method": "public_notice",
            "postings": postings,
            "content": sorted(content),
            "reason_recorded": True,
            "history_recorded": True,
        }
    ]


def _telephone(_attempt: Attempt, events: list[DeliveryEvent], _zone: ZoneInfo) -> list[Facts]:
    acts = []
    for event in events:
        if event.kind == EventKind.CALLED:
            act: Facts = {"method": "telephone", "at": _instant(event)}
            _copy(event.args, act, "reached", "recorded", "contents_told", "confirmed_by_recipient")
            acts.append(act)
    return acts


def _copy(source: dict[str, Any], target: Facts, *names: str) -> None:
    for name in names:
        if source.get(name) not in (None, "", {}, []):
            target[name] = source[name]


def _day_of(act: Facts, events: list[DeliveryEvent], zone: ZoneInfo) -> date:
    """The day on which people were seen: a slip is keyed days after it was signed."""
    told = next((str(act[name]) for name in ("signed_on", "on", "at", "posted_on") if act.get(name)), "")
    try:
        return date.fromisoformat(told[:10])
    except ValueError:
        return events[0].occurred_at.astimezone(zone).date()


def _name_people(act: Facts, day: date) -> None:
    """Put what was seen of a person's age into the law's terms.

    Of age means born eighteen years before the act or earlier.
    """
    for name in ("signer", "refused_by"):
        if name in act:
            person = dict(act[name])
            adult = person.pop("adult", None)
            if adult is not None and "born_on" not in person:
                person["born_on"] = (_birthday_of_age(day) if adult else day).isoformat()
            act[name] = person


def _birthday_of_age(day: date) -> date:
    try:
        return day.replace(year=day.year - _OF_AGE)
    except ValueError:  # 29 February
        return date(day.year - _OF_AGE, 2, 28)


_MAPPINGS: dict[Channel, Callable[[Attempt, list[DeliveryEvent], ZoneInfo], list[Facts]]] = {
    Channel.SMS: _electronic,
    Channel.EMAIL: _electronic,
    Channel.WECHAT: _electronic,
    Channel.IN_PERSON: _visit,
    Channel.POST: _mail,
    Channel.POSTING: _posting,
    Channel.PUBLICATION: _publication,
    Channel.VOICE: _telephone,
}
