// Keeping what was captured: hash first, then one strict write of bytes and description, and only then does anybody say
// that it is saved. A full phone is said before it happens: a new video is refused while there is still room for photos.

import { courtNow } from "./clock.js";
import { sha256hex } from "./encoding.js";
import { around } from "./place.js";
import { isShort, releaseReserve } from "./reserve.js";
import { amend, announce, bytesLeft, write } from "./store.js";

const MEGABYTE = 1024 * 1024;
export const LEAST_FOR_PHOTO = 24 * MEGABYTE;
export const LEAST_FOR_VIDEO = 96 * MEGABYTE;
export const MOST_BYTES = { video: 150 * MEGABYTE, audio: 150 * MEGABYTE, other: 40 * MEGABYTE };

export class NoRoom extends Error {}
export class TooLarge extends Error {}

/** Whether there is still room for a photo and for a video, as far as the browser says and our own reserve shows. */
export async function roomFor() {
  const left = await bytesLeft();
  const says = (least) => left === null || left >= least;
  return { left, photo: says(LEAST_FOR_PHOTO), video: says(LEAST_FOR_VIDEO) && !isShort() };
}

/**
 * Keep one capture. `about` has visit, ticket, role, mode ("in_page" | "file_input"), shutter_at, monotonic_ms, width,
 * height, codes. Resolves to what was stored. Throws `NoRoom` or `TooLarge`; then nothing was stored.
 */
export async function keep(account, blob, about) {
  const kind = blob.type.split("/")[0];
  if (blob.size > (MOST_BYTES[kind] ?? MOST_BYTES.other)) throw new TooLarge();
  const bytes = await blob.arrayBuffer();
  const capture = {
    capture_id: crypto.randomUUID(),
    account_id: account,
    sha256: await sha256hex(bytes),
    size: blob.size,
    media_type: blob.type.split(";")[0] || "application/octet-stream",
    codes: [],
    width: null,
    height: null,
    ...about,
    ...around(about.shutter_at),
    made_at: await courtNow(),
    state: "only_here",
    offset: 0,
    upload_url: null,
    receipt: null,
    record_id: null,
  };
  // The bytes that were hashed, not the Blob: a file of the gallery may change or vanish behind its handle.
  const own = new Blob([bytes], { type: capture.media_type });
  const store = () => write(["captures", "blobs"], (of) => {
    of.captures.add(capture);
    of.blobs.add(own, capture.capture_id);
  });
  try {
    await store().catch(async (error) => {
      if (error?.name !== "QuotaExceededError" || !(await releaseReserve())) throw error;
      return store();
    });
  } catch (error) {
    throw error?.name === "QuotaExceededError" ? new NoRoom() : error;
  }
  announce("queue");
  return capture;
}

/** Positions that came after the shutter, while the record that names this capture is not signed yet. */
export const addPositions = (captureId) => amend("captures", captureId, (one) => {
  const now = around(one.shutter_at);
  return one.record_id || now.samples.length <= one.samples.length ? null : { ...one, ...now };
});

/** Codes that were read after the picture was kept, likewise. */
export const addCodes = (captureId, codes) => amend("captures", captureId, (one) => (
  one.record_id || codes.length === 0 ? null : { ...one, codes: [...new Set([...one.codes, ...codes])] }
));

/** What the shutter's moment is: device time and the clock that nobody can set. */
export const shutter = () => ({ shutter_at: new Date().toISOString(), monotonic_ms: Math.round(performance.now()) });
