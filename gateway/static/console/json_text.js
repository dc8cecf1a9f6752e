// JSON as people type it.

/** Returns the value that a text is in JSON. Throws an Error, in words for people, if it is none. */
export function parseJson(text) {
  return JSON.parse(text, (key, value) => {
    // Such a number would not be sent as it stands in the text.
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    if (Number.isFinite(value) && !Number.isInteger(value)) return value;
    throw new Error(`The number at "${key}" is too large to be kept exactly`);
  });
}

/** Returns the JSON of a value, indented. */
export function prettyJson(value) {
  return JSON.stringify(value, null, 2);
}

/** Returns the JSON of a value in one line, with spaces. */
export function plainJson(value) {
  if (Array.isArray(value)) return `[${value.map(plainJson).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${plainJson(inner)}`);
  return `{${pairs.join(", ")}}`;
}
