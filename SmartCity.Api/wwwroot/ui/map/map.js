// The map: where the sensors are and how they do. Far out one mark a city, near by one a sensor; the list beside says the same in words.

import "/lib/leaflet/1.9.4/leaflet.js";
import "/lib/topojson-client/3.1.0/topojson-client.min.js";
import { address, getJson } from "../shared/api.js";
import { byId, el, setText, svg } from "../shared/dom.js";
import { title } from "../shared/format.js";
import { nothingYet } from "../shared/notice.js";
import { Refresh } from "../shared/refresh.js";
import { allSensors, latestFacts, matches, seen, SensorFilter } from "../shared/sensors.js";
import { startShell } from "../shared/shell.js";
import { readState, writeState } from "../shared/state.js";
import { badge, kindOf, STATUSES } from "../shared/status.js";

const { L, topojson } = window;
const DEFAULTS = { type: "", city: "", status: "", sensor: "" };
const NEAR = 10; // from this zoom on each sensor has its mark
const MOST_MARKS = 3000;
const MOST_LISTED = 200;
const WORST_FIRST = ["silent", "late", "gone", "live"];
const state = readState(DEFAULTS);
let sensors = [];
let types = [];
let isPlaced = false;

startShell();

const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const map = L.map("map", { attributionControl: false, minZoom: 3, maxZoom: 18, zoomSnap: 0.5, zoomAnimation: !isCalm, fadeAnimation: !isCalm }).setView([50, 15], 5);
L.control.scale({ imperial: false }).addTo(map);
layCountries();
layTiles();
const outlines = L.layerGroup().addTo(map);
const cityMarks = L.layerGroup();
const sensorMarks = L.layerGroup();
const marks = new Map();
map.on("zoomend", showLayers);

const filter = new SensorFilter(state, (part) => {
  if ("city" in part) state.sensor = "";
  writeState(state, DEFAULTS);
  draw();
  if ("city" in part || "type" in part) place();
});
byId("filters").append(...filter.nodes);

const refresh = new Refresh({
  place: byId("atlas"),
  every: 15_000,
  ask: async (signal) => {
    const [answer, found] = await Promise.all([types.length ? { types } : getJson("/types", { signal }), allSensors(signal)]);
    return { types: answer.types, found };
  },
  show: (answer) => {
    types = answer.types;
    sensors = answer.found;
    byId("notice").hidden = sensors.length > 0;
    if (sensors.length === 0) byId("notice").replaceChildren(nothingYet());
    draw();
    if (!isPlaced && sensors.length > 0) place();
  },
});

const shown = () => sensors.filter((sensor) => matches(sensor, state)).sort((left, right) => WORST_FIRST.indexOf(left.status) - WORST_FIRST.indexOf(right.status)
  || left.sensor_id.localeCompare(right.sensor_id, undefined, { numeric: true }));

function draw() {
  const chosen = shown();
  filter.show(sensors, types);
  drawList(chosen);
  drawMarks(chosen.filter((sensor) => sensor.location));
  showLayers();
}

function drawList(chosen) {
  setText(byId("count"), `${chosen.length.toLocaleString()} ${chosen.length === 1 ? "sensor" : "sensors"}`);
  const focused = document.activeElement?.dataset.sensor;
  byId("list").replaceChildren(...chosen.slice(0, MOST_LISTED).map((sensor) => el("li", {}, el("button", {
    type: "button", "data-sensor": sensor.sensor_id, "aria-pressed": String(sensor.sensor_id === state.sensor), onclick: () => choose(sensor),
  }, badge(sensor.status), el("b", {}, sensor.sensor_id), el("small", {}, `${title(sensor.sensor_type)} · ${sensor.city}`), el("small", { class: "when" }, seen(sensor))))));
  if (focused !== undefined) byId("list").querySelector(`[data-sensor="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  const lost = chosen.filter((sensor) => !sensor.location).length;
  const notes = [chosen.length > MOST_LISTED ? `The first ${MOST_LISTED} are listed.` : "", lost ? `${lost.toLocaleString()} told no location.` : ""];
  setText(byId("rest"), chosen.length === 0 && sensors.length > 0 ? "No sensor fits these choices." : notes.join(" ").trim());
}

// A shape for each status, so that nobody must tell colours apart.
function shape(status, size) {
  const shapes = {
    good: svg("circle", { cx: 8, cy: 8, r: 6 }),
    warn: svg("path", { d: "M8 1.5 15 14.5H1z" }),
    bad: svg("rect", { x: 2, y: 2, width: 12, height: 12, rx: 2 }),
    waiting: svg("circle", { cx: 8, cy: 8, r: 5, class: "hollow" }),
  };
  return svg("svg", { viewBox: "0 0 16 16", width: size, height: size, "aria-hidden": "true" }, shapes[kindOf(status)]);
}

function icon(node, size, className) {
  return L.divIcon({ html: node, iconSize: [size, size], className });
}

function drawMarks(placed) {
  drawOutlines(placed);
  cityMarks.clearLayers();
  for (const [city, members] of Map.groupBy(placed, (sensor) => sensor.city)) cityMarks.addLayer(cityMark(city, members));
  const wanted = new Set(placed.slice(0, MOST_MARKS).map((sensor) => sensor.sensor_id));
  for (const [id, { mark }] of marks) {
    if (wanted.has(id)) continue;
    sensorMarks.removeLayer(mark);
    marks.delete(id);
  }
  for (const sensor of placed.slice(0, MOST_MARKS)) putMark(sensor);
  if (state.sensor && !marks.has(state.sensor)) map.closePopup();
}

// A sensor's mark stays the same while it does, so that an open popup stays open.
function putMark(sensor) {
  const { lat, lon } = sensor.location;
  const known = marks.get(sensor.sensor_id);
  if (known) {
    known.mark.setLatLng([lat, lon]);
    if (known.status !== sensor.status) known.mark.setIcon(icon(shape(sensor.status, 16), 16, `mark ${sensor.status}`));
    if (known.mark.isPopupOpen()) known.mark.setPopupContent(about(sensor));
    known.status = sensor.status;
    return;
  }
  const mark = L.marker([lat, lon], { icon: icon(shape(sensor.status, 16), 16, `mark ${sensor.status}`), keyboard: false, zIndexOffset: sensor.status === "live" ? 0 : 1000 });
  mark.bindPopup(() => about(sensors.find((one) => one.sensor_id === sensor.sensor_id) ?? sensor), { closeButton: true, maxWidth: 260 });
  mark.on("popupopen", () => remember(sensor.sensor_id)).on("popupclose", () => state.sensor === sensor.sensor_id && remember(""));
  marks.set(sensor.sensor_id, { mark, status: sensor.status });
  sensorMarks.addLayer(mark);
}

function cityMark(city, members) {
  const counts = STATUSES.map((status) => [status, members.filter((sensor) => sensor.status === status).length]).filter(([, count]) => count > 0);
  const node = el("div", { class: "city-mark" }, el("b", {}, city), el("span", {}, counts.map(([status, count]) => el("span", { class: "status", "data-state": kindOf(status), title: status }, count.toLocaleString()))));
  const centre = L.latLngBounds(members.map(({ location }) => [location.lat, location.lon])).getCenter();
  const mark = L.marker(centre, { icon: L.divIcon({ html: node, iconSize: null, className: "city-anchor" }), keyboard: false });
  return mark.on("click", () => map.fitBounds(L.latLngBounds(members.map(({ location }) => [location.lat, location.lon])).pad(0.1), { maxZoom: 14 }));
}

// The ground where no tiles are: the countries of Natural Earth, from this origin like everything else.
async function layCountries() {
  const atlas = await getJson("/lib/world-atlas/2.0.2/countries-50m.json").catch(() => null); // the map does without
  if (atlas) L.geoJSON(topojson.feature(atlas, atlas.objects.countries), { interactive: false, style: { className: "ground country" } }).addTo(map).bringToBack();
}

// Tiles lie over that where a server of them is configured (Api:Tiles:Url).
async function layTiles() {
  const { url, attribution } = await getJson("/ui/map/tiles.json").catch(() => ({}));
  if (!url) return;
  L.tileLayer(url, { maxZoom: 19, className: "map-tiles", referrerPolicy: "origin" }).addTo(map);
  const credit = L.control({ position: "bottomright" });
  credit.onAdd = () => el("div", { class: "map-credit" }, attribution);
  if (attribution) credit.addTo(map);
}

// On it each city's and district's outline, drawn around its sensors.
function drawOutlines(placed) {
  outlines.clearLayers();
  for (const members of Map.groupBy(placed, (sensor) => sensor.city).values()) {
    outlines.addLayer(L.polygon(hull(members, 0.02), { interactive: false, className: "ground city", smoothFactor: 0 }));
    for (const [district, near] of Map.groupBy(members, (sensor) => sensor.district)) {
      if (!district || map.getZoom() < NEAR) continue;
      const around = hull(near, 0.006);
      outlines.addLayer(L.polygon(around, { interactive: false, className: "ground district", smoothFactor: 0 }));
      outlines.addLayer(L.marker([L.latLngBounds(around).getNorth(), L.latLngBounds(around).getCenter().lng], { icon: L.divIcon({ html: el("span", {}, district), iconSize: null, className: "place" }), interactive: false, keyboard: false }));
    }
  }
}

// The convex hull of discs around the sensors (Andrew's monotone chain); a degree of longitude is shorter up north.
function hull(members, radius) {
  const points = members.flatMap(({ location: { lat, lon } }) => {
    const wide = radius / Math.cos((lat * Math.PI) / 180);
    return Array.from({ length: 12 }, (_, turn) => [lon + wide * Math.cos((turn * Math.PI) / 6), lat + radius * Math.sin((turn * Math.PI) / 6)]);
  }).sort((left, right) => left[0] - right[0] || left[1] - right[1]);
  const half = (all) => {
    const chain = [];
    for (const point of all) {
      while (chain.length > 1 && turns(chain.at(-2), chain.at(-1), point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(points), ...half(points.toReversed())].map(([lon, lat]) => [lat, lon]);
}

const turns = (from, over, to) => (over[0] - from[0]) * (to[1] - from[1]) - (over[1] - from[1]) * (to[0] - from[0]);

let wasNear = null;

function showLayers() {
  const isNear = map.getZoom() >= NEAR;
  for (const [layer, isWanted] of [[sensorMarks, isNear], [cityMarks, !isNear]]) {
    if (isWanted) map.addLayer(layer);
    else map.removeLayer(layer);
  }
  if (wasNear !== isNear) {
    wasNear = isNear;
    drawOutlines(shown().filter((sensor) => sensor.location));
  }
}

// Looks at what is chosen: a sensor, a city, or everything.
function place() {
  isPlaced = true;
  const one = sensors.find((sensor) => sensor.sensor_id === state.sensor && sensor.location);
  if (one) return choose(one);
  const points = shown().filter((sensor) => sensor.location).map(({ location }) => [location.lat, location.lon]);
  if (points.length > 0) map.fitBounds(L.latLngBounds(points).pad(0.12), { maxZoom: 14 });
}

function choose(sensor) {
  remember(sensor.sensor_id);
  if (!sensor.location) return;
  map.setView([sensor.location.lat, sensor.location.lon], Math.max(map.getZoom(), 12), { animate: !isCalm });
  showLayers();
  marks.get(sensor.sensor_id)?.mark.openPopup();
}

function remember(id) {
  if (state.sensor === id) return;
  state.sensor = id;
  writeState(state, DEFAULTS);
  for (const button of byId("list").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.sensor === id));
}

function about(sensor) {
  return el("div", { class: "about" }, el("b", {}, sensor.sensor_id), badge(sensor.status, `${sensor.status}, seen ${seen(sensor)}`),
    el("p", {}, [title(sensor.sensor_type), sensor.city, sensor.district].filter(Boolean).join(" · ")),
    el("dl", { class: "facts" }, latestFacts(sensor, types)),
    el("a", { href: address("/ui/sensors/", { sensor: sensor.sensor_id }) }, "Last 24 hours"));
}

refresh.now();
