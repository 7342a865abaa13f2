"""Whatever a program gets wrong, it hears it as RFC 9457 says, under a stable code and in its own language."""

from collections.abc import Callable

import pytest
from flask import Flask

from delivery.signing_in import Role
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.test_api import key

__all__ = ["key"]

NOBODY = "01920000-0000-7000-8000-000000000001"
TUS = {"Tus-Resumable": "1.0.0"}

# method, address, body, headers, status, code
OF_PROGRAMS: list[tuple[str, str, bytes, dict[str, str], int, str]] = [
    ("GET", "/api/v1/orders", b"", {"Authorization": "Bearer guessed"}, 401, "key_needed"),
    ("GET", "/api/v1/orders", b"", {"Authorization": ""}, 401, "key_needed"),
    ("GET", "/api/v1/figures", b"", {}, 403, "scope_missing"),
    ("GET", "/api/v1/nowhere", b"", {}, 404, "not_found"),
    ("DELETE", "/api/v1/orders", b"", {}, 405, "method_not_allowed"),
    ("GET", "/api/v1/orders?status=lost", b"", {}, 422, "status_unknown"),
    ("GET", "/api/v1/orders?colour=red", b"", {}, 400, "parameter_unknown"),
    ("GET", "/api/v1/orders?status=open&status=open", b"", {}, 400, "parameter_unknown"),
    ("GET", "/api/v1/orders?cursor=junk", b"", {}, 400, "cursor_invalid"),
    ("GET", "/api/v1/orders/junk", b"", {}, 404, "not_found"),
    ("GET", f"/api/v1/orders/{NOBODY}", b"", {}, 404, "not_found"),
    ("POST", "/api/v1/orders", b"", {}, 400, "json_invalid"),
    ("POST", "/api/v1/orders", b"{", {}, 400, "json_invalid"),
    ("POST", "/api/v1/orders", b"\xff\xfe", {}, 400, "json_invalid"),
    ("POST", "/api/v1/orders", b"[]", {}, 422, "fields_invalid"),
    ("POST", "/api/v1/orders", b"{}", {"Idempotency-Key": "k" * 121}, 400, "idempotency_key_too_long"),
    ("POST", f"/api/v1/orders/{NOBODY}/hold", b"{}", {}, 404, "not_found"),
    ("POST", f"/api/v1/orders/{NOBODY}/resume", b"", {}, 404, "not_found"),
    ("POST", f"/api/v1/visits/{NOBODY}/report", b'{"result": 1}', {}, 422, "fields_invalid"),
    ("PUT", f"/api/v1/documents/{NOBODY}/content", b"%PDF-", {}, 404, "not_found"),
    ("POST", f"/api/v1/searches/{NOBODY}/reply", b"{}", {}, 422, "fields_invalid"),
    ("POST", "/webhooks/nobody/qinghe", b"", {}, 404, "not_found"),
    ("GET", "/field/api/day", b"", {}, 401, "sign_in_needed"),
    ("POST", "/field/uploads", b"", TUS, 401, "sign_in_needed"),
]
OF_PHONES: list[tuple[str, str, bytes, dict[str, str], int, str]] = [
    ("POST", "/field/api/records", b"{}", {"X-CSRF-Token": "guessed"}, 403, "csrf"),
    ("GET", "/field/api/day?device=junk", b"", {}, 422, "id_malformed"),
    ("GET", f"/field/api/day?device={NOBODY}", b"", {}, 404, "device_unknown"),
    ("GET", "/field/api/receipts?ids=junk", b"", {}, 422, "id_malformed"),
    ("GET", "/api/v1/orders", b"", {}, 401, "key_needed"),
    ("POST", "/field/uploads", b"", {}, 412, "upload_version"),
    ("POST", "/field/uploads", b"", TUS, 400, "upload_header_malformed"),
    ("HEAD", f"/field/uploads/{NOBODY}", b"", TUS, 404, ""),
    ("PATCH", f"/field/uploads/{NOBODY}", b"x", TUS, 415, "upload_type"),
]


def _hear(client: Browser, told: tuple[str, str, bytes, dict[str, str], int, str], **usual: str) -> None:
    method, address, body, headers, status, code = told
    titles = set()
    for language in ("zh", "en"):
        sent = {"Content-Type": "application/json", **usual, **headers, "Accept-Language": language}
        response = client.open(address, method=method, data=body, headers=sent, buffered=True)
        assert (response.status_code, response.mimetype) == (status, "application/problem+json"), (told, response.text)
        if method == "HEAD":
            return
        problem = response.get_json()
        assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"urn:songda:problem:{code}")
        titles.add(problem["title"])
    assert len(titles) == 2 or "X-Same" in usual, (told, titles)


def test_a_program_hears_what_was_wrong_and_what_to_do(app: Flask, key: Callable[..., str]) -> None:
    client = app.test_client()
    assert isinstance(client, Browser)
    secret = key("orders:write orders:read visits slips searches")
    for told in OF_PROGRAMS:
        _hear(client, told, Authorization=f"Bearer {secret}")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phone_hears_what_was_wrong_in_its_person_s_language(sign_in_as: SignInAs, language: str) -> None:
    client = sign_in_as(Role.FIELD_SERVER, language=language)
    for told in OF_PHONES:
        _hear(client, told, **{"X-Same": "the person's language, not the header's"})
