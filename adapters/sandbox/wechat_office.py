"""WeChat and WeCom as the platform calls them: tokens, template messages, cards, and what becomes of each message."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from adapters.sandbox import texts
from adapters.sandbox.callers import OfficeAccount
from adapters.sandbox.chance import Chance, name_of
from adapters.sandbox.conversation import Request, Response
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.happening import Act, Happening
from adapters.sandbox.letterbox import Door, Stored
from adapters.wechat import FETCH_PATH as WECHAT_TOKEN
from adapters.wechat import SEND_PATH as WECHAT_SEND
from adapters.wecom import FETCH_PATH as WECOM_TOKEN
from adapters.wecom import SEND_PATH as WECOM_SEND

PATHS = frozenset({WECHAT_TOKEN, WECHAT_SEND, WECOM_TOKEN, WECOM_SEND})
_LIFE_SECONDS = 7200


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message as either protocol brings it: to whom, what it says with its link, and what makes it one attempt.

    `about` is the platform's own key of it.
    """

    door: Door
    to: str
    words: str
    key: str
    about: str


class WeChatOffice:
    """Answers both interfaces; plans reports, presses and reactions."""

    def __init__(self, deliveries: Deliveries, account: OfficeAccount) -> None:
        self._deliveries = deliveries
        self._account = account
        self._chance = Chance(deliveries.population.seed)
        population = deliveries.population
        self._followers = {order.wechat: order.party for order in population.orders if order.wechat}
        self._members = {firm.wechat: firm.key for firm in population.firms.values() if firm.wechat}

    def answer(self, request: Request) -> Response:
        """One call of either interface."""
        body = json.loads(request.body or b"{}")
        account = self._account
        if request.path in {WECHAT_TOKEN, WECOM_TOKEN}:
            named = body.get("appid") or request.query.get("corpid")
            secret = body.get("secret") or request.query.get("corpsecret")
            known = (named, secret) in {(account.app_id, account.secret), (account.corp_id, account.secret)}
            if not known:
                return _answer(40001)
            return _answer(0, access_token=account.access_token, expires_in=_LIFE_SECONDS)
        self._deliveries.journal.count("requests_received")
        if request.query.get("access_token") != account.access_token:
            return _answer(40014)
        if request.path == WECHAT_SEND:
            return self._take(_of_wechat(body), known=f"openid:{body.get('touser')}" in self._followers, unknown=43004)
        return self._take(_of_wecom(body), known=f"wecom:{body.get('touser')}" in self._members, unknown=81013)

    def _take(self, sent: _Sent, *, known: bool, unknown: int) -> Response:
        deliveries = self._deliveries
        if not known:
            return _answer(unknown)
        essence = f"{sent.to}:{texts.essence(sent.words)}"
        ordinal = deliveries.journal.next_ordinal(f"wechat-request:{essence}")
        mishap = deliveries.before_taking(essence, ordinal, sent.about)
        if mishap.refuses:
            return Response(b"", 500)
        sid = name_of(deliveries.population.seed, sent.key, sent.door, 0, length=16)
        if sent.door is Door.WECOM and deliveries.letterbox.message(sid) is not None:
            return _answer(0, hang_up=mishap.hangs_up, msgid=sid)  # the same again: taken, and not sent on
        if sent.door is Door.WECHAT:
            sid = str(int(name_of(deliveries.population.seed, sent.key, "msgid", ordinal, length=12), 16))
        reports = self._keep(sent, sid, f"{essence}#{ordinal}")
        if reports and deliveries.is_early(essence, ordinal, sent.about):
            deliveries.at_once(reports.pop(0))
        deliveries.journal.plan(reports)
        return _answer(0, hang_up=mishap.hangs_up, msgid=int(sid) if sent.door is Door.WECHAT else sid)

    def _keep(self, sent: _Sent, sid: str, key: str) -> list[Happening]:
        deliveries = self._deliveries
        now = deliveries.now()
        with deliveries.memory.writing():
            attempt = f"{sent.door}:{sent.key}"
            stored = Stored(sid, sent.door, now, "", sent.to, sent.words, attempt, "sent", {"key": sent.key})
            deliveries.letterbox.keep_message(stored)
            deliveries.journal.count("wechat")
            links = texts.links(sent.words, deliveries.platform_url)
            if sent.door is Door.WECOM:
                firm = self._members[sent.to]
                deliveries.journal.plan(deliveries.reactions.to_card(firm, sent.words, links, now))
                return self._presses(sent, firm, key, now)
            blocked = self._chance.happens(deliveries.population.parameters.wechat_blocked, sent.to, "blocked")
            if not blocked:
                party = self._followers[sent.to]
                deliveries.journal.plan(deliveries.reactions.to_notice(party, sent.words, links, now))
        at = now + timedelta(seconds=self._chance.whole(1, 5, key, "finished"))
        status = "failed:user block" if blocked else "success"
        args = {"office": "wechat", "sid": sid, "said": status, "from": sent.to.removeprefix("openid:")}
        return deliveries.disturbed([Happening(at, key, Act.CALLBACK, args)], sent.about)

    def _presses(self, sent: _Sent, firm: str, key: str, now: datetime) -> list[Happening]:
        if not self._chance.happens(self._deliveries.population.parameters.firm_presses, firm, "presses"):
            return []
        at = now + timedelta(minutes=self._chance.whole(5, 240, key, "presses-after"))
        args = {"office": "wecom", "sid": sent.key, "said": "received", "from": sent.to.removeprefix("wecom:")}
        return self._deliveries.disturbed([Happening(at, key, Act.CALLBACK, args)], sent.about)


def _of_wechat(body: Mapping[str, Any]) -> _Sent:
    values = [str(item["value"]) for item in body["data"].values()]
    words = "\n".join([*values, str(body["url"])])
    return _Sent(
        Door.WECHAT, f"openid:{body['touser']}", words, str(body["client_msg_id"]), str(UUID(body["client_msg_id"]))
    )


def _of_wecom(body: Mapping[str, Any]) -> _Sent:
    card = body["template_card"]
    rows = [f"{row['keyname']} {row['value']}" for row in card["horizontal_content_list"]]
    words = "\n".join([card["main_title"]["title"], card["sub_title_text"], *rows, card["card_action"]["url"]])
    return _Sent(Door.WECOM, f"wecom:{body['touser']}", words, str(card["task_id"]), str(card["task_id"]))


def _answer(code: int, *, hang_up: bool = False, **more: object) -> Response:
    body = {"errcode": code, "errmsg": "ok" if code == 0 else "refused", **more}
    return Response(json.dumps(body).encode(), hang_up=hang_up)
