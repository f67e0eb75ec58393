// Drafts: what was done so far is kept in this browser at once, and with the server soon after.

import { Refusal, explain, newClient, sendUntilTaken } from "./server.js";

const PAUSE = 800; // milliseconds after the last change
const LEASE = 120; // seconds of activity after which the server hears of us anyhow
const MONTH = 30 * 24 * 60 * 60 * 1000; // milliseconds
const PREFIX = "tutelage:";

export class Draft {
  #address;
  #key;
  #content = null;
  #watch = null;
  #tell;
  #timer = null;
  #sending = null;
  #changed = false;
  #kept = true;
  #closed = false;

  /** address: where the server keeps it; null when only this browser does. tell: hears the state in words. */
  constructor(name, address, onServer, tell) {
    this.#address = address;
    this.#key = `${PREFIX}${document.querySelector('meta[name="account"]').content}:${name}`;
    this.#tell = tell;
    sweep();
    const here = read(this.#key);
    this.client = here?.client ?? newClient();
    this.found = here && !(onServer?.at > here.draft.at) ? here.draft : onServer;
  }

  /** From now on changes are kept. content: what there is now, as an object. */
  open(content, watch) {
    this.#content = content;
    this.#watch = watch;
    if (!this.#address) return;
    setInterval(() => {
      if (!this.#closed && watch.isActive(LEASE)) this.#push();
    }, 1000 * LEASE);
    window.addEventListener("beforeunload", (event) => {
      if (this.#changed && !this.#kept && !this.#closed) event.preventDefault();
    });
  }

  change() {
    if (this.#closed) return;
    this.#changed = true;
    this.#keep();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#push(), PAUSE);
  }

  /** No draft may arrive after the answer. The copy here stays until the answer is acknowledged. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#sending?.abort();
    this.#keep();
  }

  /** The answer was refused; go on. */
  reopen() {
    this.#closed = false;
  }

  /** The answer is acknowledged. */
  forget() {
    remove(this.#key);
  }

  #whole() {
    return { ...this.#content(), at: Date.now(), seconds: this.#watch.seconds };
  }

  #keep() {
    try {
      localStorage.setItem(this.#key, JSON.stringify({ draft: this.#whole(), client: this.client }));
      this.#kept = true;
    } catch {
      this.#kept = false; // full or forbidden: the server's copy is the only one
    }
  }

  async #push() {
    if (!this.#address) {
      this.#tell(this.#kept ? "Kept in this browser" : "");
      return;
    }
    if (this.#sending) return; // what is under way looks for changes when it is done
    this.#sending = new AbortController();
    try {
      const complain = (problem) => this.#complain(problem);
      await sendUntilTaken("PUT", this.#address, () => this.#take(), complain, this.#sending.signal);
      this.#tell("Saved");
      if (!this.#changed) remove(this.#key);
    } catch (problem) {
      this.#complain(problem);
    } finally {
      this.#sending = null;
    }
    if (this.#changed) this.change();
  }

  #take() {
    this.#changed = false;
    return { draft: this.#whole() };
  }

  #complain(problem) {
    if (problem.name === "AbortError") return;
    const gone = "This task is no longer kept for you. What you did is kept here, and you can still send it.";
    this.#tell(problem instanceof Refusal && problem.status === 409 ? gone : explain(problem), true);
  }
}

function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    return typeof kept?.client === "string" && typeof kept.draft === "object" ? kept : null;
  } catch {
    return null;
  }
}

function remove(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** Copies that nobody came back for. */
function sweep() {
  try {
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
      if (!(Date.now() - read(key)?.draft.at < MONTH)) remove(key);
    }
  } catch {
    // As above.
  }
}
