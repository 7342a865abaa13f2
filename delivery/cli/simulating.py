"""`simulate`: the real platform against the sandbox town on a stepped clock, and its figures."""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from delivery.cli.command_line import Equipment, Parsers, at_least

if TYPE_CHECKING:
    from delivery.rehearsing import Premises


def registering(premises: Callable[[], "Premises"]) -> Callable[[Parsers, Equipment], None]:
    """What adds the command, given how the composition root builds town and platform."""

    def register(parsers: Parsers, _equipment: Equipment) -> None:
        simulate = parsers.add(
            "simulate",
            lambda chosen, _: _simulate(chosen, premises()),
            "run the platform on a scratch database against the sandbox town, and print the figures",
        )
        simulate.add_argument("--orders", type=at_least(1), default=60, metavar="N", help="orders that come in")
        simulate.add_argument("--days", type=at_least(1), default=90, metavar="D", help="days from 2026-03-02 on")
        simulate.add_argument("--seed", type=int, default=7, metavar="S", help="whose town")
        simulate.add_argument("--policy", default="standard", metavar="NAME", help="the plan: standard or mail-only")
        simulate.add_argument("--no-reuse", action="store_true", help="take no address from another case")
        simulate.add_argument(
            "--faults",
            metavar="SPEC",
            help="what goes wrong, in percent: slow=10,reset=3 (also error, duplicate,"
            " reorder, early), beside the same days without",
        )
        simulate.add_argument("--chaos", action="store_true", help="the usual mixture of all of them")
        simulate.add_argument(
            "--texts", choices=("twilio", "aliyun", "tencent"), default="twilio", help="who carries texts"
        )
        simulate.add_argument(
            "--mail",
            type=_ways,
            default=(),
            metavar="LIST",
            help="how the post tells and is watched: any of jdpt or legacy, kuaidi100, slips",
        )
        simulate.add_argument("--database-url", metavar="URL", help="an empty database instead of a scratch file")
        simulate.add_argument("--json", action="store_true", help="print one object, as the last line")

    return register


def _ways(text: str) -> tuple[str, ...]:
    from delivery.rehearsing import MAIL_WAYS

    ways = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not set(ways) <= set(MAIL_WAYS) or {"jdpt", "legacy"} <= set(ways):
        message = "must name jdpt or legacy, kuaidi100, slips, with commas between"
        raise argparse.ArgumentTypeError(message)
    return ways


def _simulate(chosen: argparse.Namespace, premises: "Premises") -> int:
    from delivery.planning import plan_named
    from delivery.rehearsal_comparing import compare
    from delivery.rehearsal_faults import CHAOS, NO_FAULTS, read_faults
    from delivery.rehearsal_report import Policy, summary
    from delivery.rehearsal_run import simulate
    from delivery.rehearsing import Scene

    plan_named(chosen.policy)
    faults = CHAOS if chosen.chaos else read_faults(chosen.faults) if chosen.faults else NO_FAULTS
    report = (simulate if faults == NO_FAULTS else compare)(
        premises,
        Scene(chosen.seed, chosen.orders, chosen.days, faults, chosen.texts, mail=chosen.mail),
        Policy(chosen.policy, reuse=not chosen.no_reuse),
        database_url=chosen.database_url,
        progress=_tell_day,
    )
    for line in summary(report):
        print(f"songda: {line}", file=sys.stderr if chosen.json else sys.stdout)
    if chosen.json:
        print(json.dumps(report, ensure_ascii=False))
    elif report["audit"] != "clean":
        print(f"songda: audit: {report['audit']}")
    return 0 if report["audit"] == "clean" else 1


def _tell_day(day: date) -> None:
    print(f"songda: {day}", file=sys.stderr)
