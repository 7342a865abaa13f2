"""What was tried before: the ladder that must have failed before a telephone call or a public notice can serve."""

from datetime import date

from delivery.domain.law.act_vocabulary import AssistanceResult, Carrier, PostResult
from delivery.domain.law.acts import Direct, JudicialAssistance, LeftInPlace, Post
from delivery.domain.law.cn_civil.procedure import is_abroad
from delivery.domain.law.matter import Matter
from delivery.domain.law.vocabulary import Domicile, Whereabouts

MAIL_IS_OVER = frozenset({PostResult.RETURNED, PostResult.NO_PROOF, PostResult.LOCKER, PostResult.SIGNED})
CHANNEL_IS_OVER = frozenset({AssistanceResult.FAILED, AssistanceResult.NO_PROOF})


def visit_was_tried(matter: Matter, by: date | None) -> bool:
    """A visit that was made by that day; None: ever."""
    for act in matter.facts.acts:
        if act.planned or not isinstance(act, Direct | LeftInPlace):
            continue
        on = matter.left_court_on(act)
        if by is None or (on is not None and on <= by):
            return True
    return False


def mail_was_tried(matter: Matter, by: date | None) -> bool:
    """A mail by the state post that had come to an end by that day."""
    for act in matter.facts.acts:
        if act.planned or not isinstance(act, Post) or act.carrier not in {Carrier.STATE_POST, None}:
            continue
        over_on = act.marked_return_on or act.court_received_on or act.signed_on or act.posted_on
        if act.result in MAIL_IS_OVER and (by is None or (over_on is not None and over_on <= by)):
            return True
    return False


def channel_was_tried(matter: Matter, by: date | None) -> bool:
    """A channel of judicial assistance that is spent, sent by that day."""
    return any(
        isinstance(act, JudicialAssistance)
        and not act.planned
        and act.result in CHANNEL_IS_OVER
        and (by is None or (act.sent_on is not None and act.sent_on <= by))
        for act in matter.facts.acts
    )


def ladder_is_exhausted(matter: Matter, by: date | None) -> bool:
    """CPL 95, 283, HKM 9: whereabouts unknown, or everything else failed.

    At least a mail and a visit, abroad a mail and a channel.
    """
    recipient = matter.facts.recipient
    if recipient.whereabouts is Whereabouts.UNKNOWN:
        return True
    if not is_abroad(recipient.domicile) or recipient.in_mainland:
        return mail_was_tried(matter, by) and visit_was_tried(matter, by)
    foreign_law = recipient.foreign_law
    mail_is_open = recipient.domicile is not Domicile.FOREIGN or (foreign_law is not None and foreign_law.permits_post)
    return channel_was_tried(matter, by) and (not mail_is_open or mail_was_tried(matter, by))
