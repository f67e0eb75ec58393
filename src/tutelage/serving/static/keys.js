// Which key was meant, and whether the page may have it.

function isTyping(element) {
  return element.matches("textarea, select, input:not([type=radio], [type=checkbox])");
}

/** Whether this event is "ask". */
function isAsk(event) {
  return event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
}

/** "a", "1", "?", "Escape", "ask" …; letters by their place where the layout is not Latin; null with other modifiers. */
function nameOf(event) {
  if (isAsk(event)) return "ask";
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const isForeign = event.key.length === 1 && event.key > "\x7f" && /^Key[A-Z]$/.test(event.code);
  return isForeign ? event.code[3].toLowerCase() : event.key;
}

/** Calls `press(name)` for keys that are the page's; it returns whether it used them. */
export function listen(press) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const name = nameOf(event);
    if (name === null || (isTyping(event.target) && name !== "ask" && name !== "Escape")) return;
    if (press(name)) event.preventDefault();
  });
}
