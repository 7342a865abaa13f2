// What every screen shows, read from the phone's database in one go. Screens draw from it and never keep any of it.

import { roomFor } from "./captures.js";
import { deviceHere } from "./device.js";
import { newerWaits } from "./newer.js";
import { foreignUnsent, isUnsent, queueOf } from "./sending.js";
import { dayHere, remembered } from "./session.js";
import { lettersOf } from "./sheets.js";
import { all, get } from "./store.js";

/** Everything of the account that is signed in, or was last. */
export async function gather() {
  const session = await remembered();
  const account = session?.account_id ?? null;
  const here = account ? deviceHere(account) : Promise.resolve();
  const [day, queue, drafts, device, room, clock, foreign, revoked] = await Promise.all([
    dayHere(),
    queueOf(account),
    all("drafts"),
    here,
    roomFor(),
    get("meta", "clock"),
    foreignUnsent(account),
    here.then((device) => device?.device_id && get("meta", `revoked:${device.device_id}`)).then(Boolean),
  ]);
  const own = drafts.filter((draft) => draft.account_id === account);
  return { session, account, day: live(day, clock, own), queue, drafts: own, device, room, revoked, foreign, newer: newerWaits(), offset: clock?.offset_ms ?? 0 };
}

/** The day without the visits whose tickets have run out: a lost phone forgets by itself. */
function live(day, clock, drafts) {
  if (!day) return null;
  const now = (Date.now() + (clock?.offset_ms ?? 0)) / 1000;
  const begun = new Set(drafts.map((draft) => draft.visit));
  const valid = (visit) => visit.over || begun.has(visit.visit) || expiryOf(visit.ticket) > now;
  const visits = day.visits.filter(valid).sort((a, b) => a.order - b.order);
  return { ...day, visits, lapsed: day.visits.length - visits.length };
}

/** When a ticket ends, in unix seconds; it is read, not checked: that is the server's to do. */
export function expiryOf(ticket) {
  try {
    const text = atob(ticket.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(text).exp;
  } catch {
    return 0;
  }
}

/** Counts for the one question: is everything safe? */
export function safety(queue) {
  const items = [...queue.records, ...queue.captures];
  const unsent = items.filter(isUnsent);
  const size = (list) => list.reduce((sum, one) => sum + (one.size ?? 0), 0);
  return {
    all: items.length,
    here: unsent.filter((one) => one.state === "only_here").length,
    moving: unsent.filter((one) => one.state === "on_its_way").length,
    unsent: unsent.length,
    refused: items.filter((one) => one.state === "refused").length,
    safe: items.filter((one) => one.state === "safe").length,
    bytesLeft: size(queue.captures.filter(isUnsent)) - queue.captures.filter(isUnsent).reduce((sum, one) => sum + one.offset, 0),
  };
}

/** How a visit stands: {step: open|begun|left|done, items, record}. */
export function standingOf(visitId, state) {
  const records = state.queue.records.filter((one) => one.visit === visitId);
  const captures = state.queue.captures.filter((one) => one.visit === visitId);
  const report = records.findLast((one) => one.kind === "report");
  const left = records.findLast((one) => one.kind === "unsafe");
  const draft = state.drafts.find((one) => one.visit === visitId);
  const isOpen = Boolean(draft?.situation || draft?.reopened);
  const step = report && !isOpen ? "done" : left && !report ? "left" : isOpen || draft ? "begun" : "open";
  return { step, record: report ?? left ?? null, items: [...records, ...captures], records, captures, draft };
}

/** Where the newest picture of these was taken, {lat, lon, at}, with the moment; null when none tells of a place. */
export function lastPlace({ captures }) {
  const told = captures.flatMap((one) => one.samples ?? []);
  return told.reduce((newest, one) => (!newest || one.at > newest.at ? one : newest), null);
}

/** The worst state of some items: refused, only_here, on_its_way, safe; null when there are none. */
export const worst = (items) => ["refused", "only_here", "on_its_way", "safe"].find((one) => items.some((item) => item.state === one)) ?? null;

/** Letters of the sheets that were bound to a visit on this phone. */
export const boundTo = (visitId, queue) => sheetsBound(queue).filter((one) => one.visit === visitId).map((one) => one.letters);

export const sheetsBound = (queue) => queue.records
  .filter((one) => one.kind === "sheet_bound")
  .map((one) => ({ visit: one.visit, letters: lettersOf(JSON.parse(one.text).sheet) }));
