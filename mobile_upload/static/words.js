// Words come from the court's one catalogue, as a file for each language that is part of this version of the page. The
// language is a choice of this phone, so it changes without signal too.

const KEY = "songda-language";
let words = {};

/** The language in use: what was chosen on this phone, else the page's. */
export const language = () => localStorage.getItem(KEY) ?? (document.documentElement.lang.startsWith("zh") ? "zh" : "en");

export function chooseLanguage(chosen) {
  localStorage.setItem(KEY, chosen);
}

export async function loadWords() {
  const chosen = language();
  const answer = await fetch(new URL(`words-${chosen}.json`, import.meta.url));
  if (!answer.ok) throw new Error("no words");
  words = await answer.json();
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
  document.title = `${say("title")} · ${word("frame", "brand")}`;
}

function fill(text, values) {
  return text.replaceAll(/\{(\w+)\}/g, (_all, name) => String(values[name] ?? ""));
}

/** The words of this page under a key. */
export const say = (key, values = {}) => fill(words[`field_app.${key}`] ?? key, values);

/** The words of a code in a table; the code itself when nobody has put it into words. */
export const word = (table, code, values = {}) => fill(words[`${table}.${code}`] ?? String(code), values);

export const knows = (table, code) => `${table}.${code}` in words;
