// Our own tus 1.0 client, small because it does one thing: bring one stored blob to our own server, at most a megabyte
// at a time, from wherever the server says it stopped. The common library would be ten times this size, keeps its
// resume state outside our database, and cannot say from which transaction on an upload is safe.

import { base64, bytesOf } from "./encoding.js";
import { refusalOf, SignInNeeded, Stumbled, Unreachable } from "./session.js";

export const ROOT = "/field/uploads";
const CHUNK = 1024 * 1024;
const CHUNK_PATIENCE_MS = 90_000;
const MOST_ROUNDS = 8;
const BYTES_DIFFER = 460;

/**
 * Bring `blob` over. `capture` has capture_id, sha256, media_type, role, ticket and perhaps `upload_url`.
 * `noteUrl(url)` is awaited before the first byte leaves; `noteOffset(bytes)` after each chunk that the server holds.
 * Returns the receipt. Throws `Unreachable` (try later), `SignInNeeded`, or `Refused` (the server will not take it).
 */
export async function bring(capture, blob, { noteUrl, noteOffset }) {
  let url = capture.upload_url;
  let found = url ? await where(url) : null;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    if (found === null) {
      url = await create(capture, blob);
      await noteUrl(url);
      found = { offset: 0, receipt: null };
    }
    let next = found;
    while (next && next !== "ask" && next.receipt === null && next.offset < blob.size) {
      next = await pass(url, blob, next.offset);
      if (next && next !== "ask") await noteOffset(next.offset);
    }
    // The server knows better where it stands; without an answer of its own there is no receipt.
    found = next === null || next.receipt ? next : await where(url);
    if (found?.receipt) return found.receipt;
  }
  throw new Unreachable(url);
}

async function create(capture, blob) {
  const metadata = {
    ticket: capture.ticket ?? "",
    capture_id: capture.capture_id,
    sha256: capture.sha256,
    filetype: capture.media_type,
    filename: `${capture.capture_id}.${capture.media_type.split("/")[1]?.split(";")[0] ?? "bin"}`,
    role: capture.role,
  };
  const told = Object.entries(metadata).map(([name, value]) => `${name} ${base64(bytesOf(value))}`).join(",");
  const answer = await call(ROOT, { method: "POST", headers: { "Upload-Length": String(blob.size), "Upload-Metadata": told } });
  if (answer.status !== 201) throw await refusalOf(answer);
  return new URL(answer.headers.get("Location"), new URL(ROOT, location.href)).pathname;
}

/** Where the server stopped: {offset, receipt}, or null when it knows nothing of this upload any more. */
async function where(url) {
  const answer = await call(url, { method: "HEAD" });
  if (answer.status === 404 || answer.status === 410) return null;
  if (!answer.ok) throw await refusalOf(answer);
  return standing(answer);
}

/**
 * Send one chunk. "ask": find out where the server stands; null: begin anew. No checksum goes along: the server would have
 * to throw away a chunk that the line cut, and the whole is held against its SHA-256 in the end.
 */
async function pass(url, blob, offset) {
  const answer = await call(url, {
    method: "PATCH",
    headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) },
    body: await blob.slice(offset, offset + CHUNK).arrayBuffer(),
  });
  if (answer.status === 409) return "ask";
  if (answer.status === 404 || answer.status === 410 || answer.status === BYTES_DIFFER) return null;
  if (!answer.ok) throw await refusalOf(answer);
  return standing(answer);
}

const standing = (answer) => ({
  offset: Number(answer.headers.get("Upload-Offset")),
  receipt: answer.headers.get("Songda-Receipt"),
});

async function call(url, options) {
  let answer;
  try {
    answer = await fetch(url, {
      ...options,
      headers: { "Tus-Resumable": "1.0.0", ...options.headers },
      credentials: "same-origin",
      redirect: "manual",
      cache: "no-store",
      signal: AbortSignal.timeout(CHUNK_PATIENCE_MS),
    });
  } catch {
    throw new Unreachable(url);
  }
  if (answer.type === "opaqueredirect" || answer.status === 401) throw new SignInNeeded();
  // 507: too much of this person's is unfinished; what has begun goes on, and makes room.
  if (answer.status === 500 || answer.status === 507) throw new Stumbled(url);
  // Somebody else is writing this upload, the server is overloaded, or it is going down: later.
  if (answer.status === 423 || answer.status === 429 || answer.status >= 500) throw new Unreachable(url);
  return answer;
}
