// The side of the merge view that shows what a worker would run.

import { button, element, fill } from "./dom.js";
import { runtimeView } from "./runtime_view.js";
import { nothing } from "./states.js";

/**
 * Returns `{ element, look, wait, busy, show, refuse, summary }`: `look()` goes there, `wait()` is for a draft without an agent,
 * `refuse(message, placed)` for one that is refused, with violations as `showAt` places them.
 */
export function previewPane() {
  const view = runtimeView();
  const state = element("span.state", {});
  const refusal = element("div", {});
  const body = element("div.preview-body", {});
  let shown = null;

  function setState(name, words) {
    state.dataset.state = name;
    fill(state, words);
  }

  function wait() {
    setState("wait", "");
    fill(refusal);
    fill(body, nothing("Pick an agent to see what a worker would run."));
  }

  const pane = element(
    "section.preview",
    { "aria-label": "What a worker would run", tabindex: "-1" },
    element("header", {}, element("h2", {}, "What a worker would run"), state),
    refusal,
    body,
  );

  return {
    element: pane,
    look() {
      pane.scrollIntoView();
      pane.focus({ preventScroll: true });
    },
    wait,
    busy() {
      setState("busy", "Checking…");
    },
    show(runtime) {
      shown = runtime;
      setState("good", "Up to date");
      fill(refusal);
      view.show(runtime);
      body.classList.remove("stale");
      if (view.element.parentNode !== body) fill(body, view.element);
    },
    refuse(message, placed) {
      setState("bad", "Needs a change");
      body.classList.add("stale");
      if (shown === null) fill(body);
      fill(
        refusal,
        element(
          "div.failure",
          {},
          placed.length
            ? element("ul", {}, placed.map(violationNode))
            : element("p", {}, message),
          shown ? element("p.hint", {}, "Below is what would have run before the last change.") : null,
        ),
      );
    },
    summary() {
      const { capabilities, tools, problems } = shown;
      const parts = [counted(capabilities.length, "capability", "capabilities"), counted(tools.length, "tool", "tools")];
      if (problems.length) parts.push(counted(problems.length, "problem", "problems"));
      return `Preview: ${parts.join(", ")}`;
    },
  };
}

function violationNode({ field, description, target }) {
  const where = element("code", {}, field || "session");
  return element(
    "li",
    {},
    target ? button(where, target.focus, {}, "button.link") : where,
    ": ",
    description,
  );
}

function counted(count, one, many) {
  return `${count} ${count === 1 ? one : many}`;
}
