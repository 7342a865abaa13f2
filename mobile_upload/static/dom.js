// Elements from plain functions. Text is only ever set as text: nothing that a server or a code says becomes markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element: h("button", {class: "main", onclick: f}, "text", other, null). */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "dataset") Object.assign(element.dataset, value);
    else if (key in element && key !== "list" && key !== "form" && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return element;
}

/** A picture from the page's own strokes, 24 by 24. */
export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", STROKES[name] ?? STROKES.dot);
  picture.append(path);
  return picture;
}

export function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

const STROKES = {
  dot: "M12 9a3 3 0 100 6 3 3 0 000-6",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16",
  up: "M12 16V4M7 9l5-5 5 5M4 20h16",
  person: "M12 12a4 4 0 100-8 4 4 0 000 8M4 21c0-4 4-6 8-6s8 2 8 6",
  phone: "M5 4h4l2 5-3 2a12 12 0 005 5l2-3 5 2v4c0 1-1 2-2 2C10 21 3 14 3 6c0-1 1-2 2-2",
  phone_new: "M7 2h10v20H7zM12 7v6M9 10h6M11 19h2",
  way: "M3 11l18-8-8 18-2-8z",
  check: "M4 12l5 5L20 6",
  warn: "M12 3l10 18H2zM12 10v5M12 18h.01",
  camera: "M3 8h4l2-3h6l2 3h4v12H3zM12 10a4 4 0 100 8 4 4 0 000-8",
  video: "M3 6h12v12H3zM15 10l6-3v10l-6-3",
  pen: "M4 20l1-5L16 4l4 4L9 19zM3 21h18",
  back: "M15 5l-7 7 7 7",
  leave: "M13 4h7v16h-7M3 12h12M10 7l5 5-5 5",
  map: "M9 4L3 6v14l6-2 6 2 6-2V4l-6 2zM9 4v14M15 6v14",
  handed_over: "M4 20V8l8-5 8 5v12zM8 13l3 3 5-6",
  family: "M8 11a3 3 0 100-6 3 3 0 000 6M17 11a2.500 2.500 0 100-5 2.500 2.500 0 000 5M2 20c0-4 3-6 6-6s6 2 6 6M15 14c4 0 7 2 7 6",
  company_desk: "M5 21V4h9v17M14 9h5v12M3 21h18M8 8h3M8 12h3M8 16h3",
  refused: "M12 3a9 9 0 100 18 9 9 0 000-18M6 6l12 12",
  nobody_home: "M6 21V3h12v18M4 21h16M14 12h.01",
  posting: "M6 3h12v18H6zM9 8h6M9 12h6M9 16h4",
  moved: "M3 7h11v9H3zM14 10h4l3 3v3h-7M7 19a2 2 0 100-4 2 2 0 000 4M17 19a2 2 0 100-4 2 2 0 000 4",
  wrong_address: "M12 21s7-7 7-12a7 7 0 10-14 0c0 5 7 12 7 12M10 7l4 4M14 7l-4 4",
  dangerous: "M12 3l10 18H2zM12 10v5M12 18h.01",
  unsafe: "M12 3l10 18H2zM12 10v5M12 18h.01",
};
