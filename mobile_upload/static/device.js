// This phone's own key, one for each account that works on it. It is made here, cannot be taken out, and signs every
// record: so the court can tell a record of this phone from one that somebody wrote elsewhere.

import { base64url, bytesOf } from "./encoding.js";
import { get, put, write } from "./store.js";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/** The device of an account, enrolled if need be: {device_id, name, key}. `send` posts JSON with the session's token. */
export function deviceFor(account, send) {
  // One at a time, or two tabs would enrol two devices.
  return navigator.locks.request("songda-device", async () => {
    const known = (await get("meta", `device:${account}`)) ?? (await makeKey(account));
    if (known.device_id) return known;
    const public_key = await crypto.subtle.exportKey("jwk", known.pair.publicKey);
    const { kty, crv, x, y } = public_key;
    const answer = await send("/field/api/devices", { name: known.name, public_key: { kty, crv, x, y } });
    const device = { ...known, device_id: (await answer.json()).device_id };
    await put("meta", device, `device:${account}`);
    return device;
  });
}

async function makeKey(account) {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
  const made = { pair, name: guessName(), device_id: null };
  await put("meta", made, `device:${account}`);
  return made;
}

function guessName() {
  const told = navigator.userAgent.match(/\(([^)]*)\)/)?.[1] ?? "";
  return told.split(";").pop().trim().slice(0, 40) || "phone";
}

export const deviceHere = (account) => get("meta", `device:${account}`);

/** A raw 64-byte signature (r || s) over a text's UTF-8, base64url. */
export async function sign(device, text) {
  return base64url(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, device.pair.privateKey, bytesOf(text)));
}

/** Give this phone a name of its own; the server learns it with the next enrolment. */
export const rename = (account, name) => write("meta", (of) => {
  const request = of.meta.get(`device:${account}`);
  request.onsuccess = () => request.result && of.meta.put({ ...request.result, name }, `device:${account}`);
});
