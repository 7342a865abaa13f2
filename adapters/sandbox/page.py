"""The town's own small pages, on which one can play a recipient: read the text, open the mail, answer.

They show what the court doesn't know, so they exist in a sandbox only, on loopback only, and say so at the top.
"""

from collections.abc import Mapping
from http.cookies import SimpleCookie
from importlib import resources
from typing import Any
from urllib.parse import quote, unquote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from adapters.sandbox import hours, texts
from adapters.sandbox.conversation import Request, Response
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.happening import Act, Happening
from adapters.sandbox.letterbox import Door, Waybill
from delivery.wording import LANGUAGES, knows, say

_SHOWN = 60
_ANSWERS = ("1", "2", "3", "4")
_ROLES = {"server", "mail_desk", "officer", "clerk", "scanner", "source"}
_HTML = "text/html; charset=utf-8"
_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


class TownPage:
    """Answers a browser."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._templates = Environment(
            loader=PackageLoader("adapters.sandbox"), autoescape=select_autoescape(), undefined=StrictUndefined
        )
        self._templates.filters["linked"] = _linked
        self._templates.filters["clock"] = lambda moment: f"{hours.local(moment):%m-%d %H:%M}"
        self._templates.filters["quoted"] = lambda text: quote(text, safe="")

    def answer(self, request: Request) -> Response:
        """One page, one form, or the style sheet."""
        parts = [unquote(part) for part in request.path.strip("/").split("/") if part]
        if request.method == "POST":
            return self._post(request, parts)
        match parts:
            case []:
                return self._start(request)
            case ["phone", number]:
                return self._phone(request, number)
            case ["mailbox", address]:
                return self._mailbox(request, address)
            case ["waybill", number]:
                return self._waybill(request, number)
            case ["people"]:
                return self._people(request)
            case ["town.css"]:
                style = resources.files("adapters.sandbox").joinpath("static", "town.css").read_bytes()
                return Response(style, content_type="text/css; charset=utf-8")
            case _:
                return self._page(request, "nothing.html", status=404)

    def _post(self, request: Request, parts: list[str]) -> Response:
        """Answer a text from the telephone it came to. Only this page's own form may do so."""
        origin = request.headers.get("origin", "")
        if origin and origin != f"http://{request.headers.get('host', '')}":
            return self._page(request, "nothing.html", status=403)
        match parts:
            case ["phone", number, "answer"] if request.form.get("answer", "").strip():
                answer = request.form["answer"].strip()[:200]
                now = self._deliveries.now()
                reply = Happening(now, f"{number}:played", Act.CALLBACK, {"reply": answer, "from": number})
                self._deliveries.journal.plan([reply])
                return Response(b"", 303, headers={"Location": f"/phone/{quote(number, safe='')}"})
            case _:
                return self._page(request, "nothing.html", status=404)

    def _start(self, request: Request) -> Response:
        letterbox = self._deliveries.letterbox
        return self._page(
            request,
            "start.html",
            texts=letterbox.messages(Door.SMS, limit=_SHOWN),
            mails=letterbox.messages(Door.EMAIL, limit=_SHOWN),
            waybills=[self._item(waybill) for waybill in letterbox.waybills(_SHOWN)],
            deeds=[(at, self._named(who), what) for at, who, what in self._deliveries.journal.latest_deeds(_SHOWN)],
            tallies=self._deliveries.journal.tallies(),
        )

    def _phone(self, request: Request, number: str) -> Response:
        phone = self._deliveries.population.phones.get(number)
        letterbox = self._deliveries.letterbox
        found = [*letterbox.messages(Door.SMS, number, _SHOWN), *letterbox.messages(Door.CODE, number, _SHOWN)]
        messages = sorted(found, key=lambda message: message.at, reverse=True)[:_SHOWN]
        return self._page(
            request,
            "phone.html",
            number=number,
            state=phone.state.value if phone else "unknown",
            person=self._person(phone.holder if phone else ""),
            messages=messages,
            calls=letterbox.messages(Door.VOICE, number, _SHOWN),
            answers=_ANSWERS if any(texts.offers_reply(message.body) for message in messages) else (),
        )

    def _mailbox(self, request: Request, address: str) -> Response:
        box = self._deliveries.population.mailboxes.get(address)
        holder = box.holder if box else ""
        return self._page(
            request,
            "mailbox.html",
            address=address,
            firm=self._deliveries.population.firms.get(holder),
            person=self._person(holder),
            messages=self._deliveries.letterbox.messages(Door.EMAIL, address, _SHOWN),
        )

    def _waybill(self, request: Request, number: str) -> Response:
        waybill = self._deliveries.letterbox.waybill(number=number)
        if waybill is None:
            return self._page(request, "nothing.html", status=404)
        item = self._item(waybill)
        door = self._deliveries.population.doors.get(item["address"])
        return self._page(
            request,
            "waybill.html",
            item=item,
            door=door.state.value if door else "unknown",
            traces=self._deliveries.letterbox.traces(number, self._deliveries.now()),
        )

    def _people(self, request: Request) -> Response:
        wanted = request.query.get("name", "").strip()
        parties = [party for party in self._deliveries.population.parties.values() if wanted in party.name]
        return self._page(request, "people.html", wanted=wanted, parties=parties[:_SHOWN], more=len(parties) > _SHOWN)

    def _person(self, key: str) -> Any:  # noqa: ANN401 - a party or nothing, as the template needs it
        return self._deliveries.population.parties.get(key)

    def _named(self, who: str) -> tuple[str, str]:
        """The name of whoever did something, and the code of a role that has no name."""
        population = self._deliveries.population
        found = population.parties.get(who) or population.firms.get(who)
        if found is not None:
            return found.name, ""
        return ("", who) if who in _ROLES else (who, "")

    @staticmethod
    def _item(waybill: Waybill) -> Mapping[str, Any]:
        receiver = waybill.body.get("receiver") or {}
        address = "".join(str(receiver.get(part, "")) for part in ("prov", "city", "county", "address"))
        return {
            "number": waybill.number,
            "at": waybill.at,
            "name": receiver.get("name", ""),
            "address": address,
            "titles": [cargo.get("cargoName", "") for cargo in waybill.body.get("cargos") or ()],
            "cancelled": waybill.cancelled,
        }

    def _page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:  # noqa: ANN401
        language = _language(request)

        def t(key: str, **args: object) -> str:
            return say(language, key, **args)

        def word(table: str, code: str) -> str:
            """The words of a code; one that nobody has put into words is shown as it is, and the page still opens."""
            return t(f"{table}.{code}") if knows(f"{table}.{code}") else code

        body = self._templates.get_template(template).render(
            t=t, word=word, language=language, here=request.path, now=self._deliveries.now(), **values
        )
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if request.query.get("lang") in LANGUAGES:
            headers["Set-Cookie"] = f"town_language={language}; Path=/; SameSite=Lax; HttpOnly"
        return Response(body.encode(), status, _HTML, headers)


def _language(request: Request) -> str:
    cookie = SimpleCookie(request.headers.get("cookie", "")).get("town_language")
    for wanted in (request.query.get("lang"), cookie.value if cookie else None):
        if wanted in LANGUAGES:
            return str(wanted)
    return LANGUAGES[0]


def _linked(text: str) -> Markup:
    """Plain text with its addresses as links and its lines as lines."""
    anchor = Markup('<a href="{0}" target="_blank" rel="noreferrer">{0}</a>')
    pieces = [anchor.format(piece) if is_link else escape(piece) for piece, is_link in texts.pieces(text)]
    return Markup("<br>").join(Markup().join(pieces).splitlines())
