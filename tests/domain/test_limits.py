"""What the law bars is read from its engine, so that no list of prohibitions is kept beside the rules."""

from datetime import date
from itertools import product

import pytest

from delivery.domain.case import Procedure
from delivery.domain.event import Channel
from delivery.domain.law.rules import RULES
from delivery.domain.limits import Method, forbidden_methods, limits_of, method_of
from delivery.domain.paper import DocumentKind
from delivery.domain.plan import Pool, Purpose, Step

TODAY = date(2026, 3, 2)
BEFORE_2022 = date(2021, 12, 31)


@pytest.mark.parametrize(
    ("paper", "procedure", "on", "expected"),
    [
        (DocumentKind.COMPLAINT_COPY, Procedure.ORDINARY, TODAY, {}),
        (DocumentKind.COMPLAINT_COPY, Procedure.SUMMARY, TODAY, {Method.PUBLIC_NOTICE: "INT-140"}),
        (DocumentKind.SUMMONS, Procedure.SMALL_CLAIMS, TODAY, {Method.PUBLIC_NOTICE: "CPL-166"}),
        (DocumentKind.JUDGMENT, Procedure.ORDINARY, TODAY, {Method.TELEPHONE: "OP19-14"}),
        (
            DocumentKind.RULING,
            Procedure.ORDINARY,
            BEFORE_2022,
            {Method.TELEPHONE: "OP19-14", Method.ELECTRONIC: "CPL-90"},
        ),
        (
            DocumentKind.MEDIATION_STATEMENT,
            Procedure.ORDINARY,
            TODAY,
            {Method.TELEPHONE: "OP19-14", Method.LEFT_IN_PLACE: "INT-133", Method.PUBLIC_NOTICE: "INT-133"},
        ),
        (DocumentKind.PAYMENT_ORDER, Procedure.PAYMENT_ORDER, TODAY, {Method.PUBLIC_NOTICE: "INT-430"}),
        (DocumentKind.PAYMENT_ORDER, Procedure.ORDINARY, TODAY, {Method.PUBLIC_NOTICE: "INT-430"}),
    ],
)
def test_what_is_barred(paper: DocumentKind, procedure: Procedure, on: date, expected: dict[Method, str]) -> None:
    assert forbidden_methods({paper}, procedure, on) == expected


def test_a_bar_on_one_paper_is_a_bar_on_all_that_travel_with_it() -> None:
    for one, other in product(DocumentKind, repeat=2):
        for procedure in Procedure:
            alone = set(forbidden_methods({one}, procedure, TODAY))
            assert alone <= set(forbidden_methods({one, other}, procedure, TODAY))


def test_handing_over_and_mail_are_open_to_every_paper() -> None:
    for paper, procedure, on in product(DocumentKind, Procedure, (TODAY, BEFORE_2022)):
        barred = forbidden_methods({paper}, procedure, on)
        assert not {Method.DIRECT, Method.POST} & set(barred)
        assert set(barred.values()) <= set(RULES)


def test_every_channel_has_its_method_and_a_question_has_none() -> None:
    for channel in Channel:
        assert method_of(Step(channel, Purpose.E_SERVICE, Pool.USABLE)) is not None
        assert method_of(Step(channel, Purpose.CONFIRM_ADDRESS, Pool.REUSED)) is None


def test_decisions_wait_for_consent_and_secrets_stay_off_the_door() -> None:
    message = Step(Channel.SMS, Purpose.E_SERVICE, Pool.USABLE)
    question = Step(Channel.SMS, Purpose.CONFIRM_ADDRESS, Pool.REUSED)
    sheet = Step(Channel.POSTING, Purpose.DOOR_NOTICE, Pool.USABLE)
    judgment = limits_of({DocumentKind.JUDGMENT}, Procedure.ORDINARY, TODAY)
    summons = limits_of({DocumentKind.SUMMONS}, Procedure.ORDINARY, TODAY, confidential=True)
    assert judgment.needs_consent(message)
    assert not judgment.needs_consent(question)
    assert not summons.needs_consent(message)
    assert judgment.bar(sheet) == ""
    assert summons.bar(sheet) == "confidential_at_the_door"
    mediation = limits_of({DocumentKind.MEDIATION_STATEMENT}, Procedure.ORDINARY, TODAY)
    assert mediation.bar(sheet) == "forbidden_for_papers"
