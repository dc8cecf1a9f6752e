// A labelled control with a hint and a place for what is wrong with it.

import { element, fill, newId } from "./dom.js";

/**
 * Puts a label, a hint and errors around a control, or around what has it inside.
 *
 * Returns the element, `show(messages)`, `say(nodes)` for the hint, and `focus()`.
 */
export function field({ label, hint = null, control, whole = control, optional = false }) {
  const id = control.id || newId("field");
  control.id = id;
  const hintLine = element("p.hint", { id: `${id}-hint` }, hint);
  const errorLine = element("p.error", { id: `${id}-error`, hidden: true });
  control.setAttribute("aria-describedby", `${id}-error ${id}-hint`);
  return {
    element: element(
      "div.field",
      {},
      element("label", { for: id }, label, optional ? element("span.optional", {}, " optional") : null),
      whole,
      errorLine,
      hintLine,
    ),
    control,
    show(messages) {
      errorLine.hidden = messages.length === 0;
      fill(errorLine, messages.map(sentence).join(" "));
      if (messages.length) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    },
    say(...nodes) {
      fill(hintLine, nodes);
    },
    focus() {
      control.focus();
    },
  };
}

/** Returns a text with an end. */
export function sentence(text) {
  return /[.?!…]$/.test(text) ? text : `${text}.`;
}

/** Returns a field of one line of text, with `read()` and `write(text)`. */
export function textField({ label, hint, value = "", optional, attributes = {}, onInput }) {
  const control = element("input", { type: "text", value, oninput: onInput, ...attributes });
  return {
    ...field({ label, hint, control, optional }),
    read: () => control.value,
    write: (text) => (control.value = text),
  };
}
