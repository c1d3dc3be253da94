// A chart over time: lines with a band from least to greatest and dashes where a value may still change, or stacked bars. It has a name, a cursor for mouse and
// keyboard, a line of figures under it, and the same as a table. Lines carry their names at their ends, so that nobody must tell colours apart.

import uPlot from "/lib/uplot/1.6.32/uPlot.esm.js";
import { el } from "./dom.js";
import { day, moment, NONE, number, steady, time } from "./format.js";
import { colour, onThemeChange } from "./theme.js";

const FONT = '12px "Inter Variable", system-ui, sans-serif';
const LABEL_GAP = 14;
const KEYS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -15, PageDown: 15, Home: -Infinity, End: Infinity };

export class TimeChart {
  // `rows`: the most rows of the table. `format`: how values look on the axis, `written`: under the chart and in the table. `named`: whether lines carry their names.
  constructor({ height = 230, rows = 60, named = true, format = number, written = format === number ? steady : format } = {}) {
    Object.assign(this, { height, rows, named, format, written, plot: null, shape: "", what: null });
    this.holder = el("div", { class: "plot", style: { height: `${height}px` } });
    this.readout = el("div", { class: "readout" });
    this.scroll = el("div", { class: "scroll", tabindex: 0, role: "region" });
    this.details = el("details", {}, el("summary", {}, "Table"), this.scroll);
    this.node = el("div", { class: "chart" }, this.holder, this.readout, this.details);
    this.holder.addEventListener("keydown", (event) => this.step(event));
    this.holder.addEventListener("blur", () => this.plot?.setCursor({ left: -10, top: -10 }));
    this.details.addEventListener("toggle", () => this.drawTable());
    new ResizeObserver(() => this.fit()).observe(this.holder);
    onThemeChange(() => this.redraw());
  }

  // what: { name, unit, grid, from, to, bars, band, lines: [{ label, colour, settled, open?, low?, high? }] }. Draws it; the plot is made anew only where its lines change.
  draw(what) {
    this.what = what;
    const data = this.data();
    const shape = JSON.stringify([what.lines.map((line) => [line.label, line.colour]), what.band, what.bars, what.name, this.holder.clientWidth < 480]);
    if (this.plot && shape === this.shape) {
      this.plot.setData(data);
    } else {
      this.destroy();
      this.holder.replaceChildren();
      this.plot = new uPlot(this.options(), data, this.holder);
      this.shape = shape;
      this.holder.tabIndex = 0;
      this.holder.setAttribute("role", "slider");
      this.holder.setAttribute("aria-label", `${what.name}. Arrow keys move along the times.`);
    }
    this.holder.setAttribute("aria-valuemin", 0);
    this.holder.setAttribute("aria-valuemax", what.grid.length - 1);
    this.read(this.plot.cursor.idx ?? this.newest());
    this.drawTable();
  }

  // Says why there is nothing to draw, in the room of the chart.
  empty(text) {
    this.destroy();
    this.what = null;
    for (const name of ["tabindex", "role", "aria-label", "aria-valuemin", "aria-valuemax", "aria-valuenow", "aria-valuetext"]) this.holder.removeAttribute(name);
    this.holder.replaceChildren(el("p", { class: "empty" }, text));
    this.readout.replaceChildren();
    this.scroll.replaceChildren();
  }

  redraw() {
    this.shape = "";
    if (this.what) this.draw(this.what);
  }

  destroy() {
    this.plot?.destroy();
    this.plot = null;
    this.shape = "";
  }

  fit() {
    const width = this.holder.clientWidth;
    if (this.plot && width > 0 && width !== this.plot.width) this.redraw();
  }

  // The columns for uPlot. Bars are drawn one before the other, each as high as itself and those below it.
  data() {
    const { grid, lines, bars, band } = this.what;
    if (bars) {
      const sums = grid.map(() => 0);
      const stacked = lines.map((line) => line.settled.map((value, index) => (value === null ? null : (sums[index] += value))));
      return [grid, ...stacked.reverse()];
    }
    const none = grid.map(() => null);
    return [grid, ...lines.flatMap(({ high, low, settled, open = none }) => (band ? [high, low, settled, open] : [settled, open]))];
  }

  options() {
    const { lines, bars, band } = this.what;
    const ink = colour("--soft");
    const stroke = (line) => colour(line.colour);
    const isolated = (plot, index) => plot.data[index].flatMap((value, at, all) => (value !== null && (all[at - 1] ?? null) === null && (all[at + 1] ?? null) === null ? [at] : []));
    const width = this.what.grid.length > this.holder.clientWidth ? 1.2 : 2;
    const mean = (line, dash) => ({ stroke: stroke(line), width, dash, points: { show: false, size: 5, fill: stroke(line), filter: isolated } });
    const edge = { width: 0, points: { show: false } };
    const series = bars
      ? lines.toReversed().map((line) => ({ fill: stroke(line), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.8, 36], align: 1 }) }))
      : lines.flatMap((line) => (band ? [edge, edge, mean(line), mean(line, [3, 4])] : [mean(line), mean(line, [3, 4])]));
    return {
      width: Math.max(1, this.holder.clientWidth),
      height: this.height,
      padding: [10, bars || !this.named ? 8 : this.labelWidth() + 12, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: !bars, size: 7, width: 0 } },
      bands: band && !bars ? lines.map((line, index) => ({ series: [index * 4 + 1, index * 4 + 2], fill: `color-mix(in srgb, ${stroke(line)} ${lines.length === 1 ? 18 : 11}%, transparent)` })) : [],
      scales: { x: { time: true, range: () => this.span() }, y: { range: (_, least, greatest) => room(least, greatest, bars) } },
      axes: [
        { stroke: ink, font: FONT, grid: { show: false }, ticks: { stroke: colour("--edge"), width: 1, size: 5 }, size: 30, space: 70, values: (_, splits, __, ___, pace) => splits.map((at) => timeLabel(at, pace)) },
        { stroke: ink, font: FONT, grid: { stroke: colour("--grid"), width: 1 }, ticks: { show: false }, size: 48, gap: 6, values: (_, splits) => splits.map((value) => this.format(value)) },
      ],
      series: [{}, ...series],
      hooks: { setCursor: [(plot) => this.what && this.read(plot.cursor.idx ?? this.newest())], draw: bars || !this.named ? [] : [(plot) => this.drawLabels(plot)] },
    };
  }

  // uPlot's own range of a single point reaches over years.
  span() {
    const { grid, from = grid[0], to = grid.at(-1) } = this.what;
    return from === to ? [from - 60, to + 60] : [from, to];
  }

  label(line) {
    const most = this.holder.clientWidth < 480 ? 8 : 14;
    return line.label.length > most ? `${line.label.slice(0, most - 1)}…` : line.label;
  }

  labelWidth() {
    const context = (TimeChart.ruler ??= document.createElement("canvas").getContext("2d"));
    context.font = FONT;
    return Math.max(0, ...this.what.lines.map((line) => context.measureText(this.label(line)).width));
  }

  // Each line's name beside its last value; names that would touch are moved apart.
  drawLabels(plot) {
    const { lines } = this.what;
    const ratio = devicePixelRatio;
    const labels = [];
    for (const line of lines) {
      const at = lastValue(line);
      if (at !== null) labels.push({ line, y: plot.valToPos(at, "y", true) });
    }
    labels.sort((left, right) => left.y - right.y);
    const top = plot.bbox.top + 6 * ratio;
    const bottom = plot.bbox.top + plot.bbox.height - 2 * ratio;
    labels.forEach((label, index) => (label.y = Math.max(label.y, index === 0 ? top : labels[index - 1].y + LABEL_GAP * ratio)));
    for (let index = labels.length - 1, limit = bottom; index >= 0; index--, limit = labels[index + 1].y - LABEL_GAP * ratio) labels[index].y = Math.min(labels[index].y, limit);
    const { ctx } = plot;
    ctx.save();
    ctx.font = FONT.replace("12px", `${12 * ratio}px`);
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    for (const { line, y } of labels) {
      ctx.fillStyle = colour(line.colour);
      ctx.fillText(this.label(line), plot.bbox.left + plot.bbox.width + 8 * ratio, y);
    }
    ctx.restore();
  }

  // The newest time at which every line has a value: the very newest window has only just begun to fill.
  newest() {
    const { grid, lines } = this.what;
    const last = grid.length - 1;
    for (let index = last; index > Math.max(0, last - 10); index--) if (lines.every((line) => valueOf(line, index) !== null)) return index;
    return last;
  }

  // The figures under the cursor, or the newest.
  read(index) {
    const { grid, lines, unit, band } = this.what;
    const at = grid[index];
    if (at === undefined) return;
    const parts = lines.map((line) => [line, this.figure(line, index, band)]);
    this.readout.classList.toggle("wide", Boolean(band));
    this.readout.replaceChildren(
      el("span", { class: "when" }, moment(at), unit ? ` · ${unit}` : null),
      ...parts.map(([line, { text, extremes, isOpen }]) => el("span", {},
        el("i", { style: { background: `var(${line.colour})` } }), `${line.label} `, el("b", {}, text), extremes ? ` ${extremes}` : null, isOpen ? " open" : null)));
    this.holder.setAttribute("aria-valuenow", index);
    this.holder.setAttribute("aria-valuetext", `${moment(at)}: ${parts.map(([line, { text, isOpen }]) => `${line.label} ${text}${isOpen ? " (open)" : ""}`).join(", ")}`);
  }

  figure(line, index, band) {
    const value = valueOf(line, index);
    const isOpen = line.settled[index] === null && value !== null;
    const hasExtremes = band && (line.low?.[index] ?? null) !== null;
    return { text: value === null ? NONE : this.written(value), extremes: hasExtremes ? `${this.written(line.low[index])}–${this.written(line.high[index])}` : null, isOpen };
  }

  step(event) {
    const by = KEYS[event.key];
    if (by === undefined || !this.plot) return;
    event.preventDefault();
    const last = this.what.grid.length - 1;
    const index = Math.min(last, Math.max(0, (this.plot.cursor.idx ?? this.newest()) + by));
    this.plot.setCursor({ left: this.plot.valToPos(this.what.grid[index], "x"), top: 0 });
  }

  drawTable() {
    if (!this.details.open || !this.what) return;
    const { name, unit, grid, lines, band } = this.what;
    const shown = grid.map((_, index) => index).reverse().slice(0, this.rows);
    const cell = (line, index) => {
      const { text, extremes, isOpen } = this.figure(line, index, band);
      return el("td", { class: "numeric" }, text, extremes ? el("small", {}, ` ${extremes}`) : null, isOpen ? el("small", {}, " open") : null);
    };
    this.scroll.setAttribute("aria-label", `${name}, as a table`);
    this.scroll.replaceChildren(
      el("table", {},
        el("caption", { class: "unseen" }, name),
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Time"), lines.map((line) => el("th", { scope: "col", class: "numeric" }, line.label, unit ? el("small", {}, ` ${unit}`) : null)))),
        el("tbody", {}, shown.map((index) => el("tr", {}, el("th", { scope: "row" }, moment(grid[index])), lines.map((line) => cell(line, index)))))),
      ...(shown.length < grid.length ? [el("p", { class: "soft" }, `The newest ${shown.length} of ${grid.length}.`)] : []));
  }
}

const valueOf = (line, index) => line.settled[index] ?? line.open?.[index] ?? null;

function lastValue(line) {
  for (let index = line.settled.length - 1; index >= 0; index--) {
    const value = valueOf(line, index);
    if (value !== null) return value;
  }
  return null;
}

// Room above and below the lines, and never so little that noise looks like news. What is never negative has no axis below zero.
function room(least, greatest, isBars) {
  if (least === null || greatest === null) return [0, 1];
  if (isBars) return [0, greatest * 1.1 || 1];
  const size = Math.max(Math.abs(least), Math.abs(greatest)) || 1;
  const middle = (least + greatest) / 2;
  const half = Math.max((greatest - least) * 0.56, size * 0.06);
  return [least >= 0 ? Math.max(0, middle - half) : middle - half, middle + half];
}

function timeLabel(at, pace) {
  const clock = time(at);
  return pace >= 86400 || clock === "00:00" ? day(at) : clock;
}
