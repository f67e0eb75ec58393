// Coming in: by a key, where the server needs one, or as a labeler.

import { explain } from "./problems.js";
import { keepKey, signIn, signOut } from "./server.js";

const gate = document.getElementById("gate");

/** Asks for a key; `told` says what was wrong with the last one. `enter` is called with it. */
export function prepareGate(enter) {
  gate.addEventListener("submit", (event) => {
    event.preventDefault();
    keepKey(document.getElementById("key").value.trim());
    enter();
  });
}

export function openGate(told = "") {
  document.getElementById("key-problem").textContent = told;
  gate.hidden = false;
  document.getElementById("key").focus();
}

export function closeGate() {
  gate.hidden = true;
}

/** The page is loaded anew by whoever comes or goes: prompts and settings are kept in the window. */
export function prepareSigning() {
  const dialog = document.getElementById("sign-in");
  const form = dialog.querySelector("form");
  const problem = form.querySelector(".problem");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = "";
    const { name, password } = form.elements;
    try {
      await signIn(name.value, password.value);
      keepKey(null);
      location.reload();
    } catch (refused) {
      problem.textContent = explain(refused);
      password.select();
    }
  });
  document.getElementById("sign-out")?.addEventListener("click", async () => {
    await signOut().catch(() => {});
    location.reload();
  });
}
