// Records: signed, numbered and each naming the one before it. A lock across all tabs keeps the chain from forking, and
// the record, the new head and the captures that it names are written in one strict transaction.

import { clocks, courtTime, learntClock } from "./clock.js";
import { deviceHere, sign } from "./device.js";
import { canonical, sha256hex } from "./encoding.js";
import { announce, get, write } from "./store.js";

const NOTHING = "0".repeat(64);
const OF_RECORD = [
  "capture_id", "role", "sha256", "size", "media_type", "mode", "shutter_at", "monotonic_ms", "samples",
  "position_state", "codes", "width", "height",
];

/**
 * Make a record and keep it. `told` holds what its kind needs: visit, ticket, report, captures (as stored), sheet,
 * packet, situation, excuse. `closes` names the visit whose draft is done with it. Resolves when it is on the disk, to null
 * when that draft is done with already.
 */
export async function append(account, kind, told, closes = null) {
  const made = await navigator.locks.request("songda-chain", () => link(account, kind, told, closes));
  if (made) announce("queue");
  return made;
}

async function link(account, kind, told, closes) {
  const [device, clock] = await Promise.all([deviceHere(account), learntClock()]);
  if (!device?.device_id) throw new DOMException("this phone is not enrolled", "InvalidStateError");
  // Another tap or another tab was first.
  if (closes && !(await get("drafts", closes))) return null;
  const head = (await get("meta", `head:${device.device_id}`)) ?? { seq: 0, digest: NOTHING };
  const record_id = crypto.randomUUID();
  const captures = told.captures ?? [];
  const made_at = new Date().toISOString();
  const report = told.report ? { ...told.report, at: told.report.at ?? courtTime(clock), report_id: record_id } : null;
  const text = canonical({
    v: 1,
    record_id,
    device_id: device.device_id,
    seq: head.seq + 1,
    prev: head.digest,
    kind,
    visit: told.visit ?? null,
    ticket: told.ticket ?? null,
    made_at,
    clocks: clocks(clock),
    report,
    captures: captures.map((one) => Object.fromEntries(OF_RECORD.map((name) => [name, one[name] ?? null]))),
    sheet: told.sheet ?? null,
    packet: told.packet ?? null,
    situation: told.situation ?? null,
    excuse: told.excuse ?? null,
  });
  const [signature, digest] = await Promise.all([sign(device, text), sha256hex(text)]);
  const record = {
    record_id, account_id: account, device_id: device.device_id, seq: head.seq + 1, kind, text,
    signature, visit: told.visit ?? null, packet: told.packet ?? null,
    situation: told.situation ?? null, made_at, state: "only_here", receipt: null, doubts: [],
    captures: captures.map((one) => one.capture_id),
  };
  await write(["meta", "records", "captures", "drafts"], (of) => {
    of.records.add(record);
    of.meta.put({ seq: record.seq, digest }, `head:${device.device_id}`);
    for (const capture of captures) {
      const request = of.captures.get(capture.capture_id);
      request.onsuccess = () => request.result && of.captures.put({ ...request.result, record_id });
    }
    if (closes) of.drafts.delete(closes);
  });
  return record;
}
