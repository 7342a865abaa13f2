"""Court mail by the post's other forms of pushing and with a watcher beside it, while things go wrong."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from delivery.slip_fetching import SLIP_IMAGE
from delivery.store.evidence import Evidence
from delivery.store.inbox import Callback
from delivery.store.journal import DeliveryEvent
from tests.infrastructure.tree import ROOT

FAR: Final = 300
FAULTS: Final = "error=10,reset=10,duplicate=20,reorder=30"


def _simulate(database: Path, orders: int, days: int, mail: str, *more: str) -> dict[str, Any]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SONGDA_")}
    command = [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", "simulate", "--json", "--seed", "7"]
    scene = ["--orders", str(orders), "--days", str(days), "--policy", "mail-only", "--mail", mail, *more]
    done = subprocess.run(
        [*command, *scene, "--database-url", f"sqlite:///{database}"],
        cwd=ROOT, env=inherited, capture_output=True, text=True, timeout=FAR, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def _counted(database: Path) -> tuple[Counter[str], Counter[bool], int]:
    """Callbacks by receiver, facts of mail by whether a watcher told them, and pictures of slips."""
    engine = create_engine(f"sqlite:///{database}")
    try:
        with Session(engine) as session:
            callbacks = Counter(session.scalars(select(Callback.provider)))
            posted = DeliveryEvent.kind.startswith("post", autoescape=True)
            told = session.scalars(select(DeliveryEvent).where(posted, DeliveryEvent.provider == "ems"))
            facts = Counter(event.args.get("watcher") == "kuaidi100" for event in told)
            pictures = len(session.scalars(select(Evidence.id).where(Evidence.kind == SLIP_IMAGE)).all())
    finally:
        engine.dispose()
    return callbacks, facts, pictures


@pytest.mark.timeout(FAR + 10)
def test_jdpt_a_watcher_and_pictures_of_slips_with_faults(tmp_path: Path) -> None:
    database = tmp_path / "songda.db"
    report = _simulate(database, 5, 20, "jdpt,kuaidi100,slips", "--faults", FAULTS)
    callbacks, facts, pictures = _counted(database)
    assert set(callbacks) == {"ems_jdpt", "kuaidi100"}
    assert sum(callbacks.values()) == report["callbacks_received"] == report["town"]["callbacks_sent"]
    assert facts[False] > 0
    assert facts[True] > 0
    assert pictures > 0
    assert (report["audit"], report["doubled_sends"], report["town"]["given_up"]) == ("clean", 0, 0)
    assert report["chaos"]["same"] == report["chaos"]["compared"] == 5, report["chaos"]["changed"]
    assert report["chaos"]["unexplained"] == 0


@pytest.mark.timeout(FAR + 10)
def test_the_oldest_form_only_makes_us_ask_and_the_answers_are_the_facts(tmp_path: Path) -> None:
    database = tmp_path / "songda.db"
    report = _simulate(database, 3, 12, "legacy")
    callbacks, facts, pictures = _counted(database)
    assert set(callbacks) == {"ems_legacy"}
    assert set(facts) == {False}
    assert pictures == 0
    assert report["audit"] == "clean"
