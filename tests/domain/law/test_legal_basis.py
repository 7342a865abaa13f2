"""The legal basis in the documentation is the one that the engine has; and small changes of the engine are noticed."""

import random
import signal
from collections.abc import Iterator

import pytest

from tools import mutants, write_legal_basis


def test_the_legal_basis_is_up_to_date() -> None:
    assert write_legal_basis.TARGET.read_text(encoding="utf-8") == write_legal_basis.document()


@pytest.fixture
def ringing() -> Iterator[None]:
    """An endless mutant is stopped by an alarm."""
    before = signal.signal(signal.SIGVTALRM, mutants.ring)
    yield
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.usefixtures("ringing")
def test_the_tables_notice_changes_of_the_engine() -> None:
    """A small form of the mutation run: most of a small sample, seeded, is killed by the tables."""
    sound = mutants.sound_codes()
    assert mutants.noticed(mutants.engine_of(sound, {})) is None
    sample = random.Random(20260302).sample(mutants.all_mutants(), 20)  # noqa: S311 - not for secrets
    survivors = [str(mutant) for mutant in sample if mutants.killed_by(mutant, sound) is None]
    assert len(survivors) <= 1, survivors
