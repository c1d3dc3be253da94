// Light, dark, or as the system has it. The choice is remembered.

import { el, svg } from "./dom.js";

const ORDER = ["system", "light", "dark"];
const PATHS = {
  system: "M3 5h18v12H3z M8 21h8 M12 17v4",
  light: "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8 M12 2v3 M12 19v3 M2 12h3 M19 12h3 M5 5l2 2 M17 17l2 2 M19 5l-2 2 M7 17l-2 2",
  dark: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
};
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();

const chosen = () => root.dataset.theme ?? "system";

export function onThemeChange(listener) {
  listeners.add(listener);
}

// A colour of the style sheet as it is in the present theme.
export const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();

function choose(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Not remembered, then.
  }
  tell();
}

function tell() {
  for (const listener of listeners) listener();
}

export function themeButton() {
  const path = svg("path", { fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round" });
  const button = el("button", { type: "button", id: "theme", class: "icon-button" }, svg("svg", { viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true" }, path));
  const show = () => {
    const next = ORDER[(ORDER.indexOf(chosen()) + 1) % ORDER.length];
    path.setAttribute("d", PATHS[chosen()]);
    button.setAttribute("aria-label", `Theme: ${chosen()}. Switch to ${next}`);
    button.title = `Theme: ${chosen()}`;
  };
  button.addEventListener("click", () => {
    choose(ORDER[(ORDER.indexOf(chosen()) + 1) % ORDER.length]);
    show();
  });
  show();
  return button;
}

system.addEventListener("change", tell);
