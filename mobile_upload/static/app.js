// The page: it opens from the phone's own database, draws one screen from the address behind the #, and sends what waits.

import { actsOf } from "./acts.js";
import { h, icon } from "./dom.js";
import { pump, sendOnEveryOccasion } from "./sending.js";
import { fetchDay, SignInNeeded, Unreachable } from "./session.js";
import { holdReserve } from "./reserve.js";
import { gather, safety } from "./state.js";
import { keepForGood, onChange } from "./store.js";
import { noteRegistration } from "./newer.js";
import { tell } from "./notice_bar.js";
import { loadWords, say } from "./words.js";
import * as map from "./screens/map.js";
import * as outbox from "./screens/outbox.js";
import * as scan from "./screens/scan.js";
import * as settings from "./screens/settings.js";
import * as today from "./screens/today.js";
import * as visit from "./screens/visit.js";

const STALE_MS = 15 * 60 * 1000;

let state = null;
let endScan = null;
let scanning = "";
let pressed = false;
let wanted = false;
let drawing = Promise.resolve();
let next = null;

const latest = () => state;
const acts = actsOf({ latest, redraw: () => redraw() });

const ROUTES = [
  [/^#\/visit\/([\w-]+)$/, (id) => visit.draw(state, acts, id)],
  [/^#\/sheet\/([\w-]+)$/, (id) => scan.drawSheet(state, acts, id)],
  [/^#\/load$/, () => scan.drawPackets(state, acts, "load_scan")],
  [/^#\/hand-in$/, () => scan.drawPackets(state, acts, "hand_in")],
  [/^#\/out$/, () => outbox.draw(state, acts)],
  [/^#\/settings$/, () => settings.draw(state, acts)],
  [/^#\/map$/, () => map.draw(state)],
];

/**
 * Gather the state anew and draw. One after another: a slow read must not draw over a later one. Whoever asks while one
 * is still to begin is served by that one.
 */
function redraw() {
  const begin = () => { next = null; return drawNow(); };
  next ??= drawing.then(begin, begin);
  drawing = next;
  return next;
}

async function drawNow() {
  state = await gather();
  // Nobody wants to lose what they are typing, a question that is open, or the button under the thumb.
  const busy = document.activeElement?.matches?.("input[type=text], input[type=date], #typed") || document.querySelector("dialog[open]");
  if (pressed) wanted = true;
  else if (!busy) show();
}

/** A finger that is down keeps its button: drawing waits until it is up. */
function waitForFingers() {
  const up = () => {
    pressed = false;
    if (wanted) setTimeout(redraw);
    wanted = false;
  };
  addEventListener("pointerdown", (event) => {
    pressed = true;
    const typing = document.activeElement;
    // Not every browser moves the focus to a button; without that the screen would wait for the field for ever.
    if (typing?.matches?.("input") && !typing.contains(event.target) && !event.target.closest("label")) typing.blur();
  }, true);
  addEventListener("pointerup", () => setTimeout(up), true);
  addEventListener("pointercancel", up, true);
}

/** How to find the button that has the focus in the next drawing of the same screen. */
function focused() {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  if (one.id) return `#${one.id}`;
  const told = Object.entries(one.dataset).map(([name, value]) => `[data-${name}="${CSS.escape(value)}"]`).join("");
  return told ? one.localName + told : one.getAttribute("href") ? `a[href="${CSS.escape(one.getAttribute("href"))}"]` : null;
}

function show() {
  const focus = focused();
  const address = location.hash || "#/";
  const found = ROUTES.map(([pattern, draw]) => [pattern.exec(address), draw]).find(([match]) => match);
  const frame = document.getElementById("scan-frame");
  const parts = (found ? found[1](found[0][1]) : today.draw(state, acts)).filter(Boolean);
  const main = document.getElementById("main");
  const bar = parts.find((part) => part.matches("footer.bottom"));
  main.replaceChildren(...parts.filter((part) => part !== bar));
  document.getElementById("bar").replaceChildren(...(bar ? [bar] : [tabs(address)]));
  document.body.dataset.bar = bar ? "acts" : "tabs";
  if (focus) document.querySelector(focus)?.focus({ preventScroll: true });
  continueScan(address, frame);
}

/** A live scan outlives redrawing: its picture is put back into the new screen. */
function continueScan(address, frame) {
  const place = document.getElementById("scan-frame");
  if (scanning === address && frame && place) {
    place.replaceWith(frame);
    frame.querySelector("video")?.play().catch(() => undefined);
    return;
  }
  endScan?.then((end) => end());
  endScan = null;
  scanning = place ? address : "";
  if (!place) return;
  const sheetOf = /^#\/sheet\/([\w-]+)$/.exec(address)?.[1];
  const one = state.day?.visits.find((each) => each.visit === sheetOf);
  endScan = scan.startScan(one ? scan.onSheet(one, acts, latest) : scan.onPacket(address === "#/load" ? "load_scan" : "hand_in", acts, latest));
}

function tabs(address) {
  const { unsent, refused } = safety(state.queue);
  const tab = (href, picture, key, count = 0) => h("a", { href, "aria-current": address === href ? "page" : null }, icon(picture), h("span", {}, say(`tab.${key}`), count ? h("b", { class: "count" }, String(count)) : null));
  return h("nav", { class: "tabs-bar", "aria-label": say("tab.all") },
    tab("#/", "list", "today"), tab("#/load", "scan", "scan"), tab("#/out", "up", "out", unsent + refused), tab("#/settings", "person", "me"));
}

/** Fetch the day by itself when the page has just been opened, when there is none, or the one here has grown old. */
async function refreshDay({ opened = false } = {}) {
  const fetched = state.day ? Date.parse(state.day.fetched_at) : 0;
  if (!navigator.onLine || (Math.abs(Date.now() - fetched) < STALE_MS && !opened)) return;
  try {
    await fetchDay();
    navigator.serviceWorker?.controller?.postMessage("fill");
  } catch (error) {
    // Without signal, with a session that has ended or a phone that was revoked: the first screen says it.
    if (!(error instanceof Unreachable) && !(error instanceof SignInNeeded) && error.code !== "device_revoked") tell(say("fetch.refused"), "warn");
  }
  await redraw();
}

/** A new page takes over only between two acts; nothing that waits to be sent is touched by that. */
async function serveOffline() {
  if (!navigator.serviceWorker) return;
  const registration = await navigator.serviceWorker.register("/field/worker.js", { scope: "/field/", type: "module", updateViaCache: "none" });
  noteRegistration(registration);
  navigator.serviceWorker.addEventListener("message", (event) => event.data === "send" && pump());
  const idle = () => !document.querySelector(".overlay, dialog[open]") && (location.hash || "#/") === "#/";
  const takeOver = () => idle() && registration.waiting?.postMessage("take_over");
  let reloading = !navigator.serviceWorker.controller;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!reloading && idle()) location.reload();
    reloading = false;
  });
  addEventListener("hashchange", takeOver);
  takeOver();
}

async function start() {
  await loadWords();
  waitForFingers();
  await redraw();
  onChange(async (what) => { if (what === "language") await loadWords(); await redraw(); });
  addEventListener("hashchange", () => { scrollTo(0, 0); document.getElementById("told").replaceChildren(); show(); });
  addEventListener("online", () => { redraw(); refreshDay(); });
  addEventListener("offline", () => redraw());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refreshDay());
  keepForGood();
  holdReserve().then(redraw);
  await refreshDay({ opened: true });
  // The page is kept as the court of this person gets it (its own map tiles are named in its policy).
  if (state.session) serveOffline();
  await sendOnEveryOccasion();
}

start();
