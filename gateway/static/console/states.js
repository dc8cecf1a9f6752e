// What a page shows while it waits, when there is nothing, and when something went wrong.

import { button, element } from "./dom.js";

/** Returns what says that something is under way; it comes into sight only when that takes a while. */
export function waiting(text = "Loading…") {
  return element("p.waiting", {}, text);
}

/** Returns what says that there is nothing, and what to do about it. */
export function nothing(text, ...actions) {
  return element("div.empty", {}, element("p", {}, text), actions.length ? element("div.actions", {}, actions) : null);
}

/** Returns what says why something could not be done; `again`, if given, tries anew. */
export function failure(what, error, again = null) {
  return element(
    "div.failure",
    { role: "alert" },
    element("p", {}, element("strong", {}, what), " ", error.message),
    error.requestId ? element("p.hint", {}, "Request ", element("code", {}, error.requestId)) : null,
    again ? button("Try again", again) : null,
  );
}

/** Returns a badge with the status of a session or an agent. */
export function statusBadge(status) {
  return element(`span.status.status-${status}`, {}, String(status));
}
