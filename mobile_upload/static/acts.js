// What the buttons do. Each act ends on the disk before it says that it is done, then asks the queue to be sent.

import { captureFor } from "./capture_screen.js";
import { addPositions, keep, NoRoom, shutter } from "./captures.js";
import { append } from "./chain.js";
import { settled } from "./codes.js";
import { beginAnew, deviceFor, rename } from "./device.js";
import { closesByPicture, defaultsOf, lacking, reportOf, rolesWanted, situationAt } from "./door.js";
import { h } from "./dom.js";
import { tell } from "./notice_bar.js";
import { freeSafe, pump, retryRefused } from "./sending.js";
import { ask, fetchDay, forgetDay, freshToken, refresh, Refused, remembered, send, SignInNeeded, Unreachable } from "./session.js";
import { lettersOf } from "./sheets.js";
import { holdReserve } from "./reserve.js";
import { askForSignature } from "./signature.js";
import { boundTo, safety } from "./state.js";
import { announce, get, put, read, remove } from "./store.js";
import { today } from "./screens/parts.js";
import { onSheet } from "./screens/scan.js";
import { chooseLanguage, language, loadWords, say } from "./words.js";

const SECOND_TAP_MS = 3_000;

/** The acts. `latest()` is the state that was drawn last, `redraw()` gathers it anew and draws. */
export function actsOf({ latest, redraw }) {
  const draftOf = async (visit) => (await get("drafts", visit.visit))
    ?? { visit: visit.visit, account_id: latest().account, situation: null, answers: {}, captures: [], excuse: null };
  // One change after another: two quick taps must not each begin from the same draft.
  let changing = Promise.resolve();
  const change = async (visit, more) => {
    changing = changing.catch(() => undefined).then(async () => {
      const before = await draftOf(visit);
      await put("drafts", { ...before, ...(typeof more === "function" ? more(before) : more) });
    });
    await changing;
    await redraw();
  };
  const recordsOf = (kind, visit) => latest().queue.records.filter((one) => one.kind === kind && one.visit === visit.visit);
  const noteCapture = (visit) => (capture) => change(visit, (draft) => ({ captures: [...draft.captures, capture.capture_id] }));
  const capturesOf = async (visit) => {
    await settled();
    const { captures } = await draftOf(visit);
    await Promise.all(captures.map(addPositions));
    const found = await read("captures", (of) => captures.map((id) => of.captures.get(id)));
    return found.filter(Boolean);
  };

  const acts = {
    /** Fetch the day with its tickets; the old one stays when that fails. */
    async fetchDay() {
      try {
        await fetchDay();
        tell(say("today.fetched_now"));
      } catch (error) {
        const code = error instanceof SignInNeeded ? "sign_in.expired" : error instanceof Refused ? `fetch.${error.code === "device_revoked" ? "revoked" : "refused"}` : "fetch.unreachable";
        tell(say(code), "warn");
      }
      await redraw();
    },

    /** This phone was revoked and is in the right hands again: a new key, and with it the day. */
    async enrolAnew() {
      await beginAnew(latest().account);
      await acts.fetchDay();
    },

    /** The name by which the supervisor knows this phone; without signal it is told later. */
    async renamePhone(name) {
      const chosen = name.trim();
      if (!chosen) return;
      await rename(latest().account, chosen);
      let told = "device.named";
      try {
        await deviceFor(latest().account, send);
      } catch (error) {
        if (!(error instanceof Unreachable) && !(error instanceof SignInNeeded) && !(error instanceof Refused)) throw error;
        told = "device.named_later";
      }
      await redraw();
      tell(say(told));
    },

    /** Take or change the situation; what it wants from the camera is asked for at once. */
    async choose(visit, situation) {
      const answers = situation ? defaultsOf(situation, today(latest())) : {};
      await change(visit, { situation: situation?.code ?? null, answers, excuse: null });
      scrollTo(0, 0);
      if (!situation) return;
      const closes = closesByPicture(situationAt(visit, latest().day, situation.code));
      const roles = rolesWanted(situation, await capturesOf(visit));
      if (roles.length === 0) return;
      await acts.capture(visit, roles, closes);
      if (closes && rolesWanted(situation, await capturesOf(visit)).length === 0) await acts.close(visit);
    },

    async capture(visit, roles, closes = false) {
      await captureFor({
        account: latest().account, visit, roles, closes, bound: boundTo(visit.visit, latest().queue),
        onKept: async (capture) => { await noteCapture(visit)(capture); pump(); },
        onUnsafe: () => acts.unsafe(visit),
      });
      await redraw();
    },

    async signature(visit) {
      const signed = await askForSignature();
      if (!signed) return;
      try {
        const about = { visit: visit.visit, ticket: visit.ticket, role: "signature", mode: "in_page", width: signed.width, height: signed.height, ...shutter() };
        await noteCapture(visit)(await keep(latest().account, signed.blob, about));
        pump();
      } catch (error) {
        if (!(error instanceof NoRoom)) throw error;
        tell(say("room.not_kept"), "bad");
      }
    },

    answer: (visit, fact, value) => change(visit, (draft) => ({ answers: { ...draft.answers, [fact]: value } })),
    excuse: (visit, code) => change(visit, { excuse: code }),

    /** The smallest act that cures what lacks: the camera with that role, or the question brought into view. */
    async cure(visit, { role, ask: open }) {
      if (role) {
        await (role === "signature" ? acts.signature(visit) : acts.capture(visit, [role]));
        return;
      }
      const place = document.querySelector(`[data-ask="${open.fact}"]`);
      place?.scrollIntoView({ block: "center" });
      place?.querySelector("button, input").focus();
    },

    /** Close the visit: only when nothing lacks, or with an excuse. */
    async close(visit) {
      await changing.catch(() => undefined);
      const draft = await draftOf(visit);
      if (!draft.situation) return;
      const situation = situationAt(visit, latest().day, draft.situation);
      const captures = await capturesOf(visit);
      const complete = lacking(situation, draft.answers, captures).length === 0;
      if (!complete && !draft.excuse) return;
      const report = reportOf(visit, situation, draft.answers, captures);
      if (report.note) report.note = say("second.note", { name: report.note });
      await append(latest().account, "report", {
        visit: visit.visit, ticket: visit.ticket, report, captures,
        situation: situation.code, excuse: complete ? null : draft.excuse, packet: visit.packet ?? null,
        sheet: boundTo(visit.visit, latest().queue).at(-1) ?? null,
      }, visit.visit);
      location.hash = "#/";
      await redraw();
      tell(say("visit.kept"));
      pump();
    },

    /** Two taps from the list and away: everything else can be told later. */
    async unsafe(visit) {
      const justNow = (one) => Math.abs(Date.now() - Date.parse(one.made_at)) < SECOND_TAP_MS;
      if (recordsOf("unsafe", visit).some(justNow)) return;
      await append(latest().account, "unsafe", {
        visit: visit.visit, ticket: visit.ticket, report: { result: "unsafe" }, situation: "dangerous", packet: visit.packet ?? null,
      });
      location.hash = "#/";
      await redraw();
      tell(say("unsafe.kept"), "warn");
      pump();
    },

    reopen: (visit) => change(visit, { situation: null, reopened: true }),

    async packet(kind, visit) {
      if (recordsOf(kind, visit).length > 0) return;
      await append(latest().account, kind, { visit: visit.visit, ticket: visit.ticket, packet: visit.packet });
      await redraw();
      pump();
    },

    async bind(visit, text) {
      await append(latest().account, "sheet_bound", { visit: visit.visit, ticket: visit.ticket, sheet: text });
      await redraw();
      pump();
    },

    async typedSheet(visit, text) {
      const told = await onSheet(visit, acts, latest)(lettersOf(text) ?? text);
      tell(told.text, told.tone);
    },

    async sendNow() {
      document.getElementById("leave-dialog")?.close();
      const ended = await pump();
      if (ended === "later") tell(say("fetch.unreachable"), "warn");
      if (ended === "sign_in") tell(say("sign_in.expired"), "warn");
    },

    async retry() {
      await retryRefused(latest().account);
      await redraw();
      await acts.sendNow();
    },

    async free() {
      const count = await freeSafe();
      await holdReserve();
      await redraw();
      tell(say("room.freed", { count }));
    },

    async speak(chosen) {
      chooseLanguage(chosen);
      await loadWords();
      announce("language");
    },

    /** A page of the server: it speaks the language of this phone from now on. */
    async visitPage(address) {
      const csrf = await freshToken();
      if (csrf === null) {
        location.assign(address);
        return;
      }
      const fields = Object.entries({ csrf, language: language(), next: address });
      const form = h("form", { method: "post", action: "/language", hidden: true }, ...fields.map(([name, value]) => h("input", { type: "hidden", name, value })));
      document.body.append(form);
      form.submit();
    },

    /** Warned when something has not been sent. */
    async signOut() {
      if (safety(latest().queue).unsent > 0) document.getElementById("leave-dialog").showModal();
      else await acts.signOutAnyway();
    },

    async signOutAnyway() {
      try {
        await leave();
      } catch (error) {
        if (!(error instanceof SignInNeeded)) return tell(say("sign_out.unreachable"), "warn");
      }
      await forgetDay();
      await remove("meta", "session");
      location.href = "/sign-in?next=/field/";
      return undefined;
    },
  };
  return Object.fromEntries(Object.entries(acts).map(([name, act]) => [name, onceAtATime(name, act)]));
}

const running = new Set();
// Acts that the page itself takes time for; the camera's take as long as the person does.
const SHOWN = new Set(["close", "enrolAnew", "fetchDay", "free", "retry", "sendNow", "signOutAnyway", "visitPage"]);
const show = (name, busy) => { if (SHOWN.has(name)) document.body.toggleAttribute("data-busy", busy); };

/** A second tap on a button whose act is still under way does nothing; that it is under way is shown. */
function onceAtATime(name, act) {
  return async (...given) => {
    const key = JSON.stringify([name, ...given.map((one) => one?.visit ?? one?.code ?? one?.fact ?? (one instanceof Event ? "" : one))]);
    if (running.has(key)) return;
    running.add(key);
    show(name, true);
    try {
      await act(...given);
    } finally {
      running.delete(key);
      show(name, false);
    }
  };
}

/** End the session on the server: without that, this phone would only look signed out. */
async function leave() {
  await refresh();
  const before = await remembered();
  const { csrf } = await (await ask("/field/api/session")).json();
  const answer = await fetch("/sign-out", { method: "POST", headers: { "X-CSRF": csrf }, redirect: "manual", credentials: "same-origin" });
  if (answer.type !== "opaqueredirect" && !answer.ok) throw new Refused(answer.status, before ? "sign_out" : "");
}
