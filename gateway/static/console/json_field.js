// A field for JSON as text.

import { element } from "./dom.js";
import { field } from "./field.js";
import { parseJson, prettyJson } from "./json_text.js";

/**
 * Returns a field as `field` does, with `read()`: undefined when it is empty, or is not JSON, which
 * `invalid()` says in words.
 */
export function jsonField({ label, hint, value, rows = 6, onChange }) {
  const control = element("textarea.code", {
    rows,
    spellcheck: "false",
    autocapitalize: "none",
    oninput: change,
    value: value === undefined ? "" : prettyJson(value),
  });
  const shell = field({ label, hint, control });
  let problem = null;
  let parsed = value;

  function change() {
    problem = null;
    parsed = undefined;
    if (control.value.trim()) {
      try {
        parsed = parseJson(control.value);
      } catch (error) {
        problem = `This is not JSON yet: ${error.message}`;
      }
    }
    shell.show(problem ? [problem] : []);
    onChange();
  }

  return {
    ...shell,
    read: () => parsed,
    invalid: () => problem,
    show: (messages) => shell.show(problem ? [problem] : messages),
  };
}
