// What stands where there is nothing to see: what is missing, and what to do.

import { useKey } from "./api.js";
import { el } from "./dom.js";

export const SIMULATOR = "dotnet run --project SmartCity.Simulator -- run --rate 20";

const HEADINGS = {
  unreachable: "The API does not answer",
  busy: "The API asks for a pause",
  missing: "This is not here",
  down: "A part of the platform is away",
  refused: "The API refuses this",
};

// A command with a button that copies it.
export function command(text, name = "the command") {
  const code = el("code", { tabindex: 0 }, text);
  const button = el("button", { type: "button", class: "quiet", "aria-label": `Copy ${name}` }, "Copy");
  button.addEventListener("click", async () => {
    button.textContent = (await copy(text, code)) ? "Copied" : "Selected";
    button.addEventListener("blur", () => (button.textContent = "Copy"), { once: true });
  });
  return el("div", { class: "command" }, code, button);
}

// True when the text lies on the clipboard. Where there is none (plain http from another machine) the text is selected instead.
export async function copy(text, node) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(node);
    return false;
  }
}

export function notice(heading, paragraphs = [], ...more) {
  return el("div", { class: "notice" }, el("p", { class: "heading" }, heading), paragraphs.map((text) => el("p", {}, text)), more);
}

export const nothingYet = () => notice("No reading has arrived yet",
  ["Let the simulator be the city, or send readings of your own to POST /ingest. This page fills by itself."], command(SIMULATOR, "the simulator's command"));

// An error in plain words, with what can be done about it: wait, try again, or give a key.
export function failure(error, again) {
  if (error.kind === "key") return keyForm(error, again);
  const heading = HEADINGS[error.kind] ?? "This page has failed";
  const box = notice(heading, error.message === `${heading}.` ? [] : [error.message]);
  box.classList.add("failure");
  if (error.kind !== "missing") box.append(el("p", {}, "It is tried again by itself."), el("button", { type: "button", onclick: again }, "Try now"));
  return box;
}

function keyForm(error, again) {
  const field = el("input", { type: "password", autocomplete: "off", required: true });
  const form = el("form", { class: "row" }, el("label", {}, "Key ", field), el("button", {}, "Use it"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    useKey(field.value);
    again();
  });
  return notice("A key is needed here", [error.message, "It is forgotten when this tab is closed."], form);
}
