"""Sheets on paper: what stands on a visit notice, a blank pad and a public notice, and their pages as PDF.

The same rows give the same bytes. A visit notice names neither case nor papers, and of a person's name only the
beginning: it hangs where neighbours pass.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.addressing import shown_address
from delivery.domain.errors import RequestError
from delivery.domain.notice import NoticeKind, name_on_a_door
from delivery.domain.notice_code import grouped, printed_url
from delivery.domain.public_notice import to_write
from delivery.notice_text import subject_of, text_of
from delivery.store.cases import Case, Recipient
from delivery.store.courts import Court
from delivery.store.notices import Notice
from delivery.store.orders import Attempt, ServiceOrder
from delivery.store.parties import Address, Party
from delivery.typesetting import Value, typeset
from delivery.wording import say

_TEMPLATE = "notices"
_MODULE_MM = 1.25
_LEAST_MM = 40.0
_QUIET = 4  # modules of white on each side, as the standard of the code asks for


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A QR code: SVG, and the width to print it at with its quiet margin, mm."""

    svg: str
    width_mm: float


def pages(session: Session, notices: Sequence[Notice], *, base_url: str) -> bytes:
    """These sheets as one PDF, in the given order.

    Raises `RequestError`: letters_missing (a name that cannot be printed), notice_text_missing, nothing_chosen.
    """
    if not notices:
        raise RequestError("nothing_chosen", status=422)
    data = [_sheet(session, notice, base_url) for notice in notices]
    return typeset(_TEMPLATE, data, made_at=max(notice.minted_at for notice in notices))


def _sheet(session: Session, notice: Notice, base_url: str) -> Mapping[str, Value]:
    court = session.get_one(Court, notice.court_id)
    letters = notice.code or ""
    url = printed_url(base_url, letters)
    drawn = _drawn(url)
    common: dict[str, Value] = {
        "court": court.name,
        "court_en": court.name_en,
        "code": grouped(letters),
        "code_label": say("zh", "door_sheet.code"),
        "url": url,
        "qr": drawn.svg,
        "qr_mm": drawn.width_mm,
    }
    if notice.kind == NoticeKind.PUBLIC_NOTICE_SHEET:
        return common | _public(session, notice, court)
    if notice.kind == NoticeKind.PAD:
        by_hand = [say("zh", f"door_sheet.by_hand_{what}") for what in ("to", "at", "by")]
        number = say("zh", "door_sheet.pad_number", number=notice.number or 0)
        return common | _visit(court) | {"to": "", "place": "", "number": number, "by_hand": by_hand}
    return common | _visit(court) | _whose(session, notice)


def _visit(court: Court) -> dict[str, Value]:
    """What every visit notice says, in both languages: nobody knows who will read it."""
    lines = {
        language: [
            say(language, "door_sheet.visited", court=court.name if language == "zh" else court.name_en),
            say(language, "door_sheet.how"),
            say(language, "door_sheet.phone", phone=court.phone)
            if court.phone
            else say(language, "door_sheet.no_phone"),
        ]
        for language in ("zh", "en")
    }
    points = {
        language: [say(language, f"door_sheet.{what}") for what in ("opens_nothing", "genuine", "keep")]
        for language in ("zh", "en")
    }
    return {
        "form": "visit",
        "title": say("zh", "door_sheet.title"),
        "paragraphs": lines["zh"],
        "points": points["zh"],
        "by_hand": [say("zh", f"door_sheet.by_hand_{what}") for what in ("at", "by")],
        "number": "",
        "english": {"title": say("en", "door_sheet.title"), "paragraphs": [*lines["en"], " ".join(points["en"])]},
    }


def _whose(session: Session, notice: Notice) -> dict[str, Value]:
    """As much of the name as may hang at a door, and which door that is."""
    order = session.get_one(ServiceOrder, (notice.court_id, notice.order_id))
    case = session.get_one(Case, (notice.court_id, order.case_id))
    party = _party(session, order)
    name = name_on_a_door(party.name or "", party.kind, confidential=case.confidential)
    place = _place(session, notice)
    return {
        "to": say("zh", "door_sheet.to", name=name) if name else "",
        "place": say("zh", "door_sheet.place", address=place) if place else "",
    }


def _public(session: Session, notice: Notice, court: Court) -> dict[str, Value]:
    order = session.get_one(ServiceOrder, (notice.court_id, notice.order_id))
    recipient = session.get_one(Recipient, (notice.court_id, order.recipient_id))
    written = json.loads(notice.content or "{}")
    text = text_of(session, order, written, on=_local(notice.minted_at, court).date())
    abroad = recipient.language != "zh" or recipient.domicile == "foreign"
    place = _place(session, notice)
    return {
        "form": "public",
        "title": say("zh", "door_sheet.public.title"),
        "to": say("zh", "door_sheet.public.to", name=_party(session, order).name or ""),
        "paragraphs": text["zh"],
        "dated": _chinese_day(_local(notice.minted_at, court)),
        "points": [say("zh", "door_sheet.public.check"), say("zh", "door_sheet.genuine"), say("zh", "door_sheet.keep")],
        "place": say("zh", "door_sheet.place", address=place) if place else "",
        "english": {"title": say("en", "door_sheet.public.title"), "paragraphs": text["en"] if abroad else []},
    }


def written_of(session: Session, order: ServiceOrder, content: Mapping[str, str]) -> str:
    """What a person wrote for a public notice, as it is kept: only the parts that this notice needs."""
    parts = to_write(subject_of(session, order))
    return json.dumps({part.value: content[part].strip() for part in parts}, ensure_ascii=False, sort_keys=True)


def _party(session: Session, order: ServiceOrder) -> Party:
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    return session.get_one(Party, (order.court_id, recipient.party_id))


def _place(session: Session, notice: Notice) -> str:
    attempt = session.get_one(Attempt, (notice.court_id, notice.attempt_id))
    if attempt.address_id is None:
        return ""
    address = session.get_one(Address, (notice.court_id, attempt.address_id))
    return shown_address(address.kind, address.value or "")


def _local(moment: datetime, court: Court) -> datetime:
    return moment.astimezone(ZoneInfo(court.time_zone))


def _chinese_day(moment: datetime) -> str:
    return f"{moment.year}年{moment.month}月{moment.day}日"


def _drawn(url: str) -> _Drawn:
    """The code at 1.25 mm a module and never under 40 mm: what a telephone reads from where the whole sheet shows."""
    import segno

    code = segno.make(url, error="m", micro=False, boost_error=False)
    modules = code.symbol_size(border=0)[0]
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", border=_QUIET, xmldecl=False, nl=False, omitsize=True)
    width = max(_LEAST_MM, modules * _MODULE_MM) * (modules + 2 * _QUIET) / modules
    return _Drawn(drawn.getvalue().decode(), width)
