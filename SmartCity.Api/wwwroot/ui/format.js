// How numbers and times look on the page.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export function number(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString(undefined, { maximumFractionDigits: digits, minimumFractionDigits: 0 });
}

export const whole = (value) => (value === null || value === undefined ? "–" : Math.round(value).toLocaleString());

export const time = (seconds) => clock.format(new Date(seconds * 1000));

export const moment = (seconds) => dayAndClock.format(new Date(seconds * 1000));

// "4 s", "12 min", "3 h", "2 d": the largest unit that says enough.
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const size = Math.max(0, seconds);
  if (size < 90) return `${Math.round(size)} s`;
  if (size < 90 * 60) return `${Math.round(size / 60)} min`;
  if (size < 36 * 3600) return `${Math.round(size / 3600)} h`;
  return `${Math.round(size / 86400)} d`;
}

const names = { pm25: "PM2.5", pm10: "PM10", no2: "NO₂", co2: "CO₂" };

// "air_quality" becomes "Air quality".
export const title = (name) => names[name] ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

export function bytes(count) {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let unit = 0;
  for (; count >= 1000 && unit < units.length - 1; unit++) count /= 1000;
  return `${number(count)} ${units[unit]}`;
}
