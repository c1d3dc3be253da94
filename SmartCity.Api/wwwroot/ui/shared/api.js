// The pages' way to the API: asks, follows pages to the end, tries again what may be tried again, and says in plain words what went wrong.

const TRIES = 3;
const FIRST_PAUSE = 400;
const PATIENCE = 30_000;

// What went wrong: `kind` is unreachable, key, missing, busy, down or refused.
export class ApiError extends Error {
  constructor(kind, message, { status = 0, retryAfter = null } = {}) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

// A key of the API, where one is asked for, is kept until the browser's tab is closed.
export function useKey(key) {
  sessionStorage.setItem("api-key", key);
}

function headers(accept) {
  const key = sessionStorage.getItem("api-key");
  return key ? { Accept: accept, "X-API-Key": key } : { Accept: accept };
}

async function problemOf(response) {
  const problem = await response.json().catch(() => ({}));
  const { status } = response;
  const errors = Object.entries(problem.errors ?? {}).map(([name, texts]) => `${name} ${[texts].flat().join(", ")}`);
  const message = errors.length ? errors.join("; ") : (problem.detail ?? `The API answered ${status}.`);
  const kind = { 401: "key", 403: "key", 404: "missing", 429: "busy", 502: "unreachable", 503: "down", 504: "unreachable" }[status] ?? "refused";
  return new ApiError(kind, message, { status, retryAfter: Number(response.headers.get("Retry-After")) || null });
}

async function once(path, accept, signal) {
  const patience = AbortSignal.timeout(PATIENCE);
  let response;
  try {
    response = await fetch(path, { headers: headers(accept), signal: signal ? AbortSignal.any([signal, patience]) : patience });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("unreachable", "The API does not answer.");
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

const pause = (length) => new Promise((resolve) => setTimeout(resolve, length));

async function ask(path, accept, signal) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(path, accept, signal);
    } catch (error) {
      const isWorthIt = error instanceof ApiError && ["unreachable", "busy"].includes(error.kind);
      if (!isWorthIt || attempt === TRIES) throw error;
      await pause(error.retryAfter ? error.retryAfter * 1000 : FIRST_PAUSE * 2 ** attempt);
    }
  }
}

export async function getJson(path, { signal } = {}) {
  const response = await ask(path, "application/json", signal);
  try {
    return await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("unreachable", "The API broke off its answer.");
  }
}

// "/query/x?a=1&b=2" from a path and parameters; an array repeats a parameter, null leaves it out.
export function address(path, parameters = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one !== null && one !== undefined && one !== "") search.append(name, one);
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

// Every page of an answer that has next_cursor, up to a number of pages.
export async function getPages(path, parameters, { signal, most = 50 } = {}) {
  const pages = [];
  for (let cursor; cursor !== null && pages.length < most;) {
    const page = await getJson(address(path, { ...parameters, cursor }), { signal });
    pages.push(page);
    cursor = page.next_cursor;
  }
  return pages;
}

// All pages of a CSV as one text: the header of the first alone.
export async function getCsv(path) {
  const parts = [];
  for (let next = path; next;) {
    const response = await ask(next, "text/csv");
    const text = await response.text();
    parts.push(parts.length === 0 ? text : text.slice(text.indexOf("\n") + 1));
    const link = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get("Link") ?? "");
    next = link ? new URL(link[1], location.href).pathname + new URL(link[1], location.href).search : null;
  }
  return parts.join("");
}
