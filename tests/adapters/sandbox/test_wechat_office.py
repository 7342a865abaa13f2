"""Both adapters against the town's WeChat and WeCom, and what the town tells of each message."""

from datetime import timedelta

import pytest

from adapters.sandbox.faults import Faults
from adapters.sandbox.people import Firm, Order
from adapters.sandbox.population import Population, draw_population
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent
from delivery.domain.event import EventKind, Report
from tests.adapters.sandbox.settings import START_ON, Quarter, drawn, key_number, office_account, quarter
from webhooks.receiver import InboundRequest, Receiver
from webhooks.wechat import WeChatReceiver
from webhooks.wechat_envelope import Envelope
from webhooks.wecom import WeComReceiver

POPULATION = drawn()


def follower(population: Population = POPULATION) -> Order:
    return next(order for order in population.orders if order.wechat)


def represented(population: Population = POPULATION) -> tuple[str, Firm]:
    """A case number and the firm in it that has an account."""
    return next(
        (case.number, population.firms[order.firm])
        for case in population.cases
        for order in case.orders
        if order.firm and population.firms[order.firm].wechat
    )


def told(here: Quarter) -> list[Report]:
    """What the court understands of what it was told; each request must prove itself."""
    account = office_account("")
    secrets = ((account.callback_token,), (account.aes_key,))
    receivers: dict[str, Receiver] = {
        "wechat": WeChatReceiver(Envelope(*secrets, account.app_id)),
        "wecom": WeComReceiver(Envelope(*secrets, account.corp_id)),
    }
    reports = []
    for house, url, body in here.court.told:
        request = InboundRequest("POST", url, {}, body, received_at=here.clock.now())
        receivers[house].verify(request)
        reports += receivers[house].event_reports(request)
    return reports


def test_a_notice_reaches_a_follower_and_ends_with_its_event() -> None:
    with quarter(POPULATION) as here:
        order = follower()
        case = next(case.number for case in POPULATION.cases if order in case.orders)
        sent = here.notices().submit(here.chat(order.wechat, case, key_number(1)))
        here.pass_time(timedelta(minutes=1))
        (report,) = told(here)
        assert report.reference == sent.reference
        assert report.kind in {EventKind.DELIVERED, EventKind.FAILED}
        counts = here.town.counts()
        assert (counts["requests_received"], counts["wechat"], counts["callbacks_sent"]) == (1, 1, 1)


def test_the_same_card_again_is_one_card() -> None:
    case, firm = represented()
    with quarter(POPULATION) as here:
        message = here.chat(firm.wechat, case, key_number(1))
        provider = here.cards()
        assert provider.submit(message) == provider.submit(message)
        counts = here.town.counts()
        assert (counts["requests_received"], counts["wechat"], counts["doubled"]) == (2, 1, [])


def test_a_card_that_got_lost_on_the_way_back_is_cured_by_the_same_again() -> None:
    case, firm = represented()
    with quarter(POPULATION, faults=Faults(reset_after_write=1.0)) as here:
        message = here.chat(firm.wechat, case, key_number(1))
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                here.cards().submit(message)
        assert here.town.counts()["wechat"] == 1


def test_some_firms_press_and_firms_follow_the_link() -> None:
    population = draw_population(7, 300, START_ON, 60)
    pairs = {
        population.firms[order.firm].wechat: case.number
        for case in population.cases
        for order in case.orders
        if order.firm and population.firms[order.firm].wechat
    }
    with quarter(population) as here:
        for number, (account, case) in enumerate(pairs.items()):
            here.cards().submit(here.chat(account, case, key_number(number)))
        here.pass_time(timedelta(days=8))
        presses = told_of_presses(here)
        assert 0 < len(presses) < len(pairs)
        assert {report.args["choice"] for report in presses} == {"received"}
        assert {report.args["key"] for report in presses} <= {key_number(number) for number in range(len(pairs))}
        assert any(act.act == "acknowledge" for act in here.court.acts)


def told_of_presses(here: Quarter) -> list[Report]:
    """What was pressed; read without the check of age, because days have gone by."""
    account = office_account("")
    receiver = WeComReceiver(Envelope((account.callback_token,), (account.aes_key,), account.corp_id))
    return [
        report
        for _, url, body in here.court.told
        for report in receiver.event_reports(InboundRequest("POST", url, {}, body, received_at=here.clock.now()))
    ]


def test_who_is_no_follower_and_no_member_is_refused() -> None:
    with quarter(POPULATION) as here:
        with pytest.raises(Permanent) as stranger:
            here.notices().submit(here.chat("openid:o000000000000000000000000000", "x", key_number(1)))
        assert stranger.value.reason == "not_following"
        with pytest.raises(Permanent) as unknown:
            here.cards().submit(here.chat("wecom:nobody", "x", key_number(1)))
        assert unknown.value.reason == "not_routable"


def test_a_wrong_secret_opens_nothing() -> None:
    with quarter(POPULATION) as here, pytest.raises(Misconfigured):
        here.cards(secret="another").submit(here.chat("wecom:nobody", "x", key_number(1)))
