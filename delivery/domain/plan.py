"""The ladder as data: tiers of steps, read from a template, frozen onto an order as JSON when it starts."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from delivery.domain.event import Channel


class Condition(StrEnum):
    """When a tier applies at all."""

    ALWAYS = "always"
    ADDRESS_REUSED = "address_reused"  # an address came over from another case
    REPRESENTED = "represented"  # counsel's firm takes e-service
    MAIL_CAME_BACK = "mail_came_back"
    APPROVED = "approved"  # only on a court officer's decision


class Purpose(StrEnum):
    """What a step is for; the law engine, not this word, says what it achieves."""

    CONFIRM_ADDRESS = "confirm_address"  # a question: is this still yours, may we serve you here?
    E_SERVICE = "e_service"
    HAND_OVER = "hand_over"
    COURT_MAIL = "court_mail"
    DOOR_NOTICE = "door_notice"
    PUBLIC_NOTICE = "public_notice"


class Pool(StrEnum):
    """Which of the party's addresses a step draws on."""

    REUSED = "reused"
    USABLE = "usable"
    FIRM = "firm"
    NONE = "none"


class Days(StrEnum):
    """Which days a wait counts."""

    WORKING = "working"  # of the court's calendar
    CALENDAR = "calendar"  # a hearing in a week does not wait for Monday


@dataclass(frozen=True, slots=True)
class Step:
    """One way tried within a tier. `tries` counts visits to the same door.

    `most` bounds how many addresses are used at once; `after_days` puts the step off by so many calendar days from the
    start of its tier.
    """

    channel: Channel
    purpose: Purpose
    pool: Pool
    tries: int = 1
    most: int = 2
    after_days: int = 0


@dataclass(frozen=True, slots=True)
class Tier:
    """Steps that start together. `wait_days`, counted as `counts` says, go by before the next tier starts."""

    name: str
    when: Condition
    wait_days: int
    steps: tuple[Step, ...]
    counts: Days = Days.WORKING


@dataclass(frozen=True, slots=True)
class Plan:
    """A named, versioned ladder.

    With `refer_after_days` an order that is not served so many calendar days after its ladder began lies on the desk.
    """

    name: str
    version: int
    tiers: tuple[Tier, ...]
    refer_after_days: int | None = None

    def tier(self, name: str) -> Tier | None:
        """The tier with this name."""
        return next((tier for tier in self.tiers if tier.name == name), None)

    def frozen(self) -> str:
        """The JSON that is stored on the order."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    def without(self, *names: str) -> "Plan":
        """The same plan with some tiers left out: for comparing policies."""
        return replace(self, tiers=tuple(tier for tier in self.tiers if tier.name not in names))


class PlanMalformed(ValueError):
    """A plan template that cannot be used; the message names the place."""


def read_plan(data: Mapping[str, Any]) -> Plan:
    """A plan from a parsed template (TOML) or from the frozen JSON. Raises `PlanMalformed`."""
    try:
        tiers = tuple(
            Tier(
                name=tier["name"],
                when=Condition(tier.get("when", Condition.ALWAYS)),
                wait_days=int(tier["wait_days"]),
                steps=tuple(_read_step(step) for step in tier["steps"]),
                counts=Days(tier.get("counts", Days.WORKING)),
            )
            for tier in data["tiers"]
        )
        refer = data.get("refer_after_days")
        plan = Plan(data["name"], int(data["version"]), tiers, None if refer is None else int(refer))
    except (KeyError, TypeError, ValueError) as error:
        message = f"plan {data.get('name', '?')!r}: {error}"
        raise PlanMalformed(message) from error
    names = [tier.name for tier in plan.tiers]
    if len(set(names)) != len(names):
        message = f"plan {plan.name!r}: two tiers have the same name"
        raise PlanMalformed(message)
    return plan


def thaw_plan(text: str) -> Plan:
    """The plan that was frozen onto an order."""
    return read_plan(json.loads(text))


def _read_step(step: Mapping[str, Any]) -> Step:
    return Step(
        channel=Channel(step["channel"]),
        purpose=Purpose(step["purpose"]),
        pool=Pool(step["pool"]),
        tries=int(step.get("tries", 1)),
        most=int(step.get("most", 2)),
        after_days=int(step.get("after_days", 0)),
    )
