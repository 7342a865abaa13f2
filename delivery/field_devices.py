"""Phones of field servers: enrolled at the first sign-in, revoked by a supervisor when one is lost.

What a phone can do is bound to its own key and to the day's tickets. Revoking it ends every session of its person,
hands out no ticket more, and the cached ones die within a day; what the phone still brings in comes in as evidence and
is marked. A revoked key never comes back: a phone that was found again is enrolled with a new one, as another phone.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.domain.errors import BadValue, Forbidden, NotFound
from delivery.domain.field_chain import kept_key
from delivery.signing_in import revoke_all
from delivery.store.accounts import Account
from delivery.store.field import FieldDevice, device_with_key, devices_of, lock_device
from delivery.store.ids import new_id

_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone as the supervisor's page shows it."""

    id: UUID
    name: str
    person: str
    enrolled_at: datetime
    seen_at: datetime | None
    revoked_at: datetime | None


def enrol(
    session: Session, court_id: UUID, account_id: UUID, *, name: str, key: Mapping[str, object], now: datetime
) -> tuple[FieldDevice, bool]:
    """Take a phone's public key (JWK, P-256) for this person; the phone, and whether it is new.

    The same key again is the same phone, by the name that it now has; a name keeps its first 60 characters. Raises
    `BadValue` (device_key_malformed, device_name_missing), `Forbidden` (device_revoked).
    """
    kept = kept_key(key)
    label = " ".join(name.split())[:_LONGEST_NAME]
    if not label:
        raise BadValue("device_name_missing")
    key_hash = hashlib.sha256(kept.encode()).hexdigest()
    known = device_with_key(session, court_id, account_id, key_hash)
    if known is not None:
        if known.revoked_at is not None:
            raise Forbidden("device_revoked")
        known.name = label
        return known, False
    device = FieldDevice(
        court_id=court_id,
        id=new_id(),
        account_id=account_id,
        name=label,
        key=kept,
        key_hash=key_hash,
        enrolled_at=now,
    )
    session.add(device)
    session.flush()
    return device, True


def device_in_use(session: Session, court_id: UUID, account_id: UUID, device_id: UUID) -> FieldDevice:
    """This person's phone. Raises `NotFound` (device_unknown), `Forbidden` (device_revoked)."""
    device = session.get(FieldDevice, (court_id, device_id))
    if device is None or device.account_id != account_id:
        raise NotFound("device_unknown")
    if device.revoked_at is not None:
        raise Forbidden("device_revoked")
    return device


def revoke(
    session: Session, court_id: UUID, device_id: UUID, *, by: UUID, now: datetime, machine_now: datetime
) -> FieldDevice:
    """A phone is lost: it gets no more tickets, and its person is signed out everywhere. Again changes nothing.

    Raises `NotFound`.
    """
    device = lock_device(session, court_id, device_id)
    if device is None:
        raise NotFound
    if device.revoked_at is None:
        device.revoked_at, device.revoked_by = now, by
        revoke_all(session, device.account_id, machine_now)
    return device


def phones(session: Session, court_id: UUID) -> list[Phone]:
    """The phones of a court, those in use first, newest on top."""
    found = devices_of(session, court_id)
    people = {device.account_id for device in found}
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(people)))
    names = {row.id: row.name for row in rows}
    listed = [
        Phone(
            device.id,
            device.name,
            names[device.account_id],
            device.enrolled_at,
            device.seen_at,
            device.revoked_at,
        )
        for device in found
    ]
    return sorted(listed, key=lambda phone: phone.revoked_at is not None)
