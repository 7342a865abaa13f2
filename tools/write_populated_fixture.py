"""Writes `tests/fixtures/populated_REVISION.tar`: a small lived-in database of this revision, as a backup.

Run it once when a migration is finished (`PYTHONPATH=. .venv/bin/python tools/write_populated_fixture.py`); later
migrations are tested on the files of all revisions before them, which are never written again.
"""

import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from delivery.backing_up import back_up
from delivery.domain.event import EventKind
from delivery.importing import TASK, ImportRows
from delivery.migrating import head, make_ready
from delivery.order_life import hold_order
from delivery.store.database import Database
from delivery.store.vault import parse_keys
from tests.delivery.announced import CaseSystem, listening
from tests.delivery.dockets import row
from tests.delivery.import_scene import import_rows
from tests.delivery.scene import EMAIL, HOME, MOBILE, Scene, mail_relay, post_office, text_carrier
from tests.fixtures.populated import FOLDER, KEYS


def write() -> Path:
    """The file of the present revision, with something in most tables."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/songda.db"
        database = Database(url, parse_keys(KEYS))
        make_ready(database)
        database.dispose()
        scene = Scene(url, f"file://{folder}/blobs", (text_carrier(), mail_relay(), post_office()), keys=KEYS)
        _live(scene)
        target = FOLDER / f"populated_{head()}.tar"
        target.unlink(missing_ok=True)
        back_up(scene.runtime, target)
        scene.close()
    return target


def _live(scene: Scene) -> None:
    """A year-old case with a confirmed form, a served order, one on the ladder, one on hold, one that failed.

    A case system listens; a docket came twice, the second time with another hearing.
    """
    listening(scene, CaseSystem())
    scene.handle(TASK, ImportRows())
    with tempfile.TemporaryDirectory() as folder:
        for hearing in ("2026-04-08 09:30", "2026-04-20 14:00"):
            import_rows(scene, [row(受送达人="张敏", 证件号码="", 开庭时间=hearing)], Path(folder))
    confirmed = replace(MOBILE, given_on=date(2025, 9, 1))
    scene.open(confirmed, case_number="（2025）云0102民初900号")
    scene.run()
    scene.report(scene.carriers["texts"], EventKind.DELIVERED)
    scene.run()
    bare = [replace(one, basis="plaintiff_supplied", consent_scope="") for one in (MOBILE, EMAIL, HOME)]
    scene.open(*bare, firm="云州明理律师事务所", firm_email="mail@mingli.example", lawyer="王芳")
    scene.step(timedelta(days=12))
    scene.open(HOME, case_number="（2026）云0102民初7号", recipient_name="张敏", identity_number="")
    scene.run()
    scene.change(lambda session, order: hold_order(session, order, reason="judge_asked", by=None, now=scene.now))
    scene.open(EMAIL, case_number="（2026）云0102民初8号", recipient_name="王强", identity_number="", confidential=True)
    scene.run()
    scene.tell(EventKind.DECLINED, scene.attempts()[0], args={"role": "recipient"}, detail={"note": "不接受"})
    scene.run()


if __name__ == "__main__":
    print(write())
