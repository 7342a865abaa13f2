"""What happens to phones and people besides a dead line: a lost phone that turns up again."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from delivery.field_devices import revoke
from delivery.store.field import FieldDevice
from tests.delivery.web.court_life import CourtLife
from tests.mobile_upload.street import Street, all_safe, prefetched, stored, street

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# What lies on the phone does not depend on the court's database.
ENGINES = ("sqlite",)


@pytest.fixture
def town(life: CourtLife, chromium: "Browser", tmp_path: Path) -> Iterator[Street]:
    """The court's streets."""
    with street(life, chromium, tmp_path) as found:
        yield found


def phones(town: Street) -> list[FieldDevice]:
    with town.runtime.reading() as session:
        found = list(session.scalars(select(FieldDevice).order_by(FieldDevice.enrolled_at)))
        session.expunge_all()
        return found


def leave_unsafe(page: "Page", visit: object) -> None:
    page.click(f"[data-visit='{visit}'] a.whole")
    page.click("#unsafe")
    page.wait_for_selector(f"[data-visit='{visit}'][data-step=left]")


def test_a_found_phone_is_enrolled_anew_and_what_its_old_key_signed_stays_in_doubt(town: Street) -> None:
    visit, other = town.doors["in_person"]
    with town.phone() as context:
        page = context.pages[0]
        town.sign_in(page)
        prefetched(page)
        context.set_offline(offline=True)
        leave_unsafe(page, visit)
        device = phones(town)[0]
        with town.runtime.transaction() as session:
            machine = town.runtime.machine_now()
            revoke(session, town.court_id, device.id, by=device.account_id, now=machine, machine_now=machine)
        context.set_offline(offline=False)
        page.wait_for_selector("#sign-in")
        town.sign_in(page, until="#revoked")
        assert not page.is_visible(".card.visit")
        page.click("#enrol-anew")
        page.wait_for_selector(".card.visit")
        assert not page.is_visible("#revoked")
        all_safe(page, 1)
        leave_unsafe(page, other)
        all_safe(page, 2)
        doubts = {record["visit"]: record["doubts"] for record in stored(page, "records")}
        page.click("a[href='#/settings']")
        page.fill("#device-name", "找回的手机")
        page.click("#rename")
        page.wait_for_selector(".toast.good")
        assert page.get_attribute("#my-photos", "href") == "/photos/mine"
    assert doubts == {str(visit): ["device_revoked"], str(other): []}
    old, new = phones(town)
    assert (old.revoked_at is None, new.revoked_at is None) == (False, True)
    assert new.name == "找回的手机" != old.name
