// From the paths in an error answer to the fields that they name.

/**
 * Shows each violation at the target with the longest path that leads to it, and nothing at the others. A
 * target is `{ path, show(messages), focus() }`.
 *
 * Returns the violations, each with its `target`, null for one that no target is for.
 */
export function showAt(targets, violations) {
  const placed = violations.map((violation) => ({ ...violation, target: targetOf(targets, violation.field) }));
  for (const target of targets) {
    target.show(placed.filter((one) => one.target === target).map((one) => wordsAt(target, one)));
  }
  return placed;
}

function targetOf(targets, field) {
  const over = targets.filter(({ path }) => leadsTo(path, field));
  return over.reduce((best, one) => (best && best.path.length >= one.path.length ? best : one), null);
}

function leadsTo(path, field) {
  return field === path || (field.startsWith(path) && ".[".includes(field[path.length]));
}

function wordsAt(target, { field, description }) {
  const rest = field.slice(target.path.length).replace(/^\./, "");
  const item = /^\[(\d+)\]$/.exec(rest);
  const where = item ? `item ${Number(item[1]) + 1} ` : rest ? `${rest}: ` : "";
  const words = `${where}${description}`;
  return words.charAt(0).toUpperCase() + words.slice(1);
}
