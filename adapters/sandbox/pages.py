"""Reading a web page as a person does: its forms with their hidden fields, and filling one in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

_YES = ("yes", "true", "on", "1", "all", "agree")
_NO = ("no", "false", "off", "0", "", "none")


@dataclass(slots=True)
class Field:
    """One control; `options` are the values of a select or of radio buttons of the same name."""

    name: str
    kind: str
    value: str = ""
    checked: bool = False
    longest: int | None = None
    options: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Form:
    """A form that the page marks with what it does; `folded`: one must open a fold to see it."""

    act: str
    action: str
    method: str
    folded: bool = False
    fields: list[Field] = field(default_factory=list)

    def named(self, name: str) -> Field | None:
        """The control of that name."""
        return next((entry for entry in self.fields if entry.name == name), None)

    def filled(self, values: Mapping[str, str]) -> list[tuple[str, str]]:
        """What a browser would send once a person has typed and chosen these; nothing that the page does not ask."""
        sent = []
        for entry in self.fields:
            chosen = _chosen(entry, values)
            if chosen is not None:
                sent.append((entry.name, chosen))
        return sent


def forms(page: str) -> dict[str, Form]:
    """The forms of a page by their mark; the first of each."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    found: dict[str, Form] = {}
    for form in reader.forms:
        found.setdefault(form.act, form)
    return found


def parts(page: str) -> list[str]:
    """Addresses of scripts, styles and pictures that a browser loads with the page."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.parts


def papers(page: str) -> list[str]:
    """Addresses of documents that the page offers: those that lie below the list of papers."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    below = [link for link in reader.links if "/papers/" in urlsplit(link).path and "save" not in urlsplit(link).query]
    return list(dict.fromkeys(below))


def _chosen(entry: Field, values: Mapping[str, str]) -> str | None:
    typed = values.get(entry.name)
    if entry.kind == "checkbox":
        ticked = entry.checked if typed is None else typed not in _NO
        return (entry.value or "on") if ticked else None
    if entry.kind in {"radio", "select"}:
        if typed is None:
            return entry.value if entry.kind == "select" or entry.checked else None
        alike = (typed, *(_NO if typed in _NO else _YES))
        return next(
            (option for option in alike if option in entry.options), entry.options[-1] if entry.options else None
        )
    return entry.value if typed is None else typed


class _Reader(HTMLParser):
    """Collects forms and parts; ignores everything else."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.parts: list[str] = []
        self.links: list[str] = []
        self._folds: list[bool] = []
        self._form: Form | None = None
        self._list: Field | None = None
        self._area: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"script", "img"} and given.get("src"):
            self.parts.append(given["src"])
        elif tag == "link" and given.get("href"):
            self.parts.append(given["href"])
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "form":
            method = given.get("method", "get").lower()
            self._form = Form(given.get("data-act", ""), given.get("action", ""), method, folded=not all(self._folds))
            self.forms.append(self._form)
        elif tag == "details":
            self._folds.append("open" in given)
        elif self._form is not None:
            self._control(self._form, tag, given)

    def _control(self, form: Form, tag: str, given: Mapping[str, str]) -> None:
        name = given.get("name", "")
        if tag == "option" and self._list is not None:
            self._list.options.append(given.get("value", ""))
            if "selected" in given or len(self._list.options) == 1:
                self._list.value = given.get("value", "")
        elif not name:
            return
        elif tag == "select":
            self._list = Field(name, "select")
            form.fields.append(self._list)
        elif tag == "textarea":
            self._area = Field(name, "text")
            form.fields.append(self._area)
        elif tag == "input":
            self._input(form, name, given)

    @staticmethod
    def _input(form: Form, name: str, given: Mapping[str, str]) -> None:
        kind = given.get("type", "text").lower()
        if kind in {"submit", "button", "reset", "image", "file"}:
            return
        known = form.named(name)
        if kind == "radio" and known is not None:
            known.options.append(given.get("value", "on"))
            if "checked" in given:
                known.checked, known.value = True, given.get("value", "on")
            return
        longest = int(given["maxlength"]) if given.get("maxlength", "").isdigit() else None
        entry = Field(name, kind, given.get("value", ""), "checked" in given, longest)
        if kind == "radio":
            entry.options.append(given.get("value", "on"))
        form.fields.append(entry)

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "details" and self._folds:
            self._folds.pop()
        elif tag == "select":
            self._list = None
        elif tag == "textarea":
            self._area = None
