// The merge view: a session in the making beside what a worker would run for it.

import { announce } from "./announce.js";
import { call } from "./api.js";
import { draftForm } from "./draft_form.js";
import { element, fill } from "./dom.js";
import { agentOf, catalog } from "./lookup.js";
import { goTo } from "./place.js";
import { previewPane } from "./preview_pane.js";
import { previews } from "./preview.js";
import { failure, waiting } from "./states.js";
import { Latest } from "./timing.js";
import { showAt } from "./violations.js";

/** Opens the merge view; `agent_id` in the link picks an agent, `from` a session to begin with. */
export function mergePage({ main, signal, query }) {
  const body = element("div", {}, waiting());

  async function ask(aborted) {
    const from = query.get("from");
    const [known, begin] = await Promise.all([
      catalog(),
      from ? call("GET", `sessions/${encodeURIComponent(from)}`, { signal: aborted }) : null,
    ]);
    const agentId = begin?.agent_id ?? query.get("agent_id");
    return { known, begin, agent: agentId ? await agentOf(agentId) : null };
  }

  function load() {
    new Latest(signal).run(
      ask,
      (found) => fill(body, mergeView({ signal, ...found })),
      (error) => fill(body, failure("The merge view could not be opened.", error, load)),
    );
  }

  fill(
    main,
    element("header.head", {}, element("h1", {}, "New session")),
    element("p.lede", {}, "Change the draft and watch what a worker would run. Nothing is written until you create it."),
    body,
  );
  load();
}

function mergeView({ signal, known, begin, agent }) {
  const creating = new Latest(signal);
  let idempotencyKey = newKey();
  const pane = previewPane();
  const form = draftForm({ signal, known, begin, agent, onChange, onSubmit: create, onLook: pane.look });
  const preview = previews({ signal, draft: form.read, tell });

  function onChange() {
    // Another draft is another request, even if the one before went through without an answer.
    idempotencyKey = newKey();
    const problem = form.invalid();
    preview.stop();
    if (!form.read().agent_id) pane.wait();
    else if (problem) pane.refuse(problem, []);
    else preview.change();
  }

  function tell({ state, answer, refusal }) {
    if (state === "asking") return pane.busy();
    const placed = showAt(form.targets(), refusal?.violations ?? []);
    if (state === "refused") {
      form.showRuntime(null);
      pane.refuse(refusal.message, placed);
      announce(`The preview was refused: ${refusal.message}`);
      return;
    }
    form.showRuntime(answer.runtime_agent);
    pane.show(answer.runtime_agent);
    announce(pane.summary());
  }

  function create() {
    const problem = form.invalid();
    if (problem) {
      pane.refuse(problem, []);
      return;
    }
    preview.stop();
    form.setBusy(true);
    creating.run(
      (aborted) =>
        call("POST", "sessions", {
          body: form.read(),
          headers: { "idempotency-key": idempotencyKey },
          signal: aborted,
        }),
      (session) => {
        goTo(["sessions", session.id]);
        announce("The session is created");
      },
      (error) => {
        form.setBusy(false);
        const placed = showAt(form.targets(), error.violations ?? []);
        pane.refuse(error.message, placed);
        announce(`The session was not created: ${error.message}`);
        placed.find(({ target }) => target)?.target.focus();
      },
    );
  }

  onChange();
  return element("div.merge", {}, form.element, pane.element);
}

function newKey() {
  // Also where the page came without TLS, which has no randomUUID.
  return `console-${[...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("")}`;
}
