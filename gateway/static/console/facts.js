// Names and values of a thing, one below the other.

import { element } from "./dom.js";

/** Returns a list of facts: pairs of a name and nodes. A fact without a value is left out. */
export function facts(pairs) {
  return element(
    "dl.facts",
    {},
    pairs
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}

/** Returns tags as chips, or a dash. */
export function chips(words) {
  return words.length ? element("ul.chips", {}, words.map((word) => element("li.chip", {}, word))) : "–";
}
