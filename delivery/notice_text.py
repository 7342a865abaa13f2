"""The text of a public notice in both languages: what a person wrote, set among what the case and the law say."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from delivery.domain.case import CAME_TO_COURT, Instance, Procedure
from delivery.domain.errors import RequestError
from delivery.domain.law.act_vocabulary import Content
from delivery.domain.law.vocabulary import Domicile
from delivery.domain.paper import DocumentKind
from delivery.domain.public_notice import Subject, answer_days, appeal_days, lacking, needed, notice_period, to_write
from delivery.store.cases import Case, Recipient
from delivery.store.courts import Court
from delivery.store.orders import ServiceOrder, documents_of
from delivery.wording import say

Written = Mapping[str, str]


def subject_of(session: Session, order: ServiceOrder) -> Subject:
    """What the notice of this order is about, in the words of the rule."""
    case = session.get_one(Case, (order.court_id, order.case_id))
    recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
    return Subject(
        papers=frozenset(DocumentKind(paper.kind) for paper in documents_of(session, order.court_id, order.id)),
        procedure=Procedure(case.procedure),
        instance=Instance(case.instance),
        domicile=Domicile(recipient.domicile),
        has_hearing=case.hearing_at is not None,
    )


def text_of(session: Session, order: ServiceOrder, written: Written, *, on: date) -> Mapping[str, list[str]]:
    """Language -> the paragraphs. Raises `RequestError("notice_text_missing")` while a part of it is open."""
    subject = subject_of(session, order)
    if lacking(subject, written):
        raise RequestError("notice_text_missing", status=422)
    composer = _Composer(session, order, subject, written, on)
    return {language: list(composer.paragraphs(language)) for language in ("zh", "en")}


class _Composer:
    """One notice's text, paragraph by paragraph."""

    def __init__(self, session: Session, order: ServiceOrder, subject: Subject, written: Written, on: date) -> None:
        self._case = session.get_one(Case, (order.court_id, order.case_id))
        self._recipient = session.get_one(Recipient, (order.court_id, order.recipient_id))
        self._zone = ZoneInfo(session.get_one(Court, order.court_id).time_zone)
        self._papers = documents_of(session, order.court_id, order.id)
        self._subject, self._written, self._on = subject, written, on
        self._by_hand = to_write(subject)

    def paragraphs(self, language: str) -> Iterator[str]:
        """In the order of INT 139."""
        yield self._opening(language)
        parts = needed(self._subject)
        if Content.CLAIM_POINTS in parts:
            yield from self._claims(language)
        if Content.HEARING_TIME in parts:
            yield self._hearing(language)
        if Content.MAIN_CONTENT in parts:
            decisions = self._titles(language, DocumentKind.JUDGMENT, DocumentKind.RULING)
            content = self._written[Content.MAIN_CONTENT]
            yield say(language, "door_sheet.public.main_content", titles=decisions, content=content)
        if Content.APPEAL_RIGHT in parts:
            yield from self._appeals(language)

    def _opening(self, language: str) -> str:
        cause, number = self._case.cause, self._case.number
        key = "door_sheet.public.matter" if cause else "door_sheet.public.matter_plain"
        matter = say(language, key, cause=cause, case=number)
        period = notice_period(self._subject.domicile, self._on)
        abroad = self._subject.domicile is Domicile.FOREIGN
        return say(
            language,
            "door_sheet.public.opening",
            matter=matter,
            reason=self._written[Content.REASON].rstrip("。."),
            article=say(language, f"door_sheet.public.article_{'283' if abroad else '95'}"),
            titles=self._titles(language),
            period=say(language, f"door_sheet.public.{period.unit}", length=period.length),
        )

    def _claims(self, language: str) -> Iterator[str]:
        kind = "complaint_copy" if DocumentKind.COMPLAINT_COPY in self._subject.papers else "appeal_copy"
        yield say(language, f"door_sheet.public.{kind}", points=self._written[Content.CLAIM_POINTS])
        if Content.ANSWER_PERIOD in self._by_hand:
            yield say(language, "door_sheet.public.answer_set", period=self._written[Content.ANSWER_PERIOD])
        else:
            yield say(language, "door_sheet.public.answer", days=answer_days(self._subject.domicile))

    def _hearing(self, language: str) -> str:
        assert self._case.hearing_at is not None
        came = self._recipient.role in CAME_TO_COURT
        return say(
            language,
            "door_sheet.public.hearing",
            at=self._moment(language, self._case.hearing_at),
            place=self._written[Content.HEARING_PLACE],
            absence=say(language, f"door_sheet.public.absent_{'plaintiff' if came else 'party'}"),
        )

    def _appeals(self, language: str) -> Iterator[str]:
        court = self._written[Content.APPEAL_COURT]
        if Content.APPEAL_PERIOD in self._by_hand:
            decisions = self._titles(language, DocumentKind.JUDGMENT, DocumentKind.RULING)
            period = self._written[Content.APPEAL_PERIOD]
            yield say(language, "door_sheet.public.appeal_set", titles=decisions, court=court, period=period)
        for kind, days in appeal_days(self._subject):
            yield say(language, "door_sheet.public.appeal", title=self._titles(language, kind), court=court, days=days)

    def _titles(self, language: str, *kinds: DocumentKind) -> str:
        chosen = [paper for paper in self._papers if not kinds or paper.kind in kinds]
        return ("、" if language == "zh" else ", ").join(paper.title for paper in chosen)

    def _moment(self, language: str, moment: datetime) -> str:
        local = moment.astimezone(self._zone)
        if language == "zh":
            return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"
        return f"{local:%Y-%m-%d %H:%M}"
