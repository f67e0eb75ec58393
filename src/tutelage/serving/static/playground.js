// The front door of the script: a prompt, the models' answers, and what is said of them.

import { isOptedOut, prepareCollection } from "./collection.js";
import { prepareDialogs } from "./dialogs.js";
import { closeGate, openGate, prepareGate, prepareSigning } from "./entry.js";
import { Exchange } from "./exchange.js";
import { Prompts } from "./history.js";
import { listen } from "./keys.js";
import { explain, isOfKey } from "./problems.js";
import { keepKey, models } from "./server.js";
import { Settings } from "./settings.js";
import { Verdict } from "./verdict.js";
import { say } from "./voice.js";

const facts = JSON.parse(document.getElementById("page-facts").textContent);
const composer = document.getElementById("composer");
const answers = document.getElementById("answers");
const [askButton, stopButton] = ["ask", "stop"].map((name) => document.getElementById(name));

const prompts = new Prompts(showAsked);
const verdict = new Verdict(fate, () => prompts.focus());
let settings = null;
let exchange = null;

/** Begins with the served models, or asks for the key that they need. */
async function enter() {
  try {
    const served = await models();
    closeGate();
    settings ??= new Settings(served, facts.most, unblind);
    composer.hidden = false;
    prompts.focus();
  } catch (problem) {
    fail(problem);
  }
}

function ask() {
  const isBlank = !prompts.text.trim();
  document.getElementById("prompt-problem").textContent = isBlank ? "Write a prompt first." : "";
  if (isBlank || exchange?.isRunning) return;
  prompts.add();
  verdict.withdraw();
  const { isBlind } = settings;
  const asked = { prompt: prompts.text, ...settings.draw() };
  exchange = new Exchange(asked, isBlind ? shuffled(settings.models) : settings.models, update, fail);
  exchange.isBlind = isBlind;
  if (!isBlind) reveal();
  answers.querySelector(".columns").replaceChildren(...exchange.columns.map(({ element }) => element));
  document.getElementById("facts").textContent = told(asked);
  answers.hidden = false;
  showAsked();
  answers.focus({ preventScroll: true });
  answers.scrollIntoView({ block: "nearest" });
  exchange.run();
}

/** What there is to see and to press, while answers come and when they are there. */
function update() {
  const { isRunning, isComplete, isBlind, columns } = exchange;
  if (isRunning && document.activeElement === askButton) answers.focus();
  if (!isRunning && document.activeElement === stopButton) answers.focus();
  askButton.hidden = isRunning;
  stopButton.hidden = !isRunning;
  answers.ariaBusy = String(isRunning);
  if (isRunning) return;
  if (isComplete && isBlind) verdict.offer(exchange);
  else say(isComplete ? `${columns.length === 1 ? "The answer is" : "The answers are"} complete.` : "Not all of it was answered.");
}

/** The prompt stands above its answers as soon as another one is in the field. */
function showAsked() {
  const place = document.getElementById("asked");
  place.textContent = exchange?.asked.prompt ?? "";
  place.hidden = !exchange || exchange.asked.prompt === prompts.text;
}

/** Who has seen the names cannot judge these answers without knowing them. */
function unblind() {
  if (settings.isBlind || !exchange) return;
  verdict.withdraw();
  exchange.isBlind = false;
  reveal();
}

function reveal() {
  for (const column of exchange.columns) column.reveal();
}

/** What becomes of a judgment of these answers. */
function fate(columns) {
  const isKept = facts.evaluates || (facts.collects && !isOptedOut());
  if (isKept && columns.every(({ receipt }) => receipt)) {
    const told = facts.evaluates ? "It is kept as your evaluation." : "It is kept as feedback.";
    return { isSent: true, told };
  }
  if (!facts.collects) return { isSent: false, told: "This server keeps nothing: it stays in this window." };
  return { isSent: false, told: "You are not recorded: it stays in this window." };
}

function fail(problem) {
  if (isOfKey(problem)) {
    openGate(problem.code === "invalid_api_key" ? explain(problem) : "");
  } else if (!settings) {
    const place = document.getElementById("trouble");
    place.textContent = `${explain(problem)} Then load the page again.`;
    place.hidden = false;
  }
}

function told({ temperature, max_tokens: longest, seed }) {
  const limit = longest ? `, at most ${longest} tokens` : "";
  return `Temperature ${temperature}${limit}, seed ${seed}.`;
}

function shuffled(list) {
  return list
    .map((item) => ({ item, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

function press(name) {
  if (name === "ask") composer.requestSubmit();
  else if (name === "Escape" && exchange?.isRunning) exchange.stop();
  else if (name === "Escape") return verdict.undo();
  else if (name === "p") prompts.focus();
  else if (name === "?") document.getElementById("keys").showModal();
  else return verdict.press(name);
  return true;
}

prepareDialogs();
prepareSigning();
prepareGate(enter);
prepareCollection(() => verdict.refresh());
composer.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
stopButton.addEventListener("click", () => exchange.stop());
document.getElementById("keep-seed").addEventListener("click", () => settings.keepSeed(exchange.asked.seed));
listen(press);
if (facts.labeler) keepKey(null);
enter();
