// Room that is held back for the photograph that must still fit. Browsers no longer say honestly how full a phone is, so
// the page keeps a block of its own: when a picture does not fit, the block is let go, the picture is kept in its place,
// and the person is told that the phone is full. When the block cannot be had, there is no room for a video.

import { get, remove, write } from "./store.js";

const NAME = "reserve";
const BYTES = 32 * 1024 * 1024;

let refused = false;

/** Whether there was no room for the block when it was last wanted. */
export const isShort = () => refused;

/** Take hold of the block, if there is room for it. Returns whether it is held. */
export async function holdReserve() {
  if (await get("meta", NAME)) return true;
  try {
    await write(["meta", "blobs"], (of) => {
      of.blobs.put(new Blob([new Uint8Array(BYTES)]), NAME);
      of.meta.put(true, NAME);
    });
    refused = false;
    return true;
  } catch (error) {
    if (error?.name !== "QuotaExceededError") throw error;
    refused = true;
    return false;
  }
}

/** Let the block go. Returns whether there was one. */
export async function releaseReserve() {
  refused = true;
  if (!(await get("meta", NAME))) return false;
  await remove("blobs", NAME);
  await remove("meta", NAME);
  return true;
}
