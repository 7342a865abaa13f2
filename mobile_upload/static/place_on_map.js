// Distances and a plain sketch of the day's stops. No outside tiles unless the court has set its own.

import { h, svg } from "./dom.js";
import { say } from "./words.js";

const EARTH_M = 6_371_000;
const TILE = 256;
const HEIGHT = 420;
const MOST_ZOOM = 17;
const PIN = 24;
const WORTH_DRAWING_M = 30_000;
const rad = (degrees) => (degrees * Math.PI) / 180;

/** Metres between two {lat, lon} in one datum. */
export function distance(a, b) {
  const along = Math.sin(rad(b.lat - a.lat) / 2) ** 2;
  const across = Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(b.lon - a.lon) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(along + across));
}

/** "850 m" or "2.3 km". */
export const shown = (metres) => (metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(1)} km`);

/** Metres to each visit from the stop before it, the first from `from` if that is known; undefined where it is not. */
export function legs(visits, from) {
  const found = new Map();
  let before = from;
  for (const visit of visits) {
    if (before && visit.position) found.set(visit.visit, distance(before, visit.position));
    before = visit.position ?? before;
  }
  return found;
}

const world = (position, zoom) => {
  const size = TILE * 2 ** zoom;
  const sine = Math.sin(rad(position.lat));
  return { x: ((position.lon + 180) / 360) * size, y: (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * size };
};

/**
 * A map of the stops: numbered pins with their uncertainty, a scale, tiles where `tileUrl` ({z}/{x}/{y}) is set, and `own`
 * place where it is near enough to be of use. `done` holds the visits that are closed. Null without any position.
 */
export function sketch(visits, { own, done, tileUrl, width, open }) {
  const stops = visits.filter((visit) => visit.position);
  if (stops.length === 0) return null;
  const near = own && stops.some((visit) => distance(own, visit.position) < WORTH_DRAWING_M) ? own : null;
  const { zoom, left, top } = frame([...stops.map((visit) => visit.position), near].filter(Boolean), width);
  const middle = stops[0].position.lat;
  const metresPerPixel = (Math.cos(rad(middle)) * 2 * Math.PI * EARTH_M) / (TILE * 2 ** zoom);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, class: "map", role: "group", "aria-label": say("map.title") });
  if (tileUrl) picture.append(...tiles(tileUrl, zoom, left, top, width));
  const points = apart(stops.map((visit) => ({ visit, ...at(visit.position, zoom, left, top) })), width);
  picture.append(svg("polyline", { points: points.map((one) => `${one.x},${one.y}`).join(" "), class: "route" }));
  for (const one of points) {
    const radius = Math.min(120, one.visit.position.uncertainty_m / metresPerPixel);
    picture.append(svg("circle", { cx: one.x, cy: one.y, r: radius, class: "unsure" }));
  }
  if (near) picture.append(ownPlace(at(near, zoom, left, top)));
  picture.append(...points.map((one) => pinOf(one, done, open)), ...scale(metresPerPixel));
  return h("div", { class: "map-frame" }, picture);
}

function pinOf({ visit, x, y }, done, open) {
  const pin = svg("g", { class: done.has(visit.visit) ? "pin done" : "pin", role: "link", tabindex: 0, "aria-label": say("map.door", { order: visit.order, name: visit.recipient_name }) },
    svg("circle", { cx: x, cy: y, r: PIN }), svg("text", { x, y: y + 6 }, String(visit.order)));
  pin.addEventListener("click", () => open(visit));
  pin.addEventListener("keydown", (event) => event.key === "Enter" && open(visit));
  return pin;
}

const ownPlace = ({ x, y }) => svg("g", { class: "own" },
  svg("circle", { cx: x, cy: y, r: 11 }), svg("text", { x: x + 16, y: y + 6 }, say("map.here")));

/** Doors of one house lie on one point: their pins stand side by side, so that each can be touched. */
function apart(points, width) {
  const placed = [];
  const covers = (one, x, y) => Math.hypot(one.x - x, one.y - y) < 2 * PIN;
  for (const point of points) {
    let { x, y } = point;
    while (placed.some((one) => covers(one, x, y))) {
      x += 2 * PIN + 2;
      if (x > width - PIN) { x = PIN + 4; y += 2 * PIN + 2; }
    }
    placed.push({ ...point, x, y });
  }
  return placed;
}

const at = (position, zoom, left, top) => {
  const point = world(position, zoom);
  return { x: point.x - left, y: point.y - top };
};

function frame(positions, width) {
  const margin = 40;
  for (let zoom = MOST_ZOOM; zoom > 2; zoom -= 1) {
    const points = positions.map((one) => world(one, zoom));
    const xs = points.map((one) => one.x);
    const ys = points.map((one) => one.y);
    const [west, east] = [Math.min(...xs), Math.max(...xs)];
    const [north, south] = [Math.min(...ys), Math.max(...ys)];
    if (east - west <= width - 2 * margin && south - north <= HEIGHT - 2 * margin) {
      return { zoom, left: (west + east - width) / 2, top: (north + south - HEIGHT) / 2 };
    }
  }
  return { zoom: 2, left: 0, top: 0 };
}

function tiles(tileUrl, zoom, left, top, width) {
  const found = [];
  for (let x = Math.floor(left / TILE); x * TILE < left + width; x += 1) {
    for (let y = Math.floor(top / TILE); y * TILE < top + HEIGHT; y += 1) {
      const href = tileUrl.replace("{z}", zoom).replace("{x}", x).replace("{y}", y);
      found.push(svg("image", { href, x: x * TILE - left, y: y * TILE - top, width: TILE, height: TILE }));
    }
  }
  return found;
}

function scale(metresPerPixel) {
  const wanted = 80 * metresPerPixel;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const metres = [5, 2, 1].map((step) => step * power).find((one) => one <= wanted) ?? power;
  const length = metres / metresPerPixel;
  return [
    svg("path", { d: `M12 ${HEIGHT - 22}v8h${length}v-8`, class: "scale" }),
    svg("text", { x: 18, y: HEIGHT - 26, class: "scale-text" }, metres < 1000 ? `${metres} m` : `${metres / 1000} km`),
  ];
}
