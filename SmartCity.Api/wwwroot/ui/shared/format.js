// How numbers, times and names look.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockWithSeconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dateAndClock = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const NONE = "–";

const isNone = (value) => value === null || value === undefined || Number.isNaN(value);

// Three figures that matter.
export function number(value) {
  if (isNone(value)) return NONE;
  const size = Math.abs(value);
  return value.toLocaleString(undefined, { maximumFractionDigits: size >= 100 ? 0 : size >= 10 ? 1 : 2 });
}

// The same with every decimal written, where figures stand under each other or change in place.
export function steady(value) {
  const size = Math.abs(value);
  const digits = size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : 2;
  return isNone(value) ? NONE : value.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const whole = (value) => (isNone(value) ? NONE : Math.round(value).toLocaleString());

// "12,400" as "12.4 k", where there is little room.
export const short = (value) => (isNone(value) ? NONE : value < 10_000 ? whole(value) : value.toLocaleString(undefined, { notation: "compact", maximumSignificantDigits: 3 }));

export function share(part, all) {
  if (isNone(part) || !all) return NONE;
  const percent = (part / all) * 100;
  return percent > 0 && percent < 0.01 ? "under 0.01 %" : `${percent.toLocaleString(undefined, { maximumSignificantDigits: 2 })} %`;
}

export const seconds = (text) => Date.parse(text) / 1000;

// Times are given in Unix seconds and shown on the reader's clock.
export const time = (at) => clock.format(new Date(at * 1000));
export const timeWithSeconds = (at) => clockWithSeconds.format(new Date(at * 1000));
export const day = (at) => date.format(new Date(at * 1000));
export const moment = (at) => dateAndClock.format(new Date(at * 1000));

// "4 s", "12 min", "3 h", "2 d": the largest unit that says enough.
export function duration(length) {
  if (isNone(length)) return NONE;
  const size = Math.max(0, length);
  if (size < 90) return `${Math.round(size)} s`;
  if (size < 90 * 60) return `${Math.round(size / 60)} min`;
  if (size < 36 * 3600) return `${Math.round(size / 3600)} h`;
  return `${Math.round(size / 86400)} d`;
}

export function ago(text, now = Date.now()) {
  if (!text) return NONE;
  const age = now / 1000 - seconds(text);
  return age < 5 ? "just now" : `${duration(age)} ago`;
}

const names = { pm25: "PM2.5", pm10: "PM10", no2: "NO₂", co2: "CO₂", invalid_json: "Invalid JSON" };

// "air_quality" becomes "Air quality".
export const title = (name) => (Object.hasOwn(names, name) ? names[name] : name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " "));

// "3.2 °C" but "284°".
export const withUnit = (text, unit) => (!unit ? text : unit === "°" ? text + unit : `${text}\u00a0${unit}`);

export function bytes(count) {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let unit = 0;
  for (; count >= 1000 && unit < units.length - 1; unit++) count /= 1000;
  return `${unit === 0 ? whole(count) : steady(count)} ${units[unit]}`;
}
