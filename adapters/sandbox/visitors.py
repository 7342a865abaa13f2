"""Who follows the link of a message: people, who say who they are before they act, and scanners, who only look."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from adapters.sandbox.pages import Form, forms, papers, parts

TIMEOUT_SECONDS = (5, 30)
_LAST_DIGITS = 4
_MOST_PARTS = 20
_FIRM_ROLES = {"lawyer", "assistant"}  # they file everything; other people look at the first paper
_SERVER_FAULT = 500

Note = Callable[[str, str, Mapping[str, Any]], None]


class Unreachable(Exception):
    """The platform did not answer, or answered with a fault of its own: one tries again later."""


def scan(urls: list[str], note: Note) -> None:
    """Look at links as a mail scanner does: HEAD and GET, with all that a page loads, and never anything else."""
    with _browser() as browser:
        for url in urls:
            _look(browser, "HEAD", url)
            page = _look(browser, "GET", url)
            if "html" in page.headers.get("Content-Type", ""):
                here = urlsplit(page.url).netloc
                wanted = [urljoin(page.url, part) for part in parts(page.text)]
                for part in [part for part in wanted if urlsplit(part).netloc == here][:_MOST_PARTS]:
                    _look(browser, "GET", part)
            note("scanner", "scanned", {"status": page.status_code})


class Visitor:
    """One person at one link. `conduct` says who it is and what will be decided; see `reactions.py`."""

    def __init__(
        self, url: str, conduct: Mapping[str, Any], note: Note, code_on: Callable[[str], str] = lambda _: ""
    ) -> None:
        self._url = url
        self._conduct = conduct
        self._note = note
        self._code_on = code_on
        self._texted = ""
        self._who = str(conduct.get("who", ""))

    def visit(self) -> None:
        """Go through with it. Raises `Unreachable` when it has to be tried again."""
        with _browser() as browser:
            page = _look(browser, "GET", self._url)
            if not page.ok:
                self._tell("link_dead", {"status": page.status_code})
                return
            if self._conduct["decision"] == "not-me":
                self._act(browser, page, "not-me", {})
                return
            admitted = self._identify(browser, page)
            if admitted is not None:
                self._decide(browser, admitted)

    def _identify(self, browser: requests.Session, page: requests.Response) -> requests.Response | None:
        """Say who one is; the page behind, or None if one is not let in."""
        page = self._with_a_code(browser, page)
        form = forms(page.text).get("identity")
        if form is None:
            self._tell("no_identity_form", {})
            return None
        for typed in self._tries(form):
            page = self._submit(browser, page, form, {"digits": typed, "role": self._conduct["role"]})
            form = forms(page.text).get("identity")
            if form is None:
                break
        if not page.ok or form is not None:
            self._tell("identity_failed", {"status": page.status_code})
            return None
        self._tell("identified", {"role": self._conduct["role"]})
        return page

    def _with_a_code(self, browser: requests.Session, page: requests.Response) -> requests.Response:
        """Have a code texted if the page offers one, as far as the telephone is in this person's hand."""
        form = forms(page.text).get("text-code")
        phone = str(self._conduct.get("phone", ""))
        if form is None or not phone:
            return page
        page = self._submit(browser, page, form, {})
        self._texted = self._code_on(phone)
        self._tell("code_asked", {})
        return page

    def _decide(self, browser: requests.Session, page: requests.Response) -> None:
        inside = page.url
        page = self._act(browser, page, "open", {}) or page
        for link in papers(page.text)[: None if self._conduct["role"] in _FIRM_ROLES else 1]:
            _look(browser, "GET", urljoin(page.url, link))
        page = self._back(browser, page, inside)
        question = forms(page.text).get("confirm-address")
        if question is not None and self._conduct.get("volunteers" if question.folded else "confirms"):
            answer = self._act(browser, page, "confirm-address", self._conduct["contact"])
            page = self._back(browser, answer or page, inside)
        decision = self._conduct["decision"]
        if decision == "decline":
            self._act(browser, page, decision, self._conduct["refusal"])
        elif decision == "acknowledge":
            page = self._back(browser, self._act(browser, page, decision, {}) or page, inside)
            if self._conduct.get("objection"):
                self._act(browser, page, "object", self._conduct["objection"])

    @staticmethod
    def _back(browser: requests.Session, page: requests.Response, inside: str) -> requests.Response:
        """The page with the forms, if what one is looking at has none (a paper, a word of thanks)."""
        if "html" in page.headers.get("Content-Type", "") and len(forms(page.text)) > 1:
            return page
        return _look(browser, "GET", inside)

    def _tries(self, form: Form) -> list[str]:
        """What is typed until one is let in: what the field has room for first, the other thing one knows after it."""
        if self._texted:
            return [self._texted]
        entry = form.named("digits")
        room = entry.longest if entry is not None else None
        number, code = str(self._conduct["id_number"]), str(self._conduct.get("code", ""))
        last = number if room is not None and room >= len(number) else number[-_LAST_DIGITS:]
        asks_code = self._conduct["role"] in _FIRM_ROLES or (room is not None and len(code) <= room < len(number))
        known = (code, last) if asks_code else (last, code)
        tries = [word for word in known if word and (room is None or len(word) <= room)] or [last]
        if self._conduct.get("mistypes"):
            tries.insert(0, tries[0][:-1] + ("2" if tries[0][-1] == "3" else "3"))
        return tries

    def _act(
        self, browser: requests.Session, page: requests.Response, act: str, values: Mapping[str, str]
    ) -> requests.Response | None:
        form = forms(page.text).get(act)
        if form is None:
            self._tell("no_form", {"act": act})
            return None
        answer = self._submit(browser, page, form, values)
        self._tell(act if answer.ok else "refused_by_platform", {"act": act, "status": answer.status_code})
        return answer

    @staticmethod
    def _submit(
        browser: requests.Session, page: requests.Response, form: Form, values: Mapping[str, str]
    ) -> requests.Response:
        url = urljoin(page.url, form.action or page.url)
        return _look(browser, form.method.upper(), url, form.filled(values), referer=page.url)

    def _tell(self, what: str, more: Mapping[str, Any]) -> None:
        self._note(self._who, what, more)


def _browser() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # loopback never goes by a proxy
    session.headers["Accept-Language"] = "zh-CN,zh;q=0.9"
    session.headers["User-Agent"] = "Mozilla/5.0 (SandboxTown)"
    return session


def _look(
    browser: requests.Session,
    method: str,
    url: str,
    data: list[tuple[str, str]] | None = None,
    *,
    referer: str = "",
) -> requests.Response:
    here = urlsplit(url)
    headers = {"Referer": referer, "Origin": f"{here.scheme}://{here.netloc}"} if referer else {}
    sent: dict[str, Any] = {"params": data} if method == "GET" else {"data": data}
    try:
        answer = browser.request(
            method, url, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=method != "HEAD", **sent
        )
    except requests.RequestException:
        raise Unreachable from None
    if answer.status_code >= _SERVER_FAULT:
        raise Unreachable
    return answer
