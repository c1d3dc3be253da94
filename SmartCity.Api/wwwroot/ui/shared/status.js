// A sensor's or a part's state: a shape, a word and a colour.

import { el } from "./dom.js";

const KINDS = {
  live: "good", late: "warn", silent: "bad", gone: "waiting",
  up: "good", running: "good", healthy: "good", idle: "waiting", waiting: "waiting", unknown: "waiting", stalled: "warn", retrying: "warn", degraded: "warn", failed: "bad", down: "bad",
  info: "waiting", warning: "warn", critical: "bad", resolved: "good", firing: "bad",
};

export const STATUSES = ["live", "late", "silent", "gone"];

export const kindOf = (state) => KINDS[state] ?? "waiting";

export const badge = (state, text = state) => el("span", { class: "status", "data-state": kindOf(state) }, text);
