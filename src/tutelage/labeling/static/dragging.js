// Drag and drop by pointer events, for mouse, pen and touch alike.

const START = 5; // pixels of movement before a press becomes a drag
const EDGE = 70; // pixels from the window's edge within which it scrolls

/**
 * root: holds elements with `[data-handle]` inside of `[data-output]`.
 * over(x, y, output): shows where it would fall; drop(x, y, output); end(): takes the signs away.
 */
export function prepareDragging(root, { over, drop, end }) {
  root.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest("[data-handle]");
    if (!handle || event.button !== 0) return;
    const card = handle.closest("[data-output]");
    const output = Number(card.dataset.output);
    const stop = new AbortController();
    const from = event;
    let at = event;
    let ghost = null;
    handle.setPointerCapture(event.pointerId);

    const finish = () => {
      stop.abort();
      ghost?.remove();
      card.classList.remove("dragged");
      document.body.classList.remove("dragging");
      end();
    };
    const follow = () => {
      if (stop.signal.aborted) return;
      const bottom = document.querySelector(".bar").getBoundingClientRect().top;
      if (at.clientY < EDGE) window.scrollBy(0, (at.clientY - EDGE) / 4);
      if (at.clientY > bottom - EDGE) window.scrollBy(0, (at.clientY - bottom + EDGE) / 4);
      over(at.clientX, at.clientY, output);
      requestAnimationFrame(follow);
    };
    const on = (target, name, act) => target.addEventListener(name, act, { signal: stop.signal });

    on(handle, "pointermove", (move) => {
      at = move;
      if (!ghost && Math.hypot(move.clientX - from.clientX, move.clientY - from.clientY) >= START) {
        ghost = makeGhost(card);
        card.classList.add("dragged");
        document.body.classList.add("dragging");
        follow();
      }
      if (ghost) ghost.style.transform = `translate(${move.clientX + 12}px, ${move.clientY + 8}px)`;
    });
    on(handle, "pointerup", (up) => {
      const wasDragged = ghost !== null;
      finish();
      if (wasDragged) drop(up.clientX, up.clientY, output);
    });
    on(handle, "pointercancel", finish);
    on(document, "keydown", (press) => {
      if (press.key !== "Escape") return;
      press.preventDefault();
      finish();
    });
  });
}

function makeGhost(card) {
  const ghost = document.createElement("div");
  ghost.className = "ghost";
  ghost.setAttribute("aria-hidden", "true");
  const letter = document.createElement("b");
  letter.textContent = card.querySelector(".letter").textContent;
  const start = document.createElement("span");
  start.textContent = card.querySelector(".text").textContent.slice(0, 80);
  ghost.append(letter, start);
  document.body.append(ghost);
  return ghost;
}
