"""`prefer`, `texted-codes`, `text-templates`: which providers a court uses, and the texts to register with them."""

import argparse

from delivery.cli.command_line import Equipment, Parsers
from delivery.cli.courts import court_named
from delivery.domain.event import Channel

# Each carrier's mark for its nth variable.
_NOTATIONS = {"aliyun": "${{{name}}}", "tencent": "{{{number}}}"}


def register(parsers: Parsers) -> None:
    """Add the commands."""
    prefer = parsers.add("prefer", _prefer, "say which providers of a channel a court uses, in which order; no others")
    prefer.add_argument("providers", nargs="*", metavar="PROVIDER", help="in order; none: all, by the alphabet")
    prefer.add_argument("--court", required=True, metavar="CODE")
    prefer.add_argument(
        "--channel", choices=[one.value for one in Channel], default=Channel.SMS.value, help="default: sms"
    )
    texts = parsers.add("text-templates", _texts, "print the texts that a carrier of templates must have registered")
    texts.add_argument("--court", required=True, metavar="CODE")
    texts.add_argument("--carrier", choices=sorted(_NOTATIONS), required=True)
    texts.add_argument("--signature", metavar="NAME", help="keep this as the court's registered name (签名)")
    numbers = parsers.add(
        "text-numbers", _numbers, "say from which numbers a court's texts come: every text names them"
    )
    numbers.add_argument("numbers", nargs="*", metavar="NUMBER", help="none: as the carriers know them")
    numbers.add_argument("--court", required=True, metavar="CODE")
    codes = parsers.add(
        "texted-codes", _codes, "say by whom a court has one-time codes texted to those who open a link"
    )
    codes.add_argument(
        "provider", nargs="?", default="", metavar="PROVIDER", help="none: the code in the message is asked"
    )
    codes.add_argument("--court", required=True, metavar="CODE")


def _prefer(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.domain.errors import NotFound
    from delivery.provider_choice import SETTING, ways_out

    runtime = equipment.runtime()
    able = ways_out(runtime.providers, Channel(chosen.channel))
    for name in chosen.providers:
        if name not in able:
            code = "provider_not_configured"
            raise NotFound(code, provider=name)
    with runtime.transaction() as session:
        court = court_named(session, chosen.court)
        named = court.settings.get(SETTING)
        kept = dict(named) if isinstance(named, dict) else {}
        kept.pop(chosen.channel, None)
        if chosen.providers:
            kept[chosen.channel] = list(chosen.providers)
        court.settings = {**court.settings, SETTING: kept}
    print(f"songda: {chosen.court} sends {chosen.channel} by {', '.join(chosen.providers or able) or 'nobody'}")
    return 0


def _texts(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.court_sender import text_numbers
    from delivery.domain.plan import Purpose
    from delivery.templating import SIGNATURE_SETTING, VARIABLES, registered_words, signature_of

    runtime = equipment.runtime()
    marks = {
        name: _NOTATIONS[chosen.carrier].format(name=name, number=number) for number, name in enumerate(VARIABLES, 1)
    }
    with runtime.transaction() as session:
        court = court_named(session, chosen.court)
        if chosen.signature:
            court.settings = {**court.settings, SIGNATURE_SETTING: chosen.signature}
        numbers = text_numbers(runtime.providers, court)
        print(f"签名\t{signature_of(court)}")
        for purpose in (Purpose.CONFIRM_ADDRESS, Purpose.E_SERVICE):
            for language in ("zh", "en"):
                name = f"{purpose}.{language}"
                words = registered_words(court, name, runtime.settings.base_url, marks, numbers)
                print(f"{name}\t{words}")
    return 0


def _numbers(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.court_sender import name_numbers, text_numbers

    runtime = equipment.runtime()
    with runtime.transaction() as session:
        court = court_named(session, chosen.court)
        name_numbers(court, chosen.numbers)
        known = text_numbers(runtime.providers, court)
    print(f"songda: texts of {chosen.court} say that they come from {', '.join(known) or 'no number that is known'}")
    return 0


def _codes(chosen: argparse.Namespace, equipment: Equipment) -> int:
    from delivery.texted_codes import choose_provider

    runtime = equipment.runtime()
    with runtime.transaction() as session:
        choose_provider(runtime, court_named(session, chosen.court), chosen.provider)
    print(f"songda: {chosen.court} has codes texted by {chosen.provider or 'nobody'}")
    return 0
