// Keys for the officer's desk. No key decides anything alone: "c" goes to the button, Enter then presses it.
"use strict";

const list = document.querySelector("[data-officer-list]");
const item = document.querySelector("[data-officer-item]");
const help = document.querySelector("[data-keys-shown]");
const rows = list ? [...list.querySelectorAll("[data-row]")] : [];

function typing(target) {
  const field = target.closest("input, textarea, select, [contenteditable]");
  return Boolean(field) && !["radio", "checkbox"].includes(field.type);
}

function move(step) {
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[next]?.focus();
}

function openRow(part) {
  const row = rows.includes(document.activeElement) ? document.activeElement : rows[0];
  if (row) {
    // No id begins like this: the browser itself would move the focus to a place that it knows.
    window.location.assign(`${row.href}#to-${part}`);
  }
}

function goTo(part) {
  const found = document.getElementById(part);
  if (found instanceof HTMLDetailsElement) {
    found.open = true;
    found.querySelector("textarea").focus();
  } else {
    found?.focus();
  }
}

const KEYS_OF_LIST = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  c: () => openRow("confirm"),
  s: () => openRow("send-back"),
};
const KEYS_OF_ITEM = {
  c: () => goTo("confirm"),
  s: () => goTo("send-back"),
  u: () => document.querySelector("[data-list]").click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || help?.open) {
    return;
  }
  if (event.key === "?" && help) {
    event.preventDefault();
    help.showModal();
    return;
  }
  const keys = list ? KEYS_OF_LIST : item ? KEYS_OF_ITEM : {};
  if (event.target.type === "radio" && event.key.startsWith("Arrow")) {
    return;
  }
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

document.querySelectorAll("[data-keys]").forEach((button) => button.addEventListener("click", () => help.showModal()));
document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));

if (item) {
  const part = window.location.hash.replace("#to-", "");
  if (part && document.getElementById(part)) {
    goTo(part);
  } else {
    document.querySelector("[data-heading]").focus();
  }
} else {
  rows[0]?.focus();
}
