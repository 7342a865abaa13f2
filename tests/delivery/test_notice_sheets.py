"""Sheets as paper: read back as text and as a code, the same twice, and never with a hole in a name."""

from datetime import timedelta

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy.orm import Session

from delivery.domain.errors import RequestError
from delivery.domain.event import Channel
from delivery.domain.notice import NoticeKind, name_on_a_door
from delivery.domain.notice_code import grouped, printed_url
from delivery.domain.paper import DocumentKind
from delivery.intake_entries import PaperEntry
from delivery.notice_sheets import pages, written_of
from delivery.noticing import mint, mint_pads
from delivery.store.ids import new_id
from delivery.store.notices import Notice, pads_of
from delivery.store.orders import Attempt, ServiceOrder, attempts_of
from tests.delivery.scene import HOME, PAPER, Scene

BASE_URL = "https://songda.qinghe.cn"
WRITTEN = {
    "reason": "采用直接送达、邮寄送达等方式均无法向你送达。",
    "claim_points": "请求判令被告归还借款。<b>#set</b> $x$",
    "hearing_place": "第三法庭",
    "appeal_court": "云州市中级人民法院",
    "main_content": "被告应于判决生效后十日内还款。",
}
_DOTS_PER_POINT = 150 / 72
_POINTS_PER_MM = 72 / 25.4


def _read(pdf: bytes) -> list[tuple[str, str, float]]:
    """Of each page its text, its code and the code's width in mm."""
    found = []
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        picture = page.render(scale=_DOTS_PER_POINT).to_pil()
        codes = zxingcpp.read_barcodes(picture)
        width = (codes[0].position.top_right.x - codes[0].position.top_left.x) / _DOTS_PER_POINT / _POINTS_PER_MM
        found.append(("".join(page.get_textpage().get_text_range().split()), codes[0].text, width))
    document.close()
    return found


def _printed(scene: Scene, *notices: Notice) -> bytes:
    with scene.looking() as session:
        rows = [session.get_one(Notice, (scene.court_id, notice.id)) for notice in notices]
        return pages(session, rows, base_url=BASE_URL)


def _mint(scene: Scene, channel: Channel = Channel.IN_PERSON, content: str | None = None) -> Notice:
    with scene.runtime.transaction() as session:
        visit = next(a for a in attempts_of(session, scene.court_id, scene.order_id) if a.channel == channel)
        notice = mint(session, scene.court_id, visit.id, by=None, now=scene.now, content=content)
        session.flush()
        session.expunge(notice)
    return notice


def _letters(scene: Scene, notice: Notice) -> str:
    with scene.looking() as session:
        return session.get_one(Notice, (scene.court_id, notice.id)).code or ""


def _proclaim(scene: Scene) -> None:
    """A public notice was approved and is due."""

    def plan(session: Session, order: ServiceOrder) -> None:
        session.add(
            Attempt(
                court_id=order.court_id,
                id=new_id(),
                order_id=order.id,
                tier="public_notice",
                channel=Channel.PUBLICATION,
                purpose="public_notice",
                idempotency_key="publication",
                status="planned",
                planned_at=scene.now,
            )
        )

    scene.change(plan)


def _open(scene: Scene, *kinds: DocumentKind, **more: object) -> None:
    titles = {
        DocumentKind.COMPLAINT_COPY: "起诉状副本",
        DocumentKind.SUMMONS: "传票",
        DocumentKind.JUDGMENT: "民事判决书",
    }
    sha256 = scene.runtime.blobs.put(scene.court_id, PAPER)
    papers = tuple(PaperEntry(kind, titles[kind], sha256, len(PAPER), "application/pdf") for kind in kinds)
    scene.open(HOME, papers=papers, **more)


def test_a_visit_notice_says_nothing_about_the_case(scene: Scene) -> None:
    scene.open(HOME)
    scene.run()
    notice = _mint(scene)
    letters = _letters(scene, notice)

    pdf = _printed(scene, notice)
    ((text, code, width),) = _read(pdf)
    assert code == printed_url(BASE_URL, letters)
    assert width >= 40
    for said in ("云州市青河区人民法院", "QingheDistrictCourt", "李＊：", "滨河路8号", "12368", grouped(letters)):
        assert said in text
    for unsaid in ("李伟", "民初", "起诉状", "被告"):
        assert unsaid not in text
    assert _printed(scene, notice) == pdf


def test_pads_carry_their_numbers_and_a_code_each(scene: Scene) -> None:
    with scene.runtime.transaction() as session:
        batch = mint_pads(session, scene.court_id, 3, by=None, now=scene.now)
        pads = pads_of(session, scene.court_id, batch)
        urls = [printed_url(BASE_URL, pad.code or "") for pad in pads]
        session.flush()
        session.expunge_all()

    read = _read(_printed(scene, *pads))
    assert [code for _, code, _ in read] == urls
    assert [f"No.00000{number}" in text for number, (text, _, _) in enumerate(read, 1)] == [True] * 3
    assert all("受送达人：" in text for text, _, _ in read)


def test_a_public_notice_says_what_it_must(scene: Scene) -> None:
    _open(
        scene, DocumentKind.COMPLAINT_COPY, DocumentKind.SUMMONS,
        language="en", hearing_at=scene.now + timedelta(days=90),
    )  # fmt: skip
    _proclaim(scene)
    with scene.looking() as session:
        content = written_of(session, session.get_one(ServiceOrder, (scene.court_id, scene.order_id)), WRITTEN)
    notice = _mint(scene, Channel.PUBLICATION, content)
    assert notice.kind == NoticeKind.PUBLIC_NOTICE_SHEET

    ((text, code, _),) = _read(_printed(scene, notice))
    assert code == printed_url(BASE_URL, _letters(scene, notice))
    said = (
        "李伟：", "（2026）云0102民初1号", "均无法向你送达，依照", "第九十五条", "起诉状副本、传票",
        "经过30日，即视为送达",
        "起诉要点：请求判令被告归还借款。<b>#set</b>$x$", "公告期满后15日内", "2026年5月31日", "第三法庭", "缺席",
        "2026年3月2日", "servesonyoubypublicnotice",
    )  # fmt: skip
    assert [part for part in said if part not in text] == []
    assert "判决书" not in text


def test_a_judgment_names_the_way_of_appeal_in_chinese_alone_for_a_chinese_reader(scene: Scene) -> None:
    _open(scene, DocumentKind.JUDGMENT)
    _proclaim(scene)
    with scene.looking() as session:
        content = written_of(session, session.get_one(ServiceOrder, (scene.court_id, scene.order_id)), WRITTEN)
    ((text, _, _),) = _read(_printed(scene, _mint(scene, Channel.PUBLICATION, content)))
    assert "上诉于云州市中级人民法院" in text
    assert "民事判决书主要内容：被告应于判决生效后十日内还款。" in text
    assert "Publicnotice" not in text


def test_an_unfinished_notice_is_not_printed(scene: Scene) -> None:
    _open(scene, DocumentKind.SUMMONS)
    _proclaim(scene)
    notice = _mint(scene, Channel.PUBLICATION, '{"reason": "x", "hearing_place": "y"}')
    with pytest.raises(RequestError, match="notice_text_missing"):  # the case has no hearing
        _printed(scene, notice)


def test_a_letter_that_no_font_has_is_named(scene: Scene) -> None:
    scene.open(HOME, recipient_name="𠮷田")
    scene.run()
    with pytest.raises(RequestError, match="letters_missing") as refused:
        _printed(scene, _mint(scene))
    assert refused.value.arguments["letters"] == "𠮷 (U+20BB7)"


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("李伟", "natural_person", "李＊"),
        ("㛃𬭎䶮", "natural_person", "㛃＊＊"),
        ("John Smith", "natural_person", "J*** S***"),
        ("云州大河商贸有限公司", "organisation", "云州大河商贸有限公司"),
    ],
)
def test_a_name_at_a_door_is_known_to_its_owner(name: str, kind: str, shown: str) -> None:
    assert name_on_a_door(name, kind, confidential=False) == shown
    assert name_on_a_door(name, kind, confidential=True) == ""
