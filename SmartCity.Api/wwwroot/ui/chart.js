// One card: a sensor type's chart, with a choice of metric, a line of figures under the cursor, and the same as a table.

import uPlot from "/lib/uplot/1.6.32/uPlot.esm.js";
import { moment, number, time, title } from "./format.js";

const HEIGHT = 230;
const TABLE_ROWS = 15;

// Room above and below the lines, and never so little that noise looks like news. What is never negative has no axis below zero.
function range(_, low, high) {
  if (low === null || high === null) return [0, 1];
  const size = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const middle = (low + high) / 2;
  const half = Math.max((high - low) * 0.6, size * 0.06);
  return [low >= 0 ? Math.max(0, middle - half) : middle - half, middle + half];
}

export class ChartCard {
  constructor(type, series, palette) {
    this.type = type;
    this.series = series;
    this.palette = palette; // city -> { colour, shown }
    this.metric = type.metrics.find((metric) => metric.chart) ?? type.metrics[0];
    this.step = 60;
    this.plot = null;
    this.shape = "";
    this.build();
  }

  build() {
    this.card = document.createElement("article");
    this.card.className = "card";
    this.card.dataset.type = this.type.name;
    const header = document.createElement("header");
    const heading = document.createElement("h2");
    heading.textContent = title(this.type.name);
    const choice = document.createElement("select");
    choice.setAttribute("aria-label", `Metric of ${title(this.type.name)}`);
    for (const metric of this.type.metrics) {
      const option = document.createElement("option");
      option.value = metric.name;
      option.textContent = title(metric.name) + (metric.unit ? ` (${metric.unit})` : "");
      option.selected = metric === this.metric;
      choice.append(option);
    }
    choice.addEventListener("change", () => {
      this.metric = this.type.metrics.find((metric) => metric.name === choice.value);
      this.draw();
    });
    header.append(heading, choice);
    this.holder = document.createElement("div");
    this.holder.className = "plot";
    this.holder.tabIndex = 0;
    this.holder.setAttribute("role", "img");
    this.holder.addEventListener("keydown", (event) => this.stepCursor(event));
    this.readout = document.createElement("div");
    this.readout.className = "readout";
    this.details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = "Table";
    this.scroll = document.createElement("div");
    this.scroll.className = "scroll";
    this.details.append(summary, this.scroll);
    this.details.addEventListener("toggle", () => this.drawTable());
    this.card.append(header, this.holder, this.readout, this.details);
    new ResizeObserver(() => this.plot?.setSize({ width: this.holder.clientWidth, height: HEIGHT })).observe(this.holder);
  }

  get column() {
    return `avg_${this.metric.stem}`;
  }

  get shown() {
    return [...this.palette.keys()].filter((city) => this.palette.get(city).shown && this.series.cities.has(city));
  }

  // Draws what the series holds now. The plot is made anew only when its lines change; otherwise it gets new data.
  draw() {
    const cities = this.shown;
    this.grid = this.series.grid(this.step);
    this.holder.setAttribute("aria-label",
      `${title(this.type.name)}: ${title(this.metric.name)} ${this.metric.unit} in ${cities.join(", ") || "no city"}. Arrow keys move along the windows.`);
    if (this.grid.length === 0 || cities.length === 0) {
      this.destroy();
      const empty = document.createElement("div");
      empty.className = "empty";
      empty.textContent = this.grid.length === 0 ? "No window yet" : "No city is chosen";
      this.holder.replaceChildren(empty);
      this.readout.replaceChildren();
      return;
    }
    this.lines = cities.map((city) => ({ city, ...this.series.values(city, this.column, this.grid) }));
    const data = [this.grid];
    for (const line of this.lines) data.push(line.settled, line.open);
    const shape = JSON.stringify([cities, this.metric.name, document.documentElement.dataset.theme ?? "", matchMedia("(prefers-color-scheme: dark)").matches]);
    if (this.plot && shape === this.shape) {
      this.plot.setData(data);
    } else {
      this.destroy();
      this.holder.replaceChildren();
      this.plot = new uPlot(this.options(cities), data, this.holder);
      this.shape = shape;
    }
    this.read(this.plot.cursor.idx ?? this.newest());
    this.drawTable();
  }

  destroy() {
    this.plot?.destroy();
    this.plot = null;
    this.shape = "";
  }

  options(cities) {
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--soft").trim();
    const grid = { stroke: style.getPropertyValue("--grid").trim(), width: 1 };
    const font = "12px system-ui, sans-serif";
    const line = (city, dash) => ({
      label: city,
      stroke: style.getPropertyValue(this.palette.get(city).colour).trim(),
      width: 2,
      dash,
      points: { show: false },
    });
    return {
      width: this.holder.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: true }, y: { range } },
      axes: [
        { stroke: ink, font, grid: { show: false }, ticks: grid, size: 32, values: (_, splits) => splits.map(time) },
        { stroke: ink, font, grid, ticks: { show: false }, size: 54, values: (_, splits) => splits.map(number) },
      ],
      series: [{}, ...cities.flatMap((city) => [line(city), line(city, [4, 4])])],
      hooks: { setCursor: [(plot) => this.read(plot.cursor.idx ?? this.newest())] },
    };
  }

  // The newest window in which every city shown has a value: the very newest has only just begun to fill.
  newest() {
    const last = this.grid.length - 1;
    for (let index = last; index > Math.max(0, last - 10); index--) {
      if (this.lines.every((line) => line.settled[index] !== null || line.open[index] !== null)) return index;
    }
    return last;
  }

  // The figures of the window under the cursor, or of the newest.
  read(index) {
    const start = this.grid?.[index];
    if (start === undefined) return;
    const parts = [];
    const when = document.createElement("span");
    when.textContent = moment(start);
    parts.push(when);
    for (const line of this.lines) {
      const figures = this.series.cities.get(line.city)?.get(start);
      const part = document.createElement("span");
      const mark = document.createElement("i");
      mark.style.background = `var(${this.palette.get(line.city).colour})`;
      const value = document.createElement("b");
      value.textContent = number(figures?.[this.column]);
      part.append(mark, `${line.city} `, value, figures && !figures.is_final ? " (open)" : "");
      parts.push(part);
    }
    this.readout.replaceChildren(...parts);
  }

  stepCursor(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -15, PageDown: 15, Home: -Infinity, End: Infinity }[event.key];
    if (by === undefined || !this.plot) return;
    event.preventDefault();
    const last = this.grid.length - 1;
    const index = Math.min(last, Math.max(0, (this.plot.cursor.idx ?? last) + by));
    this.plot.setCursor({ left: this.plot.valToPos(this.grid[index], "x"), top: 0 });
  }

  drawTable() {
    if (!this.details.open || !this.lines) return;
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const text of ["Window", ...this.lines.map((line) => line.city)]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = text;
      head.append(cell);
    }
    const body = table.createTBody();
    for (let index = this.grid.length - 1; index >= Math.max(0, this.grid.length - TABLE_ROWS); index--) {
      const row = body.insertRow();
      row.insertCell().textContent = moment(this.grid[index]);
      for (const line of this.lines) {
        const figures = this.series.cities.get(line.city)?.get(this.grid[index]);
        row.insertCell().textContent = number(figures?.[this.column]) + (figures && !figures.is_final ? " ◌" : "");
      }
    }
    this.scroll.replaceChildren(table);
  }
}
