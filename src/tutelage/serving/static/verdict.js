// Saying which answer is better, and what becomes of it.

import { explain, mayPass } from "./problems.js";
import { Ranking } from "./ranking.js";
import { judge } from "./server.js";
import { say } from "./voice.js";

export class Verdict {
  #bar = document.getElementById("verdict");
  #buttons = this.#bar.querySelector(".verdicts");
  #exchange = null;
  #ranking = null;
  #isSending = false;
  #tally = new Map(); // in this window: how often each model was best
  #fate;
  #goOn;

  /**
   * fate(columns) -> {isSent, told}: whether a judgment of these goes to the server, and what is told of it;
   * `goOn` is called by who wants to ask something else.
   */
  constructor(fate, goOn) {
    this.#fate = fate;
    this.#goOn = goOn;
  }

  /** Asks which of the answers is better. */
  offer(exchange) {
    this.#exchange = exchange;
    this.#restart();
    this.#ask("", "The answers are complete. ");
  }

  /** There is nothing to be judged, or not any more. */
  withdraw() {
    this.#exchange = this.#ranking = null;
    this.#bar.hidden = true;
  }

  /** What becomes of a judgment is another thing than before. */
  refresh() {
    if (this.#ranking) this.#ask();
  }

  /** Takes the first choice of two back; returns whether there was one. */
  undo() {
    if (!this.#ranking?.hasBegun || this.#isSending) return false;
    this.#ranking.unpick();
    this.#ask();
    return true;
  }

  press(name) {
    if (!this.#ranking || this.#isSending) return false;
    if (name === "e" || name === "0") this.#finish();
    else if (this.#ranking.open.includes(Number(name) - 1)) this.#pick(Number(name) - 1);
    else return false;
    return true;
  }

  #restart() {
    this.#ranking = new Ranking(this.#exchange.columns.map((column) => column.text));
  }

  #pick(place) {
    this.#ranking.pick(place);
    if (this.#ranking.isOver) this.#finish();
    else this.#ask();
  }

  /** trouble: why it is asked once more; before: what is said before the question. */
  #ask(trouble = "", before = "") {
    const { columns } = this.#exchange;
    const { open, hasBegun, ranks } = this.#ranking;
    columns.forEach((column, at) => column.place(open.includes(at) ? null : ranks[at]));
    if (this.#ranking.isOver) {
      this.#tell("The answers are the same, word for word.", "", before);
      this.#reveal();
      return;
    }
    const best = columns.length > 2 ? "best" : "better";
    const question = hasBegun ? "Which of the others is better?" : `Which answer is ${best}?`;
    this.#tell(question, trouble || this.#fate(columns).told, before);
    const choices = open.map((at) => [`Answer ${at + 1}`, `${at + 1}`]);
    const buttons = [...choices, ["Equally good", "e"]].map(([title, key]) => button(title, key, () => this.press(key)));
    this.#buttons.replaceChildren(...buttons);
  }

  async #finish() {
    const { columns } = this.#exchange;
    const { ranks } = this.#ranking;
    const { isSent } = this.#fate(columns);
    this.#isSending = true;
    try {
      if (isSent) await judge(columns.map((column) => column.receipt), ranks);
      this.#count(columns, ranks);
      columns.forEach((column, at) => column.place(ranks[at]));
      this.#tell(result(columns, ranks), `${isSent ? "Kept. " : ""}${this.#score()}`);
      this.#reveal();
    } catch (problem) {
      this.#restart();
      this.#ask(explain(problem));
      if (!mayPass(problem)) this.#reveal();
    } finally {
      this.#isSending = false;
    }
  }

  /** It is over: the models may be known. */
  #reveal() {
    for (const column of this.#exchange.columns) column.reveal();
    this.#buttons.replaceChildren(button("Another prompt", "p", this.#goOn));
    this.#exchange = this.#ranking = null;
  }

  #tell(question, note = "", before = "") {
    document.getElementById("verdict-question").textContent = question;
    document.getElementById("verdict-note").textContent = note;
    this.#bar.hidden = false;
    say(`${before}${question} ${note}`);
  }

  #count(columns, ranks) {
    const best = columns.filter((_, at) => ranks[at] === 1);
    const name = best.length === 1 ? best[0].model : "equal";
    this.#tally.set(name, (this.#tally.get(name) ?? 0) + 1);
  }

  #score() {
    const counts = [...this.#tally].sort((one, other) => other[1] - one[1]);
    return `In this window so far: ${counts.map(([name, count]) => `${name} ${count}`).join(", ")}.`;
  }
}

/** In a sentence, which models were found better. */
function result(columns, ranks) {
  const levels = [1, 2, 3].map((rank) => columns.filter((_, at) => ranks[at] === rank));
  const names = levels.filter((level) => level.length).map((level) => level.map(({ model }) => model).join(" and "));
  if (names.length === 1) return "Equally good.";
  return columns.length === 2 ? `${names[0]} is better than ${names[1]}.` : `${names.join(", then ")}.`;
}

function button(title, key, press) {
  const [element, shown] = [document.createElement("button"), document.createElement("kbd")];
  element.type = "button";
  shown.textContent = key;
  shown.ariaHidden = "true";
  element.setAttribute("aria-keyshortcuts", key);
  element.append(title, " ", shown);
  element.addEventListener("click", press);
  return element;
}
