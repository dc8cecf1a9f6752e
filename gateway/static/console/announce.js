// Says to who cannot see it what has changed on the page.

let last = 0;

/** Says a sentence once the reader's last key stroke is done with. */
export function announce(text) {
  const live = document.getElementById("live");
  clearTimeout(last);
  // An equal text would not be a change, so it is said anew.
  live.textContent = "";
  last = setTimeout(() => (live.textContent = text), 60);
}
