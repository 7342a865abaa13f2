// Where the day's doors lie, in one picture.

import { h } from "../dom.js";
import { sketch } from "../place_on_map.js";
import { say } from "../words.js";
import { head } from "./parts.js";

export function draw({ day }) {
  const visits = day?.visits ?? [];
  const width = Math.min(document.documentElement.clientWidth, 720) - 24;
  const picture = sketch(visits, day?.policy?.tile_url ?? "", width, (visit) => { location.hash = `#/visit/${visit.visit}`; });
  const without = visits.filter((visit) => !visit.position);
  return [
    head(say("map.title"), say("map.sub"), "#/"),
    picture ?? h("p", { class: "card" }, say("map.none")),
    picture && without.length > 0 ? h("p", { class: "quiet" }, say("map.without", { count: without.length })) : null,
  ];
}
