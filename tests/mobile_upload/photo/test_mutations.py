"""Damaged photographs by the hundred: bytes changed, cut out, doubled. None may kill the asker or pass unnoticed."""

import json
import random

from mobile_upload.photo.inspecting import inspect
from mobile_upload.photo.inspection import PhotoProblem
from tests.mobile_upload.photo.mutants import mutants


def test_damaged_photos_are_answered_and_do_not_crash_the_child() -> None:
    crashed = []
    for number, photo in enumerate(mutants(random.Random(20261122), 300)):  # noqa: S311 - damage, not secrets
        found = inspect(photo)
        json.dumps(found.as_json())
        if PhotoProblem.CRASHED in found.problems:
            crashed.append(number)
    assert crashed == []
