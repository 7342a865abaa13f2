"""A simulation gives the same figures on a second run and on the other engine, and they are those of the town."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.infrastructure.tree import ROOT

FAR: Final = 300


def _start(*arguments: str) -> "subprocess.Popen[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SONGDA_")}
    command = [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", "simulate", "--json", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=inherited, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _report(running: "subprocess.Popen[str]") -> dict[str, Any]:
    try:
        out, told = running.communicate(timeout=FAR)
    except subprocess.TimeoutExpired:
        running.kill()
        running.communicate()
        raise
    assert running.returncode == 0, told[-2000:] + out[-2000:]
    report: dict[str, Any] = json.loads(out.splitlines()[-1])
    return report


def _holds(report: dict[str, Any]) -> None:
    assert report["audit"] == "clean"
    assert report["requests_sent"] == report["town"]["requests_received"] > 0
    assert report["callbacks_received"] == report["town"]["callbacks_sent"] > 0
    assert report["doubled_sends"] == report["unknown_outcomes"] == 0
    assert report["town"]["staff_refused"] == report["town"]["given_up"] == 0
    assert report["initiated"] == report["orders"]
    assert report["finished"] >= report["effective"] >= report["effective_without_notice"]
    assert sum(report["statuses"].values()) == report["orders"]


@pytest.mark.timeout(FAR + 10)
def test_a_second_run_on_the_other_engine_gives_the_same_figures(postgres_url: str) -> None:
    scene = ("--orders", "60", "--days", "90", "--seed", "7")
    both = [_start(*scene), _start(*scene, "--database-url", postgres_url)]
    first, second = (_report(running) for running in both)
    _holds(first)
    assert first == second
    assert first["by_tier"]["electronic"]["effective"] > 0
    assert first["by_tier"]["visit"]["effective"] > 0
    assert first["by_tier"]["mail"]["effective"] > 0
    assert first["guesses"]["sms_opened"] == pytest.approx(0.34)


@pytest.mark.timeout(FAR + 10)
def test_another_policy_meets_the_same_people_with_other_means() -> None:
    scene = ("--orders", "12", "--days", "60", "--seed", "7")
    ladder, mail, afresh = (
        _report(running)
        for running in [_start(*scene), _start(*scene, "--policy", "mail-only"), _start(*scene, "--no-reuse")]
    )
    for report in (ladder, mail, afresh):
        _holds(report)
    assert set(mail["by_channel"]) <= {"post", "publication"}
    assert "sms" in ladder["by_channel"]
    assert "reuse" not in afresh["by_tier"]
    assert ladder["initiated"] == mail["initiated"] == afresh["initiated"]


def test_a_policy_without_a_plan_is_refused(tmp_path: Path) -> None:
    running = _start("--policy", "by-pigeon", "--database-url", f"sqlite:///{tmp_path / 'unused.db'}")
    out, told = running.communicate(timeout=FAR)
    assert running.returncode == 2
    assert out == ""
    assert told.strip()
    assert not (tmp_path / "unused.db").exists()
