"""A street of twenty doors, a server with a phone who posts a notice at each, and everybody who would cheat.

A scene begins as an honest posting and is changed by its own function; what lies in bytes is changed in bytes. The
pictures go through the real inspection, the codes through the real register of sheets, the record through the real
chain, signature and ticket.
"""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from PIL import Image

from delivery.domain import field_ticket
from delivery.domain.door_codes import Role
from delivery.domain.field_bytes import canonical
from delivery.domain.field_chain import Link, doubts_of_ticket, happened_at, is_signed, kept_key, place_in_chain
from delivery.domain.field_record import Doubt, digest, read
from delivery.domain.field_ticket import Ticket, TicketRefused
from delivery.domain.geodesy import Position
from delivery.domain.notice import NoticeKind, NoticeResult, NoticeState, finding
from delivery.domain.notice_code import NoticeCode, printed_url, verify, write
from delivery.domain.photo_facts import Door, EarlierShot, Elsewhere, Fix, Proof
from delivery.domain.photo_reading import fix_of, likeness_of, shot_of
from tests.mobile_upload import door_pictures as pictures

HOUSE = UUID("0192f000-0000-7000-8000-000000000000")
COURT, SERVER, COLLEAGUE, PHONE = (uuid5(HOUSE, name) for name in ("court", "server", "colleague", "phone"))
NOTICE_KEY, TICKET_KEY = b"n" * 32, b"t" * 32
MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)  # half past eight in court
FIRST_SHUTTER = MORNING + timedelta(hours=1)
DOORS = 20
EVER = timedelta(days=36500)
DEVICE_KEY, OTHER_KEY = ec.derive_private_key(11, ec.SECP256R1()), ec.derive_private_key(12, ec.SECP256R1())


def visit_at(number: int) -> UUID:
    return uuid5(HOUSE, f"visit {number}")


def address_at(number: int) -> UUID:
    return uuid5(HOUSE, f"address {number}")


def place_at(number: int) -> Position:
    """The doors lie some 450 m apart along one street in Chengdu."""
    return Position(30.66 + number * 0.004, 104.06)


@dataclass
class Sheet:
    """A sheet as the register has it."""

    id: UUID
    kind: str
    state: str
    reason: str
    order_id: UUID | None
    attempt_id: UUID | None
    minted_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def text_of(number: int, *, forged: bool = False) -> str:
    """What the QR code of a sheet says."""
    letters = write(NoticeCode(number.to_bytes(10, "big"), blank=False), b"x" * 32 if forged else NOTICE_KEY)
    return printed_url("https://sd.qinghe.example", letters)


def sheet_of(number: int, **changed: Any) -> Sheet:  # noqa: ANN401 -- fields of a sheet
    """The sheet that was printed for the visit at a door."""
    sheet = Sheet(
        uuid5(HOUSE, f"sheet {number}"), NoticeKind.PRIVACY_NOTICE, NoticeState.MINTED, "",
        uuid5(HOUSE, f"order {number}"), visit_at(number), MORNING - timedelta(hours=15), MORNING + timedelta(days=60),
        None,
    )  # fmt: skip
    return replace(sheet, **changed)


@dataclass
class Visited:
    """The visit as the register asks about it."""

    id: UUID
    order_id: UUID


@dataclass
class Scene:
    """One posting at a door: what hangs there, what the phone takes and tells, what we know beside it."""

    number: int = 0
    near: bytes = b""
    wide: bytes = b""
    mode: str = "in_page"
    modes: dict[Role, str] = field(default_factory=dict)
    roles: tuple[Role, Role] = (Role.NEAR, Role.WIDE)
    asks_notice: bool = True
    samples: list[dict[str, Any]] | None = None
    position_state: str = "ok"
    shutter_at: datetime = FIRST_SHUTTER
    between: timedelta = timedelta(seconds=20)
    sending: timedelta = timedelta(minutes=4)
    phone_wrong: timedelta = timedelta(seconds=3)
    offset_known: bool = True
    monotonic_slip: timedelta = timedelta(0)
    ticket: dict[str, Any] = field(default_factory=dict)
    ticket_key: bytes | None = TICKET_KEY
    seq: int = 2
    prev: str = ""
    number_taken: bool = False
    before_came: bool = True
    key: ec.EllipticCurvePrivateKey = DEVICE_KEY
    altered: bool = False
    doubts: set[Doubt] = field(default_factory=set)
    gap_is_old: bool = False
    register: dict[str, Sheet] = field(default_factory=dict)
    codes_on_phone: list[str] = field(default_factory=list)
    door: Door | None = None
    no_door: bool = False
    earlier: list[EarlierShot] = field(default_factory=list)
    elsewhere: list[Elsewhere] = field(default_factory=list)
    excuse: str = ""

    def told(self, role: Role, photo: bytes, at: datetime) -> dict[str, Any]:
        """One capture as the phone tells of it; `at` is by our clock."""
        on_phone = at - self.phone_wrong
        samples = walking(place_at(self.number), on_phone) if self.samples is None else self.samples
        monotonic = (at - MORNING - (self.monotonic_slip if role is Role.NEAR else timedelta(0))).total_seconds() * 1000
        return {
            "capture_id": str(uuid5(HOUSE, f"{self.number} {role} {digest(photo)}")), "role": role.value,
            "sha256": digest(photo), "size": len(photo), "media_type": "image/jpeg",
            "mode": self.modes.get(role, self.mode), "shutter_at": on_phone.isoformat(), "monotonic_ms": monotonic,
            "samples": samples if self.position_state == "ok" else [], "position_state": self.position_state,
            "codes": self.codes_on_phone, "width": 4000, "height": 3000,
        }  # fmt: skip

    def captures(self) -> list[tuple[dict[str, Any], bytes]]:
        near_at, wide_at = self.shutter_at, self.shutter_at + self.between
        first, second = self.roles
        taken = [(first, self.near, near_at), (second, self.wide, wide_at)]
        return [(self.told(role, photo, at), photo) for role, photo, at in taken if photo]

    def raw(self) -> bytes:
        """The record as the phone wrote it."""
        made_at = self.shutter_at + max(self.between, timedelta(0)) + timedelta(seconds=30) - self.phone_wrong
        monotonic = (made_at + self.phone_wrong - MORNING).total_seconds() * 1000
        return canonical(
            {
                "v": 1, "record_id": str(uuid5(HOUSE, f"record {self.number}")), "device_id": str(PHONE),
                "seq": self.seq, "prev": self.prev or digest(b"the record before"), "kind": "report",
                "visit": str(visit_at(self.number)), "ticket": self.ticket_text(), "made_at": made_at.isoformat(),
                "clocks": {
                    "device_at": made_at.isoformat(), "monotonic_ms": monotonic, "time_origin_ms": 0.0,
                    "server_offset_ms": self.phone_wrong.total_seconds() * 1000 if self.offset_known else None,
                    "offset_learnt_at": MORNING.isoformat() if self.offset_known else None,
                },
                "report": {"result": "posted", "meaning": "left_at_address"},
                "captures": [told for told, _ in self.captures()], "sheet": None, "packet": None,
                "situation": "posting", "excuse": self.excuse or None,
            }
        )  # fmt: skip

    def ticket_text(self) -> str:
        if self.ticket_key is None:
            return ""
        told: dict[str, Any] = {"task": visit_at(self.number), "server": SERVER, "device": PHONE, "now": MORNING}
        ticket = field_ticket.issue(court=COURT, nonce=f"{self.number:032x}", address="a street", **told | self.ticket)
        return field_ticket.sign(ticket, self.ticket_key)

    def proof(self) -> Proof:
        """What the court has to grade."""
        raw = self.raw()
        signature = signed(raw, self.key)
        record = read(raw.replace(b"left_at_address", b"left_in_placeXX") if self.altered else raw)
        received_at = self.shutter_at + self.sending
        doubts = set(self.doubts)
        if not is_signed(record.raw, signature, kept_key(public(DEVICE_KEY))):
            doubts.add(Doubt.BAD_SIGNATURE)
        before = Link(self.seq - 1, digest(b"the record before")) if self.before_came else None
        doubts |= place_in_chain(record, before, number_taken=self.number_taken)
        ticket: Ticket | None = None
        try:
            ticket = field_ticket.read(record.ticket, [TICKET_KEY], MORNING, late=EVER) if record.ticket else None
        except TicketRefused:
            doubts.add(Doubt.TICKET_FORGED)
        if ticket is not None:
            doubts |= doubts_of_ticket(record, ticket, happened_at(None, record, received_at, None), received_at)
            if ticket.server != SERVER:
                doubts.add(Doubt.TICKET_FOREIGN)
        photos = [photo for _, photo in self.captures()]
        return Proof(
            attempt_id=visit_at(self.number),
            address_id=address_at(self.number),
            received_at=received_at,
            shots=tuple(
                shot_of(
                    capture,
                    seen := pictures.inspect(photo),
                    codes=[self.meant(code) for code in seen["codes"]],
                    codes_on_phone=[self.meant(code) for code in self.codes_on_phone],
                    otherwise_at=received_at,
                )
                for capture, photo in zip(record.captures, photos, strict=True)
            ),
            asks_notice=self.asks_notice,
            ticket=ticket,
            doubts=frozenset(doubts),
            gap_is_old=self.gap_is_old,
            clocks=record.clocks,
            door=None if self.no_door else self.door or Door(place_at(self.number), 15),
            earlier=(*everybody_else(self.number), *self.earlier),
            elsewhere=self.elsewhere,
            excuse=record.excuse,
            account_id=SERVER,
        )

    def meant(self, code: str) -> NoticeResult:
        """What the register says of a code that was read at this visit."""
        register = {text_of(number): sheet_of(number) for number in range(DOORS)} | self.register
        known = verify(code, NOTICE_KEY) is not None
        visited = Visited(visit_at(self.number), uuid5(HOUSE, f"order {self.number}"))
        return finding(register.get(code) if known else None, visited, self.shutter_at).result


def posting(number: int = 0) -> Scene:
    """An ordinary honest posting at one of the doors."""
    return Scene(
        number,
        near=near_photo(number),
        wide=wide_photo(number),
        shutter_at=FIRST_SHUTTER + timedelta(minutes=12 * number),
        phone_wrong=timedelta(seconds=3 * number - 20),
    )


@cache
def near_photo(number: int) -> bytes:
    return pictures.written(pictures.near(number, text_of(number)))


@cache
def wide_photo(number: int) -> bytes:
    return pictures.written(pictures.wide(number, text_of(number)))


@cache
def everybody_else(number: int) -> tuple[EarlierShot, ...]:
    """The pictures of all other doors, which every proof is compared with."""
    return tuple(
        earlier(photo, other, role)
        for other in range(DOORS)
        if other != number
        for photo, role in ((near_photo(other), Role.NEAR), (wide_photo(other), Role.WIDE))
    )


def earlier(photo: bytes, number: int, role: Role = Role.WIDE, *, visit: str = "", by: UUID = SERVER) -> EarlierShot:
    """A picture that was brought before, for the visit at a door or for an older one there."""
    hashes = pictures.inspect(photo)["hashes"]
    attempt = uuid5(HOUSE, visit) if visit else visit_at(number)
    return EarlierShot(
        uuid5(HOUSE, f"record {number} {visit}"), attempt, address_at(number), role, hashes["sha256"],
        hashes["pixels_sha256"], likeness_of(hashes), by,
    )  # fmt: skip


def picture_of(photo: bytes) -> Image.Image:
    return Image.open(io.BytesIO(photo)).convert("RGB")


def sample(place: Position, at: datetime, accuracy: float = 12.0, **more: float | None) -> dict[str, Any]:
    """One sample of a position as the browser gives it."""
    heights: dict[str, Any] = {"altitude_m": 498.3, "speed_mps": 0.1, "altitude_accuracy_m": 5.0, "heading": None}
    return {"lat": place.lat, "lon": place.lon, "accuracy_m": accuracy, "at": at.isoformat(), **heights, **more}


def walking(place: Position, at: datetime, accuracy: float = 12.0) -> list[dict[str, Any]]:
    """Four samples around the shutter, a few metres from the door, moving a little as receivers do."""
    steps = ((3e-5, 1e-5, -9), (2.1e-5, 2.3e-5, -4), (4.4e-5, 1.7e-5, 1), (3.6e-5, 0.4e-5, 6))
    return [
        sample(Position(place.lat + north, place.lon + east), at + timedelta(seconds=after), accuracy + after / 3)
        for north, east, after in steps
    ]


def elsewhere(number: int, place: Position, at: datetime) -> Elsewhere:
    """Where the same server was for the visit at another door."""
    fix = fix_of(sample(place, at))
    assert isinstance(fix, Fix)
    return Elsewhere(uuid5(HOUSE, f"record {number}"), visit_at(number), address_at(number), fix, at)


def public(key: ec.EllipticCurvePrivateKey) -> dict[str, object]:
    """The public key as a browser exports it."""
    numbers = key.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(one.to_bytes(32, "big")).rstrip(b"=").decode() for one in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def signed(raw: bytes, key: ec.EllipticCurvePrivateKey) -> str:
    """A signature as a browser makes it."""
    r, s = decode_dss_signature(key.sign(raw, ec.ECDSA(SHA256())))
    return base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).rstrip(b"=").decode()


Change = Callable[[Scene], None]
