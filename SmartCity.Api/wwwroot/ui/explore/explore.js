// Explore: one metric, any cities, any range; to look at, to download, to ask for from a program. The page's address holds the choice.

import { address, getCsv, getJson } from "../shared/api.js";
import { TimeChart } from "../shared/chart.js";
import { CityPicker } from "../shared/cities.js";
import { byId, el, setText } from "../shared/dom.js";
import { duration, moment, seconds, title } from "../shared/format.js";
import { onLive } from "../shared/live.js";
import { command, notice, nothingYet } from "../shared/notice.js";
import { Refresh } from "../shared/refresh.js";
import { Series } from "../shared/series.js";
import { startShell } from "../shared/shell.js";
import { readState, writeState } from "../shared/state.js";
import { fits, hoursIn, newestWindow, queryWindows, RANGES, rangeParameters, resolutionFor, resolutionIn, RESOLUTIONS, STALE, stepOf, timeIn, zone } from "../shared/windows.js";

const AT_FIRST = 3;
const DEFAULTS = { type: "air_quality", metric: "", city: [], hours: "2", from: "", to: "", anchor: "now", resolution: "", band: "yes" };
const state = readState(DEFAULTS);
Object.assign(state, { hours: hoursIn(state.hours, DEFAULTS.hours), from: timeIn(state.from), to: timeIn(state.to), resolution: resolutionIn(state.resolution) });
const series = new Series();
const chart = new TimeChart({ height: 400, rows: 500 });
let types = [];

const type = () => types.find((one) => one.name === state.type) ?? types[0];
const metric = () => type().metrics.find((one) => one.name === state.metric) ?? type().metrics.find((one) => one.chart) ?? type().metrics[0];
const isFixed = () => Boolean(state.from || state.to);
const length = () => (isFixed() ? ((state.to ? seconds(state.to) : Date.now() / 1000) - seconds(state.from)) / 3600 : Number(state.hours));
const resolution = () => state.resolution || resolutionFor(length());

startShell();
byId("chart").append(chart.node);
chart.empty("Loading…");

function change(part) {
  Object.assign(state, part);
  writeState(state, DEFAULTS);
  showFields();
  windows.now({ anew: true });
}

// The fields above the chart.
const picker = new CityPicker(state.city, () => change({ city: picker.chosen }));
const metricField = el("select", { id: "metric" });
metricField.addEventListener("change", () => {
  const [typeName, metricName] = metricField.value.split("/");
  change({ type: typeName, metric: metricName });
});
const rangeField = el("select", { id: "range" }, RANGES.map(([value, text]) => el("option", { value }, `Last ${text}`)), el("option", { value: "own" }, "From … to …"));
rangeField.addEventListener("change", () => {
  if (rangeField.value !== "own") change({ hours: rangeField.value, from: "", to: "", anchor: "now", resolution: "" });
  else change({ from: new Date(Date.now() - length() * 3_600_000).toISOString(), to: new Date().toISOString(), resolution: "" });
});
const fromField = el("input", { type: "datetime-local", id: "from" });
const toField = el("input", { type: "datetime-local", id: "to" });
for (const [field, name] of [[fromField, "from"], [toField, "to"]]) {
  field.addEventListener("change", () => {
    const at = Date.parse(field.value); // local time
    if (Number.isNaN(at)) return;
    change({ [name]: new Date(at).toISOString(), resolution: "" });
  });
}
const resolutionField = el("select", { id: "resolution" });
resolutionField.addEventListener("change", () => change({ resolution: resolutionField.value }));
const bandField = el("input", { type: "checkbox", id: "band" });
bandField.addEventListener("change", () => {
  state.band = bandField.checked ? "yes" : "no";
  writeState(state, DEFAULTS);
  draw();
});
const ownRange = el("div", { class: "row" }, el("label", { class: "field" }, "From", fromField), el("label", { class: "field" }, "To", toField));
byId("choices").append(
  el("div", { class: "row fields" },
    el("label", { class: "field" }, "Metric", metricField),
    el("label", { class: "field" }, "Range", rangeField),
    ownRange,
    el("label", { class: "field" }, "Resolution", resolutionField),
    el("label", { class: "check" }, bandField, "Least to greatest as a band")),
  picker.node);

byId("take").hidden = true;

const local = (text) => {
  if (!text) return "";
  const at = new Date(text);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

function showFields() {
  if (types.length > 0) metricField.replaceChildren(...types.map((one) => el("optgroup", { label: title(one.name) }, one.metrics.map((each) =>
    el("option", { value: `${one.name}/${each.name}`, selected: one === type() && each === metric() }, `${title(each.name)}${each.unit ? ` (${each.unit})` : ""}`)))));
  rangeField.value = isFixed() ? "own" : state.hours;
  ownRange.hidden = !isFixed();
  fromField.value = local(state.from);
  toField.value = local(state.to);
  resolutionField.replaceChildren(el("option", { value: "" }, `Fitting (${resolutionFor(length())})`), ...RESOLUTIONS.map(([name, text]) => el("option", { value: name, selected: name === state.resolution }, text)));
  bandField.checked = state.band === "yes";
}

const hasBand = () => state.band === "yes" && metric().kind !== "circular";

const windows = new Refresh({
  place: byId("figure"),
  every: 60_000,
  ask: async (signal) => {
    const [known, { cities }] = await Promise.all([types.length ? { types } : getJson("/types", { signal }), getJson("/cities", { signal })]);
    types = known.types;
    const able = cities.filter((city) => city.sensor_types[type().name]);
    const chosen = state.city.length ? state.city : able.toSorted((left, right) => right.sensor_types[type().name] - left.sensor_types[type().name] || left.city.localeCompare(right.city)).slice(0, AT_FIRST).map(({ city }) => city);
    const pages = chosen.length ? await queryWindows(type(), { metrics: [metric().name], cities: chosen, range: state, resolution: resolution(), signal }) : [];
    return { cities: able, chosen, pages, latest: await newestWindow(null, signal) };
  },
  show: ({ cities, chosen, pages, latest }) => {
    picker.know(cities.map(({ city }) => city).sort((left, right) => left.localeCompare(right)));
    if (JSON.stringify(chosen) !== JSON.stringify(picker.chosen)) picker.set(chosen);
    series.load(pages);
    showFields();
    showNotice(latest);
    draw();
  },
});

function draw() {
  const name = `${title(type().name)}: ${title(metric().name)}`;
  const step = stepOf(resolution());
  const grid = series.grid(step);
  document.title = `${title(metric().name)} · Explore · Smart City`;
  setText(byId("title"), name);
  setText(byId("range-shown"), grid.length ? `${moment(grid[0])} – ${moment(grid.at(-1) + step)} · ${resolution()}` : "");
  if (grid.length === 0 || picker.chosen.length === 0) {
    chart.empty(picker.known.length === 0 ? "No window yet" : picker.chosen.length === 0 ? "No city is chosen" : "No window in this range");
  } else {
    const to = state.to ? seconds(state.to) : state.anchor === "latest" ? grid.at(-1) : Date.now() / 1000;
    chart.draw({
      name, unit: metric().unit, grid, from: isFixed() ? seconds(state.from || new Date(grid[0] * 1000).toISOString()) : to - length() * 3600, to, band: hasBand(),
      lines: picker.chosen.map((city) => ({ label: city, colour: picker.colourOf(city), ...series.line(city, metric().stem, grid) })),
    });
  }
  showWays();
  byId("take").hidden = false;
}

// Where there is nothing in the range but something before it, the way there.
function showNotice(latest) {
  const box = byId("notice");
  const isEmpty = series.newest === null;
  const age = Date.now() / 1000 - latest;
  box.hidden = latest !== null && (!isEmpty || picker.chosen.length === 0) && (isFixed() || state.anchor === "latest" || age <= STALE);
  if (box.hidden) return;
  box.replaceChildren(latest === null ? nothingYet() : notice(age > STALE ? `The last data came ${duration(age)} ago` : "Nothing lies in this range",
    [`The newest window began on ${moment(latest)}.`], el("button", { type: "button", onclick: () => change({ anchor: "latest", from: "", to: "" }) }, "Jump there")));
}

// The same question for others: as a file, as a command, as an address.
const way = (format) => {
  const named = zone(resolution());
  return address(`/query/${type().slug}`, {
    city: picker.chosen, metrics: metric().name, ...rangeParameters(state), resolution: resolution(), tz: named?.includes("/") ? named : null, order: "asc", limit: 10000, format,
  });
};

const csvButton = el("button", { type: "button", id: "csv" }, "Download CSV");
const csvNote = el("span", { class: "soft", role: "status" });
csvButton.addEventListener("click", async () => {
  csvButton.disabled = true;
  setText(csvNote, "Fetching…");
  try {
    const text = await getCsv(way("csv"));
    const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: `${state.type}-${metric().name}-${resolution()}.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    setText(csvNote, `${(text.trimEnd().split("\n").length - 1).toLocaleString()} rows`);
  } catch (error) {
    setText(csvNote, error.message);
  }
  csvButton.disabled = false;
});
const curlPlace = el("div", { id: "curl" });
byId("take").append(el("header", {}, el("h2", {}, "Take the data with you"), csvNote, csvButton), el("p", { class: "soft" }, "The same rows from a program:"), curlPlace);

function showWays() {
  const text = `curl '${location.origin}${way("json").replaceAll("'", "%27")}'`;
  if (curlPlace.dataset.text === text) return;
  curlPlace.dataset.text = text;
  curlPlace.replaceChildren(command(text, "the curl command"));
}

onLive("window", (window) => {
  if (isFixed() || types.length === 0 || window.aggregation_type !== type().name || window.district !== "") return;
  if (picker.chosen.length === 0 && state.city.length === 0) return windows.soon();
  if (!picker.chosen.includes(window.city)) return;
  const fit = fits(window, stepOf(resolution()));
  if (fit === "ask") return windows.soon(15_000);
  if (fit === "no") return;
  series.put(window.city, seconds(window.window_start), window);
  dirty = true;
});

let dirty = false;
showFields();
setInterval(() => {
  if (!dirty || document.hidden) return;
  dirty = false;
  series.trim(series.newest - length() * 3600);
  draw();
}, 1000);

windows.now();
