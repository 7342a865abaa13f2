"""A large export: 5,000 rows in both formats, three in a hundred bad in ten ways; and memory that stays small."""

import io
import tracemalloc
from collections import Counter
from collections.abc import Callable

import pytest

from delivery.docket_reading import open_docket
from delivery.docket_row import DocketRow
from tests.delivery.dockets import GOOD, csv_file, large_docket, xlsx_file


@pytest.mark.parametrize("make", [lambda rows: csv_file(rows, encoding="gb18030"), xlsx_file], ids=["gb18030", "xlsx"])
def test_a_large_docket_gives_its_good_rows_and_one_error_for_each_bad_one(
    make: Callable[[list[dict[str, str]]], io.BytesIO],
) -> None:
    read = list(open_docket(make(large_docket())))
    problems = [one for one in read if not isinstance(one, DocketRow)]
    assert (len(read), len(problems)) == (5_000, 150)
    assert all(len(errors) == 1 for errors in problems)
    codes = Counter(error.code for (error,) in problems)
    assert len(codes) == 10
    assert set(codes.values()) == {15}
    assert all(error.heading in GOOD for (error,) in problems)
    assert [error.number for (error,) in problems] == [number + 2 for number in range(32, 33 * 150, 33)]


def test_text_is_read_without_being_held() -> None:
    file = csv_file(large_docket(bad_each=3, rows=1_200), encoding="gb18030")
    tracemalloc.start()
    rows = sum(1 for _ in open_docket(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 1_200
    assert peak < 2 << 20
