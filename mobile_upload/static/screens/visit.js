// One door: what is lawful here, what is asked, what is lacking and the smallest act that cures it.

import { asksOf, cureOf, isOpenQuestion, lacking, situationAt, situationsFor, wanting } from "../door.js";
import { h, icon } from "../dom.js";
import { boundTo, standingOf, worst } from "../state.js";
import { knows, say, word } from "../words.js";
import { roleName } from "../capture_screen.js";
import { head, kindOf, moment, stateBadge, ways } from "./parts.js";

const DANGEROUS = "dangerous";

export function draw(state, acts, id) {
  const visit = state.day?.visits.find((one) => one.visit === id);
  if (!visit) return [head(say("visit.gone"), "", "#/"), h("p", { class: "card" }, say("visit.gone_hint"))];
  const standing = standingOf(id, state);
  const { draft } = standing;
  const situation = draft?.situation ? situationAt(visit, state.day, draft.situation) : null;
  const top = [head(visit.recipient_name, [kindOf(visit), visit.packet ? say("packet", { packet: visit.packet }) : null].filter(Boolean).join(" · "), "#/")];
  if (standing.step === "done") return [...top, ...closed(visit, standing, acts)];
  return situation ? [...top, ...inSituation(state, visit, standing, situation, acts)] : [...top, ...choosing(state, visit, standing, acts)];
}

const about = (visit) => h("section", { class: "card" },
  h("p", { class: "where" }, visit.address),
  h("p", { class: "quiet" }, [visit.documents.join(say("between")), visit.due_on ? say("due", { on: visit.due_on }) : ""].filter(Boolean).join(" · ")),
  h("p", { class: "row" }, ...ways(visit)));

const law = (visit) => [
  visit.meaning ? h("p", { class: `note ${visit.meaning === "visit_card" ? "warn" : "good"}` }, word("field.meaning", visit.meaning)) : null,
  visit.if_refused ? h("p", { class: "note" }, word("field.if_refused", visit.if_refused)) : null,
  ...visit.cautions.map((caution) => h("p", { class: "note warn" }, icon("warn"), word("field.caution", caution))),
];

/** Nothing chosen yet: the situations, within reach of the thumb. */
function choosing(state, visit, standing, acts) {
  const bound = boundTo(visit.visit, state.queue);
  return [
    standing.step === "left" ? h("p", { class: "banner warn" }, icon("unsafe"), say("unsafe.finish", { at: moment(standing.record.made_at) })) : null,
    about(visit),
    ...law(visit),
    h("section", { class: "situations", "aria-label": say("visit.what") },
      h("h2", {}, say("visit.what")),
      h("div", { class: "grid" }, ...situationsFor(visit, state.day).filter((one) => one.code !== DANGEROUS).map((one) => h("button", {
        class: "situation", dataset: { situation: one.code }, onclick: () => acts.choose(visit, one),
      }, icon(one.code), word("door.situation", one.code))))),
    h("a", { class: "button wide", href: `#/sheet/${visit.visit}`, id: "bind" }, icon("scan"), bound.length ? say("sheet.bound", { count: bound.length }) : say("sheet.bind")),
    h("footer", { class: "bottom" }, h("button", { class: "harm wide", id: "unsafe", onclick: () => acts.unsafe(visit) }, icon("unsafe"), say("unsafe.leave"))),
  ];
}

function inSituation(state, visit, standing, situation, acts) {
  const { draft } = standing;
  const captures = standing.captures.filter((one) => draft.captures.includes(one.capture_id));
  const missing = lacking(situation, draft.answers, captures);
  return [
    h("section", { class: "card chosen" },
      h("h2", {}, icon(situation.code), word("door.situation", situation.code)),
      knows("door.situation_hint", situation.code) ? h("p", {}, word("door.situation_hint", situation.code)) : null,
      h("button", { class: "plain", id: "other-situation", onclick: () => acts.choose(visit, null) }, say("visit.other"))),
    ...(visit.cautions.map((caution) => h("p", { class: "note warn" }, icon("warn"), word("field.caution", caution)))),
    ...situation.captures.map((need) => needCard(visit, need, captures, acts)),
    ...asksOf(situation, draft.answers).filter(isOpenQuestion).map((ask) => asked(visit, ask, draft, acts)),
    extras(visit, situation, captures, acts),
    excuses(visit, situation, draft, missing, acts),
    closing(visit, draft, missing, acts),
  ];
}

function needCard(visit, need, captures, acts) {
  const had = captures.filter((one) => need.points[one.role]);
  const roles = captures.map((one) => one.role);
  const met = wanting(need, roles) === 0;
  const { cure, role } = cureOf(need, roles);
  const other = Object.keys(need.points).filter((one) => one !== role && (one === "video" || one === "signature" || one === "other"));
  return h("section", { class: `card need ${met ? "met" : ""}`, dataset: { need: Object.keys(need.points)[0], met: String(met) } },
    h("h3", {}, icon(met ? "check" : "warn"), " ", met ? Object.keys(need.points).filter((one) => roles.includes(one)).map(roleName).join(say("between")) : word("door.lacks", need.lacks)),
    h("p", { class: "row" },
      h("button", { dataset: { take: role }, onclick: () => acts.cure(visit, { role }) }, icon(pictureOf(role)), met ? say("visit.one_more") : word("door.cure", cure)),
      ...other.filter((one) => !met || one === "signature").map((one) => h("button", { dataset: { take: one }, onclick: () => acts.cure(visit, { role: one }) }, icon(pictureOf(one)), say(`take.${one}`)))),
    ...had.map((one) => keptRow(one)));
}

const pictureOf = (role) => (role === "video" ? "video" : role === "signature" ? "pen" : "camera");

const keptRow = (capture) => h("p", { class: "kept", dataset: { capture: capture.capture_id } },
  stateBadge(capture.state, [capture]), h("span", { class: "quiet" }, [
    moment(capture.shutter_at),
    capture.mode === "file_input" ? say("mode.file_input") : null,
    say(`position.${capture.position_state}`, { metres: accuracy(capture) }),
  ].filter(Boolean).join(" · ")));

const accuracy = (capture) => Math.round(Math.min(...capture.samples.map((one) => one.accuracy_m), 9999));

function asked(visit, ask, draft, acts) {
  const value = draft.answers[ask.fact];
  const name = ask.words ? say(`${ask.words}.fact`) : word("door.fact", ask.fact.replaceAll(".", "_"));
  const answer = (given) => acts.answer(visit, ask.fact, given);
  const chip = (given, text) => h("button", {
    class: `chip ${value === given ? "on" : ""}`, "aria-pressed": String(value === given), dataset: { fact: ask.fact, value: String(given) }, onclick: () => answer(given),
  }, text);
  const body = {
    choice: () => ask.choices.map((code) => chip(code, word(ask.table ?? tableOf(ask.fact), code))),
    flag: () => [chip(true, say("yes")), chip(false, say("no"))],
    date: () => [h("input", { type: "date", value: value ?? "", "aria-label": name, onchange: (event) => answer(event.target.value) })],
    text: () => [h("input", { type: "text", maxlength: "300", value: value ?? "", "aria-label": name, autocomplete: "off", onchange: (event) => answer(event.target.value) })],
  }[ask.kind]();
  return h("fieldset", { class: "card ask", dataset: { ask: ask.fact } }, h("legend", {}, name, ask.required ? null : h("span", { class: "quiet" }, ` ${say("optional")}`)), h("div", { class: "chips" }, ...body));
}

const tableOf = (fact) => (fact.endsWith(".role") ? "person_role" : fact.endsWith(".relation") ? "door.relation" : "result");

/** A picture more never hurts: a short video, a signature or a photo beside what is needed. */
const extras = (visit, situation, captures, acts) => h("section", { class: "card" },
  h("p", { class: "row" }, ...["other", "video", "signature"].filter((role) => !situation.captures.some((need) => need.points[role])).map((role) => h("button", {
    dataset: { take: role }, onclick: () => acts.cure(visit, { role }),
  }, icon(pictureOf(role)), say(`take.${role}`)))),
  ...captures.filter((one) => !situation.captures.some((need) => need.points[one.role])).map(keptRow));

function excuses(visit, situation, draft, missing, acts) {
  if (missing.length === 0 || situation.excuses.length === 0) return null;
  return h("details", { class: "card excuses", open: Boolean(draft.excuse) },
    h("summary", {}, say("excuse.title")),
    h("p", { class: "quiet" }, say("excuse.hint")),
    h("div", { class: "chips" }, ...situation.excuses.map((code) => h("button", {
      class: `chip ${draft.excuse === code ? "on" : ""}`, "aria-pressed": String(draft.excuse === code), dataset: { excuse: code }, onclick: () => acts.excuse(visit, draft.excuse === code ? null : code),
    }, word("door.excuse", code)))));
}

/** The bar under the thumb: close when nothing lacks, else the smallest cure, said and done by the same button. */
function closing(visit, draft, missing, acts) {
  const complete = missing.length === 0;
  const unsafe = h("button", { class: "harm", id: "unsafe", onclick: () => acts.unsafe(visit) }, icon("unsafe"), say("unsafe.short"));
  if (complete || draft.excuse) {
    return h("footer", { class: "bottom" }, unsafe,
      h("button", { class: "main", id: "close-visit", dataset: { complete: String(complete) }, onclick: () => acts.close(visit) }, icon("check"), say(complete ? "visit.close" : "visit.close_excused")));
  }
  const [first] = missing;
  return h("footer", { class: "bottom" },
    h("p", { class: "lacks", role: "status", id: "lacks" }, icon("warn"), lacksWords(first), missing.length > 1 ? say("visit.more_lacking", { count: missing.length - 1 }) : null),
    unsafe, h("button", { class: "main", id: "cure", dataset: { lacks: first.lacks }, onclick: () => acts.cure(visit, first) }, first.ask?.words ? say(first.cure) : word("door.cure", first.cure)));
}

const lacksWords = (missing) => (missing.ask?.words ? say(missing.lacks) : word("door.lacks", missing.lacks));

/** Closed: what was recorded and whether each piece is safe, with its receipt. */
function closed(visit, standing, acts) {
  return [
    h("section", { class: "card good" }, h("h2", {}, icon("check"), word("door.situation", standing.record.situation ?? "done")), h("p", {}, say("visit.closed_at", { at: moment(standing.record.made_at) })),
      stateBadge(worst(standing.items), standing.items)),
    ...standing.items.map((item) => h("section", { class: "card item" },
      h("p", {}, item.kind ? say(`kind.${item.kind}`) : roleName(item.role), " · ", moment(item.made_at)),
      stateBadge(item.state, [item]),
      item.receipt ? h("p", { class: "quiet" }, say("receipt", { receipt: item.receipt })) : null,
      ...(item.doubts ?? []).map((code) => h("p", { class: "note warn" }, doubtWords(code))))),
    visit.over ? null : h("button", { class: "wide", onclick: () => acts.reopen(visit) }, say("visit.add")),
  ];
}

export const doubtWords = (code) => (knows("field_app.doubt", code) ? say(`doubt.${code}`) : knows("door.doubt", code) ? word("door.doubt", code) : say("doubt.other", { code }));
