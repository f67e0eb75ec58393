// Two outputs side by side, with the words marked in which they differ.

import { difference } from "./words.js";

export class Comparison {
  #dialog = document.getElementById("comparison");
  #labels;
  #textOf;
  #one = 0;
  #found = new Map(); // of pairs looked at before

  constructor(labels, textOf) {
    this.#labels = labels;
    this.#textOf = textOf;
    const others = this.#dialog.querySelector(".others");
    others.addEventListener("keydown", (event) => this.#press(event));
    labels.forEach((label, output) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.setAttribute("aria-label", `Output ${label}`);
      button.addEventListener("focus", () => this.#show(output));
      button.addEventListener("click", () => this.#show(output));
      others.append(button);
    });
  }

  open(one, other) {
    this.#one = one;
    this.#buttons.forEach((button, output) => (button.hidden = output === one));
    this.#dialog.showModal();
    this.#buttons[other].focus();
    this.#show(other);
  }

  get #buttons() {
    return [...this.#dialog.querySelectorAll(".others button")];
  }

  #show(other) {
    const [one, note] = [this.#one, document.getElementById("comparison-note")];
    this.#buttons.forEach((button, output) => button.setAttribute("aria-pressed", String(output === other)));
    const key = `${one} ${other}`;
    if (!this.#found.has(key)) this.#found.set(key, difference(this.#textOf(one), this.#textOf(other)));
    const found = this.#found.get(key);
    const whole = [one, other].map((output) => [{ text: this.#textOf(output), differs: false }]);
    const [left, right] = found ?? whole;
    document.getElementById("one-title").textContent = `Output ${this.#labels[one]}`;
    document.getElementById("other-title").textContent = `Output ${this.#labels[other]}`;
    put(document.getElementById("one-text"), left, "del");
    put(document.getElementById("other-text"), right, "ins");
    if (!found) note.textContent = "These texts are too long for their differences to be marked.";
    else if ([...left, ...right].some((piece) => piece.differs)) {
      const [first, second] = [this.#labels[one], this.#labels[other]];
      note.textContent = `Struck through: only in ${first}. Underlined: only in ${second}.`;
    } else note.textContent = "The two are the same, word for word.";
  }

  #press(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const shown = this.#buttons.filter((button) => !button.hidden);
    const at = shown.indexOf(document.activeElement);
    shown[(at + step + shown.length) % shown.length].focus();
  }
}

function put(place, pieces, name) {
  const nodes = pieces.map(({ text, differs }) => {
    if (!differs) return document.createTextNode(text);
    const element = document.createElement(name);
    element.textContent = text;
    return element;
  });
  place.replaceChildren(...nodes);
  place.scrollTop = 0;
}
