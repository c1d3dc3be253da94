// A short table of counts, each with a bar as long as its part of the greatest.

import { el } from "../shared/dom.js";
import { whole } from "../shared/format.js";

export class Meters {
  constructor(caption, what, count) {
    this.body = el("tbody");
    this.table = el("table", {}, el("caption", { class: "unseen" }, caption),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, what), el("th", { scope: "col", class: "numeric" }, count), el("td", { class: "meter-cell" }))), this.body);
    this.none = el("p", { class: "soft" });
    this.node = el("div", {}, this.none, this.table);
    this.show([], "Loading…");
  }

  // rows: [[name, count]]
  show(rows, none) {
    const greatest = Math.max(1, ...rows.map(([, count]) => count));
    this.table.hidden = rows.length === 0;
    this.none.hidden = rows.length > 0;
    this.none.textContent = none;
    this.body.replaceChildren(...rows.map(([name, count]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "numeric" }, whole(count)),
      el("td", { class: "meter-cell" }, el("span", { class: "meter" }, count > 0 ? el("i", { style: { width: `${(count / greatest) * 100}%` } }) : null)))));
  }
}
