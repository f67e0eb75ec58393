// Telling those who cannot see it what happened.

let timer = null;

export function say(text) {
  const region = document.getElementById("voice");
  region.textContent = "";
  clearTimeout(timer);
  timer = setTimeout(() => (region.textContent = text), 30); // the same sentence twice is told twice
}
