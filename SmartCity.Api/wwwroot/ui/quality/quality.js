// Quality: how much came, how much of it too late, what was refused and why, and how refused records are sent again.

import { address, getJson } from "../shared/api.js";
import { TimeChart } from "../shared/chart.js";
import { byId, el, setText } from "../shared/dom.js";
import { duration, seconds, share, short, title, whole } from "../shared/format.js";
import { command, nothingYet } from "../shared/notice.js";
import { Refresh } from "../shared/refresh.js";
import { startShell } from "../shared/shell.js";
import { readState, writeState } from "../shared/state.js";
import { Meters } from "./meters.js";
import { Records } from "./records.js";

const HOUR = 3600;
const RANGES = [["24", "Last 24 hours"], ["168", "Last 7 days"], ["720", "Last 30 days"]];
const DEFAULTS = { hours: "24", reason: "" };
const state = readState(DEFAULTS);

startShell();

const range = el("select", { "aria-label": "Range" }, RANGES.map(([value, text]) => el("option", { value, selected: value === state.hours }, text)));
range.addEventListener("change", () => {
  state.hours = range.value;
  writeState(state, DEFAULTS);
  summary.now({ anew: true });
});
byId("range-place").append(range);

const chart = new TimeChart({ height: 220, rows: 200, format: short });
byId("hours").append(chart.node);
chart.empty("Loading…");
const reasons = new Meters("Reasons", "Reason", "Records");
const lateness = new Meters("Lateness", "Behind", "Readings");
byId("reasons").append(reasons.node);
byId("lateness").append(lateness.node);

const summary = new Refresh({
  place: byId("summary"),
  every: 15_000,
  ask: (signal) => getJson(address("/quality", { hours: state.hours }), { signal }),
  show: (answer) => {
    const { accepted, late, dead_letters: dead, hours } = answer;
    const isNothing = accepted + dead === 0;
    byId("notice").hidden = !isNothing;
    if (isNothing) byId("notice").replaceChildren(nothingYet());
    setText(byId("accepted"), short(accepted));
    setText(byId("accepted-note"), `${share(accepted, accepted + dead)} of what came`);
    setText(byId("late"), short(late));
    setText(byId("late-note"), `${share(late, accepted)} of the accepted; in the lake all the same`);
    setText(byId("dead"), short(dead));
    setText(byId("dead-note"), `${share(dead, accepted + dead)} of what came`);
    drawHours(hours);
    reasons.show(answer.reasons.map(({ reason, count }) => [title(reason), count]), "Nothing was refused.");
    lateness.show(buckets(answer.lateness), "Nothing came too late.");
    showReasons(answer.reasons);
  },
});

function drawHours(hours) {
  if (hours.length === 0) {
    chart.empty("Nothing came in this range");
    return;
  }
  const known = new Map(hours.map((hour) => [seconds(hour.hour), hour]));
  const starts = [...known.keys()].sort((left, right) => left - right);
  const grid = [];
  for (let at = starts[0]; at <= starts.at(-1); at += HOUR) grid.push(at);
  const line = (label, colour, name) => ({ label, colour, settled: grid.map((at) => known.get(at)?.[name] ?? null) });
  chart.draw({
    name: "Late readings and dead letters, hour by hour", unit: "", bars: true, grid, from: grid.at(-1) - (Number(state.hours) - 1) * HOUR, to: grid.at(-1) + HOUR,
    lines: [line("Dead letters", "--c5", "dead_letters"), line("Too late", "--c0", "late")],
  });
}

function buckets(all) {
  let from = 0;
  return all.map(({ up_to_seconds: to, count }) => {
    const text = to === null ? `more than ${duration(from)}` : from === 0 ? `up to ${duration(to)}` : `${duration(from)} – ${duration(to)}`;
    from = to;
    return [text, count];
  }).filter(([, count], index, kept) => count > 0 || kept.slice(index).some(([, later]) => later > 0));
}

// The newest records that were refused or came too late.
const deadLetters = new Records("Newest dead letters", "Reason", ({ reason, detail }) => [el("b", {}, title(reason)), detail ? el("small", { class: "under" }, detail) : null]);
const lateReadings = new Records("Newest late readings", "Too late by", ({ lateness_seconds: late }) => duration(late));
byId("dead-letters").append(deadLetters.node);
byId("late-readings").append(lateReadings.node);

const reasonField = el("select", { "aria-label": "Reason" });
reasonField.addEventListener("change", () => {
  state.reason = reasonField.value;
  writeState(state, DEFAULTS);
  dead.now({ anew: true });
});
byId("reason-place").append(reasonField);

function showReasons(known) {
  const names = [...new Set([...known.map(({ reason }) => reason), ...(state.reason ? [state.reason] : [])])];
  if (reasonField.dataset.names === names.join()) return;
  reasonField.dataset.names = names.join();
  reasonField.replaceChildren(el("option", { value: "" }, "Every reason"), ...names.map((name) => el("option", { value: name, selected: name === state.reason }, title(name))));
}
showReasons([]);

const dead = new Refresh({
  place: byId("dead-letters"),
  every: 15_000,
  ask: (signal) => getJson(address("/quality/dead-letters", { limit: 20, reason: state.reason }), { signal }),
  show: (answer) => {
    deadLetters.show(answer, "No record was refused.");
    showAgain(answer.topic);
  },
});
const late = new Refresh({
  place: byId("late-readings"),
  every: 15_000,
  ask: (signal) => getJson("/quality/late?limit=20", { signal }),
  show: (answer) => lateReadings.show(answer, "No reading came too late."),
});

// Whatever is still wrong is rejected by /ingest in its answer and does not come back as a dead letter.
function showAgain(topic) {
  if (byId("again").dataset.topic === topic) return;
  byId("again").dataset.topic = topic;
  byId("again").replaceChildren(
    el("header", {}, el("h2", {}, "Send them again")),
    el("p", { class: "soft" }, "Once the cause is mended (a rule, a setting, the readings themselves), this sends what lies among the dead letters again. KAFKA is your broker's address; needs kcat and curl. The answer says what is still refused and why. Late readings need not be sent again: they are in the lake."),
    command(`kcat -C -b KAFKA -t ${topic} -o beginning -e -q | curl -H 'Content-Type: application/x-ndjson' --data-binary @- ${location.origin}/ingest`, "the command"));
}

summary.now();
dead.now();
late.now();
