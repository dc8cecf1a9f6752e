// The page on which a key is entered.

import { call, Refusal } from "./api.js";
import { element, fill } from "./dom.js";
import { textField } from "./field.js";
import { canBeKey, keepKey } from "./key.js";
import { Latest } from "./timing.js";

/** Asks for a key until one is accepted, then calls `whenSignedIn`. */
export function signInPage({ main, signal, whenSignedIn, message }) {
  const attempt = new Latest(signal);
  const key = textField({
    label: "API key",
    hint: "It stays in this tab, and is forgotten when you close the tab or sign out.",
    attributes: { type: "password", autocomplete: "off", spellcheck: "false", autocapitalize: "none" },
    onInput: () => key.show([]),
  });
  const submit = element("button.primary", { type: "submit" }, "Sign in");

  function signIn(event) {
    event.preventDefault();
    const text = key.read().trim();
    if (text === "") refuse("Enter a key.");
    else if (canBeKey(text)) tryKey(text);
    else refuse("A key has no spaces and no special characters.");
  }

  function tryKey(text) {
    submit.disabled = true;
    attempt.run(
      (aborted) => call("GET", "agents", { query: { limit: 1 }, key: text, signal: aborted }),
      () => {
        keepKey(text);
        whenSignedIn();
      },
      (error) => {
        submit.disabled = false;
        refuse(error instanceof Refusal ? reasonOf(error) : String(error));
      },
    );
  }

  function refuse(text) {
    key.show([text]);
    key.focus();
  }

  fill(
    main,
    element(
      "div.sign-in",
      {},
      element("img", { src: "console/icon.svg", alt: "", width: 48, height: 48 }),
      element("h1", {}, "Sessions console"),
      element("p.lede", {}, "Look at agents and sessions, and see what a session would run before it exists."),
      message ? element("p.note", { role: "alert" }, message) : null,
      element("form", { onsubmit: signIn, novalidate: true }, key.element, submit),
    ),
  );
  key.focus();
}

function reasonOf(refusal) {
  if (refusal.status === 401) return "This key is not valid.";
  if (refusal.status === 403) return `This key may not read: ${refusal.message}`;
  return refusal.message;
}
