// What happens, as it happens: one EventSource a page, with a watch over it. It ends while the page is hidden, since a browser has few connections to give.
//
//   onLive("window" | "alert" | "progress", listener)   events of the API
//   onLive("state", listener)                           connecting, live, lost, or key where the API is read with a key only: an EventSource cannot send one
//   onLive("resume", listener)                          connected again after a break: ask anew for what was missed

const SILENCE = 12_000; // progress comes each second
const AGAIN = 2_000;
const NAMES = ["window", "alert", "progress"];

const listeners = new Map();
let source = null;
let state = "connecting";
let heardAt = 0;
let hasBroken = false;

export function onLive(name, listener) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  listeners.get(name).add(listener);
}

function tell(name, value) {
  for (const listener of listeners.get(name) ?? []) listener(value);
}

function become(next) {
  if (next === state) return;
  if (next === "lost") hasBroken = true;
  state = next;
  tell("state", state);
  if (state === "live" && hasBroken) {
    hasBroken = false;
    tell("resume");
  }
}

function open() {
  source?.close();
  heardAt = Date.now();
  source = new EventSource("/live");
  for (const name of NAMES) {
    source.addEventListener(name, (event) => {
      heardAt = Date.now();
      become("live");
      tell(name, JSON.parse(event.data));
    });
  }
  source.addEventListener("error", () => (source.readyState === EventSource.CLOSED ? learnWhy() : become("lost")));
}

// Whoever refuses is there. Without a live feed the pages still ask from time to time.
async function learnWhy() {
  const status = await fetch("/live", { method: "HEAD" }).then((response) => response.status, () => 0);
  become(status === 401 || status === 403 ? "key" : "lost");
}

// The browser tries again by itself after a broken connection, but not after a refusal; and a connection may die unheard.
function watch() {
  if (document.hidden || state === "key") return;
  const isDead = source.readyState === EventSource.CLOSED || Date.now() - heardAt > SILENCE;
  if (!isDead) return;
  become("lost");
  open();
}

export function goLive() {
  open();
  setInterval(watch, AGAIN);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source.close();
      hasBroken = true;
      state = "connecting";
    } else {
      open();
    }
  });
  addEventListener("pagehide", () => source.close());
}
