// Newest records of a topic beside the stream, each with its bytes to unfold.

import { el } from "../shared/dom.js";
import { ago, whole } from "../shared/format.js";
import { Table } from "../shared/table.js";

export class Records {
  // `what(record)`: what is said of a record, in the column `name`.
  constructor(caption, name, what) {
    this.none = el("p", { class: "soft" }, "Loading…");
    this.open = new Set();
    this.table = new Table(caption, [
      { name: "When", text: (record) => ago(record.time), class: "nowrap" },
      { name, text: (record) => [what(record), this.record(record)] },
      { name: "Key", text: (record) => record.key ?? "–", class: "wide-only" },
      { name: "Partition", text: (record) => (record.source_partition === null ? "–" : whole(record.source_partition)), numeric: true, class: "wide-only" },
      { name: "Offset", text: (record) => (record.source_offset === null ? "–" : whole(record.source_offset)), numeric: true, class: "wide-only" },
    ]);
    this.node = el("div", { class: "records" }, this.none, this.table.node);
    this.table.node.hidden = true;
  }

  show({ results }, none) {
    this.none.hidden = results.length > 0;
    this.none.textContent = none;
    this.table.node.hidden = results.length === 0;
    const focused = this.node.contains(document.activeElement) ? document.activeElement.dataset.place : undefined;
    this.table.show(results);
    if (focused) this.node.querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  // What is unfolded stays so when newer records come.
  record(record) {
    if (record.preview === null) return el("small", { class: "under" }, `${whole(record.size)} bytes`);
    const place = `${record.partition}/${record.offset}`;
    const note = [record.truncated ? `The first 4 KiB of ${whole(record.size)} bytes.` : "", record.preview_encoding === "base64" ? "In base64: it is not UTF-8." : ""].join(" ").trim();
    const details = el("details", { open: this.open.has(place) }, el("summary", { "data-place": place }, `${whole(record.size)} bytes`), el("pre", { tabindex: 0 }, record.preview), note ? el("small", {}, note) : null);
    details.addEventListener("toggle", () => (details.open ? this.open.add(place) : this.open.delete(place)));
    return details;
  }
}
