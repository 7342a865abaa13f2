"""Forms that can be sent in several ways: Enter in a field must not choose one of them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
SUBMIT = re.compile(r"<button(?![^>]*type=\"button\")")
LOOPED = re.compile(r"{% for [^%]*%}(?:(?!{% endfor).)*<button.*?{% endfor %}", re.DOTALL)
# Browsers press the first button at Enter in any of these; the others are chosen from, not typed in.
TYPED_IN = re.compile(r"<input(?![^>]*type=\"(?:hidden|radio|checkbox|file)\")|{{ (?:field|entry)\(")


def _ambiguous_fields(template: str) -> list[str]:
    """The typed fields of forms that several buttons send."""
    forms = [form for form in FORM.findall(template) if len(SUBMIT.findall(form)) > 1 or LOOPED.search(form)]
    return [field for form in forms for field in TYPED_IN.findall(form)]


def test_enter_in_a_field_never_presses_one_of_several_buttons() -> None:
    templates = [path for path in ROOT.glob("*/**/templates/**/*.html") if not {".venv", "tests"} & set(path.parts)]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text() for path in templates}
    assert "desk_form" in texts["delivery/web/templates/console/parts.html"]
    assert {name: found for name, text in texts.items() if (found := _ambiguous_fields(text))} == {}


def test_a_field_beside_several_buttons_is_noticed() -> None:
    two = "<button value='a'>a</button><button value='b'>b</button>"
    many = "{% for one in all %}<button>{{ one }}</button>{% endfor %}"
    for buttons in (two, many):
        assert _ambiguous_fields(f'<form><input name="note">{buttons}</form>')
        assert _ambiguous_fields(f'<form><textarea name="note"></textarea><input type="hidden">{buttons}</form>') == []
    assert _ambiguous_fields('<form><input name="note"><button type="button">?</button><button>a</button></form>') == []
