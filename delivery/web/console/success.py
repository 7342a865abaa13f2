"""The success page: four denominators side by side; every number opens the orders behind it."""

from datetime import date, timedelta
from functools import partial

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from delivery.hearing_figures import COUNTED, SET, hearing_figures
from delivery.reporting import Counts, Figures, Week, figures
from delivery.web.console.charts import weekly
from delivery.web.console.order_query import OrderQuery
from delivery.web.rendering import page as render
from delivery.web.rendering import t
from delivery.web.request_state import court_id, note_read, now, session, zone

blueprint = Blueprint("success", __name__)
_WEEKS = 12
_LONGEST = timedelta(days=366)


@blueprint.get("/success")
def page() -> ResponseReturnValue:
    """The figures of the orders opened in a span, twelve weeks unless asked otherwise."""
    today = now().astimezone(zone()).date()
    until = _day(request.args.get("until", ""), today)
    since = _day(request.args.get("since", ""), until - timedelta(weeks=_WEEKS) + timedelta(days=1))
    since = max(min(since, until), until - _LONGEST)
    found = figures(session(), court_id(), since, until)
    note_read("figures", since=since.isoformat(), until=until.isoformat())
    return render(
        "console/success.html",
        found=found,
        hearings=hearing_figures(session(), court_id(), since, until, zone()),
        counted=(SET, *COUNTED),
        since=since,
        until=until,
        chart=weekly(_with_orders(found.by_week)),
        groups=_groups(found),
        percent=percent,
        between=_between(found.total),
        link=partial(_link, since, until),
        week_end=timedelta(days=6),
    )


def _groups(found: Figures) -> tuple[tuple[str, str, str, object], ...]:
    """Heading, the parameter for "was tried", the one for "served it" (a reason serves nothing), and the groups."""
    return (
        ("channel", "channel", "via", found.by_channel),
        ("tier", "ran", "at_tier", found.by_tier),
        ("basis", "used", "basis", found.by_basis),
        ("reason", "failed", "", found.by_reason),
    )


def _with_orders(weeks: tuple[Week, ...]) -> tuple[Week, ...]:
    """From the first week with orders to the last; none when one week has them all, for then the table says it."""
    begun = [index for index, week in enumerate(weeks) if week.counts.initiated]
    return weeks[begun[0] : begun[-1] + 1] if len(begun) > 1 else ()


def _link(
    since: date, until: date, *, since_on: date | None = None, until_on: date | None = None, **wanted: str
) -> str:
    span = {"since": (since_on or since).isoformat(), "until": (until_on or until).isoformat()}
    query = OrderQuery(**span, **wanted)
    return url_for("orders.listing") + query.address()


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal; nothing of nothing is a dash."""
    return "–" if share is None else f"{share * 100:.1f}%"


def _between(total: Counts) -> str:
    low, high = total.share("effective"), total.effective_at_most
    return t("success.between", low=percent(low), high=percent(high))


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise
