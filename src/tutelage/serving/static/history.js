// The prompts of this window: the one being written, and those that were asked.

const DRAFT = "tutelage-prompt";
const ASKED = "tutelage-prompts";
const MOST = 50;

/** The field in which the prompt is written: nothing in it is lost, not even by loading the page anew. */
export class Prompts {
  #field = document.getElementById("prompt");
  #list = document.getElementById("earlier");
  #asked = JSON.parse(sessionStorage.getItem(ASKED) ?? "[]");
  #at = this.#asked.length; // which of them is shown; beyond the last: what is being written
  #draft = sessionStorage.getItem(DRAFT) ?? "";
  #changed;

  /** `changed` is called when another text is in the field. */
  constructor(changed) {
    this.#changed = changed;
    this.#field.value = this.#draft;
    this.#field.addEventListener("input", () => this.#keep());
    this.#field.addEventListener("keydown", (event) => this.#press(event));
    this.#show();
  }

  get text() {
    return this.#field.value;
  }

  focus() {
    this.#field.focus();
  }

  /** What is in the field was asked. */
  add() {
    const { text } = this;
    this.#asked = [...this.#asked.filter((earlier) => earlier !== text), text].slice(-MOST);
    this.#at = this.#asked.length - 1;
    try {
      sessionStorage.setItem(ASKED, JSON.stringify(this.#asked));
    } catch {
      // too much for the browser to keep: they last as long as the page
    }
    this.#show();
  }

  #keep() {
    this.#at = this.#asked.length;
    this.#draft = this.text;
    try {
      sessionStorage.setItem(DRAFT, this.#draft);
    } catch {
      // as above
    }
    this.#changed();
  }

  #press(event) {
    const { selectionStart: start, selectionEnd: end } = this.#field;
    if (start !== end || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const isAtBorder = step === -1 ? start === 0 : end === this.text.length;
    const to = this.#at + step;
    if (!step || !isAtBorder || to < 0 || to > this.#asked.length) return;
    event.preventDefault();
    this.#put(to);
    const place = step === -1 ? 0 : this.text.length;
    this.#field.setSelectionRange(place, place);
  }

  #put(at) {
    this.#at = at;
    this.#field.value = this.#asked[at] ?? this.#draft;
    this.#changed();
  }

  #show() {
    this.#list.hidden = this.#asked.length < 2;
    const items = this.#asked.map((text, at) => {
      const [item, button] = [document.createElement("li"), document.createElement("button")];
      button.type = "button";
      button.className = "quiet";
      button.dir = "auto";
      button.textContent = text;
      button.addEventListener("click", () => {
        this.#put(at);
        this.#list.open = false;
        this.focus();
      });
      item.append(button);
      return item;
    });
    this.#list.querySelector("ol").replaceChildren(...items.reverse());
  }
}
