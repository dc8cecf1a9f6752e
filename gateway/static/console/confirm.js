// Asks before something that cannot be undone.

import { button, element } from "./dom.js";

/** Asks, and answers whether the reader agrees. It begins at the button that does nothing. */
export function confirm({ title, text, agree }) {
  const { promise, resolve } = Promise.withResolvers();
  const dialog = element(
    "dialog",
    { "aria-labelledby": "confirm-title", onclose: end },
    element("h2", { id: "confirm-title" }, title),
    element("p", {}, text),
    element(
      "div.actions",
      {},
      button("Cancel", () => dialog.close(), { autofocus: true }),
      button(agree, () => dialog.close("yes"), {}, "button.danger"),
    ),
  );

  function end() {
    resolve(dialog.returnValue === "yes");
    dialog.remove();
  }

  document.body.append(dialog);
  dialog.showModal();
  return promise;
}
