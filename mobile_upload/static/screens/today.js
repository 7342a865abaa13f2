// The first screen: whether everything is safe, without a tap; then the doors, the next one on top.

import { h, icon } from "../dom.js";
import { legs, shown } from "../place_on_map.js";
import { lastPlace, safety, standingOf, worst } from "../state.js";
import { say, word } from "../words.js";
import { head, kindOf, megabytes, moment, stateBadge, today, ways } from "./parts.js";

export function draw(state, acts) {
  const { session, day } = state;
  if (!session) return [head(say("title"), ""), ...safetyBanner(state), signIn(say("sign_in.first"))];
  const visits = day?.visits ?? [];
  const standings = new Map(visits.map((visit) => [visit.visit, standingOf(visit.visit, state)]));
  const open = visits.filter((visit) => standings.get(visit.visit).step !== "done");
  const done = visits.filter((visit) => standings.get(visit.visit).step === "done");
  const metres = distances(open, lastPlace(state.queue));
  return [
    head(say("today.title", { name: session.name }), day ? say("today.sub", { open: open.length, packets: packets(visits) }) : ""),
    ...safetyBanner(state),
    ...notes(state, acts),
    ...open.map((visit, index) => card(state, visit, standings.get(visit.visit), metres.get(visit.visit), index === 0)),
    day && open.length === 0 ? h("p", { class: "card" }, say(visits.length ? "today.all_done" : "today.none")) : null,
    done.length > 0 ? h("h2", { class: "between" }, say("today.done", { count: done.length })) : null,
    ...done.map((visit) => brief(visit, standings.get(visit.visit))),
    day ? h("div", { class: "row" },
      h("a", { class: "button", href: "#/map" }, icon("map"), say("map.title")),
      h("button", { id: "fetch", onclick: acts.fetchDay }, say("today.fetch"))) : null,
    day ? h("p", { class: "quiet" }, say("today.fetched", { at: moment(day.fetched_at) })) : null,
  ];
}

/** Metres to each door: measured from the last picture where one was taken, else the court's own from stop to stop. */
function distances(open, from) {
  const found = legs(open, from);
  for (const visit of open) {
    if (!found.has(visit.visit) && visit.distance_m !== null && visit.distance_m !== undefined) found.set(visit.visit, visit.distance_m);
  }
  return found;
}

const packets = (visits) => visits.filter((visit) => visit.packet !== null && visit.packet !== undefined).length;

/** The answer to "is all safe?". */
export function safetyBanner({ queue, session, foreign }) {
  const told = safety(queue);
  const found = [];
  if (told.refused > 0) found.push(banner("bad", say("safe.refused", { count: told.refused })));
  if (told.unsent > 0) {
    const text = navigator.onLine ? say("safe.sending", { count: told.unsent, megabytes: megabytes(told.bytesLeft) }) : say("safe.offline", { count: told.unsent });
    found.push(banner("warn", text));
  } else if (told.refused === 0) {
    found.push(banner("good", told.safe > 0 ? say("safe.all", { count: told.safe }) : say("safe.nothing")));
  }
  if (foreign > 0) found.push(h("p", { class: "banner warn" }, say("safe.foreign", { count: foreign })));
  if (session?.expired) found.push(h("div", { class: "banner bad" }, h("span", {}, say("sign_in.expired")), signInLink()));
  return found;
}

const banner = (tone, text) => h("a", { class: `banner ${tone}`, href: "#/out", id: "safety", dataset: { tone }, role: "status" }, icon(tone === "good" ? "check" : tone === "warn" ? "up" : "warn"), text);

const signInLink = () => h("a", { class: "button", href: "/sign-in?next=/field/", id: "sign-in" }, say("sign_in.now"));
const signIn = (text) => h("section", { class: "card alone" }, h("p", {}, text), h("a", { class: "button main wide", href: "/sign-in?next=/field/", id: "sign-in" }, say("sign_in.now")));

function notes({ day, room, revoked, device }, acts) {
  const found = [];
  if (/MicroMessenger/.test(navigator.userAgent)) found.push(h("p", { class: "banner bad" }, say("today.in_wechat")));
  if (revoked) {
    found.push(h("section", { class: "card bad alone", id: "revoked" }, h("p", {}, h("b", {}, say("device.revoked"))), h("p", {}, say("device.found_again")),
      h("button", { class: "main wide", id: "enrol-anew", onclick: acts.enrolAnew }, icon("phone_new"), say("device.enrol_anew"))));
  }
  if (!room.photo) found.push(h("a", { class: "banner bad", id: "room", href: "#/settings" }, icon("warn"), say("room.no_photo", { left: megabytes(room.left) })));
  else if (!room.video) found.push(h("a", { class: "banner warn", id: "room", href: "#/settings" }, icon("warn"), say("room.no_video")));
  if (day?.lapsed > 0) found.push(h("p", { class: "banner warn", id: "lapsed" }, say("today.lapsed", { count: day.lapsed })));
  if (!day && !revoked && device !== null) {
    found.push(h("section", { class: "card alone" }, h("p", {}, say("today.not_fetched")), h("button", { class: "main wide", id: "fetch", onclick: acts.fetchDay }, say("today.fetch"))));
  }
  return found;
}

function card(court, visit, standing, metres, isNext) {
  const late = visit.due_on && visit.due_on < today(court);
  const state = worst(standing.items);
  return h("section", { class: `card visit ${isNext ? "next" : ""}`, dataset: { visit: visit.visit, step: standing.step } },
    h("a", { class: "whole", href: `#/visit/${visit.visit}`, "aria-label": visit.recipient_name },
      h("span", { class: "order" }, String(visit.order)),
      h("span", { class: "who" }, visit.recipient_name,
        visit.packet === null || visit.packet === undefined ? null : h("span", { class: "packet" }, say("packet", { packet: visit.packet }))),
      h("span", { class: "where" }, visit.address),
      h("span", { class: "quiet" }, [kindOf(visit), metres === undefined ? null : say("away", { distance: shown(metres) })].filter(Boolean).join(" · "),
        visit.due_on ? h("span", {}, " · ", h("span", { class: late ? "day late" : "day" }, say(late ? "overdue" : "due", { on: visit.due_on }))) : null)),
    standing.step === "open" ? null : h("p", { class: "row states" }, h("span", { class: `step ${standing.step}` }, say(`step.${standing.step}`)), state ? stateBadge(state, standing.items) : null),
    visit.cautions.length > 0 ? h("p", { class: "note warn" }, icon("warn"), word("field.caution", visit.cautions[0])) : null,
    h("p", { class: "row" }, ...ways(visit)));
}

const brief = (visit, standing) => h("a", { class: "card brief", href: `#/visit/${visit.visit}`, dataset: { visit: visit.visit, step: standing.step } },
  h("span", {}, visit.recipient_name, " · ", word("door.situation", standing.record.situation ?? "done")), stateBadge(worst(standing.items), standing.items));
