"""The words of every text, in both languages and for the longest court: what they name, and how many texts they are."""

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from delivery.composing import Origin, compose
from delivery.court_sender import name_numbers, text_numbers, words_on_sender
from delivery.domain.errors import RequestError
from delivery.domain.event import Channel
from delivery.domain.plan import Purpose
from delivery.linking import NewLink
from delivery.mail_writing import briefly
from delivery.provider_choice import SETTING as PROVIDERS
from delivery.providers import Capabilities, NumberShowing, Provider
from delivery.store.cases import Case, Document
from delivery.store.courts import Court
from delivery.templating import fill

if TYPE_CHECKING:
    from collections.abc import Mapping

# The longest names and numbers that courts of the mainland really have, and then some.
COURT = "新疆维吾尔自治区克孜勒苏柯尔克孜自治州阿克陶县人民法院"
COURT_EN = "People's Court of Akto County, Kizilsu Kirghiz Autonomous Prefecture, Xinjiang"
CASE = "（2026）新3022民初12345号"
PHONE = "0908-5722368"
NUMBERS = ("106901236800012", "+8675500112368")
BASE = "https://songda.xjktfy.gov.cn"
TITLES = ("起诉状副本", "应诉通知书", "举证通知书", "传票", "诉讼权利义务告知书")
LONG_LINK = NewLink("A" * 43, "ABCDEFGH")
SHORT_LINK = NewLink("ABCDEF-GHJKMN", "ABCDEFGH")
# One text of Chinese has 70 characters, each part of a longer one 67 (UCS-2; the mainland's carriers bill alike).
ONE, PART = 70, 67
MOST = {"sms": {"zh": 5, "en": 9}, "template": {"zh": 4, "en": 7}}
TAKEN_BY_TWILIO = 1600
TAKEN_BY_THE_MAINLAND = 500
LONGEST_VARIABLE = 6
PROMISES = {
    "zh": ("不会索要钱款、银行卡或完整身份证号", "1邮寄", "2到院领取", "3非本人", "4请回电"),
    "en": (
        "never ask for money, bank cards or a full ID number",
        "1 post it",
        "2 I collect it",
        "3 not me",
        "4 call me",
    ),
}


def parts(text: str) -> int:
    """How many texts the carrier makes of it. Case number and marks are not in GSM 03.38, so UCS-2 counts always."""
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= ONE else math.ceil(units / PART)


def court() -> Court:
    return Court(code="akto", name=COURT, name_en=COURT_EN, phone=PHONE, settings={})


def free(purpose: Purpose, language: str, numbers: tuple[str, ...] = NUMBERS) -> str:
    return compose(
        court=court(),
        case=Case(number=CASE, confidential=False),
        papers=[Document(title=title) for title in TITLES],
        purpose=purpose,
        language=language,
        link=LONG_LINK,
        origin=Origin(BASE, numbers),
        channel=Channel.SMS,
    ).text


def registered(purpose: Purpose, language: str, numbers: tuple[str, ...] = NUMBERS) -> str:
    return fill(court(), purpose, language, SHORT_LINK, BASE, numbers)[1]


TEXTS = [(purpose, language) for purpose in (Purpose.CONFIRM_ADDRESS, Purpose.E_SERVICE) for language in ("zh", "en")]


@pytest.mark.parametrize(("purpose", "language"), TEXTS)
def test_every_text_says_who_writes_from_where_and_what_is_never_asked(purpose: Purpose, language: str) -> None:
    for kind, text in (("sms", free(purpose, language)), ("template", registered(purpose, language))):
        name = COURT if kind == "template" or language == "zh" else COURT_EN
        for wanted in (name, "ABCD-EFGH", f"{BASE}/s", PHONE, *NUMBERS, *PROMISES[language]):
            assert wanted in text, (kind, wanted)
        assert parts(text) <= MOST[kind][language], (kind, len(text))
        assert "{" not in text
    assert len(free(purpose, language)) <= TAKEN_BY_TWILIO
    assert len(registered(purpose, language)) <= TAKEN_BY_THE_MAINLAND
    template, _ = fill(court(), purpose, language, SHORT_LINK, BASE, NUMBERS)
    assert all(0 < len(value) <= LONGEST_VARIABLE for value in template.variables.values())
    assert not any("/" in value or "." in value for value in template.variables.values())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_number_that_nobody_knows_is_not_named(language: str) -> None:
    assert words_on_sender(language, ()) == ""
    assert free(Purpose.E_SERVICE, language, ()).endswith(PHONE)
    assert registered(Purpose.E_SERVICE, language, ()).endswith(PHONE)


def test_papers_are_counted_where_their_titles_are_too_long() -> None:
    assert briefly((), "zh") == "诉讼文书"
    assert briefly(TITLES[:2], "zh") == "起诉状副本、应诉通知书"
    assert briefly(TITLES, "zh") == "5份诉讼文书"
    assert briefly(["x" * 49], "en") == "court papers (1)"


class Numbered:
    """A carrier of texts that may know its number."""

    def __init__(self, number: str) -> None:
        self.capabilities = Capabilities(Channel.SMS, idempotent=False, askable=False)
        self.shown_number = number


def test_the_courts_own_word_counts_then_what_its_carriers_know() -> None:
    unknowing = SimpleNamespace(capabilities=Capabilities(Channel.SMS, idempotent=False, askable=False))
    ways = cast(
        "Mapping[str, Provider]", {"a": Numbered("12368"), "b": unknowing, "c": Numbered("12368"), "d": Numbered("")}
    )
    assert isinstance(ways["a"], NumberShowing)
    mine = court()
    assert text_numbers(ways, mine) == ("12368",)
    mine.settings = {PROVIDERS: {"sms": ["b"]}}
    assert text_numbers(ways, mine) == ()
    name_numbers(mine, ["1069012368", "+8675500112368"])
    assert text_numbers(ways, mine) == ("1069012368", "+8675500112368")
    with pytest.raises(RequestError):
        name_numbers(mine, ["法院"])
    name_numbers(mine, [])
    assert text_numbers(ways, mine) == ()
