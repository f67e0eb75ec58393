// Step 2 of judging: the tray and the order, seen and moved.

import { Comparison } from "./comparing.js";
import { prepareDragging } from "./dragging.js";
import { isPressed } from "./keys.js";
import * as orders from "./order.js";
import { say } from "./voice.js";

const EXCERPT = 1500; // characters shown before "read it whole"
const MOVES = {
  place: orders.placeLast,
  up: orders.moveUp,
  down: orders.moveDown,
  tie: orders.tieAbove,
  back: orders.takeBack,
};
const KEYS = {
  "alt+ArrowUp": "up",
  "shift+K": "up",
  "alt+ArrowDown": "down",
  "shift+J": "down",
  t: "tie",
  Backspace: "back",
  Delete: "back",
  z: "undo",
  "ctrl+z": "undo",
  y: "redo",
  "ctrl+y": "redo",
  "ctrl+shift+Z": "redo",
  s: "byMarks",
  d: "compare",
  m: "marked",
  w: "columns",
  o: "read",
};
const REFUSALS = {
  place: "It is placed already",
  up: "It is the best already, or not placed",
  down: "It is the last already, or not placed",
  tie: "There is nothing above to tie it with",
  back: "It is in the tray already",
};

export class Ordering {
  /** marking: what step 1 knows; changed: after each move; toMarks(output): back to step 1. */
  constructor(marking, changed, toMarks) {
    this.#marking = marking;
    this.#labels = marking.labels;
    this.#changed = changed;
    this.#toMarks = toMarks;
    this.#history = new orders.History(orders.unplaced(this.#labels.length));
    this.#cards = this.#labels.map((_, output) => this.#makeCard(output));
    this.#comparison = new Comparison(this.#labels, (output) => marking.textOf(output));
    for (const button of document.querySelectorAll("[data-command]")) {
      button.addEventListener("click", (event) => {
        this.#do(button.dataset.command);
        // Who clicks goes on by keys from the output; who presses the button by keyboard stays on it.
        if (event.detail > 0 && !this.#root.hidden && !document.querySelector("dialog[open]")) this.#focus();
      });
    }
    prepareDragging(this.#root, {
      over: (x, y, output) => this.#showTarget(this.#targetAt(x, y, output)),
      drop: (x, y, output) => this.#drop(output, this.#targetAt(x, y, output)),
      end: () => this.#showTarget(null),
    });
    window.addEventListener("resize", () => this.#fit());
  }

  #root = document.getElementById("order");
  #list = document.getElementById("levels");
  #tray = document.getElementById("tray");
  #marking;
  #labels;
  #changed;
  #toMarks;
  #history;
  #cards;
  #comparison;
  #selected = 0;

  get order() {
    return this.#history.order;
  }

  restore(order) {
    if (orders.isOrder(order, this.#labels.length)) this.#history = new orders.History(order);
  }

  missing() {
    const names = this.order.tray.map((output) => this.#labels[output]);
    if (names.length === 0) return "";
    if (names.length === 1) return `Output ${names[0]} is not placed yet.`;
    return `Not placed yet: ${names.join(", ")}.`;
  }

  /** Shows step 2 as it stands, and takes the focus. */
  show() {
    const { tray } = this.order;
    if (tray.length && !tray.includes(this.#selected)) [this.#selected] = tray;
    this.#render();
    this.#focus();
  }

  /** Returns whether the key was used. */
  press(key, event) {
    const isOnButton = isPressed(event.target);
    const isPlace = key === "Enter" || key === "Space";
    if (isPlace && isOnButton) return false;
    if (isPlace) this.#do(this.order.tray.includes(this.#selected) ? "place" : "read");
    else if (key === "j" || key === "ArrowDown" || (this.#isInColumns && key === "ArrowRight")) this.#step(1);
    else if (key === "k" || key === "ArrowUp" || (this.#isInColumns && key === "ArrowLeft")) this.#step(-1);
    else if (/^[1-9]$/.test(key)) this.#go(orders.placeAs(this.order, this.#selected, Number(key) - 1));
    else if (key in KEYS) this.#do(KEYS[key]);
    else return false;
    return true;
  }

  get #isInColumns() {
    return this.#root.classList.contains("in-columns");
  }

  #do(command) {
    const one = this.#selected;
    if (command === "undo") this.#turn(this.#history.undo(), "Undone");
    else if (command === "redo") this.#turn(this.#history.redo(), "Done again");
    else if (command === "compare") this.#compare();
    else if (command === "marked") this.#toMarks(one);
    else if (command === "columns") this.#toggleColumns();
    else if (command === "read") this.#read(one);
    else if (command === "byMarks") this.#placeByMarks();
    else if (command === "place" && !this.order.tray.includes(one)) say(REFUSALS.place);
    else this.#go(MOVES[command](this.order, one), REFUSALS[command]);
  }

  /** Takes a move of the selected output. From the tray, the selection goes on to what waits there. */
  #go(order, refusal = "It is there already") {
    const moved = this.#selected;
    const waited = this.order.tray.indexOf(moved);
    if (!this.#history.go(order)) {
      say(`${refusal}: output ${this.#labels[moved]}`);
      return;
    }
    const { tray } = this.order;
    if (waited >= 0 && tray.length) this.#selected = tray[Math.min(waited, tray.length - 1)];
    this.#after(orders.tell(this.order, moved, this.#labels));
  }

  #turn(isDone, said) {
    if (isDone) this.#after(`${said}. ${orders.tell(this.order, this.#selected, this.#labels)}`);
    else say(said === "Undone" ? "Nothing to undo" : "Nothing to do again");
  }

  #placeByMarks() {
    const order = orders.byMarks(this.#marking.marks.overalls);
    if (order.levels.length === 0) say("No output has an overall mark yet");
    else if (!this.#history.go(order)) say("They lie as your marks say already");
    else {
      const told = order.levels.map((level) => level.map((output) => this.#labels[output]).join(" and "));
      this.#after(`Placed by your marks: ${told.join(", then ")}`);
    }
  }

  #after(said) {
    const hadFocus = this.#root.contains(document.activeElement) || document.activeElement === document.body;
    this.#render();
    if (hadFocus) this.#focus();
    say(said);
    this.#changed();
  }

  #step(by) {
    const all = orders.outputsOf(this.order);
    const next = all[all.indexOf(this.#selected) + by];
    if (next === undefined) return;
    this.#select(next);
    this.#focus();
  }

  #select(output) {
    this.#selected = output;
    this.#cards.forEach((card, at) => {
      card.tabIndex = at === output ? 0 : -1;
      if (at === output) card.setAttribute("aria-current", "true");
      else card.removeAttribute("aria-current");
    });
    const label = this.#labels[output];
    document.getElementById("chosen").textContent = label;
    const isWaiting = this.order.tray.includes(output);
    const at = orders.levelOf(this.order, output);
    const isFirst = at === 0 && this.order.levels[0].length === 1;
    const isLast = at === this.order.levels.length - 1 && this.order.levels[at]?.length === 1;
    const can = {
      place: isWaiting,
      back: !isWaiting,
      up: !isWaiting && !isFirst,
      down: !isWaiting && !isLast,
      tie: isWaiting ? this.order.levels.length > 0 : at > 0,
      undo: this.#history.canUndo,
      redo: this.#history.canRedo,
    };
    for (const button of document.querySelectorAll("[data-command]")) {
      button.setAttribute("aria-disabled", String(can[button.dataset.command] === false));
    }
  }

  #focus() {
    const card = this.#cards[this.#selected];
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #compare() {
    const all = orders.outputsOf(this.order);
    const at = all.indexOf(this.#selected);
    this.#comparison.open(this.#selected, all[at - 1] ?? all[at + 1]);
  }

  #toggleColumns() {
    const isOn = this.#root.classList.toggle("in-columns");
    document.body.classList.toggle("broad", isOn);
    document.querySelector("[data-command=columns]").setAttribute("aria-pressed", String(isOn));
    this.#render();
    this.#focus();
    say(isOn ? "Whole texts in columns" : "Short texts in a list");
  }

  #read(output) {
    const card = this.#cards[output];
    const button = card.querySelector(".read");
    if (this.#isInColumns || button.hidden) return;
    const isWhole = card.classList.toggle("whole");
    button.setAttribute("aria-expanded", String(isWhole));
    button.firstChild.data = isWhole ? "Read less" : "Read it whole";
    this.#fill(output);
    this.#fit();
  }

  #makeCard(output) {
    const card = document.getElementById("ranked-card").content.firstElementChild.cloneNode(true);
    card.dataset.output = output;
    card.querySelector(".letter").textContent = this.#labels[output];
    const read = card.querySelector(".read");
    read.setAttribute("aria-label", `Read it whole: output ${this.#labels[output]}`);
    read.addEventListener("click", () => this.#read(output));
    card.addEventListener("focusin", () => this.#select(output));
    card.addEventListener("pointerdown", () => this.#select(output));
    return card;
  }

  #fill(output) {
    const card = this.#cards[output];
    const place = card.querySelector(".text");
    const text = this.#marking.textOf(output);
    const isWhole = this.#isInColumns || card.classList.contains("whole");
    const shown = isWhole ? text : text.slice(0, EXCERPT);
    if (place.textContent !== shown) place.textContent = shown;
    // What scrolls by itself must be reachable by keyboard.
    if (this.#isInColumns) {
      place.tabIndex = 0;
      place.setAttribute("role", "region");
      place.setAttribute("aria-label", `Text of output ${this.#labels[output]}`);
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) place.removeAttribute(name);
    }
  }

  #fit() {
    this.#cards.forEach((card, output) => {
      const place = card.querySelector(".text");
      const isLong = this.#marking.textOf(output).length > EXCERPT;
      const isCut = isLong || place.scrollHeight > place.clientHeight + 2;
      card.querySelector(".read").hidden = this.#isInColumns || !(isCut || card.classList.contains("whole"));
      card.classList.toggle("cut", isCut && !this.#isInColumns && !card.classList.contains("whole"));
    });
  }

  #render() {
    const before = this.#cards.map((card) => card.isConnected && card.getBoundingClientRect());
    const { levels, tray } = this.order;
    this.#list.replaceChildren(...levels.map((level, at) => this.#makeLevel(level, at)));
    this.#tray.replaceChildren(...tray.map((output) => this.#cards[output]));
    this.#cards.forEach((card, output) => {
      const facts = this.#marking.tell(output);
      card.querySelector(".facts").textContent = facts;
      card.setAttribute("aria-label", `${orders.tell(this.order, output, this.#labels)}. ${facts}`);
      this.#fill(output);
    });
    document.getElementById("nothing-placed").hidden = levels.length > 0;
    document.getElementById("all-placed").hidden = tray.length > 0;
    this.#tellQuarrels();
    this.#select(this.#selected);
    this.#fit();
    this.#glide(before);
  }

  #makeLevel(level, at) {
    const item = document.createElement("li");
    item.className = level.length > 1 ? "level tied" : "level";
    const number = document.createElement("span");
    number.className = "number";
    number.textContent = at + 1;
    const cards = document.createElement("div");
    cards.className = "on-level";
    cards.append(...level.map((output) => this.#cards[output]));
    item.append(number, cards);
    return item;
  }

  #tellQuarrels() {
    const quarrels = orders.quarrels(this.order, this.#marking.marks.overalls);
    const named = quarrels.slice(0, 3).map((pair) => pair.map((output) => this.#labels[output]).join(" and "));
    const more = quarrels.length > 3 ? `, and ${quarrels.length - 3} more` : "";
    document.getElementById("quarrels").textContent = quarrels.length
      ? `Your marks and your order disagree about ${named.join("; ")}${more}. Read again?`
      : "";
  }

  /** Cards glide to where they belong, so that the eye can follow. */
  #glide(before) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.#cards.forEach((card, output) => {
      if (!before[output]) return;
      const after = card.getBoundingClientRect();
      const [x, y] = [before[output].left - after.left, before[output].top - after.top];
      const from = { transform: `translate(${x}px, ${y}px)` };
      if (x || y) card.animate([from, {}], { duration: 160, easing: "ease-out" });
    });
  }

  /** What a card would fall on: {gap}, {level}, {tray: true}, or null. */
  #targetAt(x, y, output) {
    if (isWithin(this.#tray.closest("section").getBoundingClientRect(), x, y)) return { tray: true };
    if (!isWithin(this.#list.closest("section").getBoundingClientRect(), x, y)) return null;
    const levels = [...this.#list.children].map((item) => item.getBoundingClientRect());
    for (const [at, level] of levels.entries()) {
      const across = [x, level.left, level.right];
      const [place, start, end] = this.#isInColumns ? across : [y, level.top, level.bottom];
      const border = Math.min(0.28 * (end - start), 26);
      if (place < start + border) return { gap: at };
      const isAlone = this.order.levels[at].join() === String(output);
      if (place <= end - border) return isAlone ? null : { level: at };
    }
    return { gap: levels.length };
  }

  #showTarget(target) {
    for (const place of this.#root.querySelectorAll(".falls-on, .falls-before, .falls-after")) {
      place.classList.remove("falls-on", "falls-before", "falls-after");
    }
    const isFirst = target?.gap === 0 && this.order.levels.length === 0;
    this.#root.querySelector(".ranked").classList.toggle("falls-on", isFirst);
    if (target?.tray) this.#root.querySelector(".unplaced").classList.add("falls-on");
    if (target?.level !== undefined) this.#list.children[target.level].classList.add("falls-on");
    if (target?.gap !== undefined && this.order.levels.length) {
      const isLast = target.gap === this.order.levels.length;
      const item = this.#list.children[isLast ? target.gap - 1 : target.gap];
      item.classList.add(isLast ? "falls-after" : "falls-before");
    }
  }

  #drop(output, target) {
    if (!target) return;
    this.#select(output);
    const { order } = this;
    const next = target.tray
      ? orders.takeBack(order, output)
      : target.level === undefined
        ? orders.placeBetween(order, output, target.gap)
        : orders.tieWith(order, output, target.level);
    if (!this.#history.go(next)) return;
    this.#after(orders.tell(this.order, output, this.#labels));
    this.#focus();
  }
}

function isWithin(box, x, y) {
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}
