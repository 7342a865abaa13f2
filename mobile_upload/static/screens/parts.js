// Pieces that more than one screen shows.

import { h, icon } from "../dom.js";
import { say, word } from "../words.js";

export const TONE = { safe: "good", on_its_way: "info", only_here: "warn", refused: "bad" };

/** "only here" / "on its way 40%" / "safe on the server" of one item or several. */
export function stateBadge(state, items = []) {
  const going = items.filter((one) => one.state === "on_its_way" && one.size);
  const total = going.reduce((sum, one) => sum + one.size, 0);
  const share = total ? Math.floor((100 * going.reduce((sum, one) => sum + one.offset, 0)) / total) : null;
  const text = state === "on_its_way" && share !== null ? say("state.on_its_way_share", { share }) : say(`state.${state}`);
  return h("span", { class: `state ${TONE[state]}`, dataset: { state } }, icon(state === "safe" ? "check" : state === "refused" ? "warn" : "up"), text);
}

export const head = (title, sub, back = null) => h("header", { class: "top" },
  back ? h("a", { class: "back", href: back, "aria-label": say("back") }, icon("back")) : null,
  h("div", {}, h("h1", {}, title), sub ? h("p", {}, sub) : null));

/** Where Android's and Apple's navigation apps take a place; an address by words where no position is known. */
export function navigationTo(visit) {
  const apple = /iPhone|iPad|Macintosh/.test(navigator.userAgent);
  if (!visit.position) return apple ? `iosamap://poi?sourceApplication=songda&name=${encodeURIComponent(visit.address)}` : `geo:0,0?q=${encodeURIComponent(visit.address)}`;
  const { lat, lon } = visit.position;
  // dev=1: these are WGS-84 and the app shifts them itself.
  return apple ? `iosamap://path?sourceApplication=songda&dlat=${lat}&dlon=${lon}&dev=1&t=0` : `geo:${lat},${lon}?q=${lat},${lon}`;
}

export const ways = (visit) => [
  h("a", { class: "button", href: navigationTo(visit), dataset: { act: "navigate" } }, icon("way"), say("navigate")),
  visit.phone ? h("a", { class: "button", href: `tel:${visit.phone}`, dataset: { act: "call" } }, icon("phone"), say("call")) : null,
];

export const kindOf = (visit) => word("channel", visit.kind === "posting" ? "posting" : "in_person");

/** Local hour and minute, and the day if it is another one. */
export function moment(iso) {
  const when = new Date(iso);
  const pad = (number) => String(number).padStart(2, "0");
  const clock = `${pad(when.getHours())}:${pad(when.getMinutes())}`;
  return when.toDateString() === new Date().toDateString() ? clock : `${pad(when.getMonth() + 1)}-${pad(when.getDate())} ${clock}`;
}

/** "154 MB" or "12 GB". */
export const sized = (bytes) => (bytes < 1024 ** 3 ? `${Math.round(bytes / 1024 ** 2)} MB` : `${Math.round(bytes / 1024 ** 3)} GB`);

export const megabytes = (bytes) => {
  const found = bytes / 1024 / 1024;
  return found < 10 ? (bytes > 0 ? Math.max(0.1, found) : 0).toFixed(1) : String(Math.round(found));
};

/** The date by the court's clock, which a phone that is a day wrong has learnt with its day. */
export function today({ offset }) {
  const now = new Date(Date.now() + offset);
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
}
