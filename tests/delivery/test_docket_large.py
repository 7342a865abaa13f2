"""A large export: 5,000 rows in both formats, three in a hundred bad in ten ways; and memory that stays small."""

import io
import tracemalloc
from collections import Counter
from collections.abc import Callable

import pytest

from delivery.docket_reading import open_docket
from delivery.docket_row import DocketRow
from tests.delivery.dockets import GOOD, csv_file, row, xlsx_file

FIRST_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"


def large(bad_each: int = 15, rows: int = 5_000) -> list[dict[str, str]]:
    """Rows of different people, the last ones bad in ten ways, mixed in evenly."""
    spoilt = [
        {"受送达人": ""},
        {"证件号码": "110105194912310021"},
        {"手机": "1380000123"},
        {"电子邮箱": "someone.example.com"},
        {"送达文书": "应诉通知书;起诉书状"},
        {"立案日期": "三月初"},
        {"开庭时间": "2026-02-08 09:30"},
        {"案号": "2026云0188民初1号"},
        {"程序": "快捷程序"},
        dict.fromkeys(("手机", "电子邮箱", "送达地址", "地址依据", "确认日期", "代理律所", "代理律师", "律所邮箱"), ""),
    ]
    every = rows // (bad_each * len(spoilt))
    docket = []
    for number in range(rows):
        name = SURNAMES[number % 20] + FIRST_NAMES[number % 24] + FIRST_NAMES[number // 24 % 24]
        one = row(案号=f"（2026）云0188民初{number + 1}号", 受送达人=name, 证件号码="", 手机=f"138{number:08d}")
        if number % every == every - 1 and number // every < bad_each * len(spoilt):
            one.update(spoilt[number // every % len(spoilt)])
        docket.append(one)
    return docket


@pytest.mark.parametrize("make", [lambda rows: csv_file(rows, encoding="gb18030"), xlsx_file], ids=["gb18030", "xlsx"])
def test_a_large_docket_gives_its_good_rows_and_one_error_for_each_bad_one(
    make: Callable[[list[dict[str, str]]], io.BytesIO],
) -> None:
    read = list(open_docket(make(large())))
    problems = [one for one in read if not isinstance(one, DocketRow)]
    assert (len(read), len(problems)) == (5_000, 150)
    assert all(len(errors) == 1 for errors in problems)
    codes = Counter(error.code for (error,) in problems)
    assert len(codes) == 10
    assert set(codes.values()) == {15}
    assert all(error.heading in GOOD for (error,) in problems)
    assert [error.number for (error,) in problems] == [number + 2 for number in range(32, 33 * 150, 33)]


def test_text_is_read_without_being_held() -> None:
    file = csv_file(large(bad_each=3, rows=1_200), encoding="gb18030")
    tracemalloc.start()
    rows = sum(1 for _ in open_docket(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 1_200
    assert peak < 2 << 20
