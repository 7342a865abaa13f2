"""Write docs/legal-basis.md: every rule that the engine can cite, its article, since when, and its cases.

A test holds that the file is what this prints, so that it cannot fall behind the engine.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from delivery.domain.law.rules import RULES, Rule
from delivery.domain.law.versions import (
    AB747_FROM,
    E_SERVICE_OF_DECISIONS_FROM,
    FOREIGN_NOTICE_DAYS,
    NOTICE_DAYS,
    ONLINE_RULES_FROM,
)
from delivery.explaining import rule_gist, say_rule
from tests.domain.law.tables import cases

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "legal-basis.md"
MOST_CASES = 12

HEAD = """\
# Legal basis

Every rule that the law engine can cite. The table is written by `tools/write_legal_basis.py` from the register of
rules, the words of the engine and the worked cases of `tests/domain/law`; a test holds that it is up to date.

"In force" is the first day of the text whose article number is cited. An act is judged by the law of its own day:
where a period or a power changed, the engine keeps the versions side by side.

## What changed, and when

| what | from | value |
|---|---|---|
"""

TABLE = """
## Rules

| rule | 条文 | article | in force | what | cases |
|---|---|---|---|---|---|
"""


def document() -> str:
    """The whole file."""
    return "".join((HEAD, *_versions(), TABLE, *(_row(rule) for rule in RULES.values())))


def _versions() -> Iterator[str]:
    yield from _periods("public notice in the mainland (CPL-95)", NOTICE_DAYS)
    yield from _periods("public notice without a domicile in the PRC (CPL-283)", FOREIGN_NOTICE_DAYS)
    yield _version(
        "judgments, rulings and mediation statements may be served electronically", E_SERVICE_OF_DECISIONS_FROM
    )
    yield _version("reply, act and reading at an address not confirmed (ONL-31)", ONLINE_RULES_FROM)
    yield _version("California counts three attempts for diligence (AB747)", AB747_FROM)


def _periods(what: str, versions: Sequence[tuple[date, int | None]]) -> Iterator[str]:
    for begins_on, days in versions:
        value = "three months" if days is None else f"{days} days"
        yield _version(what, begins_on, value)


def _version(what: str, begins_on: date, value: str = "yes") -> str:
    return f"| {what} | {'always' if begins_on == date.min else begins_on} | {value} |\n"


def _cited() -> dict[str, list[str]]:
    cited: dict[str, list[str]] = defaultdict(list)
    for case in cases():
        for rule_id in case["expect"].get("cites", ()):
            cited[rule_id].append(case["facts"]["id"])
    return cited


def _row(rule: Rule) -> str:
    found = _cited()[rule.id]
    shown = ", ".join(found[:MOST_CASES]) + (f" and {len(found) - MOST_CASES} more" if len(found) > MOST_CASES else "")
    since = rule.in_force_from.isoformat() if rule.in_force_from else "older"
    what = f"{rule_gist(rule.id, 'zh')} · {rule_gist(rule.id, 'en')}"
    return f"| {rule.id} | {say_rule(rule.id, 'zh')} | {say_rule(rule.id, 'en')} | {since} | {what} | {shown} |\n"


def main() -> None:
    """Write the file."""
    TARGET.write_text(document(), encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(RULES)} rules")


if __name__ == "__main__":
    main()
