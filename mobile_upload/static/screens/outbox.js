// Everything that was made on this phone, the newest first: where it is, and its receipt.

import { roleName } from "../capture_screen.js";
import { h } from "../dom.js";
import { isUnsent } from "../sending.js";
import { safety } from "../state.js";
import { knows, say } from "../words.js";
import { head, megabytes, moment, stateBadge } from "./parts.js";
import { safetyBanner } from "./today.js";
import { doubtWords } from "./visit.js";

export function draw(state, acts) {
  const { queue, day } = state;
  const told = safety(queue);
  const names = new Map((day?.visits ?? []).map((visit) => [visit.visit, visit.recipient_name]));
  const items = [...queue.records, ...queue.captures].sort((a, b) => isUnsent(b) - isUnsent(a) || Date.parse(b.made_at) - Date.parse(a.made_at));
  return [
    head(say("out.title"), say("out.sub", { unsent: told.unsent, safe: told.safe }), "#/"),
    ...safetyBanner(state),
    ...items.map((item) => row(item, names)),
    items.length === 0 ? h("p", { class: "card" }, say("out.none")) : null,
    h("footer", { class: "bottom" },
      told.refused > 0 ? h("button", { onclick: acts.retry }, say("out.retry")) : null,
      h("button", { class: "main", id: "send-now", disabled: told.unsent === 0, onclick: acts.sendNow }, say("out.send"))),
  ];
}

const problemWords = (code) => (knows("field_app.problem", code) ? say(`problem.${code}`) : say("problem.other", { code }));

function row(item, names) {
  const what = item.kind ? say(`kind.${item.kind}`) : `${roleName(item.role)} · ${megabytes(item.size)}\u00a0MB`;
  return h("section", { class: "card item", dataset: { item: item.record_id && item.kind ? item.record_id : item.capture_id, state: item.state } },
    h("p", {}, h("b", {}, what), " · ", moment(item.made_at)),
    item.visit ? h("p", { class: "quiet" }, names.get(item.visit) ?? say("out.earlier")) : null,
    stateBadge(item.state, [item]),
    item.state === "on_its_way" && item.size ? h("progress", { max: item.size, value: item.offset }) : null,
    item.receipt ? h("p", { class: "quiet" }, say("receipt", { receipt: item.receipt })) : null,
    item.problem ? h("p", { class: "note bad" }, problemWords(item.problem)) : null,
    ...(item.doubts ?? []).map((code) => h("p", { class: "note warn" }, doubtWords(code))));
}
