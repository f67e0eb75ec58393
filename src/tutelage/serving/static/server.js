// Talking to the server: with what it wants to know of who asks, and what it says no with.

import { isOptedOut } from "./collection.js";
import { events } from "./stream.js";

const csrf = document.querySelector('meta[name="csrf"]');
const KEY = "tutelage-key";

/** What was asked for did not happen. `code` is the server's, or one of those below. */
export class Problem extends Error {
  constructor({ code, message, wait = null }) {
    super(message ?? code);
    this.code = code;
    this.wait = wait; // seconds
  }
}

const UNREACHABLE = { code: "unreachable" };
const BROKEN_OFF = { code: "broken_off" };

/** The key of this window; of labelers none is needed, and none is sent. */
export function keepKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

/** The served models: {id, context, longest_answer}. */
export async function models() {
  return (await (await request("GET", "/v1/models")).json()).data;
}

/** The events of one model's answer; `heard` gets the id under which it is kept, where it is. */
export async function* answer(question, signal, heard) {
  const response = await request("POST", "/playground/answers", { ...question, stream: true }, signal);
  heard(response.headers.get("X-Tutelage-User"));
  try {
    for await (const data of events(response.body)) {
      if (data === "[DONE]") return;
      const event = JSON.parse(data);
      if (event.error) throw new Problem(event.error);
      yield event;
    }
  } catch (problem) {
    if (problem instanceof Problem || problem.name === "AbortError") throw problem;
    throw new Problem(BROKEN_OFF);
  }
  throw new Problem(BROKEN_OFF);
}

export function judge(receipts, ranks) {
  return request("POST", "/playground/judgments", { receipts, ranks });
}

export function signIn(name, password) {
  return request("POST", "/playground/sign-in", { name, password });
}

export function signOut() {
  return request("POST", "/playground/sign-out", {});
}

async function request(method, address, body, signal) {
  let response = await send(method, address, body, signal);
  let problem = response.ok ? null : await problemOf(response);
  if (problem?.code === "stale_page") {
    await renewToken();
    response = await send(method, address, body, signal);
    problem = response.ok ? null : await problemOf(response);
  }
  if (problem) throw problem;
  return response;
}

async function send(method, address, body, signal) {
  const key = sessionStorage.getItem(KEY);
  try {
    return await fetch(address, {
      method,
      signal,
      headers: {
        "X-CSRF-Token": csrf.content,
        ...(body && { "Content-Type": "application/json" }),
        ...(key && { Authorization: `Bearer ${key}` }),
        ...(isOptedOut() && { "X-Tutelage-Collection": "off" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new Problem(UNREACHABLE);
  }
}

/** Somebody who signed in in another tab has a new token there; this page still holds the old one. */
async function renewToken() {
  try {
    const page = await (await fetch("/", { headers: { Accept: "text/html" } })).text();
    const token = new DOMParser().parseFromString(page, "text/html").querySelector('meta[name="csrf"]');
    if (token) csrf.content = token.content;
  } catch {
    throw new Problem(UNREACHABLE);
  }
}

async function problemOf(response) {
  const said = await response.json().catch(() => ({}));
  const wait = Number(response.headers.get("Retry-After")) || null;
  const unknown = { code: response.status < 500 ? "refused" : "server_error" };
  return new Problem({ ...unknown, ...said.error, wait });
}
