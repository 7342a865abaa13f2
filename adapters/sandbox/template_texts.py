"""What the mainland's two text carriers share in the town: registered templates, and what becomes of a text.

The words are those that the platform asks to be registered; the same people get them as get any other text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from adapters.sandbox import texts
from adapters.sandbox.chance import Chance, name_of
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.happening import Act, Happening
from adapters.sandbox.letterbox import Door, Stored
from delivery.wording import say

VARIABLES = ("a", "b", "c", "d")
_LONGEST_VARIABLE = 6
_NAMES = ("confirm_address.zh", "confirm_address.en", "e_service.zh", "e_service.en")


@dataclass(frozen=True, slots=True)
class TemplateAccount:
    """The court's account at one carrier: its key, its registered name and texts, and where reports are pushed."""

    carrier: str
    key_id: str
    key_secret: str = field(repr=False)
    app_id: str
    signature: str
    phone: str
    push_url: str

    @property
    def templates(self) -> Mapping[str, str]:
        """The number under which each text is registered."""
        return {name: f"{1110 + number}" for number, name in enumerate(_NAMES)}


class RefusedText(Exception):
    """The carrier takes no such text; `why` is one of signature, template, missing, length, number, fault."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Asked:
    """One text as a carrier is asked to send it. `key` is the platform's key of the message."""

    number: str
    template: str
    signature: str
    variables: Sequence[str]
    reference: str
    key: str


class TemplateTexts:
    """Takes texts for one carrier, and plans reports and reactions."""

    def __init__(self, deliveries: Deliveries, account: TemplateAccount, dead: str, off: str) -> None:
        self._deliveries = deliveries
        self._account = account
        self._chance = Chance(deliveries.population.seed)
        self._codes = {True: dead, False: off}

    def take(self, asked: Asked) -> tuple[Stored, bool]:
        """Take a text; and whether the line breaks before the answer. Raises `RefusedText`."""
        deliveries = self._deliveries
        body = self._body(asked)
        key = f"{asked.number}:{texts.essence(body)}"
        ordinal = deliveries.journal.next_ordinal(f"sms-request:{key}")
        mishap = deliveries.before_taking(key, ordinal, asked.key)
        if mishap.refuses:
            raise RefusedText("fault")
        with deliveries.memory.writing():
            ordinal = deliveries.journal.next_ordinal(f"sms:{key}")
            now = deliveries.now()
            sid = name_of(deliveries.population.seed, key, "sid", ordinal)
            more = {"carrier": self._account.carrier, "reference": asked.reference, "error": "", "callback": ""}
            attempt = "sms:" + texts.digest(asked.reference)
            stored = Stored(sid, Door.SMS, now, asked.signature, asked.number, body, attempt, "queued", more)
            deliveries.letterbox.keep_message(stored)
            deliveries.journal.count("sms")
            self._plan(stored, f"{key}#{ordinal}", asked.key)
        return stored, mishap.hangs_up

    def _body(self, asked: Asked) -> str:
        """Fill the registered words in, as strictly as the carriers do."""
        names = {number: name for name, number in self._account.templates.items()}
        if asked.signature != self._account.signature:
            raise RefusedText("signature")
        if asked.template not in names:
            raise RefusedText("template")
        if len(asked.variables) != len(VARIABLES) or not all(asked.variables):
            raise RefusedText("missing")
        if any(len(value) > _LONGEST_VARIABLE or "/" in value for value in asked.variables):
            raise RefusedText("length")
        purpose, _, language = names[asked.template].partition(".")
        values = dict(zip(VARIABLES, asked.variables, strict=True))
        domain = self._deliveries.platform_url
        fixed = {"domain": domain, "phone": self._account.phone, "sender": ""}  # no number is named here
        words = say(language, f"message.template.{purpose}", **fixed, **values)
        return f"【{asked.signature}】{words}"

    def _plan(self, stored: Stored, key: str, about: str) -> None:
        deliveries, chance, number = self._deliveries, self._chance, stored.recipient
        sent_at = stored.at + timedelta(seconds=chance.whole(1, 3, key, "sent"))
        if deliveries.is_undeliverable(number):
            unknown = chance.happens(
                deliveries.population.parameters.sms_undelivered_unknown, number, "unknown-subscriber"
            )
            wait = chance.whole(5, 40, key, "fails") if unknown else chance.whole(600, 7200, key, "fails")
            report = self._report(stored, key, sent_at + timedelta(seconds=wait), self._codes[unknown])
        else:
            reached_at = sent_at + timedelta(seconds=chance.whole(3, 20, key, "arrives"))
            report = self._report(stored, key, reached_at, "")
            links = texts.links(stored.body, deliveries.platform_url)
            reminded = self._reminded(stored)
            reactions = deliveries.reactions.to_text(number, stored.body, links, reached_at, reminded=reminded)
            deliveries.journal.plan(reactions)
        deliveries.journal.plan(deliveries.disturbed([report], about))

    def _report(self, stored: Stored, key: str, at: datetime, error: str) -> Happening:
        return Happening(at, key, Act.CALLBACK, {"mainland": self._account.carrier, "sid": stored.sid, "error": error})

    def _reminded(self, stored: Stored) -> bool:
        """Whether this number got a text an hour ago or earlier: these texts do not name their case."""
        earlier = stored.at - timedelta(hours=1)
        found = self._deliveries.letterbox.messages(Door.SMS, stored.recipient, 20)
        return any(message.at <= earlier for message in found)

    def sent(self, number: str) -> list[Stored]:
        """What this carrier took for a number, oldest first."""
        found = self._deliveries.letterbox.messages(Door.SMS, number)
        return [one for one in reversed(found) if one.more.get("carrier") == self._account.carrier]

    def answers(self, number: str) -> list[tuple[datetime, str]]:
        """What was written back from a number."""
        return [
            (at, str(more["answer"]))
            for at, who, what, more in self._deliveries.journal.deeds()
            if (who, what) == (number, "replied")
        ]

    def note(self, happening: Happening) -> Stored | None:
        """A report is due: the text has moved on. None if there is no such text."""
        stored = self._deliveries.letterbox.message(happening.args["sid"])
        if stored is None:
            return None
        error = str(happening.args["error"])
        status = "undelivered" if error else "delivered"
        more = {**stored.more, "error": error, "updated": happening.due_at.isoformat()}
        self._deliveries.letterbox.set_status(stored.sid, status, more)
        return replace(stored, status=status, more=more)
