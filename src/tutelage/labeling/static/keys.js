// Which key was meant, and whether the page may have it.

/** Whether somebody types text there. */
export function isTyping(element) {
  return element.matches("textarea, select, input:not([type=radio], [type=checkbox])");
}

/** Whether Enter and Space belong to the element itself. */
export function isPressed(element) {
  return element.closest("button, a[href], summary") !== null;
}

/** "a", "shift+K", "alt+ArrowUp", "?" …; letters by their place where the layout is not Latin. */
export function nameOf(event) {
  let { key } = event;
  if (key.length === 1 && key > "\x7f" && /^Key[A-Z]$/.test(event.code)) {
    key = event.shiftKey ? event.code[3] : event.code[3].toLowerCase();
  }
  const isShifted = event.shiftKey && (key.length > 1 || /[A-Z]/.test(key));
  const modifiers = [
    (event.ctrlKey || event.metaKey) && "ctrl",
    event.altKey && "alt",
    isShifted && "shift",
  ].filter(Boolean);
  return [...modifiers, key === " " ? "Space" : key].join("+");
}

/** Whether this event is "send". */
export function isSend(event) {
  return event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
}

/** Calls `press(name, event)` for keys that are the page's; it returns whether it used them. */
export function listen(press) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    if (isTyping(event.target) && !isSend(event)) return;
    if (press(nameOf(event), event)) event.preventDefault();
  });
}
