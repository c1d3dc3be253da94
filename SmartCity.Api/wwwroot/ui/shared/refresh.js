// Keeps a part of a page up to date: asks, shows, waits, asks again. What is shown stays when asking fails; where nothing is shown yet, the error stands there.

import { onLive } from "./live.js";
import { failure } from "./notice.js";

const AFTER_AN_ERROR = 5_000;

export class Refresh {
  // `ask(signal)` fetches, `show(answer)` draws, `place` is the element that an error may fill.
  constructor({ place, ask, show, every = null }) {
    Object.assign(this, { place, ask, show, every });
    this.hasShown = false;
    onLive("resume", () => this.now());
    document.addEventListener("visibilitychange", () => document.hidden || !this.isOverdue || this.now());
  }

  // Asks now; what was being asked before is dropped. `anew` takes away what is shown if it fails.
  async now({ anew = false } = {}) {
    clearTimeout(this.timer);
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    if (anew) this.hasShown = false;
    this.place.setAttribute("aria-busy", "true");
    let pause = this.every;
    try {
      const answer = await this.ask(abort.signal);
      if (abort.signal.aborted) return;
      this.place.querySelector(":scope > .failure-place")?.remove();
      this.show(answer);
      this.hasShown = true;
    } catch (error) {
      if (abort.signal.aborted) return;
      if (!error.kind) console.error(error);
      if (!this.hasShown) this.showFailure(error);
      pause = error.kind === "key" ? null : AFTER_AN_ERROR; // what is missing may come
    }
    this.place.removeAttribute("aria-busy");
    if (pause !== null) this.timer = setTimeout(() => this.whenSeen(), pause);
  }

  // Asks in a little while; further wishes until then are met by the same answer.
  soon(pause = 2_000) {
    if (this.isSoon) return;
    this.isSoon = true;
    setTimeout(() => {
      this.isSoon = false;
      this.whenSeen();
    }, pause);
  }

  // A hidden page asks nothing; it asks when it is seen again.
  whenSeen() {
    this.isOverdue = document.hidden;
    if (!document.hidden) this.now();
  }

  showFailure(error) {
    let box = this.place.querySelector(":scope > .failure-place");
    if (!box) {
      box = document.createElement("div");
      box.className = "failure-place";
      this.place.prepend(box);
    }
    box.replaceChildren(failure(error, () => this.now()));
  }
}
