"""Titles become kinds, and papers under different gates part."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.paper import TITLES, DocumentKind, Gate, clean_title, gate_of, kind_of, known_titles, split_by_gate

K = DocumentKind


@dataclass(frozen=True)
class Sheet:
    kind: DocumentKind


def sheets(*kinds: DocumentKind) -> list[Sheet]:
    return [Sheet(kind) for kind in kinds]


def test_every_kind_has_a_title_and_no_title_has_two_kinds() -> None:
    assert set(TITLES) == set(DocumentKind)
    titles = Counter(title for titles in TITLES.values() for title in titles)
    assert max(titles.values()) == 1
    assert all(kind_of(title) is not None for title in known_titles())


@pytest.mark.parametrize(
    ("written", "title", "kind"),
    [
        ("《起诉状副本》", "起诉状副本", K.COMPLAINT_COPY),
        ("1.应诉通知书2份", "应诉通知书", K.OTHER_DOCUMENT),
        ("举证通知书（一份）", "举证通知书", K.EVIDENCE_NOTICE),
        ("② 传票 x2", "传票", K.SUMMONS),
        ("民事判决书", "民事判决书", K.JUDGMENT),
        ("执行裁定书", "执行裁定书", K.OTHER_DOCUMENT),
        ("民事裁定书", "民事裁定书", K.RULING),
        ("Summons", "Summons", K.SUMMONS),
        ("mediation_statement", "mediation_statement", K.MEDIATION_STATEMENT),
        ("起诉状复印件", "起诉状复印件", None),
    ],
)
def test_a_title_is_cleaned_and_recognised(written: str, title: str, kind: DocumentKind | None) -> None:
    assert clean_title(written) == title
    assert kind_of(title) is kind


def test_without_a_consent_papers_stay_together() -> None:
    papers = sheets(K.COMPLAINT_COPY, K.SUMMONS, K.JUDGMENT, K.OTHER_DOCUMENT)
    assert split_by_gate(papers) == [tuple(papers)]


def test_a_mediation_statement_goes_alone() -> None:
    assert split_by_gate(sheets(K.SUMMONS, K.MEDIATION_STATEMENT, K.OTHER_DOCUMENT)) == [
        tuple(sheets(K.SUMMONS, K.OTHER_DOCUMENT)),
        tuple(sheets(K.MEDIATION_STATEMENT)),
    ]


def test_a_cover_stays_with_the_paper_that_it_covers() -> None:
    assert split_by_gate(sheets(K.OTHER_DOCUMENT, K.PAYMENT_ORDER)) == [
        tuple(sheets(K.OTHER_DOCUMENT, K.PAYMENT_ORDER))
    ]


def test_papers_outside_the_consent_part_from_those_inside() -> None:
    scope = frozenset(K) - {K.JUDGMENT, K.RULING, K.MEDIATION_STATEMENT}
    assert split_by_gate(sheets(K.JUDGMENT, K.SUMMONS, K.RULING), scope) == [
        tuple(sheets(K.SUMMONS)),
        tuple(sheets(K.JUDGMENT, K.RULING)),
    ]


@given(st.lists(st.sampled_from(K)), st.none() | st.frozensets(st.sampled_from(K)))
def test_no_paper_is_lost_and_gates_never_mix(kinds: list[DocumentKind], scope: frozenset[DocumentKind] | None) -> None:
    papers = sheets(*kinds)
    groups = split_by_gate(papers, scope)
    assert Counter(paper.kind for group in groups for paper in group) == Counter(kinds)
    for group in groups:
        gates = {gate_of(paper.kind, scope) for paper in group if paper.kind is not K.OTHER_DOCUMENT}
        assert len(gates) <= 1
        covers_outside = (
            K.OTHER_DOCUMENT in {p.kind for p in group} and gate_of(K.OTHER_DOCUMENT, scope) is not Gate.OPEN
        )
        assert not covers_outside or gates <= {Gate.OUTSIDE_CONSENT}
