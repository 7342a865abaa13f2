"""The page on capabilities is what the adapters say of themselves."""

from adapters.faults import Fault
from tools.write_capabilities import FAULTS, PAGE, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: .venv/bin/python tools/write_capabilities.py"


def test_every_fault_is_explained() -> None:
    assert set(FAULTS) == set(Fault)
