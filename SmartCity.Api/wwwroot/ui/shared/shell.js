// What every page has around it: name, navigation, the state of the connection, the theme's switch, and a word when the API is away.

import { el, setText, svg } from "./dom.js";
import { timeWithSeconds } from "./format.js";
import { goLive, onLive } from "./live.js";
import { themeButton } from "./theme.js";

const PAGES = [
  ["overview", "Overview", "/ui/", "M4 13h6V4H4z M14 20h6v-9h-6z M4 20h6v-3H4z M14 7h6V4h-6z"],
  ["explore", "Explore", "/ui/explore/", "M4 4v16h16 M7 15l4-5 3 3 5-7"],
  ["map", "Map", "/ui/map/", "M12 21c4-5 6-8 6-11a6 6 0 1 0-12 0c0 3 2 6 6 11z M12 8a2 2 0 1 0 0 4a2 2 0 0 0 0-4"],
  ["sensors", "Sensors", "/ui/sensors/", "M12 10a2 2 0 1 0 0 4a2 2 0 0 0 0-4 M8 16a6 6 0 0 1 0-8 M16 8a6 6 0 0 1 0 8 M5 19a10 10 0 0 1 0-14 M19 5a10 10 0 0 1 0 14"],
  ["quality", "Quality", "/ui/quality/", "M12 3l8 3v6c0 5-4 8-8 9c-4-1-8-4-8-9V6z M8.5 12l2.5 2.5 4.5-5"],
  ["pipeline", "Pipeline", "/ui/pipeline/", "M4 6h4v4H4z M16 4h4v4h-4z M16 16h4v4h-4z M8 8h8 M11 8v10h5"],
];

const STATES = {
  connecting: ["waiting", "Connecting…"],
  live: ["good", "Live"],
  lost: ["bad", "No connection"],
  key: ["warn", "No live feed"],
  database: ["bad", "Database down"],
  kafka: ["warn", "Kafka down"],
};

let lastProgress = null;

function icon(path) {
  return svg("svg", { viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true" },
    svg("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round" }));
}

function navigation() {
  const here = document.body.dataset.page;
  return el("nav", { class: "pages", "aria-label": "Pages" }, PAGES.map(([id, name, href, path]) =>
    el("a", { href, "aria-current": id === here ? "page" : null }, icon(path), el("span", {}, name))));
}

function header() {
  const status = el("p", { id: "status", class: "status", role: "status", "data-state": "waiting" }, "Connecting…");
  const show = (name) => {
    const [state, text] = STATES[name];
    status.dataset.state = state;
    setText(status, text);
  };
  onLive("state", show);
  onLive("progress", (progress) => {
    lastProgress = progress;
    show(!progress.database ? "database" : !progress.kafka ? "kafka" : "live");
  });
  return [
    el("a", { class: "skip", href: "#main" }, "Skip to the content"),
    el("a", { class: "brand", href: "/ui/" }, el("img", { src: "/ui/icon.svg", alt: "", width: 28, height: 28 }), el("span", {}, "Smart City")),
    navigation(),
    el("div", { class: "bar-end" }, status, themeButton()),
  ];
}

// Lies over the page instead of pushing it down.
function banner() {
  const text = el("p", {});
  const box = el("div", { id: "banner", class: "banner", role: "alert", hidden: true }, text);
  onLive("state", (state) => {
    if (state === "lost") {
      const since = lastProgress ? ` What you see is from ${timeWithSeconds(Date.parse(lastProgress.timestamp) / 1000)}.` : "";
      setText(text, `The API does not answer.${since} This page goes on by itself as soon as it is back.`);
    }
    if (state !== "connecting") box.hidden = state !== "lost";
  });
  return box;
}

function footer() {
  return el("footer", {},
    el("p", {}, "Times are on your clock. Nothing here is loaded from anywhere else."),
    el("p", {}, el("a", { href: "/docs" }, "API description"), " · ", el("a", { href: "/health" }, "Health")));
}

export function startShell() {
  document.querySelector("header.bar").append(...header());
  document.body.append(footer(), banner());
  goLive();
}
