// Answers being put in order, the best first. Answers of the same words are one. Pure.

export class Ranking {
  #texts;
  #picked = [];

  constructor(texts) {
    this.#texts = texts;
  }

  /** What is left to choose from, by places in the list. */
  get open() {
    return this.#places((text) => !this.#picked.includes(text));
  }

  get hasBegun() {
    return this.#picked.length > 0;
  }

  get isOver() {
    return this.#left.length < 2;
  }

  /** Beside the texts: 1 is best, equal is a tie; what is not chosen yet comes last. */
  get ranks() {
    return this.#texts.map((text) => {
      const at = this.#picked.indexOf(text);
      return 1 + (at < 0 ? this.#picked.length : at);
    });
  }

  /** This one is better than all that are left. */
  pick(place) {
    this.#picked.push(this.#texts[place]);
  }

  unpick() {
    this.#picked.pop();
  }

  get #left() {
    return [...new Set(this.#texts)].filter((text) => !this.#picked.includes(text));
  }

  #places(isMeant) {
    return this.#texts.flatMap((text, place) => (isMeant(text) ? [place] : []));
  }
}
