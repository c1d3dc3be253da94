// Asks for windows, as overview and explore do, and knows which resolution suits a range.

import { address, getJson, getPages } from "./api.js";

export const RANGES = [["1", "1 hour"], ["2", "2 hours"], ["6", "6 hours"], ["24", "24 hours"], ["168", "7 days"], ["720", "30 days"]];
export const RESOLUTIONS = [["1m", "sliding by 1 min", 60], ["5m", "5 min", 300], ["15m", "15 min", 900], ["1h", "1 hour", 3600], ["6h", "6 hours", 21600], ["1d", "1 day", 86400]];
export const STALE = 30 * 60;

export const stepOf = (resolution) => RESOLUTIONS.find(([name]) => name === resolution)[2];

// What an address may hold and nobody can ask for becomes what is asked for at first.
export const hoursIn = (text, otherwise) => (Number.isInteger(Number(text)) && text >= 1 && text <= 8784 ? text : otherwise);
export const timeIn = (text) => (Number.isNaN(Date.parse(text)) ? "" : text);
export const resolutionIn = (text) => (RESOLUTIONS.some(([name]) => name === text) ? text : "");

// At most some 300 points a line.
export function resolutionFor(hours) {
  return RESOLUTIONS.find(([, , step]) => (hours * 3600) / step <= 300)?.[0] ?? "1d";
}

// The parameters of a /query for a range: hours back from now or from the newest window, or from and to.
export function rangeParameters({ hours, from, to, anchor }) {
  if (from || to) return { from: from || null, to: to || null };
  return { hours, anchor: anchor === "latest" ? "latest" : null };
}

export const zone = (resolution) => (resolution === "1d" ? Intl.DateTimeFormat().resolvedOptions().timeZone : null);

export function queryWindows(type, { metrics, cities = [], range, resolution, signal }) {
  const named = zone(resolution);
  return getPages(`/query/${type.slug}`, {
    format: "columns", order: "asc", limit: 10000, resolution, tz: named?.includes("/") ? named : null, city: cities, metrics: metrics.join(","), ...rangeParameters(range),
  }, { signal });
}

// When the newest window of any type, or of one, began; null when there is none.
export async function newestWindow(type = null, signal = undefined) {
  const { results } = await getJson(address("/latest", { type }), { signal });
  const starts = results.map((result) => Date.parse(result.newest?.window_start ?? result.newest_final?.window_start) / 1000).filter(Number.isFinite);
  return starts.length ? Math.max(...starts) : null;
}

// How a window of /live fits what a chart shows: it does, it does not, or the chart must ask anew because its points are merged from several windows.
export function fits(window, step) {
  const start = Date.parse(window.window_start) / 1000;
  const size = Date.parse(window.window_end) / 1000 - start;
  if (step === 60) return "yes";
  if (step === size) return start % step === 0 ? "yes" : "no";
  return "ask";
}
