// A list of one page of results, with what a list has around it: its states, refreshing, and the way on.

import { announce } from "./announce.js";
import { call } from "./api.js";
import { element, fill } from "./dom.js";
import { pager } from "./pager.js";
import { refreshing, replaceQuietly } from "./refreshing.js";
import { failure, nothing, waiting } from "./states.js";
import { Latest } from "./timing.js";

/**
 * Returns `{ body, tools, count, load }`. `load()` asks for `path` with `query()`; `row(item)` makes an item,
 * or a promise of one, `link(offset)` the link to another page, and `empty()` what is there without items.
 */
export function listView({ signal, path, noun, query, row, link, empty }) {
  const body = element("div.list", { "aria-busy": "true" }, waiting());
  const count = element("span.count", {});
  const latest = new Latest(signal);

  async function ask(aborted) {
    const page = await call("GET", path, { query: query(), signal: aborted });
    return { page, rows: await Promise.all(page.data.map(row)) };
  }

  function load({ quiet = false } = {}) {
    body.setAttribute("aria-busy", "true");
    return latest.run(ask, (found) => show(found, quiet), fail);
  }

  function show({ page, rows }, quiet) {
    body.setAttribute("aria-busy", "false");
    fill(count, String(page.total));
    replaceQuietly(body, () =>
      fill(body, rows.length ? element("ul.rows", {}, rows) : nothing(...empty(page)), pager(page, link)),
    );
    if (!quiet) announce(`${page.total} ${page.total === 1 ? noun : `${noun}s`}`);
  }

  function fail(error) {
    body.setAttribute("aria-busy", "false");
    fill(body, failure(`The ${noun}s could not be loaded.`, error, () => load()));
  }

  return { body, count, load, tools: refreshing({ signal, look: () => load({ quiet: true }) }) };
}
