// What map and list of the sensors share: asking for all of them, filtering, and the words for one.

import { getPages } from "./api.js";
import { el } from "./dom.js";
import { ago, number, NONE, steady, title, withUnit } from "./format.js";
import { STATUSES, kindOf } from "./status.js";

const MOST_PAGES = 5; // of 10,000

export async function allSensors(signal) {
  const pages = await getPages("/sensors", { limit: 10_000 }, { signal, most: MOST_PAGES });
  return pages.flatMap((page) => page.results);
}

export const matches = (sensor, { type, city, status, text }) => (!type || sensor.sensor_type === type) && (!city || sensor.city === city)
  && (!status || sensor.status === status) && (!text || `${sensor.sensor_id} ${sensor.district}`.toLowerCase().includes(text.toLowerCase()));

// "18.4 µg/m³" for each metric of a sensor's latest reading.
export function latestFacts(sensor, types) {
  const metrics = types.find((type) => type.name === sensor.sensor_type)?.metrics ?? [];
  return Object.entries(sensor.metrics ?? {}).filter(([, value]) => typeof value === "number").flatMap(([name, value]) => [
    el("dt", {}, title(name)), el("dd", {}, withUnit(number(value), metrics.find((metric) => metric.name === name)?.unit)),
  ]);
}

export function headline(sensor, types) {
  const metrics = types.find((type) => type.name === sensor.sensor_type)?.metrics ?? [];
  const metric = metrics.find((one) => one.chart) ?? metrics[0];
  const value = metric && sensor.metrics?.[metric.name];
  return typeof value === "number" ? withUnit(steady(value), metric.unit) : NONE;
}

export const seen = (sensor) => ago(sensor.last_seen);

// The fields above map and list: type, city, a word, and the statuses with their counts.
export class SensorFilter {
  constructor(state, onChange, { withText = false } = {}) {
    Object.assign(this, { state, onChange });
    this.type = el("select", { "aria-label": "Type" });
    this.city = el("select", { "aria-label": "City" });
    this.text = el("input", { type: "search", placeholder: "Name or district", "aria-label": "Name or district", value: state.text ?? "" });
    this.statuses = el("div", { class: "chips", role: "group", "aria-label": "Status" });
    this.type.addEventListener("change", () => this.set({ type: this.type.value }));
    this.city.addEventListener("change", () => this.set({ city: this.city.value }));
    this.text.addEventListener("input", () => this.set({ text: this.text.value }));
    this.buttons = new Map(STATUSES.map((status) => [status, el("button", { type: "button", class: "chip", "aria-pressed": "false",
      onclick: () => this.set({ status: this.state.status === status ? "" : status }) }, el("span", { class: "status", "data-state": kindOf(status) }, status), el("b", {}, "–"))]));
    this.statuses.append(...this.buttons.values());
    this.nodes = [el("div", { class: "fields" }, this.type, this.city, withText ? this.text : null), el("div", { class: "cities" }, this.statuses)];
  }

  set(part) {
    Object.assign(this.state, part);
    this.onChange(part);
  }

  // Counts by status hold for type, city and word, whatever the status chosen.
  show(sensors, types) {
    const cities = [...new Set(sensors.map((sensor) => sensor.city))].sort((left, right) => left.localeCompare(right));
    fillOptions(this.type, "Every type", types.map((type) => [type.name, title(type.name)]), this.state.type);
    fillOptions(this.city, "Every city", cities.map((city) => [city, city]), this.state.city);
    const others = { ...this.state, status: "" };
    for (const [status, button] of this.buttons) {
      button.setAttribute("aria-pressed", String(this.state.status === status));
      button.lastChild.textContent = sensors.filter((sensor) => sensor.status === status && matches(sensor, others)).length.toLocaleString();
    }
  }
}

function fillOptions(select, all, options, chosen) {
  const wanted = JSON.stringify([options, chosen]);
  if (select.dataset.wanted === wanted) return;
  select.dataset.wanted = wanted;
  select.replaceChildren(el("option", { value: "" }, all), ...options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
}
