// Talking to the server: what it takes, what it refuses, and trying again when it cannot be reached.

const csrf = document.querySelector('meta[name="csrf"]');

/** The server said no, for a reason that trying again does not change. */
export class Refusal extends Error {
  constructor(status, said) {
    super(said.error ?? `The server refused this (${status}).`);
    this.status = status;
  }
}

/** Nobody is signed in. */
export class SignedOut extends Error {}

/** The network or the server fails for now. */
export class Unreachable extends Error {}

async function send(method, address, body, signal) {
  let answer = await request(method, address, body, signal);
  if (answer.status === 403) {
    await renewToken();
    answer = await request(method, address, body, signal);
  }
  if (answer.status === 401) throw new SignedOut();
  if (answer.status === 429 || answer.status >= 500) throw new Unreachable();
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, said);
  return said;
}

async function request(method, address, body, signal) {
  try {
    return await fetch(address, {
      method,
      signal,
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf.content },
      body: JSON.stringify(body),
    });
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new Unreachable();
  }
}

/** Somebody who signed in again in another tab has a new token there; this page still holds the old one. */
async function renewToken() {
  try {
    const page = await (await fetch("/", { headers: { Accept: "text/html" } })).text();
    const token = new DOMParser().parseFromString(page, "text/html").querySelector('meta[name="csrf"]');
    if (token) csrf.content = token.content;
  } catch {
    throw new Unreachable();
  }
}

/** Sends until it is taken or refused; `makeBody` is asked each time, `tell` hears why it takes longer. */
export async function sendUntilTaken(method, address, makeBody, tell, signal) {
  for (let wait = 1; ; wait = Math.min(2 * wait, 30)) {
    try {
      return await send(method, address, makeBody(), signal);
    } catch (problem) {
      if (!(problem instanceof SignedOut || problem instanceof Unreachable)) throw problem;
      tell(problem);
      await pause(wait, signal);
      if (problem instanceof SignedOut) await renewToken().catch(() => {});
    }
  }
}

/** So many seconds, or until the network or the reader comes back. */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const end = new AbortController();
    const timer = setTimeout(() => go(), 1000 * seconds);
    const go = () => {
      clearTimeout(timer);
      end.abort();
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    window.addEventListener("online", go, { signal: end.signal });
    window.addEventListener("focus", go, { signal: end.signal });
    signal?.addEventListener("abort", go, { signal: end.signal });
  });
}

/** 32 random hex digits in groups; crypto.randomUUID is missing where the site has no HTTPS. */
export function newClient() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** What to tell about a problem that may pass. */
export function explain(problem) {
  if (problem instanceof SignedOut) return "Signed out: sign in in another tab, nothing is lost.";
  if (problem instanceof Unreachable) return "No connection. Everything is kept here; trying again.";
  return problem.message;
}
