// One session: what it is, what a worker runs for it, and what can be changed.

import { announce } from "./announce.js";
import { call } from "./api.js";
import { confirm } from "./confirm.js";
import { button, element, fill } from "./dom.js";
import { chips, facts } from "./facts.js";
import { prettyJson } from "./json_text.js";
import { agentOf, nameOf } from "./lookup.js";
import { goTo, linkTo } from "./place.js";
import { runtimeView } from "./runtime_view.js";
import { sessionForm } from "./session_form.js";
import { failure, statusBadge, waiting } from "./states.js";
import { wholeTimeOf } from "./time.js";
import { Latest } from "./timing.js";

/** Shows the session that the link names. */
export function sessionPage({ main, signal, parts: [, id] }) {
  const path = `sessions/${encodeURIComponent(id)}`;
  const latest = new Latest(signal);
  const heading = element("h1", {}, "Session");
  const actions = element("div.actions", {});
  const notice = element("div", {});
  const body = element("div", {}, waiting());
  const runtime = runtimeView();

  async function ask(aborted) {
    const [session, found] = await Promise.all([
      call("GET", path, { signal: aborted }),
      call("GET", `${path}/runtime-agent`, { signal: aborted }),
    ]);
    return { session, found, agent: await agentOf(session.agent_id) };
  }

  function load() {
    latest.run(ask, show, (error) => fill(body, failure("The session could not be loaded.", error, load)));
  }

  function show({ session, found, agent }) {
    const title = session.title ?? "Untitled session";
    fill(heading, title);
    document.title = `${title} · Sessions console`;
    const edit = button("Edit title and tags", () => {
      edit.disabled = true;
      const form = sessionForm({ session, path, signal, onSaved, onCancel: load });
      fill(summary, form.element);
      form.focus();
    });
    const summary = element("div", {}, factsOf(session, agent));
    runtime.show(found);
    fill(
      actions,
      button("Refresh", load),
      edit,
      element("a.button", { href: linkTo(["new"], { from: session.id }) }, "New one like it"),
      button("Delete", () => remove(title), {}, "button.danger"),
    );
    fill(
      body,
      summary,
      element("section", {}, element("h2", {}, "What a worker runs"), element("div.card", {}, runtime.element)),
      element(
        "details.own",
        {},
        element("summary", {}, "The session's own capabilities, as given"),
        element("pre", { tabindex: "0", "aria-label": "Capabilities as given" }, prettyJson(session.capabilities)),
      ),
    );
  }

  function onSaved() {
    announce("Saved");
    load();
    heading.focus();
  }

  async function remove(title) {
    const agreed = await confirm({
      title: "Delete this session?",
      text: `“${title}” will be gone for good.`,
      agree: "Delete",
    });
    if (!agreed) return;
    try {
      await call("DELETE", path, { signal });
    } catch (error) {
      if (!signal.aborted) fill(notice, failure("The session could not be deleted.", error));
      return;
    }
    goTo(["sessions"]);
    announce("The session is deleted");
  }

  fill(
    main,
    element("p.crumb", {}, element("a", { href: "#/sessions" }, "Sessions")),
    element("header.head", {}, heading, actions),
    notice,
    body,
  );
  load();
}

function factsOf(session, agent) {
  return facts([
    ["Status", statusBadge(session.status)],
    ["Id", element("code", {}, session.id)],
    [
      "Agent",
      element("a", { href: linkTo(["agents", session.agent_id]) }, agent ? nameOf(agent) : session.agent_id),
    ],
    ["Model of its own", session.model_id ? element("code", {}, session.model_id) : "–"],
    ["Tags", chips(session.tags)],
    ["Created", wholeTimeOf(session.created_at)],
    ["Updated", wholeTimeOf(session.updated_at)],
  ]);
}
