// The sensors: all of them as a table to sort and filter, and one of them with its last 24 hours.

import { getJson } from "../shared/api.js";
import { byId, el, setText } from "../shared/dom.js";
import { duration, title } from "../shared/format.js";
import { nothingYet } from "../shared/notice.js";
import { Refresh } from "../shared/refresh.js";
import { allSensors, headline, matches, seen, SensorFilter } from "../shared/sensors.js";
import { startShell } from "../shared/shell.js";
import { readState, writeState } from "../shared/state.js";
import { badge, STATUSES } from "../shared/status.js";
import { Table } from "../shared/table.js";
import { SensorDetail } from "./detail.js";

const DEFAULTS = { type: "", city: "", status: "", text: "", sensor: "", metric: "", sort: "Sensor", order: "up" };
const ROWS = 50;
const state = readState(DEFAULTS);
let sensors = [];
let types = [];
let most = ROWS;

startShell();

const filter = new SensorFilter(state, () => {
  most = ROWS;
  writeState(state, DEFAULTS);
  draw();
}, { withText: true });
byId("filters").append(...filter.nodes);

const name = (sensor) => el("button", { type: "button", class: "link", "data-sensor": sensor.sensor_id }, sensor.sensor_id);
const table = new Table("All sensors", [
  { name: "Sensor", text: name, sort: (sensor) => sensor.sensor_id },
  { name: "Status", text: (sensor) => badge(sensor.status), sort: (sensor) => STATUSES.indexOf(sensor.status) },
  { name: "Type", text: (sensor) => title(sensor.sensor_type), sort: (sensor) => sensor.sensor_type, class: "wide-only" },
  { name: "City", text: (sensor) => sensor.city, sort: (sensor) => sensor.city },
  { name: "District", text: (sensor) => sensor.district, sort: (sensor) => sensor.district, class: "wide-only" },
  { name: "Latest", text: (sensor) => headline(sensor, types), numeric: true, class: "wide-only" },
  { name: "Interval", text: (sensor) => duration(sensor.interval_seconds), sort: (sensor) => sensor.interval_seconds, numeric: true, class: "wide-only" },
  { name: "Seen", text: seen, sort: (sensor) => -Date.parse(sensor.last_seen), numeric: true },
], {
  sorted: state.sort, descending: state.order === "down",
  onRow: (sensor) => choose(sensor.sensor_id),
  isCurrent: (sensor) => sensor.sensor_id === state.sensor,
  onSort: () => {
    Object.assign(state, { sort: table.sorted, order: table.descending ? "down" : "up" });
    writeState(state, DEFAULTS);
  },
});
const count = el("h2", {}, "Sensors");
const more = el("button", { type: "button", hidden: true, onclick: () => {
  most += ROWS;
  draw();
} }, "Show more");
byId("all").append(el("header", {}, count), table.node, more);

const refresh = new Refresh({
  place: byId("beside"),
  every: 15_000,
  ask: async (signal) => {
    const [answer, found] = await Promise.all([types.length ? { types } : getJson("/types", { signal }), allSensors(signal)]);
    return { types: answer.types, found };
  },
  show: (answer) => {
    types = answer.types;
    sensors = answer.found;
    byId("notice").hidden = sensors.length > 0;
    byId("all").hidden = sensors.length === 0;
    if (sensors.length === 0) byId("notice").replaceChildren(nothingYet());
    draw();
  },
});

const detail = new SensorDetail(byId("one"), {
  onClose: () => choose(""),
  onMetric: (metric) => {
    state.metric = metric;
    writeState(state, DEFAULTS);
  },
});

function draw() {
  const chosen = sensors.filter((sensor) => matches(sensor, state));
  const focused = document.activeElement?.dataset.sensor;
  filter.show(sensors, types);
  setText(count, `${chosen.length.toLocaleString()} ${chosen.length === 1 ? "sensor" : "sensors"}`);
  table.show(chosen, most);
  more.hidden = chosen.length <= most;
  if (focused !== undefined) table.node.querySelector(`[data-sensor="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  drawDetail();
}

function drawDetail() {
  byId("beside").classList.toggle("with-one", Boolean(state.sensor));
  detail.show(state.sensor, sensors.find((sensor) => sensor.sensor_id === state.sensor), types, state.metric);
}

function choose(id) {
  const before = state.sensor;
  Object.assign(state, { sensor: id, metric: "" });
  writeState(state, DEFAULTS);
  draw();
  if (id && id !== before) {
    byId("one").focus({ preventScroll: true });
    if (matchMedia("(max-width: 1100px)").matches) byId("one").scrollIntoView({ block: "start" });
  } else if (before) {
    table.node.querySelector(`[data-sensor="${CSS.escape(before)}"]`)?.focus();
  }
}

refresh.now();
