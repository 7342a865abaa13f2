// Where the day's doors lie, in one picture, and where the person last took one.

import { h } from "../dom.js";
import { sketch } from "../place_on_map.js";
import { lastPlace, standingOf } from "../state.js";
import { say } from "../words.js";
import { head, moment } from "./parts.js";

export function draw(state) {
  const { day, queue } = state;
  const visits = day?.visits ?? [];
  const width = Math.min(document.documentElement.clientWidth, 720) - 24;
  const own = lastPlace(queue);
  const done = new Set(visits.filter((visit) => standingOf(visit.visit, state).step === "done").map((visit) => visit.visit));
  const picture = sketch(visits, { own, done, tileUrl: day?.policy?.tile_url ?? "", width, open: (visit) => { location.hash = `#/visit/${visit.visit}`; } });
  const without = visits.filter((visit) => !visit.position);
  return [
    head(say("map.title"), say("map.sub"), "#/"),
    picture ?? h("p", { class: "card" }, say("map.none")),
    picture?.querySelector(".own") ? h("p", { class: "quiet legend" }, h("span", { class: "own-mark", "aria-hidden": "true" }), say("map.own", { at: moment(own.at) })) : null,
    picture && without.length > 0 ? h("p", { class: "quiet" }, say("map.without", { count: without.length })) : null,
  ];
}
