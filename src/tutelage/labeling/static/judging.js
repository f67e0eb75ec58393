// The page on which outputs are judged: first marks, then the order.

import { Marking } from "./marking.js";
import { Ordering } from "./ordering.js";
import { fromRanks, ranksOf } from "./order.js";
import { say } from "./voice.js";

export function startJudging(task) {
  const prompt = document.getElementById("prompt");
  const marking = new Marking(changed, () => showOrder());
  const ordering = new Ordering(marking, changed, showMarks);
  let isOrdering = false;

  const { answer } = task.work;
  const kept = task.found ?? (answer && { marks: answer.marks, order: fromRanks(answer.ranks) });
  marking.marks.restore(kept?.marks);
  ordering.restore(kept?.order);

  task.begin({
    content: () => ({
      marks: marking.marks.all(),
      order: ordering.order,
      step: isOrdering ? 2 : 1,
      output: marking.at,
    }),
    answer: () => ({ kind: "order", marks: marking.marks.all(), ranks: ranksOf(ordering.order) }),
    missing: () => marking.missing() || ordering.missing(),
    press,
  });
  document.getElementById("to-marks").addEventListener("click", () => showMarks(marking.at));
  document.getElementById("to-order").addEventListener("click", () => showOrder());
  marking.render();
  marking.show(kept?.output in marking.labels ? kept.output : 0, false);
  showProgress();
  if (kept?.step === 2) showOrder();
  else showStep(false);

  function press(key, event) {
    if (key === "p") {
      prompt.open = !prompt.open;
      return true;
    }
    return (isOrdering ? ordering : marking).press(key, event);
  }

  function changed() {
    showProgress();
    task.change();
  }

  function showProgress() {
    const { length } = marking.labels;
    document.getElementById("marks-done").textContent = `${marking.done} of ${length}`;
    document.getElementById("order-done").textContent = `${length - ordering.order.tray.length} of ${length}`;
  }

  function showStep(ordered) {
    isOrdering = ordered;
    document.getElementById("marks").hidden = ordered;
    document.getElementById("order").hidden = !ordered;
    document.querySelector(".at-marks").hidden = ordered;
    document.querySelector(".at-order").hidden = !ordered;
    document.getElementById("send").hidden = !ordered;
    document.getElementById(ordered ? "to-order" : "to-marks").setAttribute("aria-current", "step");
    document.getElementById(ordered ? "to-marks" : "to-order").removeAttribute("aria-current");
    document.body.classList.toggle("ordering", ordered);
  }

  function showMarks(output) {
    showStep(false);
    marking.show(output);
  }

  function showOrder() {
    showStep(true);
    ordering.show();
    say("Step 2, the order");
  }
}
