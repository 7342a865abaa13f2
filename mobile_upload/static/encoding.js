// Bytes and texts as the server reads them: canonical JSON, base64url, hex. One place, because a signature holds only
// when both sides mean the same bytes.

const UTF8 = new TextEncoder();

/** JSON with sorted keys and no spaces. Undefined members are left out, as JSON.stringify does. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map((one) => canonical(one === undefined ? null : one)).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  const members = Object.keys(value).filter((key) => value[key] !== undefined).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

export const bytesOf = (text) => UTF8.encode(text);

export const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Standard base64 of bytes, for tus metadata and checksums. */
export function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export const base64url = (buffer) => base64(buffer).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const sha256 = (bytes) => crypto.subtle.digest("SHA-256", bytes);

/** The SHA-256 of a text or of bytes, as 64 hexadecimal digits. */
export async function sha256hex(content) {
  return hex(await sha256(typeof content === "string" ? bytesOf(content) : content));
}
