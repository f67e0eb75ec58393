// The order of outputs while it is being made. Pure: outputs are numbers, a move returns a new order.
//
// `levels` go from best to worst, outputs on one level are tied; the `tray` holds those not yet placed.

export function unplaced(count) {
  return { tray: Array.from({ length: count }, (_, output) => output), levels: [] };
}

export function levelOf(order, output) {
  return order.levels.findIndex((level) => level.includes(output));
}

export function outputsOf(order) {
  return [...order.levels.flat(), ...order.tray];
}

function ascending(outputs) {
  return [...outputs].sort((one, other) => one - other);
}

function without(level, output) {
  return level.filter((other) => other !== output);
}

function made(tray, levels) {
  return { tray: ascending(tray), levels: levels.filter((level) => level.length > 0).map(ascending) };
}

/** On a level of its own above level `gap`; a gap beyond the last level is below all. */
export function placeBetween(order, output, gap) {
  const levels = order.levels.map((level) => without(level, output));
  levels.splice(gap, 0, [output]);
  return made(without(order.tray, output), levels);
}

/** As level `level`, counted from 0 without the output itself; those at and below it move down. */
export function placeAs(order, output, level) {
  return placeBetween(takeBack(order, output), output, level);
}

export function placeLast(order, output) {
  return placeBetween(order, output, order.levels.length);
}

export function tieWith(order, output, level) {
  const levels = order.levels.map((outputs, at) =>
    at === level ? [...without(outputs, output), output] : without(outputs, output),
  );
  return level in order.levels ? made(without(order.tray, output), levels) : order;
}

/** On the level above; one from the tray is tied with the last level. */
export function tieAbove(order, output) {
  const at = levelOf(order, output);
  return tieWith(order, output, (at < 0 ? order.levels.length : at) - 1);
}

/** Out of a tie first, then past the level above. */
export function moveUp(order, output) {
  const at = levelOf(order, output);
  if (at < 0) return order;
  if (order.levels[at].length > 1) return placeBetween(order, output, at);
  return at === 0 ? order : placeBetween(order, output, at - 1);
}

/** Out of a tie first, then past the level below. */
export function moveDown(order, output) {
  const at = levelOf(order, output);
  if (at < 0) return order;
  if (order.levels[at].length > 1) return placeBetween(order, output, at + 1);
  return at === order.levels.length - 1 ? order : placeBetween(order, output, at + 2);
}

export function takeBack(order, output) {
  return made([...without(order.tray, output), output], order.levels.map((level) => without(level, output)));
}

/** The order that the overall marks make: equal marks tie, what has no mark stays in the tray. */
export function byMarks(overalls) {
  const outputs = overalls.map((_, output) => output);
  const given = overalls.filter((overall) => overall !== null);
  const marks = [...new Set(given)].sort((one, other) => other - one);
  return made(
    outputs.filter((output) => overalls[output] === null),
    marks.map((mark) => outputs.filter((output) => overalls[output] === mark)),
  );
}

/** 1 is best, equal is a tie, beside the outputs; only of a whole order. */
export function ranksOf(order) {
  const ranks = [];
  order.levels.forEach((level, at) => level.forEach((output) => (ranks[output] = at + 1)));
  return ranks;
}

export function fromRanks(ranks) {
  const levels = [...new Set(ranks)].sort((one, other) => one - other);
  return made(
    [],
    levels.map((rank) => ranks.map((_, output) => output).filter((output) => ranks[output] === rank)),
  );
}

export function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether this is an order of so many outputs, each in one place; drafts may come from anywhere. */
export function isOrder(order, count) {
  if (!Array.isArray(order?.tray) || !Array.isArray(order.levels) || !order.levels.every(Array.isArray)) {
    return false;
  }
  return JSON.stringify(ascending(outputsOf(order))) === JSON.stringify(unplaced(count).tray);
}

/** Pairs (better, worse) of the order whose overall marks say the opposite. */
export function quarrels(order, overalls) {
  return order.levels.flatMap((level, at) =>
    level.flatMap((better) =>
      order.levels
        .slice(at + 1)
        .flat()
        .filter((worse) => overalls[better] !== null && overalls[worse] !== null)
        .filter((worse) => overalls[better] < overalls[worse])
        .map((worse) => [better, worse]),
    ),
  );
}

const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];
const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** Where an output is, in words: "Output B is second of five, tied with C". */
export function tell(order, output, labels) {
  const at = levelOf(order, output);
  if (at < 0) return `Output ${labels[output]} is not placed`;
  const levels = order.levels.length;
  const place = levels === 1 ? "the only level" : `${ORDINALS[at]} of ${NUMBERS[levels]}`;
  const others = without(order.levels[at], output).map((other) => labels[other]);
  const tied = others.length ? `, tied with ${others.join(", ").replace(/, ([^,]+)$/, " and $1")}` : "";
  return `Output ${labels[output]} is ${place}${tied}`;
}

/** An order with a past and a future. */
export class History {
  #past = [];
  #future = [];

  constructor(order) {
    this.order = order;
  }

  /** Returns whether that changed anything. */
  go(order) {
    if (isSame(order, this.order)) return false;
    this.#past.push(this.order);
    this.#future = [];
    this.order = order;
    return true;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  undo() {
    if (!this.canUndo) return false;
    this.#future.push(this.order);
    this.order = this.#past.pop();
    return true;
  }

  redo() {
    if (!this.canRedo) return false;
    this.#past.push(this.order);
    this.order = this.#future.pop();
    return true;
  }
}
