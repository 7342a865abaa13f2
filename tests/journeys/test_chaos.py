"""The same people with and without faults at the providers: nearly every order ends alike, and nothing is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from delivery.rehearsal_faults import CHAOS, FaultShares, FaultsMalformed, read_faults
from tests.infrastructure.tree import ROOT

FAR: Final = 300
LEAST_ALIKE: Final = 0.95


def _simulate(*arguments: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SONGDA_")}
    command = [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", "simulate", "--json", *arguments]
    return subprocess.run(command, cwd=ROOT, env=inherited, capture_output=True, text=True, timeout=FAR, check=False)


@pytest.mark.timeout(FAR + 10)
def test_orders_end_as_they_would_without_faults_and_each_other_one_names_its_fault() -> None:
    done = _simulate("--orders", "24", "--days", "30", "--seed", "7", "--chaos")
    assert done.stdout, done.stderr[-2000:]
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert (report["audit"], done.returncode) == ("clean", 0)
    chaos = report["chaos"]
    assert {"slow", "reset", "duplicate", "reorder"} <= set(chaos["injected"])
    assert chaos["compared"] == report["orders"] == 24
    assert chaos["same"] >= LEAST_ALIKE * chaos["compared"], chaos["changed"]
    assert len(chaos["changed"]) == chaos["compared"] - chaos["same"]
    assert chaos["unexplained"] == chaos["appeared"] == 0, chaos["changed"]
    assert chaos["unknown_off_the_desk"] == 0
    assert report["unknown_outcomes"] == report["desk"].get("outcome_unknown", 0)
    assert report["doubled_sends"] == 0
    assert report["town"]["given_up"] == report["town"]["staff_refused"] == 0


def test_faults_are_read_by_name_and_percentage() -> None:
    assert read_faults("slow=10, error=5,reset=3,duplicate=10,reorder=20,early=5") == CHAOS
    assert read_faults("reset_after_write=100") == FaultShares(reset_after_write=1.0)


@pytest.mark.parametrize("spec", ["", "slow", "slow=", "slow=101", "slow=-1", "slow=60,error=60", "fire=3"])
def test_what_is_no_list_of_faults_is_refused_before_anything_is_played(spec: str, tmp_path: Path) -> None:
    with pytest.raises(FaultsMalformed):
        read_faults(spec)
    if spec:
        unused = tmp_path / "unused.db"
        done = _simulate("--faults", spec, "--database-url", f"sqlite:///{unused}")
        assert (done.returncode, unused.exists()) == (2, False)
