// The overview: how the city and its stream are just now, and a chart for each type of sensor.

import { address, getJson } from "./shared/api.js";
import { TimeChart } from "./shared/chart.js";
import { CityPicker } from "./shared/cities.js";
import { byId, el, setText } from "./shared/dom.js";
import { duration, moment, number, seconds, share, short, title, whole, withUnit } from "./shared/format.js";
import { onLive } from "./shared/live.js";
import { notice, nothingYet } from "./shared/notice.js";
import { Refresh } from "./shared/refresh.js";
import { Series } from "./shared/series.js";
import { startShell } from "./shared/shell.js";
import { readState, writeState } from "./shared/state.js";
import { badge } from "./shared/status.js";
import { fits, hoursIn, queryWindows, RANGES, resolutionFor, STALE, stepOf } from "./shared/windows.js";

const AT_FIRST = 4;
const BEHIND = 15 * 60; // a window is final that long after its start
const DEFAULTS = { city: [], hours: "2", anchor: "now" };
const state = readState(DEFAULTS);
state.hours = hoursIn(state.hours, DEFAULTS.hours);
const cards = new Map();
const dirty = new Set();

const hours = () => Number(state.hours);
const resolution = () => (hours() <= 2 ? "1m" : resolutionFor(hours()));
const explore = (type, metric) => address("/ui/explore/", { type, metric, city: picker.chosen, hours: state.hours });

startShell();

const picker = new CityPicker(state.city, () => {
  state.city = picker.chosen;
  writeState(state, DEFAULTS);
  windows.now();
});
const range = el("select", { "aria-label": "Range" }, RANGES.filter(([value]) => value <= 24).map(([value, text]) => el("option", { value, selected: value === state.hours }, `Last ${text}`)));
range.addEventListener("change", () => {
  Object.assign(state, { hours: range.value, anchor: "now" });
  writeState(state, DEFAULTS);
  windows.now();
});
byId("controls").append(picker.node, range);

// One card for each type: a choice of metric, the chart, and the way to explore it further.
class TypeCard {
  constructor(type) {
    this.type = type;
    this.series = new Series();
    this.metric = type.metrics.find((metric) => metric.chart) ?? type.metrics[0];
    this.chart = new TimeChart();
    const choice = el("select", { "aria-label": `Metric of ${title(type.name)}` },
      type.metrics.map((metric) => el("option", { value: metric.name, selected: metric === this.metric }, title(metric.name) + (metric.unit ? ` (${metric.unit})` : ""))));
    choice.addEventListener("change", () => {
      this.metric = type.metrics.find((metric) => metric.name === choice.value);
      this.draw();
    });
    this.link = el("a", { class: "more" }, "Explore", el("span", { class: "unseen" }, ` ${title(type.name)}`));
    this.node = el("article", { class: "card", "data-type": type.name }, el("header", {}, el("h2", {}, title(type.name)), choice, this.link), this.chart.node);
    this.chart.empty("Loading…");
  }

  draw() {
    this.link.href = explore(this.type.name, this.metric.name);
    const grid = this.series.grid(stepOf(resolution()));
    if (grid.length === 0 || picker.chosen.length === 0) {
      this.chart.empty(picker.known.length === 0 ? "No window yet" : grid.length === 0 ? "No window in this range" : "No city is chosen");
      return;
    }
    const to = state.anchor === "latest" ? grid.at(-1) : Date.now() / 1000;
    this.chart.draw({
      name: `${title(this.type.name)}: ${title(this.metric.name)}`, unit: this.metric.unit, grid, from: to - hours() * 3600, to,
      lines: picker.chosen.map((city) => ({ label: city, colour: picker.colourOf(city), ...this.series.line(city, this.metric.stem, grid) })),
    });
  }
}

const windows = new Refresh({
  place: byId("charts"),
  every: 60_000,
  ask: async (signal) => {
    const [{ types }, { cities }] = await Promise.all([getJson("/types", { signal }), getJson("/cities", { signal })]);
    const chosen = state.city.length ? state.city : busiest(cities);
    const answers = chosen.length === 0 ? [] : await Promise.all(types.map((type) => queryWindows(type,
      { metrics: type.metrics.map((metric) => metric.name), cities: chosen, range: state, resolution: resolution(), signal })));
    return { types, cities, chosen, answers, latest: await newest(signal) };
  },
  show: ({ types, cities, chosen, answers, latest }) => {
    picker.know(cities.map(({ city }) => city).sort((left, right) => left.localeCompare(right)));
    if (JSON.stringify(chosen) !== JSON.stringify(picker.chosen)) picker.set(chosen);
    types.forEach((type, index) => {
      if (!cards.has(type.name)) addCard(new TypeCard(type));
      cards.get(type.name).series.load(answers[index] ?? []);
    });
    showNotice(latest);
    drawAll();
  },
});

function addCard(card) {
  cards.set(card.type.name, card);
  byId("charts").insertBefore(card.node, alertsCard.node);
}

const busiest = (cities) => cities.toSorted((left, right) => right.sensors - left.sensors || left.city.localeCompare(right.city)).slice(0, AT_FIRST).map(({ city }) => city);

async function newest(signal) {
  const { results } = await getJson("/latest", { signal });
  return results.reduce((latest, { newest: window }) => Math.max(latest, window ? seconds(window.window_start) : 0), 0);
}

function drawAll() {
  for (const card of cards.values()) card.draw();
  dirty.clear();
}

// What to do where there is nothing to see, or only something old.
function showNotice(latest) {
  const box = byId("notice");
  const age = Date.now() / 1000 - latest;
  box.hidden = age <= STALE || (latest > 0 && state.anchor === "latest");
  if (box.hidden) return;
  const [heading, text] = isBehind
    ? [`Catching up: the newest data is ${duration(age)} old`, `Readings of the past are worked through; the newest window began on ${moment(latest)}. The charts fill by themselves.`]
    : [`The last data came ${duration(age)} ago`, `The newest window began on ${moment(latest)}. New ones appear here as soon as readings arrive.`];
  box.replaceChildren(latest === 0 ? nothingYet() : notice(heading, [text],
    el("button", { type: "button", onclick: jump }, `Show the ${RANGES.find(([value]) => value === state.hours)?.[1] ?? `${state.hours} hours`} before it`)));
}

// While a backlog is worked through, /live tells only some of its windows: then all of them are asked for now and again.
let isBehind = false;
function followBacklog({ watermark_delay_seconds: delay, readings_per_second: rate }) {
  const wasBehind = isBehind;
  isBehind = delay > BEHIND && rate > 0;
  if (isBehind || wasBehind) windows.soon(3_000);
}

function jump() {
  state.anchor = "latest";
  writeState(state, DEFAULTS);
  windows.now();
}

// The newest alerts, firing ones first.
const alertsCard = (() => {
  const list = el("ul", { class: "list" });
  const body = el("div", {}, list);
  return { node: el("article", { class: "card", id: "alerts-card" }, el("header", {}, el("h2", {}, "Alerts")), body), body, list };
})();
byId("charts").append(alertsCard.node);

function describe(alert) {
  if (alert.sensor_id) return [el("a", { href: address("/ui/sensors/", { sensor: alert.sensor_id }) }, alert.sensor_id), ` in ${alert.city} silent for ${duration(alert.value)}`];
  const stem = alert.metric.replace(/^[a-z]+_/, "");
  const metric = cards.get(alert.aggregation_type)?.type.metrics.find((one) => one.stem === stem);
  const place = alert.district ? `${alert.city}, ${alert.district}` : alert.city;
  return [`${title(metric?.name ?? stem)} in ${place}: ${withUnit(number(alert.value), metric?.unit)}, ${alert.direction} ${number(alert.threshold)}`];
}

const alerts = new Refresh({
  place: alertsCard.body,
  every: 30_000,
  ask: (signal) => getJson("/alerts?hours=24", { signal }),
  show: ({ firing, results, rules }) => {
    setText(byId("alerts"), whole(firing));
    setText(byId("alerts-note"), `${whole(results.length - firing)} resolved in the last 24 h`);
    alertsCard.list.replaceChildren(...results.slice(0, 7).map((alert) => el("li", {},
      badge(alert.state === "firing" ? alert.severity : "resolved"),
      el("span", {}, describe(alert)), el("small", {}, alert.until ? `until ${moment(seconds(alert.until))}` : `since ${moment(seconds(alert.since))}`))));
    if (results.length === 0) alertsCard.list.replaceChildren(el("li", { class: "calm" }, rules.length ? `All is calm: none of ${rules.length} rules was broken in the last 24 h.` : "No rule is configured (Alerts:Rules)."));
  },
});

const quality = new Refresh({
  place: byId("tiles"),
  every: 30_000,
  ask: (signal) => getJson("/quality?hours=24", { signal }).catch((error) => (signal.aborted ? Promise.reject(error) : { error })),
  show: ({ error, accepted, late, dead_letters: dead }) => {
    setText(byId("late"), short(late));
    setText(byId("late-note"), error ? "not known just now" : `${share(late, accepted)} of 24 h`);
    setText(byId("dead"), short(dead));
    setText(byId("dead-note"), error ? "not known just now" : `${share(dead, accepted + dead)} of 24 h`);
  },
});

function showProgress(progress) {
  setText(byId("rate"), number(progress.readings_per_second));
  setText(byId("rate-note"), progress.readings === null ? "" : `${short(progress.readings)} in Kafka so far`);
  const { live = 0, late = 0, silent = 0, gone = 0 } = progress.sensors;
  setText(byId("live"), whole(live));
  setText(byId("live-note"), [`of ${whole(live + late + silent + gone)}`, late && `${whole(late)} late`, silent && `${whole(silent)} silent`].filter(Boolean).join(" · "));
  if (progress.firing_alerts !== undefined) setText(byId("alerts"), whole(progress.firing_alerts));
  setText(byId("watermark"), duration(progress.watermark_delay_seconds));
  setText(byId("watermark-note"), progress.watermark ? `at ${moment(seconds(progress.watermark))}` : "no window yet");
}

function onWindow(window) {
  const card = cards.get(window.aggregation_type);
  if (picker.chosen.length === 0 && state.city.length === 0) windows.soon(); // the first data ever
  if (!card || window.district !== "" || !picker.chosen.includes(window.city) || fits(window, stepOf(resolution())) !== "yes") return;
  card.series.put(window.city, seconds(window.window_start), window);
  dirty.add(card);
}

function drawDirty() {
  if (document.hidden) return;
  for (const card of dirty) {
    card.series.trim(card.series.newest - hours() * 3600);
    card.draw();
  }
  if (dirty.size > 0 && state.anchor !== "latest") byId("notice").hidden = true;
  dirty.clear();
}

onLive("window", onWindow);
onLive("progress", showProgress);
onLive("progress", followBacklog);
onLive("alert", () => alerts.now());
setInterval(drawDirty, 1000);
windows.now();
alerts.now();
quality.now();
