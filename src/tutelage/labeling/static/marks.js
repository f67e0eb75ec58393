// What was marked, output by output. Pure.

/** An overall mark from 1 to 7, what is there, and whether the constraint is met (null: there is none). */
export class Marks {
  /** flags: names of yes-or-no questions; constraint: the name of the one with three answers, or null. */
  constructor(count, flags, constraint) {
    this.count = count;
    this.flags = flags;
    this.constraint = constraint;
    this.#marks = Array.from({ length: count }, () => ({ overall: null, flags: {} }));
  }

  #marks;

  /** What was kept or sent before; anything odd in it is left out. */
  restore(marks) {
    if (!Array.isArray(marks) || marks.length !== this.count) return;
    marks.forEach((mark, output) => {
      if ([1, 2, 3, 4, 5, 6, 7].includes(mark?.overall)) this.setOverall(output, mark.overall);
      for (const name of this.flags) this.setFlag(output, name, mark?.flags?.[name] === true);
      const met = mark?.flags?.[this.constraint];
      if ([true, false, null].includes(met)) this.#marks[output].flags[this.constraint] = met;
    });
  }

  overall(output) {
    return this.#marks[output].overall;
  }

  get overalls() {
    return this.#marks.map((mark) => mark.overall);
  }

  setOverall(output, overall) {
    this.#marks[output].overall = overall;
  }

  flag(output, name) {
    return this.#marks[output].flags[name] === true;
  }

  setFlag(output, name, isThere) {
    this.#marks[output].flags[name] = isThere;
  }

  /** true, false, null (the prompt sets none) or undefined (not said yet). */
  met(output) {
    return this.#marks[output].flags[this.constraint];
  }

  /**
   * That the prompt sets no constraint is a fact about the prompt, so it is noted for all outputs of which
   * nothing was said; that one meets or misses it shows that there is one: "none" is taken back elsewhere.
   */
  setMet(output, met) {
    for (const mark of this.#marks) {
      if (met === null && mark.flags[this.constraint] === undefined) mark.flags[this.constraint] = null;
      if (met !== null && mark.flags[this.constraint] === null) delete mark.flags[this.constraint];
    }
    this.#marks[output].flags[this.constraint] = met;
  }

  isDone(output) {
    return this.overall(output) !== null && (this.constraint === null || this.met(output) !== undefined);
  }

  /** The first output that is not done; -1 when all are. */
  nextOpen() {
    return this.#marks.findIndex((_, output) => !this.isDone(output));
  }

  /** As the server takes them, or as a draft. */
  all() {
    return this.#marks.map(({ overall, flags }) => ({
      overall,
      flags: {
        ...Object.fromEntries(this.flags.map((name) => [name, flags[name] === true])),
        ...(flags[this.constraint] !== undefined && { [this.constraint]: flags[this.constraint] }),
      },
    }));
  }
}
