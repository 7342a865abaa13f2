"""What is going to happen in the town: one row each, due at an instant of court time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Act(StrEnum):
    """Everything that can fall due. The order of the names decides nothing; ties are broken by whom it concerns."""

    CALLBACK = "callback"  # the carrier of texts and calls reports a status, or passes on a reply
    TALK = "talk"  # somebody or something takes a call, and hears what the platform says
    PUSH = "push"  # the post reports a trace
    SCAN = "scan"  # a mail scanner follows the links of a message
    FOLLOW_LINK = "follow_link"  # a person opens the link of a message
    ROUND = "round"  # the servers take their stops for half a day
    REPORT = "report"  # a server's report of a stop reaches the court
    SLIP = "slip"  # the mail desk keys a paper slip
    PUBLISH = "publish"  # an approved notice is put up and told
    ASK = "ask"  # the clerk's questions where somebody is reach those who may know
    ANSWER = "answer"  # one of them answers
    CLERK = "clerk"  # the clerk tells of settlements and moved hearings
    OFFICER = "officer"  # the court officer goes through the desk


@dataclass(frozen=True, slots=True)
class Happening:
    """One act. `key` says whom it concerns and is the same in every run of a seed; `args` are JSON."""

    due_at: datetime
    key: str
    act: Act
    args: Mapping[str, Any]
    tries: int = 0
