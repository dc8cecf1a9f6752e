// One agent.

import { call } from "./api.js";
import { element, fill } from "./dom.js";
import { chips, facts } from "./facts.js";
import { prettyJson } from "./json_text.js";
import { nameOf } from "./lookup.js";
import { linkTo } from "./place.js";
import { failure, statusBadge, waiting } from "./states.js";
import { wholeTimeOf } from "./time.js";
import { Latest } from "./timing.js";

/** Shows the agent that the link names. */
export function agentPage({ main, signal, parts: [, id] }) {
  const latest = new Latest(signal);
  const heading = element("h1", {}, "Agent");
  const body = element("div", {}, waiting());
  const actions = element("div.actions", {});

  function load() {
    latest.run((aborted) => call("GET", `agents/${encodeURIComponent(id)}`, { signal: aborted }), show, (error) =>
      fill(body, failure("The agent could not be loaded.", error, load)),
    );
  }

  function show(agent) {
    fill(heading, nameOf(agent));
    document.title = `${nameOf(agent)} · Sessions console`;
    fill(
      actions,
      element("a.button", { href: linkTo(["sessions"], { agent_id: agent.id }) }, "Its sessions"),
      agent.status === "active"
        ? element("a.button.primary", { href: linkTo(["new"], { agent_id: agent.id }) }, "New session")
        : null,
    );
    fill(
      body,
      facts([
        ["Status", statusBadge(agent.status)],
        ["Name", element("code", {}, agent.name)],
        ["Id", element("code", {}, agent.id)],
        ["Description", agent.description],
        ["Model", agent.default_model_id ? element("code", {}, agent.default_model_id) : "–"],
        ["Iterations of a turn", `at most ${agent.max_iterations}`],
        ["Tags", chips(agent.tags)],
        ["Created", wholeTimeOf(agent.created_at)],
        ["Updated", wholeTimeOf(agent.updated_at)],
      ]),
      element("section", {}, element("h2", {}, "Capabilities"), agent.capabilities.length ? capabilities(agent) : "None."),
      element(
        "section",
        {},
        element("h2", {}, "System prompt"),
        element("pre", { tabindex: "0", "aria-label": "System prompt" }, agent.system_prompt),
      ),
    );
  }

  fill(
    main,
    element("p.crumb", {}, element("a", { href: "#/agents" }, "Agents")),
    element("header.head", {}, heading, actions),
    body,
  );
  load();
}

function capabilities(agent) {
  return element(
    "ul.capabilities",
    {},
    agent.capabilities.map(({ ref, config, mode, locked }) =>
      element(
        "li.capability",
        {},
        element("code.ref", {}, ref),
        mode === "exclude" ? element("p.hint", {}, "Taken out.") : null,
        config ? element("pre", {}, prettyJson(config)) : null,
        locked ? element("p.hint", {}, `Locked for its sessions: ${locked.map(nameOfPath).join(", ")}`) : null,
      ),
    ),
  );
}

function nameOfPath(pointer) {
  return pointer === "" ? "all of it" : pointer;
}
