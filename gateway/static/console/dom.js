// Elements, made without markup: whatever text comes in stays text.

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "open", "tabIndex"]);

let ids = 0;

/**
 * Returns a new element. `tag` is a name with classes, `button.primary`; in `attributes`, `onNAME` is a
 * listener, and what is null, undefined or false is left out. Children are nodes or texts, or lists of them.
 */
export function element(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (PROPERTIES.has(key)) node[key] = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...present(children));
  return node;
}

/** Puts children in place of those that an element has. */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

/** Returns an id that no other element has. */
export function newId(word) {
  ids += 1;
  return `${word}-${ids}`;
}

/** Returns a button that does something. */
export function button(text, onclick, attributes = {}, tag = "button") {
  return element(tag, { type: "button", onclick, ...attributes }, text);
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}
