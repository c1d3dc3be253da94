// One sensor: what it told last, and its readings of the last 24 hours from the lake.

import { address, getJson } from "../shared/api.js";
import { TimeChart } from "../shared/chart.js";
import { el, setText } from "../shared/dom.js";
import { duration, moment, seconds, title } from "../shared/format.js";
import { Refresh } from "../shared/refresh.js";
import { latestFacts, seen } from "../shared/sensors.js";
import { badge } from "../shared/status.js";

const DAY = 86400;

export class SensorDetail {
  constructor(place, { onClose, onMetric }) {
    Object.assign(this, { place, onMetric, id: "", readings: [] });
    this.heading = el("h2", {});
    this.facts = el("dl", { class: "facts" });
    this.metric = el("select", { "aria-label": "Metric" });
    this.metric.addEventListener("change", () => {
      this.onMetric(this.metric.value);
      this.draw();
    });
    this.chart = new TimeChart({ height: 220, rows: 500, named: false });
    this.note = el("p", { class: "soft" });
    this.readingsPlace = el("div", { class: "readings" }, this.chart.node, this.note);
    this.map = el("a", { class: "more" }, "Show on the map");
    place.append(
      el("header", {}, this.heading, el("button", { type: "button", class: "quiet", onclick: onClose }, "Close")),
      this.facts, this.map,
      el("header", {}, el("h3", {}, "Last 24 hours"), this.metric), this.readingsPlace);
    this.refresh = new Refresh({
      place: this.readingsPlace,
      every: 30_000,
      ask: async (signal) => (this.id ? { id: this.id, ...(await getJson(address(`/sensors/${encodeURIComponent(this.id)}/readings`, { limit: 10_000 }), { signal })) } : { id: "", results: [] }),
      show: (answer) => this.take(answer),
    });
  }

  // Shows a sensor; `sensor` is null where the list does not hold it.
  show(id, sensor, types, metric) {
    this.place.hidden = !id;
    if (!id) {
      this.id = "";
      return;
    }
    const isOther = id !== this.id;
    this.id = id;
    this.sensor = sensor;
    setText(this.heading, id);
    this.facts.replaceChildren(...(sensor ? [
      el("dt", {}, "Status"), el("dd", {}, badge(sensor.status, `${sensor.status}, seen ${seen(sensor)}`)),
      el("dt", {}, "Where"), el("dd", {}, [sensor.city, sensor.district].filter(Boolean).join(", ")),
      el("dt", {}, "Measures"), el("dd", {}, `${title(sensor.sensor_type)}${sensor.interval_seconds ? `, every ${duration(sensor.interval_seconds)}` : ""}`),
      ...latestFacts(sensor, types),
    ] : [el("dt", {}, "Status"), el("dd", {}, "No such sensor is known.")]));
    this.map.hidden = !sensor?.location;
    this.map.href = address("/ui/map/", { sensor: id });
    this.metrics = types.find((type) => type.name === sensor?.sensor_type)?.metrics ?? [];
    const chosen = this.metrics.find((one) => one.name === (isOther ? metric : this.metric.value)) ?? this.metrics.find((one) => one.chart) ?? this.metrics[0];
    this.metric.replaceChildren(...this.metrics.map((one) => el("option", { value: one.name, selected: one === chosen }, `${title(one.name)}${one.unit ? ` (${one.unit})` : ""}`)));
    this.metric.hidden = this.metrics.length === 0;
    if (!isOther) return;
    this.readings = [];
    this.chart.empty("Loading…");
    setText(this.note, "");
    this.refresh.now({ anew: true });
  }

  take({ id, results, truncated, fresh_until: fresh }) {
    if (id === "" || id !== this.id) return;
    this.readings = results;
    const since = results.length ? ` since ${moment(seconds(results[0].timestamp))}` : "";
    setText(this.note, [truncated ? `The newest ${results.length.toLocaleString()} readings from the lake.` : `${results.length.toLocaleString()} readings from the lake${since}.`,
      fresh ? `Those after ${moment(seconds(fresh))} may not be there yet.` : ""].filter(Boolean).join(" "));
    this.draw();
  }

  draw() {
    const metric = this.metrics.find((one) => one.name === this.metric.value);
    const { grid, values } = this.points(metric?.name);
    if (values.every((value) => value === null)) {
      this.chart.empty(metric ? `No reading with ${title(metric.name)} in the last 24 hours lies in the lake` : "No reading in the last 24 hours lies in the lake");
      return;
    }
    const to = Date.now() / 1000;
    this.chart.draw({ name: `${this.id}: ${title(metric.name)}`, unit: metric.unit, grid, from: Math.max(to - DAY, Math.min(grid[0], to - 3600)), to, lines: [{ label: title(metric.name), colour: "--c0", settled: values }] });
  }

  // The readings as points; where one is missing for longer than three intervals a hole is put between them, so that silence is no straight line.
  points(name) {
    const most = Math.max(3 * (this.sensor?.interval_seconds ?? 60), 60);
    const grid = [];
    const values = [];
    for (const { timestamp, metrics } of this.readings) {
      const at = seconds(timestamp);
      const last = grid.at(-1) ?? at;
      if (at <= last && grid.length > 0) continue; // told twice
      if (at - last > most) {
        grid.push((at + last) / 2);
        values.push(null);
      }
      grid.push(at);
      values.push(metrics[name] ?? null);
    }
    return { grid, values };
  }
}
