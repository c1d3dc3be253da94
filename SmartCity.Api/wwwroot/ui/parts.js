// The card that says how each part of the platform is, and what lies in the lake.

import { getJson } from "./api.js";
import { bytes, moment, whole } from "./format.js";

const PARTS = [["kafka", "Kafka"], ["stream", "Stream"], ["database", "Database"], ["storage", "Lake"]];
const HEALTH_EVERY = 10_000;
const STORAGE_EVERY = 60_000;

export class PartsCard {
  constructor() {
    this.card = document.createElement("article");
    this.card.className = "card parts";
    const header = document.createElement("header");
    const heading = document.createElement("h2");
    heading.textContent = "Platform";
    header.append(heading);
    this.list = document.createElement("dl");
    this.lake = document.createElement("p");
    this.card.append(header, this.list, this.lake);
    this.every(HEALTH_EVERY, () => this.showHealth());
    this.every(STORAGE_EVERY, () => this.showStorage());
  }

  every(pause, show) {
    const look = () => show().catch(() => {}).finally(() => setTimeout(look, pause));
    look();
  }

  async showHealth() {
    const health = await getJson("/health");
    const rows = PARTS.flatMap(([key, name]) => {
      const term = document.createElement("dt");
      term.textContent = name;
      const state = document.createElement("dd");
      state.className = "status";
      state.dataset.state = { up: "good", idle: "waiting", stalled: "warn", down: "bad" }[health[key]];
      state.textContent = health[key];
      const detail = document.createElement("dd");
      detail.textContent = health.details[key] ?? "";
      return [term, state, detail];
    });
    this.list.replaceChildren(...rows);
  }

  async showStorage() {
    const stats = await getJson("/storage/stats");
    const newest = stats.newest_object ? `, the newest from ${moment(Date.parse(stats.newest_object) / 1000)}` : "";
    this.lake.textContent = `${whole(stats.total_objects)} objects with ${bytes(stats.total_bytes)} in the lake${newest}.`;
  }
}
