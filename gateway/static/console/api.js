// Calls of the REST API with the reader's key.

import { readKey } from "./key.js";

/** The event that says that the key is not accepted any more. */
export const KEY_REFUSED = "key-refused";

/** Why a call did not succeed. `status` is 0 when no answer came. */
export class Refusal extends Error {
  constructor(status, { code, detail, field_violations: violations, request_id: requestId } = {}) {
    super(detail ?? `The service answered with status ${status}.`);
    this.status = status;
    this.code = code ?? null;
    this.violations = violations ?? [];
    this.requestId = requestId ?? null;
  }
}

/**
 * Returns the JSON of the answer, null when it has no body. `path` is below `v1/`; in `query`, a list
 * stands for its elements, and what is empty is left out.
 *
 * Throws Refusal, or what `signal` was aborted with.
 */
export async function call(method, path, { query, body, headers, signal, key = readKey() } = {}) {
  const answer = await answerOf(`v1/${path}${queryString(query)}`, {
    method,
    signal,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
    credentials: "omit",
    referrerPolicy: "no-referrer",
  });
  const text = await answer.text();
  const tree = parsed(text);
  if (answer.ok && tree !== undefined) return tree;
  if (answer.status === 401 && key === readKey()) dispatchEvent(new Event(KEY_REFUSED));
  throw new Refusal(answer.status, tree ?? {});
}

/** Returns `?a=1&b=2`, or nothing for an empty query. */
export function queryString(query = {}) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of [value].flat()) {
      if (item !== null && item !== undefined && item !== "" && item !== 0) found.append(name, item);
    }
  }
  const text = found.toString();
  return text ? `?${text}` : "";
}

async function answerOf(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Refusal(0, { detail: "The service cannot be reached. Is it running?" });
  }
}

function parsed(text) {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
