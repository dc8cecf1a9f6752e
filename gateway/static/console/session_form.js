// The form that changes a session's title and tags.

import { call } from "./api.js";
import { button, element, fill } from "./dom.js";
import { textField } from "./field.js";
import { failure } from "./states.js";
import { tagsField } from "./tags_field.js";
import { Latest } from "./timing.js";
import { showAt } from "./violations.js";

/** Returns `{ element, focus }` of the form; `onSaved()` is told once the change is made. */
export function sessionForm({ session, path, signal, onSaved, onCancel }) {
  const latest = new Latest(signal);
  const title = textField({ label: "Title", value: session.title ?? "", optional: true });
  const tags = tagsField({ label: "Tags", tags: session.tags, optional: true, onChange: () => {} });
  const notice = element("div", {});
  const targets = [
    { path: "title", ...title },
    { path: "tags", ...tags },
  ];

  function save(event) {
    event.preventDefault();
    const body = { title: title.read() === "" ? null : title.read(), tags: tags.read() };
    latest.run((aborted) => call("PATCH", path, { body, signal: aborted }), onSaved, refuse);
  }

  function refuse(error) {
    const placed = showAt(targets, error.violations ?? []);
    const elsewhere = placed.length === 0 || placed.some(({ target }) => target === null);
    fill(notice, elsewhere ? failure("The change was not made.", error) : null);
    placed.find(({ target }) => target)?.target.focus();
  }

  return {
    element: element(
      "form.card",
      { onsubmit: save, novalidate: true, "aria-label": "Title and tags" },
      title.element,
      tags.element,
      notice,
      element(
        "div.actions",
        {},
        button("Cancel", onCancel),
        element("button.primary", { type: "submit" }, "Save"),
      ),
    ),
    focus: title.focus,
  };
}
