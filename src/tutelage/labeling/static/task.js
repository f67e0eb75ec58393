// What all pages with work do: dialogs, drafts, the time spent, skipping, giving back and sending.

import { watchPage } from "./activity.js";
import { Draft } from "./draft.js";
import { isSend, listen } from "./keys.js";
import { explain, sendUntilTaken } from "./server.js";
import { say, tellReason, tellSaved, tellTrouble } from "./voice.js";

/** The work in hand, as the server gave it. */
export class Task {
  constructor() {
    this.work = JSON.parse(document.getElementById("work").textContent);
    const { assignment, correcting, draft } = this.work;
    this.isCorrection = correcting !== null;
    this.#draft = this.isCorrection
      ? new Draft(`correct:${correcting}`, null, null, tellSaved)
      : new Draft(`${assignment}`, `/api/assignments/${assignment}/draft`, draft, tellSaved);
    const found = this.#draft.found;
    this.found = found && typeof found === "object" ? found : null;
    this.watch = watchPage(Number.isFinite(this.found?.seconds) ? this.found.seconds : 0);
  }

  #draft;
  #page = null;
  #isSending = false;

  /**
   * page: {content() -> what to keep, answer() -> what to send, missing() -> why not yet, press(key, event)}.
   */
  begin(page) {
    this.#page = page;
    this.#draft.open(() => page.content(), this.watch);
    prepareDialogs();
    this.#prepareSkip();
    document.getElementById("give-back")?.addEventListener("click", () => this.#giveBack());
    document.getElementById("send")?.addEventListener("click", () => this.send());
    listen((key, event) => this.#press(key, event));
    // The browser's "back" shows the page as it was left: it would still be sending.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    this.#showReadiness();
  }

  /** Something was typed, marked or moved. */
  change() {
    tellReason("");
    this.#showReadiness();
    this.#draft.change();
  }

  send() {
    const missing = this.#page.missing();
    if (missing) {
      tellReason(missing);
      return;
    }
    this.#submit(this.#page.answer());
  }

  #press(key, event) {
    if (isSend(event)) {
      this.send();
      return true;
    }
    if (this.#page.press?.(key, event)) return true;
    if (key === "?" || key === "i") {
      document.getElementById(key === "?" ? "keys" : "instructions").showModal();
      return true;
    }
    return false;
  }

  #showReadiness() {
    document.getElementById("send")?.setAttribute("aria-disabled", String(Boolean(this.#page.missing())));
  }

  async #submit(answer) {
    const { assignment, correcting, kind } = this.work;
    const { client } = this.#draft;
    const { seconds } = this.watch;
    const next = this.isCorrection ? "/mine" : `/work/${kind}`;
    const address = this.isCorrection
      ? `/api/submissions/${correcting}/correct`
      : `/api/assignments/${assignment}/submit`;
    await this.#leave(address, { answer, client, ...(!this.isCorrection && { seconds }) }, next);
  }

  /** Sends something after which this page is done with. */
  async #leave(address, body, next) {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#draft.close();
    tellTrouble("");
    tellReason("");
    tellSaved("Sending …");
    document.body.classList.add("sending");
    try {
      await sendUntilTaken("POST", address, () => body, (problem) => tellSaved(explain(problem), true));
      this.#draft.forget();
      say("Sent");
      location.assign(next);
    } catch (problem) {
      this.#isSending = false;
      this.#draft.reopen();
      document.body.classList.remove("sending");
      tellSaved("");
      tellTrouble(explain(problem));
    }
  }

  #giveBack() {
    this.#leave(`/api/assignments/${this.work.assignment}/give-back`, {}, "/");
  }

  #prepareSkip() {
    const dialog = document.getElementById("skip");
    if (!dialog) return;
    const form = document.getElementById("skip-form");
    const skip = () => {
      const reason = form.elements.reason.value;
      document.getElementById("skip-problem").textContent = reason ? "" : "Choose a reason first.";
      if (!reason) return;
      dialog.close();
      this.#submit({ kind: "skip", reason, comment: form.elements.comment.value.trim() });
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      skip();
    });
    dialog.addEventListener("keydown", (event) => {
      if (!isSend(event)) return;
      event.preventDefault();
      skip();
    });
  }
}

function prepareDialogs() {
  for (const button of document.querySelectorAll("[data-opens]")) {
    button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
  }
  for (const button of document.querySelectorAll("[data-closes]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  for (const dialog of document.querySelectorAll("dialog")) {
    // A click on the backdrop reaches the dialog itself.
    dialog.addEventListener("pointerdown", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }
}
