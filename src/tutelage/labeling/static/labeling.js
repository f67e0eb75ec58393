// The front door of the script: starts what the page at hand needs.

import { startJudging } from "./judging.js";
import { startAssessing, startFlagging } from "./screening.js";
import { Task } from "./task.js";
import { startDemonstrating, startWriting } from "./writing.js";

const STARTS = {
  write: startWriting,
  demonstrate: startDemonstrating,
  rank: startJudging,
  evaluate: startJudging,
  flag: startFlagging,
  assess: startAssessing,
};

/** Times in the reader's own time and manner. */
function showTimes() {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const place of document.querySelectorAll("time[data-seconds], time[datetime]")) {
    const { seconds } = place.dataset;
    const at = new Date(seconds ? 1000 * Number(seconds) : place.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    place.dateTime = at.toISOString();
    place.textContent = format.format(at);
  }
}

function prepareCopying() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy);
      field.value = new URL(field.value, location.href).href;
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Selected: press Ctrl C"; // no clipboard without HTTPS
      }
    });
  }
}

showTimes();
prepareCopying();
const kind = document.getElementById("task")?.dataset.kind;
if (kind in STARTS) STARTS[kind](new Task());
