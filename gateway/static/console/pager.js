// The way from page to page of a list.

import { element } from "./dom.js";

/** Returns "21 to 40 of 63" with links to the pages before and after; `link(offset)` makes one. */
export function pager({ offset, limit, total, data }, link) {
  if (total <= limit && offset === 0) return null;
  const last = offset + data.length;
  const step = (text, to, there, rel) =>
    there
      ? element("a.button", { href: link(to), rel }, text)
      : element("span.button", { "aria-disabled": "true" }, text);
  return element(
    "nav.pager",
    { "aria-label": "Pages" },
    step("Previous", Math.max(0, offset - limit), offset > 0, "prev"),
    element("span", {}, data.length ? `${offset + 1} to ${last} of ${total}` : `None of ${total}`),
    step("Next", offset + limit, last < total, "next"),
  );
}
