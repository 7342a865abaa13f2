// This phone: its name, its room, the language, and going out without leaving anything behind unsaid.

import { h } from "../dom.js";
import { safety } from "../state.js";
import { language, say } from "../words.js";
import { head, sized } from "./parts.js";

export function draw(state, acts) {
  const { session, device, room, queue, newer } = state;
  const told = safety(queue);
  return [
    head(say("settings.title"), session?.name ?? "", "#/"),
    newer ? h("section", { class: "card next", id: "newer" }, h("p", {}, say("settings.new_version")), h("a", { class: "button main wide", href: "#/" }, say("settings.take_over"))) : null,
    h("section", { class: "card" },
      h("h2", {}, say("device.title")),
      device ? naming(device, acts) : h("p", {}, say("device.none")),
      device?.device_id ? h("p", { class: "quiet" }, say("device.id", { id: device.device_id.slice(-8) })) : null,
      h("p", { class: "quiet" }, say("device.lost"))),
    h("section", { class: "card" },
      h("h2", {}, say("room.title")),
      h("p", {}, room.left === null ? say("room.untold") : say("room.left", { left: sized(room.left) })),
      h("button", { class: "wide", id: "free", onclick: acts.free }, say("room.free"))),
    h("section", { class: "card" },
      h("h2", {}, say("settings.language")),
      h("div", { class: "chips" }, ...[["zh", "中文"], ["en", "English"]].map(([code, name]) => h("button", {
        class: `chip ${language() === code ? "on" : ""}`, lang: code === "zh" ? "zh-CN" : "en", dataset: { language: code }, onclick: () => acts.speak(code),
      }, name)))),
    h("section", { class: "card" },
      h("p", {}, pageLink(acts, "/photos/mine", "my-photos", say("settings.photos"))),
      h("p", {}, pageLink(acts, "/field/visit/", "plain-pages", say("settings.plain"))),
      session ? h("button", { class: "harm wide", id: "sign-out", onclick: acts.signOut }, say("sign_out.title")) : h("a", { class: "button main wide", href: "/sign-in?next=/field/" }, say("sign_in.now"))),
    h("dialog", { id: "leave-dialog", "aria-labelledby": "leave-title" },
      h("h2", { id: "leave-title" }, say("sign_out.unsent", { count: told.unsent })),
      h("p", {}, say("sign_out.hint")),
      h("div", { class: "stack" },
        h("button", { class: "main wide", onclick: acts.sendNow }, say("out.send")),
        h("button", { class: "harm wide", id: "sign-out-anyway", onclick: acts.signOutAnyway }, say("sign_out.anyway")),
        h("button", { class: "wide", onclick: (event) => event.target.closest("dialog").close() }, say("cancel")))),
    h("p", { class: "quiet" }, say("settings.version", { version: new URL(import.meta.url).pathname.split("/").at(-3) })),
  ];
}

const pageLink = (acts, href, id, text) => h("a", { class: "button wide", id, href, onclick: (event) => { event.preventDefault(); acts.visitPage(href); } }, text);

const naming = (device, acts) => h("form", { class: "row", onsubmit: (event) => { event.preventDefault(); document.activeElement.blur(); acts.renamePhone(event.target.elements.name.value); } },
  h("label", { for: "device-name" }, say("device.name")),
  h("input", { id: "device-name", type: "text", name: "name", maxlength: "60", autocomplete: "off", value: device.name }),
  h("button", { id: "rename" }, say("device.rename")));
