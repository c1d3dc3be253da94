// The page's way to the API.

export async function getJson(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? `${path} answered ${response.status}`);
  }
  return response.json();
}

// Every whole-city window of a type over the hours before its newest one, following pages to the end.
export async function getWindows(type, hours, resolution) {
  const base = `/query/${type.slug}?format=columns&anchor=latest&hours=${hours}&resolution=${resolution}&order=asc&limit=10000`;
  const pages = [];
  for (let cursor = ""; cursor !== null;) {
    const page = await getJson(base + (cursor ? `&cursor=${cursor}` : ""));
    pages.push(page);
    cursor = page.next_cursor;
  }
  return pages;
}

// Listens to what changes; reconnects by itself. onState gets true while connected.
export function listen(onWindow, onProgress, onState) {
  const source = new EventSource("/live");
  source.addEventListener("open", () => onState(true));
  source.addEventListener("error", () => onState(false));
  source.addEventListener("window", (event) => onWindow(JSON.parse(event.data)));
  source.addEventListener("progress", (event) => onProgress(JSON.parse(event.data)));
  return source;
}
