// The pages on which somebody writes: a prompt, or the wanted answer to one.

import { joinShots, missingShots, splitShots } from "./few_shot.js";
import { count, fit, prepareFields } from "./fields.js";

const field = (id) => document.getElementById(id);
const textOf = (value) => (typeof value === "string" ? value : "");

export function startDemonstrating(task) {
  const completion = field("completion");
  completion.value = textOf((task.found ?? task.work.answer)?.completion);
  task.begin({
    content: () => ({ completion: completion.value }),
    answer: () => ({ kind: "demonstrate", completion: completion.value }),
    missing: () => (completion.value.trim() ? "" : "There is no answer yet."),
  });
  prepareFields(field("task"), () => task.change());
  completion.focus();
}

export function startWriting(task) {
  const { brief, answer } = task.work;
  const kinds = [...document.querySelectorAll("[name=prompt-kind]")];
  const kind = () => brief?.prompt_kind ?? kinds.find((one) => one.checked).value;
  const useCase = () => brief?.use_case ?? (field("use-case").value || null);
  const parts = () => ({
    instruction: field("instruction").value,
    pairs: pairs(),
    open: field("open-query").value,
  });
  const isInParts = () => !field("few-shot").hidden;
  const text = () => (isInParts() ? joinShots(parts()) : field("text").value);
  let isOneText = false; // a few-shot prompt that our own joining would not give back

  function show() {
    const inParts = kind() === "few_shot" && !isOneText;
    field("few-shot").hidden = !inParts;
    field("whole").hidden = inParts;
    field("joined").textContent = inParts ? text() || "Nothing written yet" : "";
    for (const area of document.querySelectorAll("#few-shot textarea")) fit(area);
    numberPairs();
  }

  fill(task.found ?? answer);
  show();
  task.begin({
    content: () => ({
      prompt_kind: kind(),
      use_case: useCase(),
      text: field("text").value,
      parts: parts(),
      one_text: isOneText,
      completion: field("completion").value,
    }),
    answer: () => ({
      kind: "write",
      text: text(),
      prompt_kind: kind(),
      use_case: useCase(),
      completion: field("completion").value.trim() ? field("completion").value : null,
    }),
    missing: () => (isInParts() ? missingShots(parts()) : text().trim() ? "" : "There is no prompt yet."),
  });
  prepareFields(field("task"), changed);
  field("add-pair").addEventListener("click", () => {
    addPair().querySelector("textarea").focus();
    changed();
  });

  function changed() {
    show();
    task.change();
  }

  function fill(kept) {
    for (const one of kinds) one.checked = one.value === (kept?.prompt_kind ?? "plain");
    if (field("use-case")) field("use-case").value = textOf(kept?.use_case);
    field("text").value = textOf(kept?.text);
    field("completion").value = textOf(kept?.completion);
    field("own-answer").open = Boolean(field("completion").value);
    const shots = kept?.parts ?? (kept?.prompt_kind === "few_shot" ? splitShots(kept.text) : null);
    isOneText = kept?.one_text ?? (kept?.prompt_kind === "few_shot" && shots === null);
    field("instruction").value = textOf(shots?.instruction);
    field("open-query").value = textOf(shots?.open);
    const written = Array.isArray(shots?.pairs) ? shots.pairs : [];
    for (const pair of written) addPair(textOf(pair?.query), textOf(pair?.response));
    while (field("pairs").children.length < 3) addPair();
  }

  function addPair(query = "", response = "") {
    const pair = field("pair").content.firstElementChild.cloneNode(true);
    pair.querySelector(".query").value = query;
    pair.querySelector(".response").value = response;
    pair.querySelector(".remove").addEventListener("click", () => {
      const beside = pair.nextElementSibling ?? pair.previousElementSibling;
      pair.remove();
      (beside?.querySelector("textarea") ?? field("add-pair")).focus();
      changed();
      count();
    });
    field("pairs").append(pair);
    return pair;
  }

  function pairs() {
    return [...field("pairs").children].map((pair) => ({
      query: pair.querySelector(".query").value,
      response: pair.querySelector(".response").value,
    }));
  }

  function numberPairs() {
    [...field("pairs").children].forEach((pair, at) => {
      pair.querySelector("legend").textContent = `Pair ${at + 1}`;
      pair.querySelector(".remove").setAttribute("aria-label", `Remove pair ${at + 1}`);
    });
  }
}
