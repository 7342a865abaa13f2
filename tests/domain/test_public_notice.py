"""What a public notice must say before it is printed, and the periods that it names."""

from datetime import date

import pytest

from delivery.domain.case import Instance, Procedure
from delivery.domain.law.act_vocabulary import Content
from delivery.domain.law.vocabulary import Domicile
from delivery.domain.paper import DocumentKind
from delivery.domain.public_notice import Period, Subject, answer_days, appeal_days, lacking, notice_period, to_write

CALLING = frozenset({DocumentKind.COMPLAINT_COPY, DocumentKind.SUMMONS})
JUDGMENT = frozenset({DocumentKind.JUDGMENT})
TODAY = date(2026, 3, 2)


def _subject(
    papers: frozenset[DocumentKind] = CALLING,
    procedure: Procedure = Procedure.ORDINARY,
    instance: Instance = Instance.FIRST,
    domicile: Domicile = Domicile.MAINLAND,
    *,
    has_hearing: bool = True,
) -> Subject:
    return Subject(papers, procedure, instance, domicile, has_hearing)


def test_each_paper_asks_for_its_own_words() -> None:
    assert set(to_write(_subject())) == {Content.REASON, Content.CLAIM_POINTS, Content.HEARING_PLACE}
    assert set(to_write(_subject(JUDGMENT))) == {Content.REASON, Content.MAIN_CONTENT, Content.APPEAL_COURT}
    assert set(to_write(_subject(frozenset({DocumentKind.EVIDENCE_NOTICE})))) == {Content.REASON}


@pytest.mark.parametrize(
    "subject", [_subject(JUDGMENT, instance=Instance.SECOND), _subject(JUDGMENT, Procedure.SMALL_CLAIMS)]
)
def test_a_last_instance_names_no_appeal(subject: Subject) -> None:
    assert Content.APPEAL_COURT not in to_write(subject)


def test_nothing_is_printed_before_it_is_complete() -> None:
    written = {"reason": "下落不明", "claim_points": "  ", "hearing_place": "第三法庭"}
    assert lacking(_subject(has_hearing=False), written) == (Content.CLAIM_POINTS, Content.HEARING_TIME)
    assert lacking(_subject(), written | {"claim_points": "请求还款"}) == ()


@pytest.mark.parametrize(
    ("domicile", "period"),
    [
        (Domicile.MAINLAND, Period("days", 30)),
        (Domicile.FOREIGN, Period("days", 60)),
        (Domicile.HONG_KONG, Period("months", 3)),
        (Domicile.TAIWAN, Period("months", 3)),
    ],
)
def test_how_long_a_notice_hangs_follows_the_domicile(domicile: Domicile, period: Period) -> None:
    assert notice_period(domicile, TODAY) == period


def test_the_partys_own_periods_are_the_laws_or_a_persons_to_name() -> None:
    both = JUDGMENT | {DocumentKind.RULING}
    assert (answer_days(Domicile.MAINLAND), answer_days(Domicile.FOREIGN)) == (15, 30)
    assert dict(appeal_days(_subject(both))) == {DocumentKind.JUDGMENT: 15, DocumentKind.RULING: 10}
    assert dict(appeal_days(_subject(both, domicile=Domicile.FOREIGN))) == dict.fromkeys(both, 30)
    macao = _subject(CALLING | both, domicile=Domicile.MACAO)
    assert appeal_days(macao) == ()
    assert {Content.ANSWER_PERIOD, Content.APPEAL_PERIOD} <= set(to_write(macao))
