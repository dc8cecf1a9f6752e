// The list of agents.

import { button, element, fill } from "./dom.js";
import { textField } from "./field.js";
import { listView } from "./list_view.js";
import { nameOf } from "./lookup.js";
import { linkTo, renamePlace } from "./place.js";
import { statusBadge } from "./states.js";
import { timeOf } from "./time.js";
import { debounced } from "./timing.js";

/** Shows the agents that the link's filters let through. */
export function agentsPage({ main, signal, query }) {
  const filters = {
    search: query.get("search") ?? "",
    include_archived: query.get("include_archived") === "true" ? "true" : "",
    offset: Number(query.get("offset") ?? 0) || 0,
  };
  const soon = debounced(200, signal, () => list.load());
  const list = listView({
    signal,
    path: "agents",
    noun: "agent",
    query: () => filters,
    row: rowOf,
    link: (offset) => linkTo(["agents"], { ...filters, offset }),
    empty: () =>
      filters.search
        ? ["No agent fits this search.", button("Clear the search", clear)]
        : ["There are no agents yet. Create one with POST /v1/agents, then put sessions together here."],
  });
  const search = textField({
    label: "Search",
    value: filters.search,
    attributes: { type: "search", placeholder: "Words of name or description", maxlength: 200 },
    onInput: () => change({ search: search.read() }),
  });
  const archived = element("input", {
    type: "checkbox",
    checked: filters.include_archived === "true",
    onchange: () => change({ include_archived: archived.checked ? "true" : "" }),
  });

  function change(some) {
    Object.assign(filters, some, { offset: 0 });
    renamePlace(["agents"], filters);
    soon();
  }

  function clear() {
    search.write("");
    change({ search: "" });
    search.focus();
  }

  fill(
    main,
    element("header.head", {}, element("h1", {}, "Agents"), list.count, element("div.actions", {}, list.tools)),
    element(
      "form.filters",
      { role: "search", "aria-label": "Agents", onsubmit: (event) => event.preventDefault() },
      search.element,
      element("label.check", {}, archived, " Archived ones, too"),
    ),
    list.body,
  );
  list.load();
}

function rowOf(agent) {
  return element(
    "li.row",
    {},
    element(
      "div.row-main",
      {},
      element("a.row-link", { href: linkTo(["agents", agent.id]) }, nameOf(agent)),
      element("p.row-sub", {}, agent.description ?? agent.name),
    ),
    element("div.row-tags", {}, agent.capabilities.slice(0, 6).map(({ ref }) => element("code.chip", {}, ref))),
    element("div.row-end", {}, statusBadge(agent.status), timeOf(agent.created_at)),
  );
}
