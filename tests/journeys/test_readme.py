"""What the README tells a stranger to type brings up an installation that the stranger can sign in to."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.infrastructure.tree import ROOT

PASSWORD: Final = "correct horse battery staple\n"


def _commands() -> list[str]:
    """The lines of the README's block that makes an installation."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    return next(block for block in blocks if "songda db upgrade" in block).splitlines()


def test_the_readmes_commands_make_an_installation(tmp_path: Path) -> None:
    *setting_up, serving = _commands()
    assert serving == "songda serve"
    script = "\n".join([*setting_up, "songda audit"]).replace("--role clerk", "--role clerk --password-stdin")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SONGDA_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=inherited | {"PATH": path},
        input=PASSWORD,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "chen is clerk of qinghe" in done.stdout
    assert (tmp_path / "data" / "songda.db").is_file()
