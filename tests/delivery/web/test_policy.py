"""Who may come in where: every route has its row, every row its route, and nobody crosses a court."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from delivery.domain.search import Source
from delivery.noticing import mint_pads
from delivery.runtime import Runtime
from delivery.searching import open_searches, start_searches
from delivery.signing_in import SCOPES, Role, add_account
from delivery.store.announcements import AnnouncementDelivery
from delivery.store.cases import Document
from delivery.store.desk import put_on_desk
from delivery.store.evidence import Evidence
from delivery.store.field import FieldDevice, FieldRecord
from delivery.store.ids import new_id
from delivery.store.imports import ImportJob
from delivery.store.notices import pads_of
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.photo_grades import PhotoPrint, PhotoProof
from delivery.store.uploads import Upload
from delivery.subscribing import By, Wanted, add_endpoint, send_test
from delivery.web.policy import POLICY, Door
from mobile_upload.tus import CONTENT_TYPE
from tests.delivery.web.conftest import Browser, SignInAs
from tests.delivery.web.court_life import CourtLife

SOME_ID = "01980000-0000-7000-8000-000000000001"


def _address(rule: Rule) -> str:
    address = str(rule)
    for name in rule.arguments:
        for converter in ("uuid:", "path:", ""):
            address = address.replace(f"<{converter}{name}>", SOME_ID)
    return address


_OF_UPLOADS = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": CONTENT_TYPE}


def _routes(app: Flask, *doors: Door) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        if POLICY[rule.endpoint].door in doors:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def test_every_route_has_its_row_and_every_row_its_route(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(POLICY)


def test_every_scope_of_a_route_can_be_given_to_a_key() -> None:
    assert {row.scope for row in POLICY.values()} == {"", *(one for one in SCOPES if not one.startswith("role:"))}


def test_a_route_without_a_row_is_closed_for_everybody(app: Flask, sign_in_as: SignInAs) -> None:
    app.add_url_rule("/left-open", "left.open", lambda: "open")
    assert sign_in_as(Role.ADMINISTRATOR).look("/left-open").status_code == 403


def test_nobody_comes_in_without_signing_in(app: Flask, browser: Browser) -> None:
    for rule, method in _routes(app, Door.ROLES, Door.SIGNED_IN):
        answer = browser.open(_address(rule), method=method, buffered=True)
        if str(rule).startswith(("/field/api/", "/field/uploads")):  # programs ask here
            assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), rule
            continue
        assert answer.status_code == 303, rule
        assert answer.location.startswith("/sign-in"), rule


def test_no_program_comes_in_without_a_key(app: Flask, browser: Browser) -> None:
    for rule, method in _routes(app, Door.API):
        for headers in ({}, {"Authorization": "Bearer guessed"}):
            answer = browser.open(_address(rule), method=method, headers=headers, buffered=True)
            assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), rule


@pytest.mark.parametrize("role", Role)
def test_each_role_gets_its_pages_and_no_others(app: Flask, sign_in_as: SignInAs, role: Role) -> None:
    browser = sign_in_as(role)
    token = browser.token("/memberships")
    for rule, method in _routes(app, Door.ROLES):
        answer = browser.open(_address(rule), method=method, headers={"X-CSRF": token}, buffered=True)
        allowed = role in POLICY[rule.endpoint].roles
        assert (answer.status_code != 403) == allowed, f"{role} {method} {rule}: {answer.status_code}"


def test_another_courts_things_are_not_there(life: CourtLife, runtime: Runtime, sign_in_as: SignInAs) -> None:
    ours = sign_in_as(Role.ADMINISTRATOR)
    theirs = sign_in_as(Role.ADMINISTRATOR, court="baishan")
    with runtime.reading() as session:
        order = session.scalars(select(ServiceOrder).where(ServiceOrder.id == life.neighbour_order)).one()
        case_id = order.case_id
    for address in (f"/orders/{life.neighbour_order}", f"/cases/{case_id}"):
        assert theirs.look(address).status_code == 200
        assert ours.look(address).status_code == 404
    for act in ("hold", "resume", "cancel"):
        form = {"reason": "settled" if act == "cancel" else "other"}
        assert ours.send(f"/orders/{life.neighbour_order}/{act}", form).status_code == 404
    assert ours.send(f"/cases/{case_id}/hearing", {"hearing_at": ""}).status_code == 404
    assert str(life.neighbour_order) not in ours.look("/orders?status=all").text
    assert str(life.orders[0]) not in theirs.look("/orders?status=all").text
    for address in ("/orders?status=all", "/orders?q=陆知微", "/desk"):
        assert "云0102" not in theirs.look(address).text
        assert "云0103" not in ours.look(address).text


def _neighbours_things(runtime: Runtime, life: CourtLife) -> dict[str, str]:
    """One of each thing that an address can name, all of the other court."""
    with runtime.transaction() as session:
        order = session.scalars(select(ServiceOrder).where(ServiceOrder.id == life.neighbour_order)).one()
        now = runtime.now()
        job = ImportJob(court_id=order.court_id, file_name="theirs.csv", sha256="0" * 64, created_at=now)
        attempt = session.scalars(select(Attempt).where(Attempt.order_id == order.id)).first()
        assert attempt is not None
        attempt.channel = "in_person"
        kept = _their_picture(order, now)
        someone = add_account(session, login="theirs", name="x", password="x", language="zh", at=now)
        phone = FieldDevice(
            court_id=order.court_id, account_id=someone.id, name="x", key="{}", key_hash="0" * 64, enrolled_at=now
        )
        session.add_all((job, kept, phone))
        item = put_on_desk(session, order.court_id, kind="papers_missing", subject="x", at=now, order_id=order.id)
        start_searches(runtime, session, order, [Source.ASK_PLAINTIFF], by=None, now=now)
        search = open_searches(session, order, Source.ASK_PLAINTIFF)[0]
        by = By("administrator")
        wanted = Wanted("https://case.court.example/", "x", ["order.opened"])
        endpoint = add_endpoint(session, order.court_id, wanted, by=by, now=now)
        send_test(session, endpoint, by=by, now=now)
        session.flush()
        batch = mint_pads(session, order.court_id, 1, by=None, now=now)
        delivery = session.scalars(select(AnnouncementDelivery).where(AnnouncementDelivery.endpoint_id == endpoint.id))
        return {
            "endpoint_id": str(endpoint.id),
            "delivery_id": str(delivery.one().id),
            "order_id": str(order.id),
            "case_id": str(order.case_id),
            "document_id": str(session.scalars(select(Document.id).where(Document.case_id == order.case_id)).first()),
            "job_id": str(job.id),
            "item_id": str(item.id),
            "search_id": str(search.id),
            "evidence_id": str(kept.id),
            "upload": _their_upload(session, attempt, someone.id, now),
            "visit": str(attempt.id),
            "attempt_id": str(attempt.id),
            "address_id": str(attempt.address_id),
            "batch_id": str(batch),
            "notice_id": str(pads_of(session, order.court_id, batch)[0].id),
            "device": str(phone.id),
            "name": "twilio",
            **_their_photos(session, attempt, kept, someone.id, now),
        }


def _their_picture(order: ServiceOrder, now: datetime) -> Evidence:
    return Evidence(
        court_id=order.court_id,
        order_id=order.id,
        kind="photo",
        sha256="0" * 64,
        size=1,
        media_type="image/jpeg",
        created_at=now,
    )


def _their_upload(session: Session, attempt: Attempt, account_id: UUID, now: datetime) -> str:
    """A file on its way."""
    upload = Upload(
        court_id=attempt.court_id,
        account_id=account_id,
        order_id=attempt.order_id,
        attempt_id=attempt.id,
        device_id=new_id(),
        capture_id=new_id(),
        ticket_nonce="0" * 32,
        ticket_expires_at=now,
        role="near",
        sha256="0" * 64,
        size=1,
        media_type="image/jpeg",
        created_at=now,
        expires_at=now,
    )
    session.add(upload)
    session.flush()
    return str(upload.id)


def _their_photos(
    session: Session, attempt: Attempt, kept: Evidence, account_id: UUID, now: datetime
) -> dict[str, str]:
    """A photo proof with one picture that can be shown."""
    common: dict[str, Any] = {"court_id": attempt.court_id, "account_id": account_id}
    record = FieldRecord(
        **common, record_id=new_id(), sha256="1" * 64, kind="report", attempt_id=attempt.id, happened_at=now,
        received_at=now,
    )  # fmt: skip
    session.add(record)
    record.raw = "{}"
    session.flush()
    proof = PhotoProof(
        **common, id=record.id, order_id=attempt.order_id, attempt_id=attempt.id, letter="C", score=40, number=1,
        standing="waiting", graded_at=now,
    )  # fmt: skip
    picture = PhotoPrint(
        **common, order_id=attempt.order_id, attempt_id=attempt.id, capture_id=new_id(), evidence_id=kept.id,
        role="near", sha256=kept.sha256, derived_sha256=kept.sha256, inspected_at=now,
    )  # fmt: skip
    session.add_all((proof, picture))
    picture.inspection = "{}"
    session.flush()
    return {"proof_id": str(proof.id), "print_id": str(picture.id)}


def test_no_route_takes_the_name_of_another_courts_thing(
    life: CourtLife, app: Flask, runtime: Runtime, sign_in_as: SignInAs
) -> None:
    theirs = _neighbours_things(runtime, life)
    browsers: dict[Role, Browser] = {}
    walked = set()
    for rule, method in _routes(app, Door.ROLES):
        role = Role.LAW_FIRM if Role.LAW_FIRM in POLICY[rule.endpoint].roles else min(POLICY[rule.endpoint].roles)
        if not rule.arguments:
            continue
        if role not in browsers:
            firm = {"law_firm_id": life.firm_id} if role is Role.LAW_FIRM else {}
            browsers[role] = sign_in_as(role, **firm)
        address = str(rule)
        for name in rule.arguments:
            address = re.sub(rf"<(?:\w+:)?{name}>", theirs[name], address)
        browser = browsers[role]
        form = {"csrf": browser.token("/memberships"), "reason": "other", "action": "done", "role": "lawyer"}
        if rule.endpoint.startswith("uploads."):  # asked for in its own protocol
            spoken: dict[str, Any] = {
                "headers": {**_OF_UPLOADS, "X-HTTP-Method-Override": "PATCH" if method == "POST" else method}
            }
        else:
            spoken = {"data": form if method == "POST" else None}
        answer = browser.open(address, method=method, buffered=True, **spoken)
        assert answer.status_code == 404, f"{method} {address}"
        walked.add(rule.endpoint)
    assert len(walked) > 15
