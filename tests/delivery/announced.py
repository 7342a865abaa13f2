"""A case system that is told what happens, and hears or does not, as a test wants it."""

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from delivery.announcement_sending import announce
from delivery.announcer import Announcer, Heard, Request
from delivery.domain.announcement import CHOICES
from delivery.store.announcements import TASK, AnnouncementDelivery, AnnouncementTry, WebhookEndpoint
from delivery.subscribing import By, Wanted, add_endpoint
from tests.delivery.scene import Scene

ADMINISTRATOR = By("administrator")
URL = "https://case.court.example/hook"


@dataclass
class CaseSystem:
    """Hears every request; `answers` are given first, then 204 for ever."""

    answers: deque[Heard | BaseException] = field(default_factory=deque)
    heard: list[Request] = field(default_factory=list)
    always: Heard = field(default_factory=lambda: Heard(204, took=timedelta(milliseconds=3)))

    def post(self, request: Request) -> Heard:
        """Hear it, or die on the way back."""
        self.heard.append(request)
        answer = self.answers.popleft() if self.answers else self.always
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def say(self, *statuses: int) -> None:
        """Answer with these statuses before anything else."""
        self.answers.extend(Heard(status, took=timedelta(milliseconds=3)) for status in statuses)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.heard]

    @property
    def types(self) -> list[str]:
        return [one["type"] for one in self.told]

    @property
    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.heard]


def listening(scene: Scene, announcer: Announcer, *types: str, url: str = URL, description: str = "案件系统") -> UUID:
    """Let an endpoint of the scene's court be told of these types (all if none are named)."""
    scene.runtime.announcer = announcer
    scene.handle(TASK, announce)
    with scene.runtime.transaction() as session:
        wanted = Wanted(url, description, types or CHOICES)
        return add_endpoint(session, scene.court_id, wanted, by=ADMINISTRATOR, now=scene.now).id


def endpoint(session: Session, endpoint_id: UUID) -> WebhookEndpoint:
    return session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id)).one()


def deliveries(scene: Scene) -> list[AnnouncementDelivery]:
    """Every delivery, oldest first."""
    with scene.looking() as session:
        return list(session.scalars(select(AnnouncementDelivery).order_by(AnnouncementDelivery.id)))


def tries(scene: Scene) -> list[AnnouncementTry]:
    """Every try, oldest first."""
    with scene.looking() as session:
        return list(session.scalars(select(AnnouncementTry).order_by(AnnouncementTry.id)))


def state_of(scene: Scene, endpoint_id: UUID) -> tuple[str, str]:
    with scene.looking() as session:
        found = endpoint(session, endpoint_id)
        return found.state, found.reason


def secrets_in_force(scene: Scene, endpoint_id: UUID) -> tuple[str | None, str | None]:
    """The secret and the one before it."""
    with scene.runtime.reading() as session:
        found = endpoint(session, endpoint_id)
        return found.secret, found.previous_secret


def verifies(request: Request, secret: str | None) -> bool:
    """Whether the reference library takes a request for genuine under this secret."""
    assert secret is not None
    try:
        Webhook(secret).verify(request.body, dict(request.headers))
    except Exception:  # noqa: BLE001 -- any refusal is one
        return False
    return True
