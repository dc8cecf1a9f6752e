// The list of sessions, with its filters.

import { combobox } from "./combobox.js";
import { button, element, fill } from "./dom.js";
import { field, textField } from "./field.js";
import { listView } from "./list_view.js";
import { agentOf, findAgents, nameOf } from "./lookup.js";
import { linkTo, renamePlace } from "./place.js";
import { statusBadge } from "./states.js";
import { tagsField } from "./tags_field.js";
import { timeOf } from "./time.js";
import { debounced } from "./timing.js";

const STATUSES = ["started", "active", "idle"];

/** Shows the sessions that the link's filters let through. */
export function sessionsPage({ main, signal, query }) {
  const filters = {
    search: query.get("search") ?? "",
    agent_id: query.get("agent_id") ?? "",
    tags: query.getAll("tags"),
    status: query.get("status") ?? "",
    offset: Number(query.get("offset") ?? 0) || 0,
  };
  const soon = debounced(200, signal, () => list.load());
  const list = listView({
    signal,
    path: "sessions",
    noun: "session",
    query: () => filters,
    row: (session) => rowOf(session, (tag) => change({ tags: [...new Set([...filters.tags, tag])] })),
    link: (offset) => linkTo(["sessions"], { ...filters, offset }),
    empty: () =>
      filtered()
        ? ["No session fits these filters.", button("Clear the filters", clear)]
        : ["There are no sessions yet.", element("a.button.primary", { href: "#/new" }, "Create the first")],
  });

  const search = textField({
    label: "Search",
    value: filters.search,
    attributes: { type: "search", placeholder: "Words of the title", maxlength: 200 },
    onInput: () => change({ search: search.read() }),
  });
  const agent = combobox({
    label: "Agent",
    placeholder: "All agents",
    signal,
    find: findAgents,
    onPick: ({ title, value }) => {
      change({ agent_id: value.id });
      return title;
    },
    onClear: () => change({ agent_id: "" }),
  });
  const tags = tagsField({
    label: "Tags",
    hint: null,
    placeholder: "Enter adds one",
    tags: filters.tags,
    onChange: () => change({ tags: tags.read() }),
  });
  const status = element(
    "select",
    { onchange: () => change({ status: status.value }) },
    element("option", { value: "" }, "Any"),
    STATUSES.map((name) => element("option", { value: name, selected: name === filters.status }, name)),
  );

  function filtered() {
    return Boolean(filters.search || filters.agent_id || filters.tags.length || filters.status);
  }

  function change(some) {
    Object.assign(filters, some, { offset: 0 });
    renamePlace(["sessions"], filters);
    if (some.tags) tags.write(filters.tags);
    soon();
  }

  function clear() {
    search.write("");
    agent.write("");
    status.value = "";
    change({ search: "", agent_id: "", tags: [], status: "" });
    search.focus();
  }

  if (filters.agent_id) {
    agentOf(filters.agent_id).then(
      (found) => agent.write(found ? nameOf(found) : filters.agent_id),
      () => agent.write(filters.agent_id),
    );
  }
  fill(
    main,
    element(
      "header.head",
      {},
      element("h1", {}, "Sessions"),
      list.count,
      element("div.actions", {}, list.tools, element("a.button.primary", { href: "#/new" }, "New session")),
    ),
    element(
      "form.filters",
      { role: "search", "aria-label": "Sessions", onsubmit: (event) => event.preventDefault() },
      search.element,
      agent.element,
      tags.element,
      field({ label: "Status", control: status }).element,
    ),
    list.body,
  );
  list.load();
}

async function rowOf(session, onTag) {
  const agent = await agentOf(session.agent_id).catch(() => null);
  return element(
    "li.row",
    {},
    element(
      "div.row-main",
      {},
      element(
        "a.row-link",
        { href: linkTo(["sessions", session.id]) },
        session.title ?? element("em", {}, "Untitled session"),
      ),
      element("p.row-sub", {}, agent ? nameOf(agent) : session.agent_id, session.model_id ? ` · ${session.model_id}` : ""),
    ),
    element(
      "div.row-tags",
      {},
      session.tags.map((tag) => button(tag, () => onTag(tag), { "aria-label": `Only sessions with the tag ${tag}` }, "button.chip")),
    ),
    element("div.row-end", {}, statusBadge(session.status), timeOf(session.created_at)),
  );
}
