// The clocks of a phone, side by side. A wrong device clock is told by the others: it is noted, never corrected away.

import { get, put } from "./store.js";

/** Learn how far the device's clock is from the court's. `serverNow` is ISO text; `asked` and `answered` are Date.now(). */
export async function learnOffset(serverNow, asked, answered) {
  const offset = Math.round(Date.parse(serverNow) - (asked + answered) / 2);
  await put("meta", { offset_ms: offset, learnt_at: new Date(answered).toISOString() }, "clock");
}

/** What was learnt: {offset_ms, learnt_at}, or undefined. */
export const learntClock = () => get("meta", "clock");

/** What every record carries. */
export const clocks = (learnt) => ({
  device_at: new Date().toISOString(),
  monotonic_ms: Math.round(performance.now()),
  time_origin_ms: Math.round(performance.timeOrigin),
  server_offset_ms: learnt?.offset_ms ?? null,
  offset_learnt_at: learnt?.learnt_at ?? null,
});

/** Now in court time as well as the phone knows it, ISO. */
export const courtTime = (learnt) => new Date(Date.now() + (learnt?.offset_ms ?? 0)).toISOString();

export const courtNow = async () => courtTime(await learntClock());
