"""The choice of a template: total, for the order that it is meant for, and never one that offers what the law bars."""

from collections.abc import Iterator
from datetime import date
from itertools import product

import pytest

from delivery.domain.case import Instance, Procedure
from delivery.domain.errors import RequestError
from delivery.domain.limits import Method
from delivery.domain.paper import DocumentKind
from delivery.domain.plan import Plan, PlanMalformed, thaw_plan
from delivery.domain.plan_choice import (
    Occasion,
    PlanReason,
    barred_methods,
    choose_plan,
    lasting_limits,
    offered_methods,
    read_template,
)
from delivery.planning import plan_for, plan_named, plan_templates, templates
from tools.write_plans import PAGE, page

TODAY = date(2026, 3, 2)
SUMMONS = frozenset({DocumentKind.COMPLAINT_COPY, DocumentKind.SUMMONS})
JUDGMENT = frozenset({DocumentKind.JUDGMENT})
MEDIATION = frozenset({DocumentKind.MEDIATION_STATEMENT})
PAYMENT = frozenset({DocumentKind.PAYMENT_ORDER})


def _occasions() -> Iterator[Occasion]:
    """Every paper alone and beside every other, in every procedure and instance, secret or not, near or far."""
    pairs = {frozenset(pair) for pair in product(DocumentKind, repeat=2)}
    for papers, procedure, instance in product(sorted(pairs, key=sorted), Procedure, Instance):
        for confidential, days in product((False, True), (None, -1, 0, 7, 8)):
            yield Occasion(papers, procedure, instance, confidential, days)


@pytest.mark.parametrize(
    ("occasion", "template", "reason"),
    [
        (Occasion(SUMMONS, Procedure.ORDINARY), "standard", PlanReason.USUAL),
        (Occasion(SUMMONS, Procedure.SUMMARY), "small_claims", PlanReason.SUMMARY),
        (Occasion(SUMMONS, Procedure.SMALL_CLAIMS), "small_claims", PlanReason.SMALL_CLAIMS),
        (Occasion(SUMMONS, Procedure.ORDINARY, days_to_hearing=7), "fast_track", PlanReason.NEAR_HEARING),
        (Occasion(SUMMONS, Procedure.ORDINARY, days_to_hearing=8), "standard", PlanReason.USUAL),
        (Occasion(SUMMONS, Procedure.ORDINARY, days_to_hearing=-1), "standard", PlanReason.USUAL),
        (Occasion(SUMMONS, Procedure.ORDINARY, confidential=True), "confidential", PlanReason.CONFIDENTIAL),
        (
            Occasion(SUMMONS, Procedure.SUMMARY, confidential=True, days_to_hearing=0),
            "fast_track",
            PlanReason.NEAR_HEARING,
        ),
        (Occasion(SUMMONS, Procedure.ORDINARY, Instance.ENFORCEMENT), "enforcement", PlanReason.ENFORCEMENT),
        (Occasion(JUDGMENT, Procedure.SMALL_CLAIMS, days_to_hearing=3), "judgment", PlanReason.DECISIONS),
        (Occasion(SUMMONS | JUDGMENT, Procedure.ORDINARY), "judgment", PlanReason.DECISIONS),
        (
            Occasion(MEDIATION | JUDGMENT, Procedure.ORDINARY),
            "mediation_statement",
            PlanReason.MEDIATION_STATEMENT,
        ),
        (Occasion(PAYMENT, Procedure.PAYMENT_ORDER), "payment_order", PlanReason.PAYMENT_ORDER),
        (Occasion(SUMMONS, Procedure.PAYMENT_ORDER, days_to_hearing=2), "payment_order", PlanReason.PAYMENT_ORDER),
    ],
)
def test_what_is_chosen(occasion: Occasion, template: str, reason: PlanReason) -> None:
    chosen = choose_plan(occasion)
    assert (chosen.template, chosen.reason) == (template, reason)


def test_whatever_the_order_its_template_is_meant_for_it_and_offers_nothing_barred() -> None:
    for occasion in _occasions():
        template = templates()[choose_plan(occasion).template]
        assert occasion.group in template.papers, occasion
        assert occasion.procedure in template.procedures, occasion
        assert template.confidential or not occasion.confidential, occasion
        limits = lasting_limits(occasion.papers, occasion.procedure, TODAY, confidential=occasion.confidential)
        assert barred_methods(template.plan, limits) == [], occasion


def test_every_template_but_the_comparison_is_chosen_for_something() -> None:
    chosen = {choose_plan(occasion).template for occasion in _occasions()}
    assert chosen == set(templates()) - {"mail-only"}


def test_what_is_barred_for_its_papers_a_template_says_it_never_offers() -> None:
    """The page about plans names the bar and its rule; the bars of summary procedure alone end with a conversion."""
    for occasion in _occasions():
        if occasion.procedure in {Procedure.SUMMARY, Procedure.SMALL_CLAIMS} or occasion.confidential:
            continue
        template = templates()[choose_plan(occasion).template]
        barred = lasting_limits(occasion.papers, occasion.procedure, TODAY).forbidden
        stated = {never.method for never in template.never} | ({Method.TELEPHONE} - offered_methods(template.plan))
        assert set(barred) <= stated, occasion


@pytest.mark.parametrize(
    ("plan", "papers", "procedure", "confidential", "methods"),
    [
        ("standard", MEDIATION, Procedure.ORDINARY, False, "left_in_place, public_notice"),
        ("standard", PAYMENT, Procedure.PAYMENT_ORDER, False, "public_notice"),
        ("mail-only", MEDIATION, Procedure.ORDINARY, False, "public_notice"),
        ("standard", SUMMONS, Procedure.ORDINARY, True, "left_in_place"),
    ],
)
def test_a_named_plan_that_offers_what_is_barred_is_refused(
    plan: str,
    papers: frozenset[DocumentKind],
    procedure: Procedure,
    confidential: bool,  # noqa: FBT001
    methods: str,
) -> None:
    occasion = Occasion(papers, procedure, confidential=confidential)
    with pytest.raises(RequestError) as refused:
        plan_for(occasion, TODAY, named=plan)
    assert (refused.value.code, refused.value.arguments) == ("plan_forbidden", {"plan": plan, "methods": methods})


def test_a_named_plan_comes_before_the_courts_own_and_both_before_the_choice() -> None:
    occasion = Occasion(SUMMONS, Procedure.SUMMARY)
    named = plan_for(occasion, TODAY, named="standard", setting="mail-only")
    setting = plan_for(occasion, TODAY, setting="mail-only")
    chosen = plan_for(occasion, TODAY)
    told = [(item.plan.name, item.reason) for item in (named, setting, chosen)]
    assert told == [
        ("standard", PlanReason.NAMED),
        ("mail-only", PlanReason.COURT_SETTING),
        ("small_claims", PlanReason.SUMMARY),
    ]


def test_an_unknown_plan_is_refused_by_name() -> None:
    with pytest.raises(RequestError) as refused:
        plan_named("by-pigeon")
    assert refused.value.code == "plan_unknown"


def test_a_payment_order_runs_out_of_ways_before_it_lapses() -> None:
    """INT 430: thirty days from its issue; twenty working days are about as long."""
    assert sum(tier.wait_days for tier in plan_named("payment_order").tiers) <= 20


def test_a_frozen_plan_thaws_as_it_was() -> None:
    for plan in plan_templates().values():
        assert thaw_plan(plan.frozen()) == plan


def test_a_plan_frozen_before_days_and_delays_were_known_still_thaws() -> None:
    old = (
        '{"name": "standard", "tiers": [{"name": "mail", "steps": [{"channel": "post", "most": 1, "pool": "usable", '
        '"purpose": "court_mail", "tries": 1}], "wait_days": 15, "when": "always"}], "version": 1}'
    )
    thawed = thaw_plan(old)
    assert isinstance(thawed, Plan)
    assert (thawed.refer_after_days, thawed.tiers[0].counts, thawed.tiers[0].steps[0].after_days) == (
        None,
        "working",
        0,
    )


HEAD = {"name": "odd", "version": 1, "for": {"papers": ["calling"], "procedures": ["ordinary"], "confidential": False}}
STEP = {"channel": "post", "purpose": "court_mail", "pool": "usable"}


@pytest.mark.parametrize(
    "more",
    [
        {"tiers": [{"name": "mail", "wait_days": 1, "steps": [STEP]}], "never": [{"method": "post", "rules": []}]},
        {"tiers": [], "never": [{"method": "post", "rules": ["CPL-9999"]}]},
        {"tiers": [], "for": {"papers": ["poems"], "procedures": ["ordinary"], "confidential": False}},
        {"tiers": [{"name": "mail", "wait_days": 1, "steps": [{**STEP, "pool": "swimming"}]}]},
    ],
)
def test_a_template_that_contradicts_itself_is_not_taken(more: dict[str, object]) -> None:
    with pytest.raises(PlanMalformed, match="odd"):
        read_template({**HEAD, **more})


def test_the_page_about_plans_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
