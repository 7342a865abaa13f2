"""What lies on the disk is the installation's alone: other accounts of the machine cannot read it."""

import os
import stat
from pathlib import Path

from delivery.runtime import Calendars, Runtime
from delivery.settings import Settings
from delivery.store.vault import generate_keys
from tests.delivery.scene import WEEKENDS


def test_a_new_folder_and_database_are_closed_to_others(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        folder = tmp_path / "var"
        settings = Settings(
            f"sqlite:///{folder / 'songda.db'}",
            "http://127.0.0.1:8100",
            generate_keys(),
            f"file://{tmp_path / 'blobs'}",
        )
        runtime = Runtime(settings, Calendars(WEEKENDS))
        with runtime.database.changing_tables() as connection:
            connection.exec_driver_sql("CREATE TABLE one (id INTEGER)")
        assert runtime.blobs is not None
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.glob("songda.db*")}
        assert all(mode & 0o077 == 0 for name, mode in modes.items() if not name.endswith(".writer")), modes
        assert len(modes) > 1
        for made in (folder, tmp_path / "blobs"):
            assert stat.S_IMODE(made.stat().st_mode) == 0o700
        runtime.database.dispose()
    finally:
        os.umask(before)
