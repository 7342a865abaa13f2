"""What people do about a message: nothing, an answer by text, or a look behind the link.

Everything is decided when the message arrives, from who they are and what the message says. Nothing here acts: it only
plans.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from adapters.sandbox import hours, names, texts
from adapters.sandbox.chance import Chance
from adapters.sandbox.happening import Act, Happening
from adapters.sandbox.people import BoxKind, Kind, Mailbox, Party, PhoneState
from adapters.sandbox.population import Client, Population

_OWN_ANSWERS = ("1", "2", "4")  # post it, I collect it, call me
_NOT_ME = "3"


class Reactions:
    """The people of one population, as far as messages go."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._numbers = population.parameters
        self._chance = Chance(population.seed)

    def to_text(self, number: str, body: str, links: list[str], now: datetime, *, reminded: bool) -> list[Happening]:
        """Reactions to a text that reached this number; `reminded`: the same person heard of the case before."""
        phone = self._population.phones.get(number)
        if phone is None or phone.state is PhoneState.DEAD:
            return []
        key = f"{phone.holder or number}:{texts.essence(body)}"
        if phone.state is PhoneState.STRANGER:
            return self._stranger(key, number, body, links, now)
        party = self._population.parties[phone.holder]
        if self._chance.happens(self._numbers.sms_filtered, number, "filtered"):
            return []
        seen = 1 - self._numbers.sms_filtered
        if links and self._opens(party.key, self._numbers.sms_opened / seen, key, "sms", reminded=reminded):
            conduct = {**self._own_conduct(party, key, body), "phone": number}
            return [self._follows(key, link, now, conduct) for link in links]
        unopened = max(1 - self._numbers.sms_opened, 0.01)
        if texts.offers_reply(body) and self._chance.happens(
            self._numbers.sms_replied / unopened, party.key, "replies"
        ):
            answer = self._chance.pick(self._numbers.weights("answer", _OWN_ANSWERS), party.key, "answer")
            return [self._answers(key, number, answer, now)]
        return []

    def to_call(self, number: str, body: str, links: list[str], now: datetime, call: str) -> list[Happening]:
        """Reactions to a call that was heard out, as far as the text that came before it lies there unopened."""
        phone = self._population.phones.get(number)
        if phone is None or phone.state is not PhoneState.HIS:
            return []
        party = self._population.parties[phone.holder]
        seen = 1 - self._numbers.sms_filtered
        lies = not self._chance.happens(self._numbers.sms_filtered, number, "filtered")
        heeds = self._chance.happens(self._numbers.sms_opened / seen, party.key, "heeds-sms")
        if not lies or heeds or not self._chance.happens(self._numbers.reminder_opened, call, "looks-at-text"):
            return []
        key = f"{party.key}:{texts.essence(body)}"
        conduct = {**self._own_conduct(party, key, body), "phone": number}
        return [self._follows(f"{key}:called", link, now, conduct) for link in links]

    def to_mail(
        self, box: Mailbox, text: str, links: list[str], every_link: list[str], now: datetime, *, reminded: bool
    ) -> list[Happening]:
        """Reactions to an e-mail that lies in this mailbox, machines first."""
        key = f"{box.holder}:{texts.essence(text)}"
        if box.kind is BoxKind.FIRM:
            scanned = self._chance.happens(self._numbers.scanner_on_firm_mail, key, "scanned")
            return [
                *([self._scans(key, every_link, now)] if scanned and every_link else []),
                *self._firm(box.holder, key, text, links, now),
            ]
        party = self._population.parties[box.holder]
        company = party.kind is Kind.ORGANISATION
        share = self._numbers.email_opened_company if company else self._numbers.email_opened_person
        if not self._opens(party.key, share, key, "mail", reminded=reminded):
            return []
        return [self._follows(key, link, now, self._own_conduct(party, key, text)) for link in links]

    def to_notice(self, party: str, text: str, links: list[str], now: datetime) -> list[Happening]:
        """Reactions to a template message that a follower got."""
        person = self._population.parties[party]
        key = f"{party}:{texts.essence(text)}"
        if not self._chance.happens(self._numbers.wechat_opened, person.key, "heeds-wechat"):
            return []
        return [self._follows(key, link, now, self._own_conduct(person, key, text)) for link in links]

    def to_card(self, firm: str, text: str, links: list[str], now: datetime) -> list[Happening]:
        """Reactions to a card that a firm's member got, apart from its buttons."""
        return list(self._firm(firm, f"card:{firm}:{texts.essence(text)}", text, links, now))

    def _opens(self, person: str, share: float, key: str, channel: str, *, reminded: bool) -> bool:
        """Whoever heeds the court heeds it each time; the others may yield to a further message."""
        if self._chance.happens(share, person, f"heeds-{channel}"):
            return True
        return reminded and self._chance.happens(self._numbers.reminder_opened, key, f"reminded-{channel}")

    def _stranger(self, key: str, number: str, body: str, links: list[str], now: datetime) -> list[Happening]:
        if not self._chance.happens(self._numbers.stranger_says_not_me, number, "says-not-me"):
            return []
        if texts.offers_reply(body):
            return [self._answers(key, number, _NOT_ME, now)]
        return [self._follows(key, link, now, {"decision": "not-me", "who": number}) for link in links[:1]]

    def _firm(self, firm: str, key: str, text: str, links: list[str], now: datetime) -> Iterable[Happening]:
        clients = list(self._population.clients(text, firm))
        if not clients or not self._chance.happens(self._numbers.firm_opened, key, "firm-opens"):
            return
        for link in links:
            yield self._follows(key, link, now, self._firm_conduct(clients[0], key, text))

    def _firm_conduct(self, client: Client, key: str, text: str) -> Mapping[str, Any]:
        assistant = self._chance.happens(self._numbers.firm_assistant_opens, key, "assistant")
        gone = self._chance.happens(self._numbers.mandate_missing, client.order.key, "mandate-missing")
        reason = self._chance.one_of(("not_our_client", "no_authority"), client.order.key, "mandate-why")
        return {
            **self._identity(client.party, key, text),
            "who": client.order.firm,
            "role": "assistant" if assistant else "lawyer",
            "decision": "decline" if gone else "acknowledge",
            "refusal": {"reason": reason, "note": names.saying(reason)},
        }

    def _own_conduct(self, party: Party, key: str, text: str) -> Mapping[str, Any]:
        numbers, chance = self._numbers, self._chance
        weights = {
            "decline": numbers.opened_declines,
            "leave": numbers.opened_leaves,
            "acknowledge": max(1 - numbers.opened_declines - numbers.opened_leaves, 0),
        }
        return {
            **self._identity(party, key, text),
            "who": party.key,
            "role": "recipient",
            "decision": chance.pick(weights, party.key, "decision"),
            "refusal": {"reason": "paper_wanted", "note": names.saying("paper_wanted")},
            # Who is asked whether an address still holds, and who says so unasked.
            "confirms": chance.happens(numbers.prior_says_yes, party.key, "says-yes"),
            "volunteers": chance.happens(numbers.volunteers_address, party.key, "volunteers"),
            "contact": self._contact(party),
            "objection": self._objection(party),
        }

    def _objection(self, party: Party) -> Mapping[str, str] | None:
        kinds = {
            "papers_incomplete": self._numbers.objects,
            "different_arrival": self._numbers.other_arrival_date,
            "": max(1 - self._numbers.objects - self._numbers.other_arrival_date, 0),
        }
        kind = self._chance.pick(kinds, party.key, "objects")
        return {"kind": kind, "note": names.saying(kind)} if kind else None

    def _identity(self, party: Party, key: str, text: str) -> Mapping[str, Any]:
        mistypes = self._chance.happens(self._numbers.identity_mistyped, key, "mistypes")
        return {"id_number": party.id_number, "code": texts.check_code(text), "mistypes": mistypes}

    def _contact(self, party: Party) -> Mapping[str, str]:
        consents = self._chance.happens(self._numbers.confirmed_consents, party.key, "link-consents")
        home = party.home
        return {
            "mobile": party.mobile,
            "email": party.email,
            "province": home.province,
            "city": home.city,
            "county": home.county,
            "street": home.street,
            "consent": "yes" if consents else "no",
            "keep": "yes",
        }

    def _follows(self, key: str, link: str, now: datetime, conduct: Mapping[str, Any]) -> Happening:
        due_at = hours.when_noticed(self._chance, self._numbers, key, now)
        args = {"url": link, **conduct}
        if args.get("objection"):
            args["objection"] = {**args["objection"], "at": hours.local(due_at).date().isoformat()}
        return Happening(due_at, key, Act.FOLLOW_LINK, args)

    def _answers(self, key: str, number: str, answer: str, now: datetime) -> Happening:
        due_at = hours.when_noticed(self._chance, self._numbers, key, now)
        return Happening(due_at, key, Act.CALLBACK, {"reply": answer, "from": number})

    def _scans(self, key: str, every_link: list[str], now: datetime) -> Happening:
        seconds = self._chance.whole(5, 90, key, "scan-after")
        return Happening(now + hours.seconds(seconds), key, Act.SCAN, {"urls": every_link})
