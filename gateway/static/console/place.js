// Where the reader is: `#/sessions?search=x`, so that every view has a link.

import { queryString } from "./api.js";

/** Returns the parts of the path, decoded, and the query. */
export function readPlace() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return { parts: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

/** Returns the link to a place. */
export function linkTo(parts, query = {}) {
  return `#/${parts.map(encodeURIComponent).join("/")}${queryString(query)}`;
}

/** Goes to a place, which opens its page. */
export function goTo(parts, query = {}) {
  location.hash = linkTo(parts, query);
}

/** Changes the link of the page that is open, and opens nothing. */
export function renamePlace(parts, query = {}) {
  history.replaceState(null, "", linkTo(parts, query));
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
