// Saying what happened: to screen readers at once, and in the bar at the foot for everybody.

let timer = null;

/** Tells a change to those who cannot see it. */
export function say(text) {
  const region = document.getElementById("voice");
  region.textContent = "";
  clearTimeout(timer);
  timer = setTimeout(() => (region.textContent = text), 30); // the same sentence twice is told twice
}

/** The discreet state of the draft; trouble is also said. */
export function tellSaved(text, isTrouble = false) {
  const place = document.getElementById("saved");
  if (isTrouble && place.textContent !== text) say(text);
  place.textContent = text;
  place.classList.toggle("trouble", isTrouble);
}

/** Why something is not done, shown beside the button and said. */
export function tellReason(text) {
  document.getElementById("reason").textContent = text;
  if (text) say(text);
}

/** What stands in the way of sending; an empty text takes it away. */
export function tellTrouble(text) {
  const place = document.getElementById("trouble");
  place.textContent = text;
  place.hidden = text === "";
  if (text) place.scrollIntoView({ block: "nearest" });
}
