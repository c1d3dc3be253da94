// Puts the page together: loads the windows, listens to what changes, draws at most once a second.

import { getJson, getWindows, listen } from "./api.js";
import { ChartCard } from "./chart.js";
import { duration } from "./format.js";
import { hideNotice, showNotice, showProgress, showState } from "./now.js";
import { PartsCard } from "./parts.js";
import { Series } from "./series.js";
import { onThemeChange } from "./theme.js";

const COLOURS = 8;
const SHOWN_AT_FIRST = 6;
const cards = new Map();
const palette = new Map();
const dirty = new Set();
const range = document.getElementById("range");

const hours = () => Number(range.value);
const resolution = () => (hours() > 6 ? "5m" : "1m");

// The busiest cities first: they are the ones shown where there are more than colours.
async function loadCities() {
  const { cities } = await getJson("/cities");
  cities.sort((left, right) => right.sensors - left.sensors || left.city.localeCompare(right.city));
  cities.forEach(({ city }) => addCity(city));
}

function addCity(city) {
  if (palette.has(city)) return;
  const index = palette.size;
  const entry = { colour: `--c${index % COLOURS}`, shown: index < SHOWN_AT_FIRST };
  palette.set(city, entry);
  const chip = document.createElement("button");
  chip.type = "button";
  chip.className = "chip";
  chip.setAttribute("aria-pressed", entry.shown);
  const mark = document.createElement("i");
  mark.style.background = `var(${entry.colour})`;
  chip.append(mark, city);
  chip.addEventListener("click", () => {
    entry.shown = !entry.shown;
    chip.setAttribute("aria-pressed", entry.shown);
    drawAll();
  });
  document.getElementById("cities").append(chip);
}

async function loadWindows() {
  const step = resolution() === "5m" ? 300 : 60;
  await Promise.all([...cards.values()].map(async (card) => {
    const pages = await getWindows(card.type, hours(), resolution());
    card.step = step;
    card.series.load(pages);
    for (const city of card.series.cities.keys()) addCity(city);
  }));
  drawAll();
  explain();
}

function drawAll() {
  for (const card of cards.values()) card.draw();
}

function explain() {
  const newest = Math.max(...[...cards.values()].map((card) => card.series.newest ?? -Infinity));
  document.getElementById("controls").hidden = newest === -Infinity;
  for (const card of cards.values()) card.card.hidden = newest === -Infinity;
  const age = Date.now() / 1000 - newest;
  if (newest === -Infinity) {
    showNotice("No reading has arrived yet", ["Let the simulator be the city, or send readings of your own to POST /ingest. The charts fill by themselves."],
      ["dotnet run --project SmartCity.Simulator -- run --rate 20"]);
  } else if (age > 30 * 60) {
    showNotice(`The newest window is ${duration(age)} old`, [`Shown are the ${hours()} h before it. New windows appear here as soon as readings arrive.`]);
  } else {
    hideNotice();
  }
}

function onWindow(window) {
  const card = cards.get(window.aggregation_type);
  if (!card || window.district !== "" || (resolution() === "5m" && Date.parse(window.window_start) % 300000 !== 0)) return;
  const isFirst = card.series.newest === null;
  addCity(window.city);
  card.series.update(window);
  dirty.add(card);
  if (isFirst) explain();
}

function drawDirty() {
  if (document.hidden) return;
  for (const card of dirty) {
    card.series.trim(hours());
    card.draw();
  }
  if (dirty.size > 0) explain();
  dirty.clear();
}

async function load() {
  try {
    await loadCities();
    await loadWindows();
  } catch (error) {
    showState("bad", error.message);
    setTimeout(load, 5000);
  }
}

const { types } = await getJson("/types");
for (const type of types) {
  const card = new ChartCard(type, new Series(), palette);
  cards.set(type.name, card);
  document.getElementById("charts").append(card.card);
}
document.getElementById("charts").append(new PartsCard().card);
range.addEventListener("change", load);
onThemeChange(drawAll);
await load();
let wasConnected = true;
listen(onWindow, showProgress, (isConnected) => {
  if (!isConnected) showState("bad", "The API does not answer");
  else if (!wasConnected) load(); // catch up on what was missed
  wasConnected = isConnected;
});
setInterval(drawDirty, 1000);
document.addEventListener("visibilitychange", drawDirty);
