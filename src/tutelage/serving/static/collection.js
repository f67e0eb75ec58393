// Whether what is asked here may be kept: the reader's own choice, which this browser remembers.

const PLACE = "tutelage-opt-out";
const box = document.getElementById("opt-out"); // none where the server keeps nothing

export function isOptedOut() {
  return localStorage.getItem(PLACE) !== null;
}

/** `changed` is called after each change of mind. */
export function prepareCollection(changed) {
  if (!box) return;
  box.checked = isOptedOut();
  box.addEventListener("change", () => {
    if (box.checked) localStorage.setItem(PLACE, "yes");
    else localStorage.removeItem(PLACE);
    changed();
  });
}

/** Under which id it is kept, where that is known. */
export function tellUser(user) {
  if (!box || !user) return;
  document.getElementById("user").textContent = user;
  document.getElementById("told-user").hidden = false;
}
