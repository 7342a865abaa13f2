"""A field server's phone as it speaks to us: signed in, with a ticket for one visit, sending what it recorded."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from delivery.domain.field_ticket import KEY_PURPOSE, issue, sign
from delivery.receiving_uploads import INSPECT
from delivery.runtime import Runtime
from delivery.signing_in import Role, add_account, add_membership, begin_sign_in
from delivery.store.courts import Court
from delivery.store.evidence import Evidence
from delivery.store.orders import Attempt
from delivery.store.tasks import Task
from delivery.web.callers import SESSION_COOKIE
from mobile_upload.tus import CONTENT_TYPE

MEGABYTE = 1024 * 1024
ROOT = "/field/uploads"
DEVICE = UUID("0195a000-0000-7000-8000-00000000de71")
Told = Mapping[str, str]


def encoded(values: Told) -> str:
    """Upload-Metadata in the protocol's form."""
    return ",".join(f"{key} {b64encode(value.encode()).decode()}".strip() for key, value in values.items())


@dataclass(frozen=True)
class Bearer:
    """Somebody signed in, and the visit that their ticket is for."""

    runtime: Runtime
    court_id: UUID
    account_id: UUID
    attempt_id: UUID
    token: str

    def ticket(self, *, age: timedelta = timedelta(0), task: UUID | None = None, court: UUID | None = None) -> str:
        """The ticket, issued so long ago."""
        ticket = issue(
            task=task or self.attempt_id,
            court=court or self.court_id,
            server=self.account_id,
            device=DEVICE,
            nonce="ab" * 16,
            address="云州市梧桐路1号",
            now=self.runtime.now() - age,
        )
        return sign(ticket, self.runtime.vault.derive(KEY_PURPOSE))

    def told(self, content: bytes, **other: str) -> dict[str, str]:
        """What the phone says about a file."""
        values = {
            "ticket": other.pop("ticket", None) or self.ticket(),
            "capture_id": str(uuid4()),
            "sha256": hashlib.sha256(content).hexdigest(),
            "filetype": "image/jpeg",
            "filename": "门贴 1.jpg",
            "role": "near",
        }
        return values | other


def bearer(runtime: Runtime, *, court: str = "qinghe", role: Role = Role.FIELD_SERVER) -> Bearer:
    """Somebody new in a court, with a session, and any attempt of it as their visit."""
    with runtime.transaction() as session:
        found = session.scalars(select(Court).where(Court.code == court)).one()
        account = add_account(
            session, login=f"phone.{uuid4().hex[:8]}", name="周明", password="x" * 20, language="zh", at=runtime.now()
        )
        membership = add_membership(session, account.id, found.id, role)
        token = begin_sign_in(session, account.id, [membership], language="zh", machine_now=runtime.machine_now())
        attempt_id = session.scalars(select(Attempt.id).where(Attempt.court_id == found.id)).first()
        assert attempt_id is not None
        return Bearer(runtime, found.id, account.id, attempt_id, token)


@dataclass
class Phone:
    """The bearer's phone, speaking with an application in this process."""

    app: Flask
    bearer: Bearer
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        self.client.set_cookie(SESSION_COOKIE, self.bearer.token)

    def ask(
        self, method: str, path: str, headers: Told | None = None, body: bytes = b"", said: int | None = None
    ) -> TestResponse:
        """One request; `said` is the length that its head claims."""
        given = {"Tus-Resumable": "1.0.0", **(headers or {})}
        return self.client.open(
            path,
            method=method,
            headers={name: value for name, value in given.items() if value},
            input_stream=BytesIO(body),
            environ_overrides={"CONTENT_LENGTH": str(len(body) if said is None else said)},
            buffered=True,
        )

    def create(self, content: bytes, headers: Told | None = None, body: bytes = b"", **told: str) -> TestResponse:
        """Announce a file, perhaps with its first bytes."""
        head = {
            "Upload-Length": str(len(content)),
            "Upload-Metadata": encoded(self.bearer.told(content, **told)),
            **({"Content-Type": CONTENT_TYPE} if body else {}),
        }
        return self.ask("POST", ROOT, {**head, **(headers or {})}, body)

    def begin(self, content: bytes, **told: str) -> str:
        """The address of a new upload."""
        answer = self.create(content, None, b"", **told)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def send(
        self, address: str, offset: int, body: bytes, headers: Told | None = None, said: int | None = None
    ) -> TestResponse:
        """Bytes at an offset."""
        head = {"Upload-Offset": str(offset), "Content-Type": CONTENT_TYPE, **(headers or {})}
        return self.ask("PATCH", address, head, body, said)

    def offset(self, address: str) -> int:
        """How far the server has it."""
        return int(self.ask("HEAD", address).headers["Upload-Offset"])


def evidence_of(runtime: Runtime, receipt: str) -> Evidence:
    with runtime.reading() as session:
        found = session.scalars(select(Evidence).where(Evidence.id == UUID(receipt))).one()
        session.expunge_all()
        return found


def inspections(runtime: Runtime) -> list[str]:
    with runtime.reading() as session:
        return [task.args["upload"] for task in session.scalars(select(Task).where(Task.handler == INSPECT))]


def lying_pieces(runtime: Runtime) -> list[Path]:
    folder = Path(runtime.settings.blobs.removeprefix("file://")) / "pieces"
    return [path for path in folder.rglob("*") if path.is_file()]


def whole(phone: Phone, content: bytes, step: int = MEGABYTE, **told: str) -> str:
    """Send it all in pieces; returns the receipt."""
    address = phone.begin(content, **told)
    for begins in range(0, len(content), step):
        answer = phone.send(address, begins, content[begins : begins + step])
        assert answer.status_code == 204, answer.text
    receipt = answer.headers["Songda-Receipt"]
    assert phone.ask("HEAD", address).headers["Songda-Receipt"] == receipt
    return receipt
