// What somebody typed outlives a refusal, the end of a session and a change of language: it waits in this tab until the form's page is shown
// to the same person again. A refusal leads back there by itself. What was typed is put back, never sent again by itself, and forgotten as soon as any other page opens.
"use strict";

const PLACE = "songda.draft";
const NEVER_KEPT = ["hidden", "password", "file", "submit", "button"];
const BLOCKED_FOR = 4000; // a form whose answer is a file leaves its page where it is

const body = document.body;
const here = window.location.pathname + window.location.search;

function fields(form) {
  return [...form.elements].filter((field) => field.name && !NEVER_KEPT.includes(field.type));
}

function formsLike(action) {
  return [...document.querySelectorAll("main form")].filter((form) => form.getAttribute("action") === action);
}

function touched(field) {
  if (["radio", "checkbox"].includes(field.type)) {
    return field.checked !== field.defaultChecked;
  }
  if (field.tagName === "SELECT") {
    const first = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(first, 0);
  }
  return field.value !== field.defaultValue;
}

function keep(form, refused) {
  const typed = fields(form).filter((field) => !["radio", "checkbox"].includes(field.type) || field.checked);
  if (!form.closest("main") || form.dataset.answersFile !== undefined || typed.length === 0) {
    return;
  }
  const action = form.getAttribute("action");
  const draft = {
    person: body.dataset.person,
    page: here,
    action,
    place: formsLike(action).indexOf(form),
    values: typed.map((field) => [field.name, field.value]),
    refused,
  };
  sessionStorage.setItem(PLACE, JSON.stringify(draft));
}

function noteOf(draft, lines) {
  const note = document.createElement("div");
  note.className = draft.told ? "note bad" : "note warn";
  note.setAttribute("role", draft.told ? "alert" : "status");
  note.append(...lines.filter(Boolean).map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  return note;
}

function putBack(draft, said) {
  const form = formsLike(draft.action)[draft.place];
  if (!form) {
    if (draft.told) {
      document.querySelector("main").prepend(noteOf(draft, [draft.told]));
    }
    return;
  }
  for (const field of fields(form)) {
    const given = draft.values.filter(([name]) => name === field.name).map(([, value]) => value);
    if (["radio", "checkbox"].includes(field.type)) {
      field.checked = given.includes(field.value);
    } else if (given.length > 0) {
      field.value = given[0];
    }
  }
  for (let folded = form.closest("details"); folded; folded = folded.parentElement.closest("details")) {
    folded.open = true;
  }
  form.prepend(
    noteOf(draft, [draft.told, said ?? (form.querySelector("[type=file]") ? body.dataset.putBackFile : body.dataset.putBack)]),
  );
  (fields(form).find((field) => touched(field) && !["radio", "checkbox", "select-one"].includes(field.type)) ?? fields(form)[0]).focus();
}

function lookForDraft() {
  const draft = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
  sessionStorage.removeItem(PLACE);
  if (!draft) {
    return;
  }
  if (body.dataset.refused !== undefined) {
    const told = document.querySelector("main [data-told]")?.textContent.trim();
    sessionStorage.setItem(PLACE, JSON.stringify({ ...draft, refused: true, told }));
    if (told && body.dataset.answer !== undefined) {
      window.location.replace(draft.page); // back to the form, which then says why
      return;
    }
    document.querySelectorAll("[data-return]").forEach((link) => {
      link.hidden = false;
      link.href = draft.page;
    });
    document.querySelectorAll("main [name=next]").forEach((field) => {
      field.value = draft.page;
    });
  } else if (draft.page === here && draft.person === body.dataset.person) {
    if (draft.refused) {
      putBack(draft);
    } else if (body.dataset.answer === undefined && !performance.getEntriesByType("navigation")[0]?.redirectCount) {
      // This page answers no form, and none came between: the line or the server was gone. Nobody knows what arrived.
      putBack(draft, body.dataset.unanswered);
    }
  }
}

// A second click while the first is on its way is no second act; the server holds that too.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") {
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, BLOCKED_FOR);
  if (!body.dataset.person) {
    return; // signing in again: what was typed before still waits
  }
  sessionStorage.removeItem(PLACE);
  if (form.dataset.keepsDraft === undefined) {
    keep(form, false);
  } else {
    const begun = [...document.querySelectorAll("main form")].find((one) => fields(one).some(touched));
    if (begun) {
      keep(begun, true);
    }
  }
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

lookForDraft();
