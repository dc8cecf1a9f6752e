// What a page looks up again and again: the catalog, and agents by id. It lasts as long as the page is open.

import { call, Refusal } from "./api.js";

let capabilities = null;
const agents = new Map();

/** Returns every capability of the catalog by its id. Throws Refusal. */
export function catalog() {
  capabilities ??= readCatalog().catch((error) => {
    capabilities = null;
    throw error;
  });
  return capabilities;
}

/** Returns the agent, archived or not; null when there is none. Throws Refusal. */
export function agentOf(id) {
  if (!agents.has(id)) {
    const asked = call("GET", `agents/${encodeURIComponent(id)}`).catch((error) => {
      if (error instanceof Refusal && error.status === 404) return null;
      agents.delete(id);
      throw error;
    });
    agents.set(id, asked);
  }
  return agents.get(id);
}

/** Returns up to 20 agents whose name, or description, contains the text. Throws Refusal. */
export async function findAgents(text, signal) {
  const page = await call("GET", "agents", { query: { search: text }, signal });
  return page.data.map((agent) => ({ title: nameOf(agent), detail: detailOf(agent), value: agent }));
}

/** Returns what people call an agent. */
export function nameOf(agent) {
  return agent.display_name ?? agent.name;
}

/** Forgets everything that was looked up. */
export function forgetAll() {
  capabilities = null;
  agents.clear();
}

function detailOf(agent) {
  const count = agent.capabilities.length;
  const parts = [agent.display_name ? agent.name : null, agent.default_model_id, counted(count)];
  return parts.filter(Boolean).join(" · ");
}

function counted(count) {
  return count === 1 ? "1 capability" : `${count} capabilities`;
}

async function readCatalog() {
  const found = new Map();
  let token = null;
  do {
    const page = await call("GET", "capabilities", { query: { limit: 100, page_token: token } });
    for (const capability of page.data) found.set(capability.id, capability);
    token = page.next_page_token;
  } while (token);
  return found;
}
