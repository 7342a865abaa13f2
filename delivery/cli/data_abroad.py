"""`approve-abroad`, `end-approval`, `approvals`: which providers abroad a court's data may go to, and who said so."""

import argparse
import getpass
from datetime import date

from delivery.cli.command_line import Equipment, Parsers
from delivery.cli.courts import court_named


def register(parsers: Parsers) -> None:
    """Add the commands."""
    approve = parsers.add("approve-abroad", _approve, "record that a court's data may go to a provider abroad")
    approve.add_argument("provider", help="its name, such as twilio; `storage` for the place of papers and evidence")
    approve.add_argument("--court", required=True, metavar="CODE")
    approve.add_argument("--approved-by", required=True, metavar="NAME", help="the authority that approved it")
    approve.add_argument("--reference", required=True, metavar="NUMBER", help="the number of its paper")
    approve.add_argument("--on", type=_day, metavar="DATE", help="first day (default: today)")
    approve.add_argument("--until", type=_day, required=True, metavar="DATE", help="last day")
    end = parsers.add("end-approval", _end, "end what was approved for a provider abroad")
    end.add_argument("provider")
    end.add_argument("--court", required=True, metavar="CODE")
    approvals = parsers.add("approvals", _list, "print everything that was ever approved, by court")
    approvals.add_argument("--court", required=True, metavar="CODE")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no day: write it like 2026-03-02"
        raise argparse.ArgumentTypeError(message) from None


def _approve(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.data_gates import approve, today_of
    from delivery.domain.data_gate import STORAGE, Approval
    from delivery.domain.errors import NotFound, RequestError

    runtime = equipment.runtime()
    geocoder = runtime.geocoder
    if chosen.provider not in {STORAGE, *runtime.providers, geocoder.name if geocoder else STORAGE}:
        code = "provider_not_configured"
        raise NotFound(code, provider=chosen.provider)
    with runtime.transaction() as session:
        court = court_named(session, chosen.court)
        begins_on = chosen.on or today_of(court, runtime.now())
        if chosen.until < begins_on:
            code = "approval_ends_before"
            raise RequestError(code)
        who, now = getpass.getuser(), runtime.machine_now()
        approve(
            court,
            Approval(chosen.provider, chosen.approved_by, chosen.reference, begins_on, chosen.until, who, now),
        )
    print(f"songda: data of {chosen.court} may go to {chosen.provider} from {begins_on} to {chosen.until}")
    return 0


def _end(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.data_gates import end_approval

    runtime = equipment.runtime()
    with runtime.transaction() as session:
        end_approval(court_named(session, chosen.court), chosen.provider, runtime.machine_now())
    print(f"songda: data of {chosen.court} may no longer go to {chosen.provider}")
    return 0


def _list(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.data_gates import approvals_of, must_stay

    with equipment.runtime().reading() as session:
        court = court_named(session, chosen.court)
        print(f"songda: data of {chosen.court} {'must stay in the country' if must_stay(court) else 'may leave'}")
        for one in approvals_of(court):
            ended = f", ended {one.ended_at:%Y-%m-%d %H:%M}" if one.ended_at else ""
            print(
                f"{one.provider}\t{one.approved_on} to {one.until}\t{one.approved_by}\t{one.reference}"
                f"\trecorded by {one.recorded_by} at {one.recorded_at:%Y-%m-%d %H:%M}{ended}"
            )
    return 0
