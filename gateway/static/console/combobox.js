// A text field that finds things and picks one: the combobox of the ARIA Authoring Practices, with a list.

import { element, fill, newId } from "./dom.js";
import { field } from "./field.js";
import { debounced, Latest } from "./timing.js";

/**
 * Returns a field as `field` does, with `write(text)`.
 *
 * `find(text, signal)` answers the options for a text, `{ title, detail, value, disabled }`; `onPick(option)`
 * is told which was picked, and answers the text that then stands in the field. `onClear`, if given, is told
 * when the text was taken out.
 */
export function combobox({ label, hint, placeholder, signal, find, onPick, onClear }) {
  const listId = newId("options");
  const latest = new Latest(signal);
  let options = [];
  let active = -1;
  let settled = "";

  const list = element("ul.options", { id: listId, role: "listbox", "aria-label": label, hidden: true });
  const input = element("input", {
    type: "text",
    role: "combobox",
    placeholder,
    autocomplete: "off",
    spellcheck: "false",
    "aria-autocomplete": "list",
    "aria-controls": listId,
    "aria-expanded": "false",
    oninput: () => {
      if (input.value === "" && onClear) {
        settled = "";
        onClear();
      }
      askSoon();
    },
    onclick: () => list.hidden && ask(),
    onblur: () => {
      close();
      // What was typed and not picked says nothing.
      input.value = settled;
    },
    onkeydown: onKey,
  });
  const shell = field({ label, hint, control: input, whole: element("div.combobox", {}, input, list) });
  const askSoon = debounced(120, signal, ask);

  function ask() {
    latest.run(
      (aborted) => find(input.value.trim(), aborted),
      (found) => open(found, "Nothing found."),
      (error) => open([], error.message),
    );
  }

  function open(found, otherwise) {
    if (document.activeElement !== input) return;
    options = found;
    active = -1;
    fill(
      list,
      found.map((option, index) =>
        element(
          "li",
          {
            id: `${listId}-${index}`,
            role: "option",
            "aria-selected": "false",
            "aria-disabled": option.disabled ? "true" : null,
            // Before the field loses the focus, which would close the list.
            onmousedown: (event) => event.preventDefault(),
            onclick: () => pick(index),
          },
          element("span.title", {}, option.title),
          option.detail ? element("span.detail", {}, option.detail) : null,
        ),
      ),
      found.length ? null : element("li.none", { role: "presentation" }, otherwise),
    );
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
  }

  function close() {
    askSoon.cancel();
    latest.drop();
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function move(step) {
    if (list.hidden) ask();
    if (list.hidden || !options.length) return;
    list.children[active]?.setAttribute("aria-selected", "false");
    active = active < 0 && step < 0 ? options.length - 1 : (active + step + options.length) % options.length;
    const chosen = list.children[active];
    chosen.setAttribute("aria-selected", "true");
    chosen.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", chosen.id);
  }

  function pick(index) {
    const option = options[index];
    if (!option || option.disabled) return;
    close();
    write(onPick(option));
  }

  function onKey(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      pick(active < 0 && options.length === 1 ? 0 : active);
    } else if (event.key === "Enter") {
      event.preventDefault();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  }

  function write(text) {
    settled = text;
    input.value = text;
  }

  return { ...shell, write };
}
