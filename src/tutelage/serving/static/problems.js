// What went wrong, in plain words, and what to do.

const WORDS = {
  unreachable: "The server cannot be reached. See that it runs and that you are online, then try again.",
  broken_off: "The connection broke off before the answer was complete. Try again.",
  stopping: "The server is being stopped. Try again when it is back.",
  queue_full: "Many are asking just now. Try again in a moment.",
  missing_api_key: "The server needs a key.",
  invalid_api_key: "The key is unknown, or was revoked. Give another one.",
  too_large: "The prompt is too long for this server. Shorten it, and ask again.",
  too_slow: "The prompt came too slowly. Try again.",
  stale_page: "The page is too old. Load it again: your prompt is kept.",
  wrong_password: "The name or the password is not right.",
  account_closed: "This account is closed. Ask who invited you.",
  not_kept: "Nothing of yours is kept, so this was not either.",
  not_to_be_judged: "These answers were judged already, or are too old. Ask again.",
  server_error: "The server failed. Try again; if it fails again, tell whoever runs it.",
  refused: "The server refused this.",
};

const AGAIN = new Set(["unreachable", "broken_off", "stopping", "queue_full", "too_slow", "server_error"]);
const LIMITS = new Set(["requests_exceeded", "tokens_exceeded"]);

export function explain({ code, message, wait }) {
  if (LIMITS.has(code)) return `You have used what a minute allows. Try again in ${duration(wait ?? 60)}.`;
  if (code === "too_many_guesses") return `Too many wrong tries. Wait ${duration(wait ?? 300)}, then try again.`;
  if (code === "context_length_exceeded") {
    return `The prompt and the answer are too long for the model: ${message}. Shorten the prompt, or ask for fewer tokens.`;
  }
  return WORDS[code] ?? `The server refused this: ${message}.`;
}

/** Whether the same request may do better later. */
export function mayPass({ code }) {
  return AGAIN.has(code) || LIMITS.has(code);
}

export function isOfKey({ code }) {
  return code === "missing_api_key" || code === "invalid_api_key";
}

function duration(seconds) {
  if (seconds > 90) return `${Math.ceil(seconds / 60)} minutes`;
  return seconds === 1 ? "a second" : `${seconds} seconds`;
}
