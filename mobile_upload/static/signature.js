// A signature on the glass, as a picture. Paper with a photograph is the rule; this stands beside it, or alone where the
// court allows that.

import { h } from "./dom.js";
import { say } from "./words.js";

/** Ask for a signature. Resolves to {blob, width, height}, or null when it was given up. */
export function askForSignature() {
  return new Promise((resolve) => {
    const canvas = h("canvas", { class: "pad", "aria-label": say("signature.here") });
    const finish = (found) => { overlay.remove(); resolve(found); };
    let touched = false;
    const keepIt = () => touched && canvas.toBlob((blob) => finish({ blob, width: canvas.width, height: canvas.height }), "image/png");
    const overlay = h("section", { class: "overlay paper", role: "dialog", "aria-modal": "true", "aria-label": say("signature.title") },
      h("header", {}, h("h2", {}, say("signature.title")), h("p", {}, say("signature.hint"))),
      canvas,
      h("footer", { class: "bottom" },
        h("button", { onclick: () => finish(null) }, say("cancel")),
        h("button", { onclick: () => { clear(canvas); touched = false; } }, say("signature.again")),
        h("button", { class: "main", id: "signature-done", onclick: keepIt }, say("signature.done"))));
    document.body.append(overlay);
    addEventListener("hashchange", () => overlay.isConnected && finish(null), { once: true });
    const box = canvas.getBoundingClientRect();
    canvas.width = Math.round(box.width * 2);
    canvas.height = Math.round(box.height * 2);
    clear(canvas);
    drawOn(canvas, () => { touched = true; });
  });
}

function clear(canvas) {
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
}

function drawOn(canvas, onStroke) {
  const pen = canvas.getContext("2d");
  const point = (event) => [event.offsetX * 2, event.offsetY * 2];
  let drawing = false;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    drawing = true;
    Object.assign(pen, { lineWidth: 5, lineCap: "round", lineJoin: "round", strokeStyle: "#0b1320" });
    pen.beginPath();
    pen.moveTo(...point(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...point(event));
    pen.stroke();
    onStroke();
  });
  canvas.addEventListener("pointerup", () => { drawing = false; });
}
