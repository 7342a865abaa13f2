"""Which orders ended otherwise with faults, and which fault is named for it."""

from datetime import date

from delivery.rehearsal_comparing import Ending, Fault, Try, compared

DAY = date(2026, 3, 16)
RESET: Fault = ("wechat", "reset", "2026-03-16T00:30+00:00")
DOUBLED: Fault = ("sms", "duplicate", "2026-03-16T00:30+00:00")


def ending(*tries: Try, on: date | None = DAY, outcome: str = "SERVED") -> Ending:
    return Ending("（2026）云0199民初96号", "concluded", outcome, on, tries)


def text(*faults: Fault, ended: str = "arrived") -> Try:
    return Try(("electronic", "sms", 0), (ended, ""), faults)


def notice(*faults: Fault, ended: str = "answered") -> Try:
    return Try(("electronic", "wechat", 0), (ended, ""), faults)


def test_the_fault_of_the_first_attempt_that_ended_otherwise_is_named_beside_all() -> None:
    calm = ending(text(), notice())
    disturbed = ending(text(DOUBLED), notice(RESET, ended="unknown"), on=date(2026, 3, 17))
    found = compared({"x": calm}, {"x": disturbed})
    (changed,) = found["changed"]
    assert (changed["by"], changed["faults"]) == ([list(RESET)], [list(DOUBLED), list(RESET)])
    assert (changed["without"][1], changed["with"][1]) == ("2026-03-16", "2026-03-17")
    assert (found["compared"], found["same"], found["unexplained"]) == (1, 0, 0)


def test_where_every_attempt_ended_alike_all_faults_are_named() -> None:
    found = compared({"x": ending(text())}, {"x": ending(text(DOUBLED), outcome="COURT_REVIEW")})
    assert found["changed"][0]["by"] == [list(DOUBLED)]


def test_what_is_the_same_is_counted_and_what_has_no_fault_or_no_counterpart_stands_out() -> None:
    calm = {"a": ending(text()), "b": ending(text()), "c": ending(text())}
    disturbed = {"a": ending(text(DOUBLED)), "b": ending(text(), on=None), "d": ending(text())}
    found = compared(calm, disturbed)
    assert (found["compared"], found["same"], found["appeared"], found["unexplained"]) == (3, 1, 1, 2)
    assert [one["with"] for one in found["changed"]] == [["SERVED", "", "concluded"], []]
