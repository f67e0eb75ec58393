// Text fields that grow with what is typed and say how long it is.

/** `changed` is called after each input. */
export function prepareFields(root, changed) {
  root.addEventListener("input", (event) => {
    if (event.target.matches("textarea")) fit(event.target);
    changed();
    count();
  });
  for (const field of root.querySelectorAll("textarea")) fit(field);
  count();
}

/** Browsers without `field-sizing` need help. */
export function fit(field) {
  if (CSS.supports("field-sizing", "content") || !field.classList.contains("grows")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

export function count() {
  for (const place of document.querySelectorAll("[data-counts]")) {
    const { value } = document.getElementById(place.dataset.counts);
    const words = value.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}'’-]*/gu)?.length ?? 0;
    const characters = value.length < 100_000 ? [...value].length : value.length;
    const length = `${told(characters, "character")}, ${told(words, "word")}`;
    place.textContent = value ? length : "Nothing written yet";
  }
}

function told(number, one) {
  return `${number.toLocaleString("en")} ${one}${number === 1 ? "" : "s"}`;
}
