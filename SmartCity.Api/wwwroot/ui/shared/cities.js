// The choice of cities: those chosen as chips in their colours, the others in a list. A city keeps its colour while it is chosen.

import { el } from "./dom.js";

const COLOURS = 8;

export class CityPicker {
  constructor(chosen, onChange) {
    this.colours = new Map();
    this.known = [];
    this.onChange = onChange;
    this.chips = el("div", { class: "chips", role: "group", "aria-label": "Cities shown" });
    this.list = el("select", { "aria-label": "Add a city" });
    this.list.addEventListener("change", () => this.add(this.list.value));
    this.node = el("div", { class: "cities" }, this.chips, this.list);
    this.set(chosen);
  }

  get chosen() {
    return [...this.colours.keys()];
  }

  colourOf(city) {
    return this.colours.get(city);
  }

  set(cities) {
    this.colours.clear();
    for (const city of cities) this.colours.set(city, this.freeColour());
    this.draw();
  }

  know(cities) {
    if (JSON.stringify(cities) === JSON.stringify(this.known)) return;
    this.known = cities;
    this.draw();
  }

  add(city) {
    if (!city || this.colours.has(city)) return;
    this.colours.set(city, this.freeColour());
    this.draw();
    this.list.focus();
    this.onChange();
  }

  remove(city) {
    this.colours.delete(city);
    this.draw();
    (this.chips.querySelector("button") ?? this.list).focus();
    this.onChange();
  }

  freeColour() {
    const taken = [...this.colours.values()];
    for (let index = 0; index < COLOURS; index++) if (!taken.includes(`--c${index}`)) return `--c${index}`;
    return `--c${taken.length % COLOURS}`;
  }

  draw() {
    this.chips.replaceChildren(...this.chosen.map((city) => el("button", { type: "button", class: "chip", "aria-label": `Remove ${city}`, onclick: () => this.remove(city) },
      el("i", { style: { background: `var(${this.colourOf(city)})` } }), el("span", {}, city), el("span", { class: "cross", "aria-hidden": "true" }, "×"))));
    const others = this.known.filter((city) => !this.colours.has(city));
    this.list.replaceChildren(el("option", { value: "" }, "Add a city"), ...others.map((city) => el("option", { value: city }, city)));
    this.list.disabled = others.length === 0;
  }
}
