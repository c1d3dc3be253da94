// A table from columns and rows; sortable by its head where that is asked for.

import { el } from "./dom.js";

// A column: { name, text(row) → string or node, sort(row) → comparable (makes it sortable), numeric, class }.
export class Table {
  constructor(caption, columns, { sorted = null, descending = false, onRow = null, isCurrent = null, onSort = null } = {}) {
    Object.assign(this, { caption, columns, sorted, descending, onRow, isCurrent, onSort });
    this.head = el("tr");
    this.body = el("tbody");
    this.node = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${caption} (table)` },
      el("table", {}, el("caption", { class: "unseen" }, caption), el("thead", {}, this.head), this.body));
    this.rows = [];
    this.drawHead();
  }

  show(rows, most = Infinity) {
    this.rows = rows;
    const column = this.columns.find((one) => one.name === this.sorted);
    const sorted = column ? [...rows].sort((left, right) => compare(column.sort(left), column.sort(right)) * (this.descending ? -1 : 1)) : rows;
    this.body.replaceChildren(...sorted.slice(0, most).map((row) => this.row(row)));
  }

  row(row) {
    const cells = this.columns.map((column, index) => el(index === 0 ? "th" : "td", {
      scope: index === 0 ? "row" : null, class: [column.numeric ? "numeric" : "", column.class ?? ""].join(" ").trim() || null, "data-name": column.name,
    }, column.text(row)));
    const isCurrent = this.isCurrent?.(row) ?? false;
    const node = el("tr", { "aria-current": isCurrent ? "true" : null, class: this.onRow ? "clickable" : null }, cells);
    if (this.onRow) node.addEventListener("click", (event) => event.target.closest("a") ?? this.onRow(row));
    return node;
  }

  drawHead() {
    this.head.replaceChildren(...this.columns.map((column) => {
      const isSorted = column.name === this.sorted;
      const attributes = { scope: "col", class: [column.numeric ? "numeric" : "", column.class ?? ""].join(" ").trim() || null, "aria-sort": isSorted ? (this.descending ? "descending" : "ascending") : null };
      if (!column.sort) return el("th", attributes, column.name);
      const arrow = el("span", { class: "arrow", "aria-hidden": "true" }, isSorted ? (this.descending ? "▼" : "▲") : "↕");
      return el("th", attributes, el("button", { type: "button", class: "sort", onclick: () => this.sortBy(column.name) }, column.name, arrow));
    }));
  }

  sortBy(name) {
    this.descending = this.sorted === name ? !this.descending : false;
    this.sorted = name;
    this.drawHead();
    this.head.querySelector("[aria-sort] button").focus();
    this.onSort?.();
    this.show(this.rows);
  }
}

function compare(left, right) {
  if (left === right) return 0;
  if (left === null || left === undefined) return 1;
  if (right === null || right === undefined) return -1;
  return typeof left === "string" ? left.localeCompare(right, undefined, { numeric: true }) : left - right;
}
