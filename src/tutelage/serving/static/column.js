// One model's answer: it grows while it is drawn, and says how it ended.

import { explain, mayPass } from "./problems.js";

export class Column {
  receipt = null;
  isComplete = false;

  #text = document.createTextNode("");
  #finish = null;
  #tokens = 0;

  /** number: from 1, by which it is called while its model is hidden; `again` asks anew. */
  constructor(number, model, again) {
    this.number = number;
    this.model = model;
    this.element = document.getElementById("column").content.cloneNode(true).firstElementChild;
    this.#part(".text").append(this.#text);
    this.#part(".failed button").addEventListener("click", again);
    this.#part("h2").textContent = `Answer ${number}`;
  }

  get text() {
    return this.#text.data;
  }

  /** Shows whose it is. */
  reveal() {
    const [number, name] = [document.createElement("small"), document.createElement("bdi")];
    number.textContent = `${this.number} `;
    name.textContent = this.model;
    this.#part("h2").replaceChildren(number, name);
  }

  /** Marks it with its rank; null takes that away. */
  place(rank) {
    if (rank === null) delete this.element.dataset.rank;
    else this.element.dataset.rank = rank;
  }

  begin() {
    this.#text.data = "";
    this.#finish = this.receipt = null;
    this.isComplete = false;
    this.#part(".failed").hidden = true;
    this.#tell("waiting", "waits for the model");
  }

  take({ choices: [choice], usage, receipt }) {
    if (choice?.delta.content) {
      this.#text.appendData(choice.delta.content);
      this.#tell("drawing", "answers");
    }
    this.#finish = choice?.finish_reason ?? this.#finish;
    this.#tokens = usage?.completion_tokens ?? this.#tokens;
    this.receipt = receipt ?? this.receipt;
  }

  finish() {
    this.isComplete = true;
    const tokens = `${this.#tokens} token${this.#tokens === 1 ? "" : "s"}`;
    this.#tell("complete", this.#finish === "length" ? `${tokens}, cut off there` : tokens);
  }

  stop() {
    this.#tell("stopped", "stopped");
  }

  fail(problem) {
    this.#tell("failed", "failed");
    this.#part(".failed p").textContent = explain(problem);
    this.#part(".failed button").hidden = !mayPass(problem);
    this.#part(".failed").hidden = false;
  }

  #tell(state, told) {
    this.element.dataset.state = state;
    this.#part(".state").textContent = told;
  }

  #part(selector) {
    return this.element.querySelector(selector);
  }
}
