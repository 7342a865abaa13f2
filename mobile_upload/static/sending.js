// The one queue and its only sender. Records go first, in the order of their chain, then pictures, then videos. A lock
// across tabs and the worker lets one of them send at a time; whoever is turned away trusts the one that holds it.

import { base64url, bytesOf } from "./encoding.js";
import { ask, markExpired, Refused, remembered, send, SignInNeeded, Stumbled, Unreachable } from "./session.js";
import { all, amend, announce, get, read, write } from "./store.js";
import { bring } from "./uploading.js";

const WAIT_FIRST_MS = 2_000;
const WAIT_LONGEST_MS = 120_000;
const KEEP_SAFE_MS = 24 * 3600 * 1000;
const UNSENT = new Set(["only_here", "on_its_way"]);

export const isUnsent = (item) => UNSENT.has(item.state);

/** Everything that this account made on this phone: {records, captures}. */
export async function queueOf(account) {
  const [records, captures] = await read(["records", "captures"], (of) => [of.records.getAll(), of.captures.getAll()]);
  const own = (item) => item.account_id === account;
  return { records: records.filter(own).sort((a, b) => a.seq - b.seq), captures: captures.filter(own) };
}

/** How many unsent items lie here for accounts other than this one. */
export async function foreignUnsent(account) {
  const [records, captures] = await read(["records", "captures"], (of) => [of.records.getAll(), of.captures.getAll()]);
  return [...records, ...captures].filter((item) => item.account_id !== account && isUnsent(item)).length;
}

/**
 * Send what there is, unless somebody is at it already. Returns "empty", "elsewhere", "later" (no signal) or
 * "sign_in". Never throws for the network's sake.
 */
export function drain() {
  return navigator.locks.request("songda-send", { ifAvailable: true }, async (lock) => {
    if (!lock) return "elsewhere";
    const awake = await stayAwake();
    try {
      return await drainAll();
    } catch (error) {
      if (error instanceof SignInNeeded) {
        await markExpired();
        return "sign_in";
      }
      if (error instanceof Unreachable) return "later";
      throw error;
    } finally {
      await awake?.release().catch(() => undefined);
      announce("queue");
    }
  });
}

async function drainAll() {
  const session = await remembered();
  if (!session) return "empty";
  const stumbled = new Set();
  // More may be added while we send: go round until nothing is left.
  for (;;) {
    const { records, captures } = await queueOf(session.account_id);
    const waits = (id) => (one) => isUnsent(one) && !stumbled.has(one[id]);
    const record = records.find(waits("record_id"));
    const capture = captures.filter(waits("capture_id")).sort((a, b) => a.size - b.size)[0];
    if (!record && !capture) break;
    try {
      await (record ? sendRecord(record) : sendCapture(capture));
    } catch (error) {
      if (!(error instanceof Stumbled)) throw error;
      stumbled.add(record ? record.record_id : capture.capture_id);
    }
    announce("queue");
  }
  await prune();
  if (stumbled.size > 0) throw new Stumbled();
  return "empty";
}

async function sendRecord(record) {
  await amend("records", record.record_id, (one) => ({ ...one, state: "on_its_way" }));
  try {
    const body = { bytes: base64url(bytesOf(record.text)), signature: record.signature };
    const told = await (await send("/field/api/records", body)).json();
    await amend("records", record.record_id, (one) => ({
      ...one, state: "safe", receipt: told.receipt, received_at: told.received_at, doubts: told.doubts ?? [],
    }));
  } catch (error) {
    // What the server will never take is kept and shown: a person decides, nothing is thrown away.
    const ended = error instanceof Refused ? { state: "refused", problem: error.code } : { state: "only_here" };
    await amend("records", record.record_id, (one) => ({ ...one, ...ended }));
    if (!(error instanceof Refused)) throw error;
  }
}

async function sendCapture(capture) {
  const blob = await get("blobs", capture.capture_id);
  const change = (more) => amend("captures", capture.capture_id, (one) => ({ ...one, ...more }));
  if (!blob) return change({ state: "refused", problem: "bytes_missing" });
  await change({ state: "on_its_way" });
  try {
    const receipt = (await knownReceipt(capture)) ?? (await bring(capture, blob, {
      noteUrl: (upload_url) => change({ upload_url, offset: 0 }),
      noteOffset: async (offset) => { await change({ offset }); announce("progress"); },
    }));
    await change({ state: "safe", receipt, offset: capture.size, received_at: new Date().toISOString() });
  } catch (error) {
    if (error instanceof Refused) await change({ state: "refused", problem: error.code });
    else await amend("captures", capture.capture_id, (one) => (one.offset > 0 ? null : { ...one, state: "only_here" }));
    if (!(error instanceof Refused)) throw error;
  }
  return undefined;
}

/** The receipt of a capture that may have arrived although we never heard so; null when it has to be sent. */
async function knownReceipt(capture) {
  if (!capture.upload_url) return null;
  const told = await (await ask(`/field/api/receipts?ids=${capture.capture_id}`)).json();
  const found = told.captures?.[capture.capture_id];
  return found?.state === "safe" ? found.receipt : null;
}

/** Put what was refused back into the queue: the person has signed in otherwise, or the server was mended. */
export async function retryRefused(account) {
  const { records, captures } = await queueOf(account);
  const back = (one) => (one.state === "refused" && one.problem !== "bytes_missing" ? { ...one, state: "only_here", problem: null } : null);
  for (const one of records) await amend("records", one.record_id, back);
  for (const one of captures) await amend("captures", one.capture_id, back);
}

/** Bytes of what has been safe for a day go; what is known of it stays in the list for a week. */
async function prune() {
  const captures = await all("captures");
  const records = await all("records");
  const day = Date.now() - KEEP_SAFE_MS;
  const old = (one, before) => one.state === "safe" && Date.parse(one.received_at) < before;
  await write(["blobs", "captures", "records"], (of) => {
    for (const one of captures.filter((each) => old(each, day))) of.blobs.delete(one.capture_id);
    for (const one of captures.filter((each) => old(each, day - 6 * KEEP_SAFE_MS))) of.captures.delete(one.capture_id);
    for (const one of records.filter((each) => old(each, day - 6 * KEEP_SAFE_MS))) of.records.delete(one.record_id);
  });
}

/** Make room at once: bytes that the server has confirmed. Returns how many were let go. */
export async function freeSafe() {
  const safe = (await all("captures")).filter((one) => one.state === "safe");
  await write("blobs", (of) => { for (const one of safe) of.blobs.delete(one.capture_id); });
  return safe.length;
}

async function stayAwake() {
  if (globalThis.document?.visibilityState !== "visible") return null;
  return (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
}

let wait = WAIT_FIRST_MS;
let timer = 0;

/** Send now; when there is no signal, try again by itself, each time a little later. */
export async function pump() {
  clearTimeout(timer);
  const ended = await drain();
  if (ended === "later" || ended === "elsewhere") {
    timer = setTimeout(pump, wait);
    wait = Math.min(wait * 2, WAIT_LONGEST_MS);
    // Where the browser can wake us up later, let it; nothing depends on it.
    const worker = await navigator.serviceWorker?.getRegistration?.();
    await worker?.sync?.register("songda-send").catch(() => undefined);
  } else {
    wait = WAIT_FIRST_MS;
  }
  return ended;
}

/** Send whenever there is a reason to hope. */
export function sendOnEveryOccasion() {
  const again = () => { wait = WAIT_FIRST_MS; return pump(); };
  addEventListener("online", again);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && again());
  return again();
}
