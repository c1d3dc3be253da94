// The pipeline: how far each partition is read, whether every sink keeps up, which workers live, and what lies in the lake.

import { getJson } from "../shared/api.js";
import { byId, el, setText } from "../shared/dom.js";
import { ago, bytes, duration, moment, NONE, seconds, short, timeWithSeconds, title, whole } from "../shared/format.js";
import { Refresh } from "../shared/refresh.js";
import { startShell } from "../shared/shell.js";
import { badge } from "../shared/status.js";
import { Table } from "../shared/table.js";

const PARTS = [["kafka", "Kafka"], ["stream", "Stream"], ["database", "Database"], ["storage", "Lake"]];

startShell();

let heldBackBy = [];
const clock = (text) => (text ? timeWithSeconds(seconds(text)) : NONE);

const partitions = new Table("Input partitions", [
  { name: "Partition", text: (one) => whole(one.partition), sort: (one) => one.partition },
  { name: "State", text: (one) => (one.idle ? badge("idle") : badge("running", one.lag > 0 ? "reading" : "read to its end")), class: "wide-only" },
  { name: "Stream time", text: (one) => el("span", {}, clock(one.stream_time), heldBackBy.includes(one.partition) ? el("small", { class: "under" }, "holds the watermark") : null), numeric: true, sort: (one) => one.stream_time ?? "" },
  { name: "Last reading", text: (one) => clock(one.last_record_at), numeric: true, class: "wide-only" },
  { name: "Read", text: (one) => whole(one.position), numeric: true, class: "wide-only" },
  { name: "Of", text: (one) => whole(one.end), numeric: true, class: "wide-only" },
  { name: "Behind", text: (one) => short(one.lag), numeric: true, sort: (one) => one.lag },
]);
const sinks = new Table("Sinks", [
  { name: "Sink", text: (sink) => title(sink.name.replaceAll("-", " ")) },
  { name: "State", text: (sink) => el("span", {}, badge(sink.state), failing(sink)) },
  { name: "Behind", text: (sink) => short(sink.lag), numeric: true },
  { name: "Delay", text: (sink) => duration(sink.delay_seconds), numeric: true },
]);
const workers = new Table("Workers", [
  { name: "Worker", text: (worker) => worker.worker, class: "break" },
  { name: "State", text: (worker) => el("span", {}, badge(worker.alive ? worker.status : "gone", worker.alive ? worker.status : `not heard of since ${clock(worker.reported_at)}`),
    worker.warnings.map((warning) => el("small", { class: "under" }, warning))) },
  { name: "Does", text: (worker) => worker.roles.join(", "), class: "wide-only" },
  { name: "Up for", text: (worker) => duration(Date.now() / 1000 - seconds(worker.started_at)), numeric: true },
]);
const lake = new Table("What lies in the lake", [
  { name: "What", text: (row) => (row.part ? el("span", { class: "part" }, row.name) : row.name) },
  { name: "Objects", text: (row) => whole(row.objects), numeric: true },
  { name: "Size", text: (row) => bytes(row.bytes), numeric: true },
]);
for (const [place, table] of [["partitions", partitions], ["sinks", sinks], ["workers", workers], ["lake", lake]]) byId(place).append(table.node);

// The sensor types cut the same objects another way: they stand under a sum of their own.
function types({ by_sensor_type: all }) {
  const sizes = Object.entries(all);
  const sum = (what) => sizes.reduce((total, [, size]) => total + size[what], 0);
  return sizes.length === 0 ? [] : [{ name: "By type of sensor", objects: sum("objects"), bytes: sum("bytes") }, ...sizes.map(([name, size]) => ({ name: title(name), part: true, ...size }))];
}

function failing(sink) {
  if (sink.error) return el("small", { class: "under" }, sink.error);
  return sink.last_error ? el("small", { class: "under" }, `${ago(sink.last_error_at)}: ${sink.last_error}`) : null;
}

new Refresh({
  place: byId("stream"),
  every: 5_000,
  ask: (signal) => getJson("/pipeline", { signal }),
  show: (answer) => {
    heldBackBy = answer.held_back_by ?? [];
    setText(byId("watermark"), duration(answer.watermark_delay_seconds));
    setText(byId("watermark-note"), answer.watermark ? `at ${moment(seconds(answer.watermark))}` : "no window yet");
    setText(byId("lag"), short(answer.input.lag));
    setText(byId("lag-note"), `in ${whole(answer.input.partitions.length)} partitions`);
    const well = answer.sinks.filter((sink) => sink.state === "running").length;
    setText(byId("sinks-well"), `${well}`);
    setText(byId("sinks-note"), `of ${answer.sinks.length}`);
    const alive = answer.workers.filter((worker) => worker.alive).length;
    setText(byId("workers-alive"), `${alive}`);
    setText(byId("workers-note"), answer.workers.length > alive ? `${answer.workers.length - alive} not heard of` : "all report");
    setText(byId("topic"), answer.input.topic);
    partitions.show(answer.input.partitions);
    sinks.show(answer.sinks);
    workers.show(answer.workers);
  },
}).now();

new Refresh({
  place: byId("parts").parentElement,
  every: 5_000,
  ask: (signal) => getJson("/health", { signal }),
  show: (health) => byId("parts").replaceChildren(...PARTS.map(([key, name]) =>
    el("li", {}, el("b", {}, name), badge(health[key]), health.details[key] ? el("small", {}, health.details[key]) : null))),
}).now();

new Refresh({
  place: byId("lake"),
  every: 60_000,
  ask: (signal) => getJson("/storage/stats", { signal }),
  show: (stats) => {
    setText(byId("lake-where"), `${stats.lake} · counted ${ago(stats.counted_at)}`);
    lake.show([
      { name: "Everything", objects: stats.total_objects, bytes: stats.total_bytes },
      ...Object.entries(stats.by_root).map(([name, size]) => ({ name: title(name.replaceAll("-", " ")), part: true, ...size })),
      ...types(stats),
    ]);
  },
}).now();
