// The pages of the screening: whether a text is sensitive, and what somebody recognises well.

export function startFlagging(task) {
  const buttons = [...document.querySelectorAll("[data-sensitive]")];
  const valueOf = (button) => button.dataset.sensitive === "true";
  let chosen = null;
  const show = (value) => {
    chosen = value;
    for (const button of buttons) button.setAttribute("aria-pressed", String(valueOf(button) === value));
  };
  const choose = (value) => {
    show(value);
    task.change();
    task.send();
  };
  for (const button of buttons) button.addEventListener("click", () => choose(valueOf(button)));
  show(task.work.answer?.sensitive ?? null);
  task.begin({
    content: () => ({ sensitive: chosen }),
    answer: () => ({ kind: "flag", sensitive: chosen }),
    missing: () => (chosen === null ? "Choose yes or no." : ""),
    press(key) {
      if (key !== "y" && key !== "n") return false;
      choose(key === "y");
      return true;
    },
  });
}

export function startAssessing(task) {
  const boxes = [...document.querySelectorAll("[name=topic]")];
  const topics = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const kept = (task.found ?? task.work.answer)?.topics ?? [];
  for (const box of boxes) {
    box.checked = kept.includes(box.value);
    box.addEventListener("change", () => task.change());
  }
  task.begin({
    content: () => ({ topics: topics() }),
    answer: () => ({ kind: "assess", topics: topics() }),
    missing: () => "",
  });
}
