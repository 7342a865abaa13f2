// The full-screen camera: one role after another until nothing is wanted, then it closes by itself. A shutter keeps the
// picture at once; nothing has to be confirmed, and what is kept is never thrown away (a retake is one more picture).

import { closeCamera, openCamera, recordVideo, takePhoto } from "./camera.js";
import { addCodes, addPositions, keep, NoRoom, roomFor, shutter, TooLarge } from "./captures.js";
import { loadReader, noteReading, readLive, readPhoto } from "./codes.js";
import { h, icon } from "./dom.js";
import { beginWatching, endWatching } from "./place.js";
import { judge } from "./sheets.js";
import { tell } from "./notice_bar.js";
import { knows, say, word } from "./words.js";

const TICK_MS = 350;
const LEAST_SHARE = 0.06;
const WITH_CODE = new Set(["near"]);

/**
 * Capture for a visit. `roles` are those wanted, in order; `closes` says that the last picture closes the visit, which the
 * screen tells. `bound` are letters of sheets bound to this visit.
 * `onKept(capture)` is awaited after each is on the disk; `onUnsafe` is the way out. Resolves when the camera is closed.
 */
export function captureFor({ account, visit, roles, closes, bound, onKept, onUnsafe }) {
  return new Promise((resolve) => {
    const screen = new Screen({ account, visit, roles: [...roles], closes, bound, onKept, onUnsafe, resolve });
    screen.open();
  });
}

class Screen {
  constructor(wanted) {
    Object.assign(this, wanted);
    this.kept = [];
    this.recording = null;
    this.timer = 0;
    this.busy = false;
  }

  get role() {
    return this.roles[0];
  }

  async open() {
    this.video = h("video", { autoplay: true, muted: true, playsInline: true, playsinline: true });
    this.title = h("h2", {});
    this.tick = h("p", { class: "tick", role: "status" });
    this.guide = h("div", { class: "guide", "aria-hidden": "true" });
    this.shutterButton = h("button", { class: "shutter", id: "shutter", onclick: () => this.press() });
    this.file = h("input", { type: "file", id: "capture-file", hidden: true, onchange: () => this.fromFile() });
    this.overlay = h("section", { class: "overlay camera", role: "dialog", "aria-modal": "true" },
      h("header", {}, this.title,
        h("button", { class: "unsafe-small", id: "camera-unsafe", onclick: () => this.leave() }, icon("unsafe"), say("unsafe.short"))),
      h("div", { class: "view" }, this.video, this.guide, this.tick),
      h("footer", { class: "bottom" },
        h("button", { id: "camera-close", onclick: () => this.close() }, say("camera.close")),
        this.shutterButton,
        h("button", { id: "camera-file", onclick: () => this.file.click() }, say("camera.file")), this.file));
    document.body.append(this.overlay);
    document.getElementById("told").replaceChildren();
    // The back button leaves the camera too; what was taken is kept.
    addEventListener("hashchange", () => this.overlay.isConnected && this.close(), { once: true });
    this.show();
    beginWatching();
    try {
      this.video.srcObject = await openCamera();
      await this.video.play().catch(() => undefined);
      this.overlay.dataset.ready = "yes";
      this.look();
    } catch (error) {
      this.overlay.classList.add("none");
      this.tick.textContent = say(error.name === "NotAllowedError" ? "camera.denied" : "camera.missing");
      this.tick.className = "tick warn";
    }
  }

  show() {
    const isVideo = this.role === "video";
    this.title.textContent = say(`role.${this.role}`);
    this.overlay.setAttribute("aria-label", this.title.textContent);
    this.overlay.dataset.role = this.role;
    this.tick.className = "tick";
    this.tick.textContent = say(`camera.hint.${this.role}`) + (this.closes && this.roles.length === 1 ? say("camera.then_closes") : "");
    this.guide.className = `guide ${WITH_CODE.has(this.role) ? "code" : "whole"}`;
    this.shutterButton.setAttribute("aria-label", say(isVideo ? "camera.record" : "camera.shutter"));
    this.shutterButton.classList.toggle("video", isVideo);
    this.file.accept = isVideo ? "video/*" : "image/*";
    this.file.setAttribute("capture", "environment");
  }

  /** Look for codes in the live picture as long as this role wants one. */
  async look() {
    clearTimeout(this.timer);
    if (!this.overlay.isConnected) return;
    if (WITH_CODE.has(this.role) && !this.busy) {
      const { texts, share } = await readLive(this.video);
      if (this.overlay.isConnected && WITH_CODE.has(this.role) && texts.length > 0) this.say(texts, share);
    } else {
      loadReader();
    }
    this.timer = setTimeout(() => this.look(), TICK_MS);
  }

  say(texts, share) {
    const found = texts.map((text) => judge(text, this.visit, this.bound));
    const best = ["this", "bound", "blank", "other", "foreign"].find((one) => found.includes(one));
    const small = share < LEAST_SHARE && (best === "this" || best === "bound");
    this.tick.className = `tick ${small ? "warn" : best === "this" || best === "bound" || best === "blank" ? "good" : "bad"}`;
    this.tick.textContent = say(small ? "camera.closer" : `code.${best}`);
  }

  async press() {
    if (this.busy) return;
    if (this.role === "video") return void this.pressVideo();
    if (!this.video.videoWidth) return void this.file.click();
    this.busy = true;
    this.shutterButton.disabled = true;
    const moment = shutter();
    const taken = await takePhoto(this.video).catch(() => null);
    if (taken?.blob) await this.take(taken, moment, "in_page");
    else tell(say("camera.failed"), "bad");
    this.free();
  }

  async pressVideo() {
    if (this.recording) return this.endVideo();
    if (!this.video.videoWidth) return this.file.click();
    if (!(await roomFor()).video) return tell(say("room.no_video"), "bad");
    this.moment = shutter();
    this.recording = await recordVideo(this.video, () => this.endVideo());
    this.shutterButton.classList.add("running");
    this.shutterButton.setAttribute("aria-label", say("camera.stop"));
    this.tick.textContent = say("camera.recording");
    return undefined;
  }

  async endVideo() {
    const recording = this.recording;
    if (!recording || this.busy) return;
    this.busy = true;
    const taken = await recording.stop();
    this.recording = null;
    this.shutterButton.classList.remove("running");
    await this.take(taken, this.moment, "in_page");
    this.free();
  }

  async fromFile() {
    const [blob] = this.file.files;
    if (!blob) return;
    this.busy = true;
    await this.take({ blob, width: null, height: null }, shutter(), "file_input");
    this.file.value = "";
    this.free();
  }

  free() {
    this.busy = false;
    this.shutterButton.disabled = false;
    if (this.overlay.isConnected && this.roles.length === 0) this.close();
  }

  /** Keep what was taken; only when it is on the disk does the next role come. */
  async take({ blob, width, height }, moment, mode) {
    const role = this.role;
    const about = { visit: this.visit.visit, ticket: this.visit.ticket, role, mode, width, height, ...moment };
    let capture;
    try {
      capture = await keep(this.account, blob, about);
    } catch (error) {
      if (error instanceof NoRoom) return tell(say("room.not_kept"), "bad");
      if (error instanceof TooLarge) return tell(say("room.too_large"), "bad");
      throw error;
    }
    this.kept.push(capture);
    if (WITH_CODE.has(role)) noteReading(this.readLater(capture, blob));
    await this.onKept(capture);
    this.roles.shift();
    if (this.roles.length > 0) this.show();
    return undefined;
  }

  async readLater(capture, blob) {
    const texts = await readPhoto(blob);
    await addCodes(capture.capture_id, texts);
    if (texts.length === 0 && this.visit.notice_code) tell(say("code.none"), "warn");
  }

  async leave() {
    await this.close();
    await this.onUnsafe();
  }

  async close() {
    if (this.recording) await this.endVideo();
    clearTimeout(this.timer);
    this.overlay.remove();
    closeCamera();
    const kept = this.kept;
    endWatching(() => kept.forEach((one) => addPositions(one.capture_id)));
    this.resolve(kept);
  }
}

/** A live scan that calls `onCode(text)` for each new code until it is closed. The caller draws the list below. */
export async function scanInto(frame, onCode) {
  const video = h("video", { autoplay: true, muted: true, playsInline: true, playsinline: true });
  const tick = h("p", { class: "tick", role: "status" }, say("scan.hint"));
  frame.replaceChildren(video, h("div", { class: "guide code", "aria-hidden": "true" }), tick);
  let running = true;
  const seen = new Map();
  try {
    video.srcObject = await openCamera();
    await video.play().catch(() => undefined);
  } catch (error) {
    frame.classList.add("none");
    tick.className = "tick warn";
    tick.textContent = say(error.name === "NotAllowedError" ? "camera.denied_scan" : "camera.missing_scan");
    return () => undefined;
  }
  const look = async () => {
    if (!running) return;
    const { texts } = await readLive(video);
    for (const text of texts.filter((one) => Date.now() - (seen.get(one) ?? 0) > 3000)) {
      seen.set(text, Date.now());
      const told = await onCode(text);
      tick.className = `tick ${told.tone}`;
      tick.textContent = told.text;
      navigator.vibrate?.(told.tone === "good" ? 60 : [60, 60, 60]);
    }
    if (running) setTimeout(look, TICK_MS);
  };
  look();
  return () => { running = false; closeCamera(); };
}

export const roleName = (role) => (knows("field_app.role", role) ? say(`role.${role}`) : word("door.role", role));
