// What a page shows, in its address: it can be kept, sent, and gone back to.

export function readState(defaults) {
  const search = new URLSearchParams(location.search);
  const state = {};
  for (const [name, value] of Object.entries(defaults)) {
    if (Array.isArray(value)) state[name] = search.has(name) ? search.getAll(name) : value;
    else state[name] = search.get(name) ?? value;
  }
  return state;
}

// Writes what differs from the defaults.
export function writeState(state, defaults) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (JSON.stringify(value) === JSON.stringify(defaults[name])) continue;
    for (const one of [value].flat()) if (one !== null && one !== "") search.append(name, one);
  }
  const text = search.toString();
  history.replaceState(null, "", text ? `?${text}` : location.pathname);
}
