"""`audit`: whether what was written is still there, and whether what should have been done was done."""

import argparse
import json
import sys
from dataclasses import asdict

from delivery.cli.command_line import Equipment, Parsers


def register(parsers: Parsers) -> None:
    """Add the command."""
    audit = parsers.add("audit", _audit, "anything overdue, stuck, unmatched or broken; non-zero if so")
    audit.add_argument("--blobs", action="store_true", help="read every stored paper and picture too")
    audit.add_argument("--json", action="store_true", help="one object a finding")


def _audit(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.auditing import audit
    from delivery.migrating import check_current

    runtime = equipment.runtime()
    check_current(runtime.database)
    findings = audit(runtime, blobs=chosen.blobs)
    for finding in findings:
        print(json.dumps(asdict(finding), ensure_ascii=False) if chosen.json else finding)
    if findings:
        print(f"songda: {len(findings)} finding(s)", file=sys.stderr)
        return 1
    if not chosen.json:
        print("songda: clean")
    return 0
