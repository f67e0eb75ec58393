// How many seconds somebody was really at it: not while the page is hidden, nor after a minute of stillness.

const IDLE_SECONDS = 60;

/** Counts from outside: `now` is in seconds. */
export class Stopwatch {
  constructor(seconds, now) {
    this.seconds = seconds;
    this.#counted = now;
    this.#moved = now;
  }

  #counted;
  #moved;
  #hidden = false;

  /** Takes in the time until now. */
  count(now) {
    const end = Math.min(now, this.#moved + IDLE_SECONDS);
    if (!this.#hidden && end > this.#counted) this.seconds += end - this.#counted;
    this.#counted = Math.max(this.#counted, now);
  }

  move(now) {
    this.count(now);
    this.#moved = now;
  }

  hide(hidden, now) {
    this.count(now);
    this.#hidden = hidden;
    if (!hidden) this.#moved = now;
  }

  /** Whether there was a move within the last so many seconds. */
  isActive(seconds, now) {
    return !this.#hidden && now - this.#moved < seconds;
  }
}

/** A stopwatch that follows this page. */
export function watchPage(seconds) {
  const now = () => performance.now() / 1000;
  const watch = new Stopwatch(seconds, now());
  for (const name of ["pointermove", "pointerdown", "keydown", "input", "wheel", "touchmove", "scroll"]) {
    document.addEventListener(name, () => watch.move(now()), { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", () => watch.hide(document.hidden, now()));
  return {
    get seconds() {
      watch.count(now());
      return Math.round(watch.seconds * 10) / 10;
    },
    isActive: (within) => watch.isActive(within, now()),
  };
}
