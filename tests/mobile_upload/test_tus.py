"""Every statement of tus 1.0.0 for what we offer, one by one: core, creation, checksum, expiration, termination.

A statement is written in our own words beside the test that holds it; `must`, `should` and `may` are the protocol's.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from delivery.clock import SteppedClock
from delivery.upload_keeping import tidy_uploads
from tests.infrastructure.tree import ROOT as ROOT_OF_TREE
from tests.mobile_upload.phones import ROOT, Phone, encoded, lying_pieces
from tests.mobile_upload.tus_scene import app, by_post, digest, installation, phone

__all__ = ["app", "installation", "phone"]

PAGE: Final = ROOT_OF_TREE / "docs" / "uploads.md"
BYTES: Final = b"a photograph of a door" * 40
NOWHERE: Final = f"{ROOT}/01980000-0000-7000-8000-000000000001"
MEGABYTE: Final = 1024 * 1024


# ---------------------------------------------------------------- core


def test_head_must_tell_the_offset_also_when_it_is_nought_and_when_all_is_there(phone: Phone) -> None:
    address = phone.begin(BYTES)
    assert phone.ask("HEAD", address).headers["Upload-Offset"] == "0"
    phone.send(address, 0, BYTES)
    assert phone.ask("HEAD", address).headers["Upload-Offset"] == str(len(BYTES))


def test_head_must_tell_the_length_that_is_known(phone: Phone) -> None:
    assert phone.ask("HEAD", phone.begin(BYTES)).headers["Upload-Length"] == str(len(BYTES))


def test_head_should_not_tell_an_offset_of_what_is_not_there(phone: Phone) -> None:
    answer = phone.ask("HEAD", NOWHERE)
    assert answer.status_code == 404
    assert "Upload-Offset" not in answer.headers


def test_head_must_not_be_kept_on_the_way(phone: Phone) -> None:
    assert phone.ask("HEAD", phone.begin(BYTES)).headers["Cache-Control"] == "no-store"


def test_head_should_be_answered_by_200_or_204_and_no_body(phone: Phone) -> None:
    answer = phone.ask("HEAD", phone.begin(BYTES))
    assert (answer.status_code, answer.data) == (200, b"")


def test_patch_must_be_of_its_own_type_or_is_refused_by_415(phone: Phone) -> None:
    address = phone.begin(BYTES)
    for kind in ("application/octet-stream", "", "image/jpeg"):
        assert phone.send(address, 0, BYTES, {"Content-Type": kind}).status_code == 415
    assert phone.offset(address) == 0


def test_patch_must_begin_at_our_offset_or_is_refused_by_409_and_changes_nothing(phone: Phone) -> None:
    address = phone.begin(BYTES)
    assert phone.send(address, 0, BYTES[:100]).status_code == 204
    for wrong in (0, 99, 101, len(BYTES), len(BYTES) + 5):
        assert phone.send(address, wrong, BYTES[100:150]).status_code == 409
    assert phone.offset(address) == 100


def test_patch_to_what_is_not_there_should_be_refused_by_404(phone: Phone) -> None:
    assert phone.send(NOWHERE, 0, b"x").status_code == 404


def test_patch_must_be_answered_by_204_and_the_new_offset(phone: Phone) -> None:
    address = phone.begin(BYTES)
    answer = phone.send(address, 0, BYTES[:300])
    assert (answer.status_code, answer.headers["Upload-Offset"], answer.data) == (204, "300", b"")
    assert phone.send(address, 300, BYTES[300:]).headers["Upload-Offset"] == str(len(BYTES))


def test_as_much_of_a_cut_body_as_came_should_be_kept(phone: Phone) -> None:
    address = phone.begin(BYTES)
    phone.send(address, 0, BYTES[:123], said=len(BYTES))
    assert phone.offset(address) == 123
    assert phone.send(address, 123, BYTES[123:]).status_code == 204


@pytest.mark.parametrize("wrong", ["", "-1", "abc", "1.5", "9" * 20, "٣"])
def test_an_offset_must_be_a_number_and_not_negative(phone: Phone, wrong: str) -> None:
    address = phone.begin(BYTES)
    assert phone.send(address, 0, b"x", {"Upload-Offset": wrong}).status_code == 400


@pytest.mark.parametrize("wrong", ["-1", "abc", "1e3", "9" * 20])
def test_a_length_must_be_a_number_and_not_negative(phone: Phone, wrong: str) -> None:
    assert phone.create(BYTES, {"Upload-Length": wrong}).status_code == 400


def _every_kind_of_answer(phone: Phone) -> Iterator[TestResponse]:
    address = phone.begin(BYTES)
    yield phone.create(BYTES)
    yield phone.create(BYTES, {"Upload-Metadata": "!"})
    yield phone.ask("HEAD", address)
    yield phone.ask("HEAD", NOWHERE)
    yield phone.ask("HEAD", f"{ROOT}/no-such-name")
    yield phone.send(address, 5, b"x")
    yield phone.send(address, 0, b"x")
    yield phone.send(address, 1, b"x", {"Content-Type": "text/plain"})
    yield phone.ask("DELETE", address)
    yield phone.ask("HEAD", address)
    yield phone.ask("GET", address)


def test_the_version_must_stand_in_every_answer(phone: Phone) -> None:
    answers = list(_every_kind_of_answer(phone))
    assert len({answer.status_code for answer in answers}) >= 8
    assert [answer.headers.get("Tus-Resumable") for answer in answers] == ["1.0.0"] * len(answers)


@pytest.mark.parametrize("version", ["0.2.2", "2.0.0", "", "1.0"])
def test_another_version_must_be_refused_by_412_with_ours_and_nothing_is_done(phone: Phone, version: str) -> None:
    address = phone.begin(BYTES)
    spoken = {"Tus-Resumable": version}
    for answer in (
        phone.send(address, 0, BYTES, spoken),
        phone.ask("HEAD", address, spoken),
        phone.ask("DELETE", address, spoken),
        phone.create(BYTES, spoken),
    ):
        assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")
    assert phone.offset(address) == 0


def test_options_must_tell_versions_and_should_tell_extensions_and_the_largest_size(phone: Phone) -> None:
    address = phone.begin(BYTES)
    for path in (ROOT, address):
        answer = phone.ask("OPTIONS", path)
        assert answer.status_code in {200, 204}
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert set(answer.headers["Tus-Extension"].split(",")) == {
            "creation", "creation-with-upload", "checksum", "expiration", "termination",
        }  # fmt: skip
        assert answer.headers["Tus-Max-Size"] == str(150 * MEGABYTE)


@pytest.mark.parametrize("spoken", ["", "0.0.1"])
def test_the_version_of_a_client_that_asks_for_options_must_be_ignored(app: Flask, spoken: str) -> None:
    answer = app.test_client().options(ROOT, headers={"Tus-Resumable": spoken} if spoken else {})
    assert answer.status_code == 204


def test_the_method_that_a_header_names_must_count_and_the_real_one_must_not(phone: Phone) -> None:
    address = phone.begin(BYTES)
    body = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    assert by_post(phone, "PATCH", address, body, BYTES[:50]).headers["Upload-Offset"] == "50"
    told = by_post(phone, "HEAD", address, {})
    assert (told.status_code, told.headers["Upload-Offset"]) == (200, "50")
    assert "Tus-Version" in by_post(phone, "OPTIONS", address, {}).headers
    assert phone.ask("PATCH", address, {"X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert phone.ask("HEAD", address).status_code == 410


# ---------------------------------------------------------------- creation


def test_a_creation_must_be_answered_by_201_and_the_address_of_the_new_upload(phone: Phone) -> None:
    answer = phone.create(BYTES)
    assert answer.status_code == 201
    assert answer.headers["Location"].startswith(f"{ROOT}/")
    assert phone.offset(answer.headers["Location"]) == 0


def test_an_empty_file_is_whole_at_once(phone: Phone) -> None:
    answer = phone.create(b"")
    assert answer.status_code == 201
    assert answer.headers["Songda-Receipt"]
    told = phone.ask("HEAD", answer.headers["Location"])
    assert (told.headers["Upload-Offset"], told.headers["Upload-Length"]) == ("0", "0")


@pytest.mark.parametrize(
    ("kind", "most"), [("image/heic", 40), ("application/pdf", 40), ("video/mp4", 150), ("audio/mp4", 150)]
)
def test_a_file_beyond_the_largest_size_must_be_refused_by_413(phone: Phone, kind: str, most: int) -> None:
    assert phone.create(b"", {"Upload-Length": str(most * MEGABYTE)}, filetype=kind).status_code == 201
    answer = phone.create(b"", {"Upload-Length": str(most * MEGABYTE + 1)}, filetype=kind)
    assert answer.status_code == 413
    assert f"{most} MB" in answer.get_json()["title"]


def test_a_creation_must_tell_the_length(phone: Phone) -> None:
    assert phone.create(BYTES, {"Upload-Length": ""}).status_code == 400


def test_a_length_that_is_told_later_is_not_offered(phone: Phone) -> None:
    assert "creation-defer-length" not in phone.ask("OPTIONS", ROOT).headers["Tus-Extension"]
    answer = phone.create(BYTES, {"Upload-Length": "", "Upload-Defer-Length": "1"})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "upload_length_deferred")


@pytest.mark.parametrize("value", ["0", "2", "yes"])
def test_a_length_can_only_be_put_off_by_a_1_and_is_never_said_to_be_put_off(phone: Phone, value: str) -> None:
    assert phone.create(BYTES, {"Upload-Length": "", "Upload-Defer-Length": value}).status_code == 400
    assert phone.create(BYTES, {"Upload-Defer-Length": value}).status_code == 400
    assert "Upload-Defer-Length" not in phone.ask("HEAD", phone.begin(BYTES)).headers


def test_metadata_must_come_back_with_head_as_the_client_wrote_them(phone: Phone) -> None:
    told = encoded(phone.bearer.told(BYTES, filename="门贴 一号楼（左）.jpg", empty=""))
    assert told.endswith(",empty")
    answer = phone.create(BYTES, {"Upload-Metadata": told})
    assert phone.ask("HEAD", answer.headers["Location"]).headers["Upload-Metadata"] == told


@pytest.mark.parametrize(
    "wrong",
    [
        "filename ***", "filename YQ", ",", "a b c", "twice YQ==,twice YQ==", "é YQ==", "", "filename /w==",
        "key  YQ==", "x" * 9000,
    ],
)  # fmt: skip
def test_metadata_must_be_well_formed_keys_of_ascii_each_once(phone: Phone, wrong: str) -> None:
    told = f"{encoded(phone.bearer.told(BYTES))},{wrong}" if wrong else ""
    answer = phone.create(BYTES, {"Upload-Metadata": told})
    assert answer.status_code == 400
    assert answer.get_json()["title"]


def test_metadata_should_be_looked_at_so_that_they_smuggle_no_header(phone: Phone) -> None:
    told = phone.bearer.told(BYTES, filename="a\r\nSet-Cookie: x=1")
    answer = phone.create(BYTES, {"Upload-Metadata": encoded(told)})
    back = phone.ask("HEAD", answer.headers["Location"])
    assert back.headers["Upload-Metadata"] == encoded(told)
    assert "Set-Cookie" not in back.headers
    for between in ("\r\n", "\n", "\0", "\t"):
        told_raw = f"{encoded(phone.bearer.told(BYTES))},more YQ=={between}X-Smuggled: 1"
        raw = {"HTTP_UPLOAD_METADATA": told_raw, "HTTP_UPLOAD_LENGTH": "1", "HTTP_TUS_RESUMABLE": "1.0.0"}
        assert phone.client.post(ROOT, environ_overrides=raw).status_code == 400


# ---------------------------------------------------------------- creation with upload


def test_bytes_may_come_with_the_creation_and_the_offset_must_be_told(phone: Phone) -> None:
    answer = phone.create(BYTES, body=BYTES[:77])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "77")
    assert phone.send(answer.headers["Location"], 77, BYTES[77:]).status_code == 204
    whole = phone.create(BYTES, body=BYTES)
    assert (whole.status_code, whole.headers["Upload-Offset"]) == (201, str(len(BYTES)))
    assert whole.headers["Songda-Receipt"]


def test_of_bytes_with_the_creation_as_many_as_possible_should_be_kept(phone: Phone) -> None:
    cut = phone.ask(
        "POST", ROOT, {
            "Upload-Length": str(len(BYTES)), "Upload-Metadata": encoded(phone.bearer.told(BYTES)),
            "Content-Type": "application/offset+octet-stream",
        }, BYTES[:55], said=len(BYTES),
    )  # fmt: skip
    assert (cut.status_code, cut.headers["Upload-Offset"]) == (201, "55")
    assert phone.offset(cut.headers["Location"]) == 55
    long = bytes(MEGABYTE + 9)
    assert phone.create(long, body=long).headers["Upload-Offset"] == str(MEGABYTE)


def test_bytes_with_the_creation_must_be_of_their_own_type(phone: Phone) -> None:
    assert phone.create(BYTES, {"Content-Type": "image/jpeg"}, BYTES).status_code == 415


def test_bytes_with_the_creation_are_checked_like_any_others(phone: Phone) -> None:
    assert phone.create(BYTES, digest("sha1", b"others"), BYTES).status_code == 460
    assert phone.create(BYTES, digest("sha1", BYTES), BYTES).status_code == 201


# ---------------------------------------------------------------- expiration


def test_an_upload_that_will_expire_must_say_so_with_every_piece_and_at_its_creation(phone: Phone) -> None:
    created = phone.create(BYTES)
    sent = phone.send(created.headers["Location"], 0, BYTES[:10])
    for answer in (created, sent, phone.ask("HEAD", created.headers["Location"])):
        expires_at = parsedate_to_datetime(answer.headers["Upload-Expires"])
        left = expires_at - phone.bearer.runtime.now()
        assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
        assert answer.headers["Upload-Expires"].endswith(" GMT")


def test_what_is_whole_expires_no_more(phone: Phone) -> None:
    address = phone.begin(BYTES)
    assert "Upload-Expires" not in phone.send(address, 0, BYTES).headers


def test_an_expired_upload_should_be_refused_by_410(phone: Phone) -> None:
    clock = phone.bearer.runtime.clock
    assert isinstance(clock, SteppedClock)
    address = phone.begin(BYTES)
    phone.send(address, 0, BYTES[:10])
    clock.step(timedelta(days=7, seconds=1))
    assert phone.ask("HEAD", address).status_code == 410
    assert phone.send(address, 10, BYTES[10:]).status_code == 410


# ---------------------------------------------------------------- checksum


def test_options_must_tell_the_algorithms_and_sha1_must_be_among_them(phone: Phone) -> None:
    assert phone.ask("OPTIONS", ROOT).headers["Tus-Checksum-Algorithm"].split(",") == ["sha1", "sha256"]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_bytes_that_fit_their_checksum_are_taken_and_others_must_be_refused_by_460_and_thrown_away(
    phone: Phone, algorithm: str
) -> None:
    address = phone.begin(BYTES)
    refused = phone.send(address, 0, BYTES[:100], digest(algorithm, b"others"))
    assert (refused.status_code, phone.offset(address)) == (460, 0)
    assert phone.send(address, 0, BYTES[:100], digest(algorithm, BYTES[:100])).status_code == 204
    assert phone.offset(address) == 100


@pytest.mark.parametrize("wrong", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1", "sha1 ***", "", "SHA1 x", "crc32 AAAAAA=="])
def test_an_unknown_algorithm_and_a_malformed_checksum_must_be_refused_by_400(phone: Phone, wrong: str) -> None:
    address = phone.begin(BYTES)
    header: dict[str, Any] = {"Upload-Checksum": wrong or " "}
    answer = phone.send(address, 0, BYTES[:100], header)
    assert answer.status_code in ({400} if wrong != "sha1" else {400, 460})
    assert phone.offset(address) == 0


def test_a_checksum_proves_nothing_of_a_cut_body_which_is_thrown_away(phone: Phone) -> None:
    address = phone.begin(BYTES)
    assert phone.send(address, 0, BYTES[:50], digest("sha256", BYTES[:100]), said=100).status_code == 460
    assert phone.offset(address) == 0


# ---------------------------------------------------------------- termination


def test_an_end_must_be_answered_by_204_and_what_ended_must_not_be_there_again(phone: Phone) -> None:
    address = phone.begin(BYTES)
    phone.send(address, 0, BYTES[:100])
    assert phone.ask("DELETE", address).status_code == 204
    for answer in (phone.ask("HEAD", address), phone.send(address, 100, b"x"), phone.ask("DELETE", address)):
        assert answer.status_code == 410
        assert "Upload-Offset" not in answer.headers
    assert phone.ask("DELETE", NOWHERE).status_code == 404


def test_what_an_ended_upload_took_up_should_be_freed(phone: Phone) -> None:
    runtime = phone.bearer.runtime
    before = set(lying_pieces(runtime))
    address = phone.begin(BYTES)
    phone.send(address, 0, BYTES[:100])
    assert len(set(lying_pieces(runtime)) - before) == 1
    phone.ask("DELETE", address)
    tidy_uploads(runtime)
    assert set(lying_pieces(runtime)) <= before


def test_evidence_is_not_ended(phone: Phone) -> None:
    address = phone.begin(BYTES)
    phone.send(address, 0, BYTES)
    answer = phone.ask("DELETE", address)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "upload_complete")
    assert phone.offset(address) == len(BYTES)


# ---------------------------------------------------------------- all of them


def test_the_page_about_uploads_lists_every_statement() -> None:
    stated = re.findall(r"^\| [a-z -]+ \| `(\w+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    tests = [name.removeprefix("test_") for name in globals() if name.startswith("test_")]
    assert stated == [name for name in tests if name != "the_page_about_uploads_lists_every_statement"]
