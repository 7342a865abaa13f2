"""Which providers and storages a court's data may reach, as a rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.data_gate import Approval, approval_of, barred, storage_abroad

FIRST, LAST = date(2026, 3, 2), date(2026, 3, 31)
GIVEN = Approval("twilio", "高级人民法院", "2026-17", FIRST, LAST, "admin", datetime(2026, 3, 1, tzinfo=UTC))


@given(st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 12, 31)))
def test_an_approval_holds_from_its_first_day_to_its_last(today: date) -> None:
    assert GIVEN.holds(today) == (FIRST <= today <= LAST)
    assert barred(["twilio", "other"], [GIVEN], today) == ({"other"} if GIVEN.holds(today) else {"twilio", "other"})
    assert not replace(GIVEN, ended_at=GIVEN.recorded_at + timedelta(days=1)).holds(today)


def test_what_is_kept_is_what_was_recorded() -> None:
    ended = replace(GIVEN, ended_at=datetime(2026, 3, 5, 1, 2, tzinfo=UTC))
    for one in (GIVEN, ended):
        assert approval_of(one.to_json()) == one


def test_storage_is_inside_on_own_networks_in_mainland_regions_and_where_the_operator_says() -> None:
    for host in ("127.0.0.1", "localhost", "10.1.2.3", "::1", "fd00::1"):
        assert storage_abroad(host, "", ()) == ""
    assert storage_abroad("", "cn-north-1", ()) == ""
    assert storage_abroad("oss.example.cn", "", ["oss.example.cn"]) == ""
    assert storage_abroad("s3.example.com", "cn-north-1", ()) == "s3.example.com"
    assert storage_abroad("8.8.8.8", "", ()) == "8.8.8.8"
    assert storage_abroad("", "eu-central-1", ()) == "eu-central-1"
    assert storage_abroad("", "", ()) == "us-east-1"
