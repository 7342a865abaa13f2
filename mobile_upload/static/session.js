// Who is signed in, and the day that was fetched for them. Both are remembered so that the page opens without signal.
// What has not been sent belongs to the account that made it: somebody else on the same phone neither sees nor sends it.

import { learnOffset } from "./clock.js";
import { deviceFor, deviceHere, enrolAgain } from "./device.js";
import { all, announce, get, put, remove } from "./store.js";

export class SignInNeeded extends Error {}
export class Unreachable extends Error {}
/** The server is there and stumbled over this very thing (500): later, but nothing else has to wait for it. */
export class Stumbled extends Unreachable {}
export class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const PATIENCE_MS = 30_000;
let csrf = null;

/** One request to our own server. Throws `Unreachable`, `SignInNeeded`, or `Refused` with the server's code. */
export async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, {
      ...options,
      headers: { Accept: "application/json", ...options.headers },
      redirect: "manual",
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new Unreachable(address);
  }
  // The sign-in page is where a closed door leads: an opaque redirect, or 401 for programs.
  if (answer.type === "opaqueredirect" || answer.status === 401) throw new SignInNeeded();
  if (answer.status === 500) throw new Stumbled(address);
  if (answer.status > 500 || answer.status === 429) throw new Unreachable(address);
  if (!answer.ok) throw await refusalOf(answer);
  return answer;
}

// Signed in, but as somebody who does not go to doors: what waits is not refused by that, it waits for the right one.
const OF_ANOTHER_ROLE = new Set(["role_missing", "no_membership_chosen"]);

/** What an answer that says no means to us. */
export async function refusalOf(answer) {
  const told = await answer.json().catch(() => ({}));
  return OF_ANOTHER_ROLE.has(told.code) ? new SignInNeeded() : new Refused(answer.status, told.code ?? `http_${answer.status}`);
}

/** POST JSON with the session's token; a token that has changed is learnt anew once. */
export async function send(address, body) {
  if (!csrf) await refresh();
  const post = () => ask(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF": csrf },
    body: JSON.stringify(body),
  });
  try {
    return await post();
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "csrf") throw error;
    await refresh();
    return post();
  }
}

/** Ask the server who is signed in, and remember it. Throws `SignInNeeded` when nobody is. */
export async function refresh() {
  let found;
  try {
    found = await (await ask("/field/api/session")).json();
  } catch (error) {
    if (error instanceof SignInNeeded) await markExpired();
    throw error;
  }
  csrf = found.csrf;
  const kept = { account_id: found.account, name: found.name, role: found.role, court: found.court };
  const before = await remembered();
  if (before && before.account_id !== kept.account_id) await forgetDay();
  await put("meta", { ...kept, expired: false }, "session");
  return kept;
}

/** The token that a form of the server's own needs, asked for just now; null when nobody answers. */
export const freshToken = () => refresh().then(() => csrf, () => null);

/** The session as last seen: {account_id, name, role, court, expired}, or undefined. */
export const remembered = () => get("meta", "session");

export async function markExpired() {
  const before = await remembered();
  if (before && !before.expired) {
    await put("meta", { ...before, expired: true }, "session");
    announce("session");
  }
}

/** Names and addresses go with the session or with a revoked phone; what has not been sent stays. */
export async function forgetDay() {
  await remove("meta", "day");
  announce("day");
}

/** Everything for the day: enrol this phone if need be, then fetch the visits with their tickets. */
export async function fetchDay() {
  const { account_id: account } = await refresh();
  try {
    await dayOf(account).catch(async (error) => {
      if (!(error instanceof Refused) || error.code !== "device_unknown") throw error;
      await enrolAgain(account);
      return dayOf(account);
    });
  } catch (error) {
    if (error instanceof Refused && error.code === "device_revoked") {
      const { device_id } = await deviceHere(account);
      await put("meta", true, `revoked:${device_id}`);
      await forgetDay();
    }
    throw error;
  }
  announce("day");
}

async function dayOf(account) {
  const device = await deviceFor(account, send);
  const asked = Date.now();
  const day = await (await ask(`/field/api/day?device=${encodeURIComponent(device.device_id)}`)).json();
  await learnOffset(day.server_now, asked, Date.now());
  const visits = [...day.visits, ...(await closedToday(account, day))];
  await put("meta", { ...day, visits, account_id: account, fetched_at: new Date().toISOString() }, "day");
  await put("meta", false, `revoked:${device.device_id}`);
}

/** Visits that this phone closed today and the server no longer lists: their names alone, so that the day reads whole. */
async function closedToday(account, day) {
  const before = await get("meta", "day");
  if (!before || before.account_id !== account || before.day !== day.day) return [];
  const listed = new Set(day.visits.map((visit) => visit.visit));
  const reported = new Set((await all("records")).filter((one) => one.kind === "report").map((one) => one.visit));
  return before.visits.filter((visit) => !listed.has(visit.visit) && reported.has(visit.visit)).map((visit) => ({
    ...visit, address: "", phone: "", documents: [], position: null, over: true,
  }));
}

/** The day that lies on this phone, or undefined. */
export async function dayHere() {
  const day = await get("meta", "day");
  const session = await remembered();
  if (!day || !session || day.account_id !== session.account_id) return undefined;
  return day;
}
