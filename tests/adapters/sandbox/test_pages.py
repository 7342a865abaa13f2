"""Reading pages as a person does: what is asked, what is folded away, and what a browser would send."""

from adapters.sandbox.pages import forms, papers, parts

PAGE = """
<link rel="stylesheet" href="/a.css"><script src="/b.js"></script><img src="/c.png">
<a href="/e/tok/papers/1">.</a><a href="/e/tok/papers/1?save=1">.</a><a href="/s">.</a>
<details open><form method="post" action="/confirm" data-act="confirm-address">
  <input type="hidden" name="csrf" value="secret"><input name="mobile" maxlength="40">
  <input type="checkbox" name="keep" value="yes"><input type="checkbox" name="news" value="1" checked>
  <input type="radio" name="consent" value="yes"><input type="radio" name="consent" value="no">
  <select name="kind"><option value="">-</option><option value="a" selected>A</option>
  <option value="b">B</option></select>
  <textarea name="note">as it was</textarea><input type="file" name="scan"><button name="go" value="1">.</button>
</form></details>
<details><summary>.</summary><form method="post" action="/object" data-act="object"><input name="x"></form></details>
<form data-act="object" action="/second"></form>
"""


def test_forms_are_found_by_what_they_do_and_the_first_counts() -> None:
    found = forms(PAGE)
    assert set(found) == {"confirm-address", "object"}
    assert found["object"].action == "/object"
    assert (found["confirm-address"].folded, found["object"].folded) == (False, True)
    mobile = found["confirm-address"].named("mobile")
    assert mobile is not None
    assert mobile.longest == 40


def test_a_form_that_nobody_touches_sends_what_a_browser_sends() -> None:
    assert forms(PAGE)["confirm-address"].filled({}) == [
        ("csrf", "secret"),
        ("mobile", ""),
        ("news", "1"),
        ("kind", "a"),
        ("note", "as it was"),
    ]


def test_what_is_typed_and_chosen_is_sent_and_nothing_that_was_not_asked() -> None:
    values = {"mobile": "138", "keep": "yes", "news": "no", "consent": "no", "kind": "b", "note": "", "unasked": "1"}
    assert forms(PAGE)["confirm-address"].filled(values) == [
        ("csrf", "secret"),
        ("mobile", "138"),
        ("keep", "yes"),
        ("consent", "no"),
        ("kind", "b"),
        ("note", ""),
    ]


def test_an_answer_that_is_not_among_the_choices_becomes_the_open_one() -> None:
    sent = dict(forms(PAGE)["confirm-address"].filled({"kind": "something else"}))
    assert sent["kind"] == "b"


def test_a_page_brings_parts_and_papers() -> None:
    assert parts(PAGE) == ["/a.css", "/b.js", "/c.png"]
    assert papers(PAGE) == ["/e/tok/papers/1"]
