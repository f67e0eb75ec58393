// Step 1 of judging: one output at a time, with its marks.

import { isPressed } from "./keys.js";
import { Marks } from "./marks.js";
import { say } from "./voice.js";

const CONSTRAINT = { true: true, false: false, null: null };

export class Marking {
  /** changed: called after each mark; finished: called when somebody goes on after the last output. */
  constructor(changed, finished) {
    this.#changed = changed;
    this.#finished = finished;
    this.#panels = [...document.querySelectorAll("#marks .output")];
    this.#tabs = [...document.querySelectorAll("#marks [role=tab]")];
    this.labels = this.#panels.map((panel) => panel.dataset.label);
    const first = this.#panels[0];
    const flags = [...first.querySelectorAll("input[data-question]")].map((box) => box.dataset.question);
    const constraint = first.querySelector(".three")?.dataset.question ?? null;
    this.marks = new Marks(this.#panels.length, flags, constraint);
    this.#prepare();
  }

  at = 0;
  #panels;
  #tabs;
  #changed;
  #finished;

  textOf(output) {
    return this.#panels[output].querySelector(".text").textContent;
  }

  /** A mark and what is there, as one line. */
  tell(output) {
    const overall = this.marks.overall(output);
    const there = [...this.#panels[output].querySelectorAll("input[data-question]:checked")].map(
      (box) => box.nextElementSibling.textContent,
    );
    const met = { true: "Meets the constraint", false: "Misses the constraint" }[this.marks.met(output)];
    return [overall === null ? "Not marked" : `Mark ${overall}`, ...(met ? [met] : []), ...there].join(" · ");
  }

  missing() {
    const output = this.marks.nextOpen();
    if (output < 0) return "";
    if (this.marks.overall(output) === null) return `Output ${this.labels[output]} has no overall mark yet.`;
    return `Say of output ${this.labels[output]} whether it satisfies the constraint, or that there is none.`;
  }

  show(output, focus = true) {
    this.at = output;
    const hadTab = document.activeElement?.matches("[role=tab]");
    this.#panels.forEach((panel, at) => (panel.hidden = at !== output));
    this.#tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === output));
      tab.tabIndex = at === output ? 0 : -1;
    });
    if (!focus) return;
    const tabs = this.#tabs[0].parentElement;
    if (tabs.getBoundingClientRect().top < 1) tabs.parentElement.scrollIntoView();
    (hadTab ? this.#tabs : this.#panels)[output].focus({ preventScroll: true });
  }

  /** Puts the marks into the page. */
  render() {
    this.#panels.forEach((panel, output) => {
      const overall = this.marks.overall(output);
      for (const radio of panel.querySelectorAll("[name^=overall]")) {
        radio.checked = Number(radio.value) === overall;
      }
      for (const box of panel.querySelectorAll("input[data-question]")) {
        box.checked = this.marks.flag(output, box.dataset.question);
      }
      for (const radio of panel.querySelectorAll(".three input")) {
        radio.checked = this.marks.met(output) === CONSTRAINT[radio.value];
      }
      const meaning = panel.querySelector(".meaning");
      meaning.textContent =
        overall === null ? "1 is useless, 7 is excellent" : `${overall}: ${this.#meaning(overall)}`;
      const isDone = this.marks.isDone(output);
      const tab = this.#tabs[output];
      tab.classList.toggle("done", isDone);
      tab.querySelector("small").textContent = overall ?? "–";
      const marked = overall === null ? "not marked" : `marked ${overall}`;
      const state = overall === null || isDone ? marked : `${marked}, constraint open`;
      tab.setAttribute("aria-label", `Output ${this.labels[output]}, ${state}`);
    });
  }

  get done() {
    return this.labels.filter((_, output) => this.marks.isDone(output)).length;
  }

  /** Returns whether the key was used. */
  press(key, event) {
    if (key === "ArrowLeft") this.#go(-1);
    else if (key === "ArrowRight" || (key === "Enter" && !isPressed(event.target))) this.#go(1);
    else if (/^[1-7]$/.test(key)) this.#setOverall(Number(key));
    else return this.#pressLetter(key);
    return true;
  }

  #meaning(overall) {
    return this.#panels[0].querySelector(".meaning").dataset.meanings.split("|")[overall - 1];
  }

  #go(step) {
    const next = this.at + step;
    if (next < 0) return;
    if (next < this.#panels.length) {
      this.show(next);
      return;
    }
    const open = this.marks.nextOpen();
    if (open < 0) {
      this.#finished();
      return;
    }
    this.show(open);
    say(this.missing());
  }

  #setOverall(overall) {
    this.marks.setOverall(this.at, overall);
    this.#after(`Output ${this.labels[this.at]}: ${overall}, ${this.#meaning(overall)}`);
  }

  #setMet(met) {
    this.marks.setMet(this.at, met);
    const said = { true: "satisfies the constraint", false: "does not satisfy the constraint" }[met];
    const none = "The prompt sets no constraint, noted for all outputs";
    this.#after(said ? `Output ${this.labels[this.at]} ${said}` : none);
  }

  #pressLetter(key) {
    const control = /^[a-z]$/.test(key) && this.#panels[this.at].querySelector(`[data-letter="${key}"]`);
    if (!control) return false;
    if (control.matches(".three")) {
      const values = [true, false, null];
      this.#setMet(values[(values.indexOf(this.marks.met(this.at)) + 1) % 3]);
      return true;
    }
    const name = control.dataset.question;
    this.marks.setFlag(this.at, name, !this.marks.flag(this.at, name));
    const isThere = this.marks.flag(this.at, name);
    this.#after(`${control.nextElementSibling.textContent}: ${isThere ? "yes" : "no"}`);
    return true;
  }

  #after(said) {
    this.render();
    if (said) say(said);
    this.#changed();
  }

  #prepare() {
    document.getElementById("previous").addEventListener("click", () => this.#go(-1));
    document.getElementById("next").addEventListener("click", () => this.#go(1));
    this.#tabs.forEach((tab, output) => tab.addEventListener("click", () => this.show(output)));
    this.#panels.forEach((panel, output) => {
      panel.addEventListener("change", ({ target }) => {
        if (target.name.startsWith("overall")) this.marks.setOverall(output, Number(target.value));
        else if (target.closest(".three")) this.marks.setMet(output, CONSTRAINT[target.value]);
        else this.marks.setFlag(output, target.dataset.question, target.checked);
        this.#after("");
      });
      panel.querySelector(".explain").addEventListener("click", () => this.#explain());
    });
  }

  #explain() {
    const isOn = document.getElementById("marks").classList.toggle("explained");
    for (const button of document.querySelectorAll(".explain")) button.setAttribute("aria-pressed", String(isOn));
  }
}
