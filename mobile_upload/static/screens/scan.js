// The two ends of the day, and sheets from the pad: a live scan on top, what was scanned below. Who cannot scan taps.

import { scanInto } from "../capture_screen.js";
import { h, icon } from "../dom.js";
import { isBlank, lettersOf } from "../sheets.js";
import { sheetsBound } from "../state.js";
import { say } from "../words.js";
import { head, stateBadge } from "./parts.js";

/** What a scanned text means among today's packets: the packet whose number it is or ends with. */
function packetOf(text, visits) {
  const number = text.trim().split(/[/:\s]/).pop();
  return visits.find((visit) => visit.packet !== null && visit.packet !== undefined && String(visit.packet) === number);
}

/** Morning (`load_scan`) or evening (`hand_in`). */
export function drawPackets(state, acts, kind) {
  const visits = (state.day?.visits ?? []).filter((visit) => visit.packet !== null && visit.packet !== undefined);
  const had = new Map(state.queue.records.filter((one) => one.kind === kind).map((one) => [one.visit, one]));
  const missing = visits.filter((visit) => !had.has(visit.visit));
  const name = kind === "load_scan" ? "load" : "hand_in";
  return [
    head(say(`${name}.title`), missing.length > 0
      ? say(`${name}.sub`, { had: visits.length - missing.length, all: visits.length, missing: missing.map((visit) => visit.packet).sort((a, b) => a - b).join(say("between")) })
      : say(`${name}.complete`, { all: visits.length }), "#/"),
    h("div", { class: "scan-frame", id: "scan-frame" }),
    h("nav", { class: "row tabs" },
      h("a", { class: "button", href: "#/load", "aria-current": kind === "load_scan" ? "page" : null }, say("load.short")),
      h("a", { class: "button", href: "#/hand-in", "aria-current": kind === "hand_in" ? "page" : null }, say("hand_in.short"))),
    ...visits.map((visit) => h("button", {
      class: `card packet-row ${had.has(visit.visit) ? "met" : ""}`, disabled: had.has(visit.visit), dataset: { packet: String(visit.packet) }, onclick: () => acts.packet(kind, visit),
    }, h("b", {}, String(visit.packet)), h("span", {}, visit.recipient_name), had.has(visit.visit) ? stateBadge(had.get(visit.visit).state) : h("span", { class: "quiet" }, say("scan.tap")))),
  ];
}

/** What to do with a code that is read on the packets' screen. */
export function onPacket(kind, acts, latest) {
  return async (text) => {
    const state = latest();
    const visit = packetOf(text, state.day?.visits ?? []);
    if (!visit) return { tone: "bad", text: say("scan.unknown") };
    if (state.queue.records.some((one) => one.kind === kind && one.visit === visit.visit)) return { tone: "good", text: say("scan.had", { packet: visit.packet }) };
    await acts.packet(kind, visit);
    return { tone: "good", text: say("scan.got", { packet: visit.packet, name: visit.recipient_name }) };
  };
}

/** Binding a sheet of the pad to a visit. */
export function drawSheet(state, acts, id) {
  const visit = state.day?.visits.find((one) => one.visit === id);
  if (!visit) return [head(say("visit.gone"), "", "#/")];
  const bound = state.queue.records.filter((one) => one.kind === "sheet_bound" && one.visit === id);
  return [
    head(say("sheet.title"), visit.recipient_name, `#/visit/${id}`),
    h("div", { class: "scan-frame", id: "scan-frame" }),
    h("form", { class: "card row", onsubmit: (event) => { event.preventDefault(); acts.typedSheet(visit, event.target.elements.code.value); } },
      h("label", { for: "typed" }, say("sheet.typed")),
      h("input", { id: "typed", name: "code", autocomplete: "off", autocapitalize: "characters", spellcheck: "false" }),
      h("button", {}, say("sheet.bind_it"))),
    ...bound.map((one) => h("section", { class: "card met" }, icon("check"), h("code", {}, tail(JSON.parse(one.text).sheet)), stateBadge(one.state))),
  ];
}

const tail = (text) => `…${(lettersOf(text) ?? text).slice(-9)}`;

export function onSheet(visit, acts, latest) {
  return async (text) => {
    const letters = lettersOf(text);
    if (!letters) return { tone: "bad", text: say("code.foreign") };
    if (!isBlank(letters)) {
      const own = visit.notice_code && lettersOf(visit.notice_code) === letters;
      return { tone: own ? "good" : "bad", text: say(own ? "sheet.printed" : "code.other") };
    }
    const before = sheetsBound(latest().queue).find((one) => one.letters === letters);
    if (before) return before.visit === visit.visit ? { tone: "good", text: say("sheet.had") } : { tone: "bad", text: say("sheet.elsewhere") };
    await acts.bind(visit, text);
    return { tone: "good", text: say("sheet.now_bound", { tail: tail(text) }) };
  };
}

/** Start the live scan on a screen that has just been drawn; returns how to end it. */
export const startScan = (onCode) => scanInto(document.getElementById("scan-frame"), onCode);
