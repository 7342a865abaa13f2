"""A very small court on loopback: takes the providers' reports, shows pages behind links, and hands out visits."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Self
from xml.sax.saxutils import quoteattr

from flask import Flask, Response, redirect, request
from werkzeug import Response as BaseResponse
from werkzeug.serving import WSGIRequestHandler, make_server

from adapters.ems_codec import BODY_FIELD, open_body
from adapters.twilio import SIGNATURE_HEADER, verify

SIGN_KEY = "AAECAwQFBgcICQoLDA0ODw=="
AUTH_TOKEN = "sandbox-token-0001"
_OPENING = (
    '<form method="post" action="{path}" data-act="{act}">'
    '<input type="hidden" name="csrf" value="{csrf}">{more}<button>.</button></form>'
)
_ROLES = "".join(f'<option value="{role}">.</option>' for role in ("recipient", "family", "lawyer", "assistant"))
_IDENTITY = f'<input name="digits"><select name="role">{_ROLES}</select>'
_ADDRESS = "".join(f'<input name="{name}">' for name in ("mobile", "email", "province", "city", "county", "street"))
_CONSENT = '<input type="radio" name="consent" value="yes"><input type="radio" name="consent" value="no">'


@dataclass
class Act:
    """Something that was done at a link: the form as sent, and whether whoever did it had said who he is."""

    token: str
    act: str
    form: dict[str, str]
    identified: bool


@dataclass
class Court:
    """Start with `with`. `digits` are the right answers by token; without one everything passes."""

    url: str = ""
    visits: list[dict[str, Any]] = field(default_factory=list)
    desk: list[dict[str, Any]] = field(default_factory=list)
    proposals: dict[str, str] = field(default_factory=dict)
    orders: list[dict[str, Any]] = field(default_factory=list)
    searches: list[dict[str, Any]] = field(default_factory=list)
    digits: dict[str, str] = field(default_factory=dict)
    statuses: list[dict[str, str]] = field(default_factory=list)
    replies: list[dict[str, str]] = field(default_factory=list)
    traces: list[dict[str, str]] = field(default_factory=list)
    watched: list[dict[str, str]] = field(default_factory=list)
    told: list[tuple[str, str, bytes]] = field(default_factory=list)
    forged: int = 0
    looked: list[tuple[str, str]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    reports: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    refusing: Callable[[], bool] = lambda: False

    def __enter__(self) -> Self:
        self._sessions: dict[str, str] = {}
        self._numbers = count(1)
        application = self._application()
        self._server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _application(self) -> Flask:
        court = Flask(__name__)
        court.add_url_rule("/in/twilio", view_func=self._texts, methods=["POST"])
        court.add_url_rule("/in/ems", view_func=self._post, methods=["POST"])
        court.add_url_rule("/in/kuaidi100", view_func=self._watcher, methods=["POST"])
        court.add_url_rule("/in/<any(wechat, wecom):house>", view_func=self._office, methods=["POST"])
        court.add_url_rule("/e/<token>", view_func=self._cover)
        court.add_url_rule("/e/<token>/papers", view_func=self._papers)
        court.add_url_rule("/e/<token>/<act>", view_func=self._do, methods=["POST"])
        court.add_url_rule("/style.css", view_func=self._style)
        court.add_url_rule("/api/v1/visits", "visits", lambda: {"items": self.visits, "next": None})
        court.add_url_rule("/api/v1/desk", view_func=self._listed)
        court.add_url_rule("/api/v1/cases/<case>/readiness", view_func=self._readiness)
        court.add_url_rule("/api/v1/searches", "searches", lambda: {"items": self.searches, "next": None})
        court.add_url_rule("/api/v1/orders", "orders", lambda: {"items": self.orders, "next": None})
        court.add_url_rule("/api/v1/<path:what>", view_func=self._reported, methods=["POST"])
        court.before_request(self._note_look)
        return court

    def _note_look(self) -> None:
        self.looked.append((request.method, request.path))

    def _texts(self) -> Response:
        if self.refusing():
            return Response(status=500)
        fields = request.form.to_dict()
        url = self.url + request.full_path.rstrip("?")
        if not verify(url, fields, AUTH_TOKEN, request.headers.get(SIGNATURE_HEADER, "")):
            self.forged += 1
            return Response(status=401)
        (self.replies if "Body" in fields else self.statuses).append({**fields, **request.args.to_dict()})
        said = "<Response/>"
        if request.args.get("step") in {"announce", "answer"} and fields.get("Digits", "1") == "1":
            action = quoteattr(url.replace("step=announce", "step=answer"))
            said = f"<Response><Gather action={action}><Say>您好</Say></Gather></Response>"
        return Response(said, content_type="text/xml")

    def _post(self) -> Response:
        if self.refusing():
            return Response(status=500)
        self.traces.append(json.loads(open_body(request.form[BODY_FIELD], SIGN_KEY)))
        return Response('{"code":"00000"}', content_type="application/json")

    def _watcher(self) -> Response:
        if self.refusing():
            return Response(status=500)
        self.watched.append(request.form.to_dict())
        return Response('{"result":true,"returnCode":"200","message":"成功"}', content_type="application/json")

    def _office(self, house: str) -> Response:
        self.told.append((house, request.full_path, request.get_data()))
        return Response("success")

    def _cover(self, token: str) -> str:
        head = '<link rel="stylesheet" href="/style.css"><a href="https://elsewhere.example/">.</a>'
        return head + _form(token, "identity", _IDENTITY) + _form(token, "not-me", "")

    @staticmethod
    def _style() -> Response:
        return Response("p{}", content_type="text/css")

    def _papers(self, token: str) -> Response | str:
        if not self._knows(token):
            return Response(status=403)
        reason = '<select name="reason"><option value="">-</option><option value="paper">1</option></select>'
        return "".join(
            (
                _form(token, "open", ""),
                _form(token, "acknowledge", ""),
                _form(token, "decline", reason + '<textarea name="note"></textarea>'),
                _form(token, "confirm-address", _ADDRESS + _CONSENT),
            )
        )

    def _do(self, token: str, act: str) -> BaseResponse | str:
        form = request.form.to_dict()
        assert form.pop("csrf") == f"{token}-{act}"
        self.acts.append(Act(token, act, form, self._knows(token)))
        if act == "identity":
            if form["digits"] != self.digits.get(token, form["digits"]):
                return self._cover(token)
            answer = redirect(f"/e/{token}/papers", 303)
            session = f"s{next(self._numbers)}"
            self._sessions[session] = token
            answer.set_cookie("link", session)
            return answer
        return redirect(f"/e/{token}/papers", 303) if self._knows(token) else _form(token, "identity", _IDENTITY)

    def _knows(self, token: str) -> bool:
        return self._sessions.get(request.cookies.get("link", "")) == token

    def _listed(self) -> dict[str, Any]:
        return {"items": [item for item in self.desk if item["kind"] == request.args["kind"]], "next": None}

    def _readiness(self, case: str) -> dict[str, Any]:
        return {"propose_at": self.proposals.get(case)}

    def _reported(self, what: str) -> tuple[dict[str, Any], int]:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        body = request.get_json()
        self.reports.append((key, what, body))
        if what.startswith("visits/"):
            self.visits = [visit for visit in self.visits if visit["id"] != what.split("/")[1]]
        if what.startswith("searches/"):
            self.searches = [search for search in self.searches if search["id"] != what.split("/")[1]]
        if what.startswith("desk/"):
            self.desk = [item for item in self.desk if item["id"] != what.split("/")[1]]
        return {}, 201


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def _form(token: str, act: str, more: str) -> str:
    return _OPENING.format(path=f"/e/{token}/{act}", act=act, csrf=f"{token}-{act}", more=more)
