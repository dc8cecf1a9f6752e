// The layers that a config is merged from, and how they are shown: in a colour of their own, and in words.

import { element } from "./dom.js";

/** The layers, the lowest first. */
export const LAYERS = ["default", "base", "agent", "session"];

/** Returns a badge with the name of a layer. */
export function layerBadge(layer) {
  return element(`span.layer.layer-${LAYERS.includes(layer) ? layer : "other"}`, {}, String(layer));
}

/** Returns what explains the layers. */
export function layerLegend() {
  return element(
    "p.legend",
    {},
    "Layers, lowest first: ",
    LAYERS.map((layer, index) => [index ? element("span", { "aria-hidden": "true" }, " → ") : null, layerBadge(layer)]),
    ". The highest one that sets a value wins.",
  );
}
