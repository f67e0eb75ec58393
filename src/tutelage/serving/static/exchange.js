// One prompt put to several models at once.

import { tellUser } from "./collection.js";
import { Column } from "./column.js";
import { answer } from "./server.js";

export class Exchange {
  #stop = new AbortController();
  #running = 0;
  #changed;
  #failed;

  /**
   * asked: {prompt, temperature, seed, max_tokens?}; models in the order of their columns; `changed` is called when
   * an answer begins and when it ends, `failed` with what went wrong.
   */
  constructor(asked, models, changed, failed) {
    this.asked = asked;
    this.columns = models.map((model, at) => {
      const column = new Column(at + 1, model, () => this.#ask(column));
      return column;
    });
    this.#changed = changed;
    this.#failed = failed;
  }

  get isRunning() {
    return this.#running > 0;
  }

  /** Whether every model has answered to the end. */
  get isComplete() {
    return this.columns.every((column) => column.isComplete);
  }

  run() {
    return Promise.all(this.columns.map((column) => this.#ask(column)));
  }

  stop() {
    this.#stop.abort();
  }

  async #ask(column) {
    const { prompt, ...settings } = this.asked;
    const question = { model: column.model, messages: [{ role: "user", content: prompt }], ...settings };
    if (this.#stop.signal.aborted) this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#running += 1;
    column.begin();
    this.#changed();
    try {
      for await (const event of answer(question, signal, tellUser)) column.take(event);
      column.finish();
    } catch (problem) {
      if (signal.aborted) column.stop();
      else {
        column.fail(problem);
        this.#failed(problem);
      }
    }
    this.#running -= 1;
    this.#changed();
  }
}
