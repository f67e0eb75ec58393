// How the models are asked: which of them, how freely they draw, how long, and by what seed.

const PLACE = "tutelage-settings";
const field = (name) => document.getElementById(name);
const NUMBERS = ["temperature", "longest", "seed"];

export class Settings {
  #models;
  #most;
  #choices = [];

  /** models: as the server tells of them; most: how many stand side by side; `changed` hears of the blind switch. */
  constructor(models, most, changed) {
    this.#models = models;
    this.#most = most;
    const kept = JSON.parse(sessionStorage.getItem(PLACE) ?? "{}");
    const chosen = models.map(({ id }) => id).filter((id) => kept.models?.includes(id));
    this.#offer(chosen.length ? chosen : models.slice(0, most).map(({ id }) => id));
    for (const name of NUMBERS) field(name).value = kept[name] ?? field(name).defaultValue;
    field("blind").checked = kept.blind ?? true;
    field("blind").addEventListener("change", changed);
    field("longest").max = Math.max(...models.map(({ context }) => context));
    field("longest").placeholder = Math.min(...models.map((model) => model.longest_answer));
    field("composer").addEventListener("change", () => this.#settle());
    this.#settle();
  }

  /** The chosen models' names, in the server's order. */
  get models() {
    return this.#choices.filter((box) => box.checked).map((box) => box.value);
  }

  get isBlind() {
    return field("blind").checked && this.models.length > 1;
  }

  /** What is asked of each model besides its name; a seed is drawn where none is wanted. */
  draw() {
    const number = (name) => (field(name).value === "" ? null : field(name).valueAsNumber);
    const seed = number("seed") ?? crypto.getRandomValues(new Uint32Array(1))[0];
    return {
      temperature: number("temperature"),
      seed,
      ...(number("longest") && { max_tokens: number("longest") }),
    };
  }

  keepSeed(seed) {
    field("seed").value = seed;
    this.#settle();
  }

  #offer(chosen) {
    this.#choices = this.#models.map(({ id }) => {
      const [label, box, name] = ["label", "input", "span"].map((kind) => document.createElement(kind));
      label.className = "chip";
      box.type = "checkbox";
      box.value = id;
      box.checked = chosen.includes(id);
      name.textContent = id;
      label.append(box, name);
      field("models").append(label);
      return box;
    });
  }

  #settle() {
    const count = this.models.length;
    for (const box of this.#choices) {
      box.disabled = box.checked ? count === 1 : count === this.#most;
    }
    field("blind-choice").hidden = this.#models.length < 2;
    const values = Object.fromEntries(NUMBERS.map((name) => [name, field(name).value]));
    const kept = { ...values, models: this.models, blind: field("blind").checked };
    sessionStorage.setItem(PLACE, JSON.stringify(kept));
  }
}
