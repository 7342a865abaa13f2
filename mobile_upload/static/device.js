// This phone's own key, one for each account that works on it. It is made here, cannot be taken out, and signs every
// record: so the court can tell a record of this phone from one that somebody wrote elsewhere.

import { base64url, bytesOf } from "./encoding.js";
import { get, put, write } from "./store.js";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

const LOCK = "songda-device";

/** The device of an account, enrolled if need be: {device_id, name, pair}. `send` posts JSON with the session's token. */
export function deviceFor(account, send) {
  // One at a time, or two tabs would enrol two devices.
  return navigator.locks.request(LOCK, async () => {
    const known = (await deviceHere(account)) ?? (await makeKey(account, await guessName()));
    if (known.device_id && known.told === known.name) return known;
    const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", known.pair.publicKey);
    const answer = await send("/field/api/devices", { name: known.name, public_key: { kty, crv, x, y } });
    const { device_id } = await answer.json();
    await change(account, { device_id, told: known.name });
    return { ...known, device_id };
  });
}

async function makeKey(account, name) {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
  const made = { pair, name, device_id: null, told: null };
  await put("meta", made, `device:${account}`);
  return made;
}

/**
 * A new key for a phone that was revoked: it is enrolled with the next day as another phone, whose chain begins anew. What
 * was signed with the old key keeps its signatures.
 */
export const beginAnew = (account) => navigator.locks.request(LOCK, async () => {
  const before = await deviceHere(account);
  await makeKey(account, before?.name ?? (await guessName()));
});

/** The court that is asked does not know this phone: its key is enrolled there with the next day. */
export const enrolAgain = (account) => change(account, { device_id: null });

/** Give this phone a name of its own; the court learns it with the next enrolment or day. */
export const rename = (account, name) => change(account, { name });

const change = (account, more) => write("meta", (of) => {
  const request = of.meta.get(`device:${account}`);
  request.onsuccess = () => request.result && of.meta.put({ ...request.result, ...more }, `device:${account}`);
});

async function guessName() {
  const told = await navigator.userAgentData?.getHighEntropyValues?.(["model"]).catch(() => null);
  const system = navigator.userAgent.match(/\(([^)]*)\)/)?.[1]?.split(";").map((part) => part.trim()) ?? [];
  // Browsers that hide the model write K in its place.
  return (told?.model || system.filter((part) => part.length > 1).at(-1) || "phone").slice(0, 40);
}

export const deviceHere = (account) => get("meta", `device:${account}`);

/** A raw 64-byte signature (r || s) over a text's UTF-8, base64url. */
export async function sign(device, text) {
  return base64url(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, device.pair.privateKey, bytesOf(text)));
}
