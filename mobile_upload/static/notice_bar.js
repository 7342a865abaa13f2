// Short messages at the top, read aloud by screen readers; the last one stays until it is old or touched.

import { h, icon } from "./dom.js";

const SHOWN_MS = 7_000;
let timer = 0;

export function tell(text, tone = "good") {
  const place = document.getElementById("told");
  clearTimeout(timer);
  const close = () => place.replaceChildren();
  place.replaceChildren(h("button", { class: `toast ${tone}`, onclick: close }, icon(tone === "good" ? "check" : "warn"), text));
  timer = setTimeout(close, SHOWN_MS);
}
