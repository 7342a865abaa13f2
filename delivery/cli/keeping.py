"""`backup`, `restore`, `reseal`: what keeps an installation's records readable for years."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from delivery.cli.command_line import Equipment, Parsers


def register(parsers: Parsers) -> None:
    """Add the commands."""
    backup = parsers.add("backup", _backup, "write every row and every stored byte to one file; keys are not in it")
    backup.add_argument("file", type=Path)
    restore = parsers.add("restore", _restore, "put a backup into an empty installation, which then starts held")
    restore.add_argument("file", type=Path)
    restore.add_argument("--json", action="store_true", help="print what may have gone out since as one object")
    parsers.add("reseal", _reseal, "seal everything again with the newest key; may be broken off and run again")


def _backup(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.backing_up import back_up
    from delivery.migrating import check_current

    runtime = equipment.runtime()
    check_current(runtime.database)
    done = back_up(runtime, chosen.file)
    print(f"songda: {done.rows} rows and {done.blobs} stored files in {chosen.file}")
    print(f"songda: it opens with the keys {', '.join(done.key_ids)}, which are not in it", file=sys.stderr)
    return 0


def _restore(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.restoring import restore

    done = restore(equipment.runtime(), chosen.file)
    if chosen.json:
        print(json.dumps(asdict(done)))
        return 0
    print(f"songda: {done.rows} rows and {done.blobs} stored files are back; all sending is stopped")
    for what, attempts in (
        ("is asked for at its provider", done.asked),
        ("goes again under its old key, which makes no second message", done.same_key),
        ("may have gone out; the desk asks a person", done.on_desk),
    ):
        for attempt in attempts:
            print(f"songda: attempt {attempt} {what}")
    for order in done.orders_due:
        print(f"songda: order {order} was due for a look and may have moved on since the backup")
    print("songda: resume sending on the desk once this is settled", file=sys.stderr)
    return 0


def _reseal(_chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.migrating import check_current
    from delivery.resealing import reseal

    runtime = equipment.runtime()
    check_current(runtime.database)
    done = reseal(runtime)
    print(f"songda: sealed {done.values} values and {done.blobs} stored files with key {runtime.vault.current_key_id}")
    for place in done.unopened:
        print(f"songda: does not open: {place}", file=sys.stderr)
    return 1 if done.unopened else 0
