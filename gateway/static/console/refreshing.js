// Looking again: a button, and a box that has it done every few seconds.

import { button, element } from "./dom.js";

const SECONDS = 5;
const NAME = "everruns-auto-refresh";

/** Returns the button and the box; `look()` looks again. */
export function refreshing({ signal, look }) {
  const box = element("input", {
    type: "checkbox",
    checked: sessionStorage.getItem(NAME) === "on",
    onchange: () => sessionStorage.setItem(NAME, box.checked ? "on" : "off"),
  });
  const timer = setInterval(() => box.checked && !document.hidden && look(), SECONDS * 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
  return [
    element("label.check", { title: `every ${SECONDS} seconds` }, box, " Auto-refresh"),
    button("Refresh", look),
  ];
}

/** Puts new content in place of the old and keeps the focus where it was, on the link to the same place. */
export function replaceQuietly(place, fillIt) {
  const at = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  fillIt();
  if (at !== null) [...place.querySelectorAll("a")].find((link) => link.getAttribute("href") === at)?.focus();
}
