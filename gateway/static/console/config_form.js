// A form for the config of a capability, made from its JSON Schema.

import { configField } from "./config_fields.js";
import { element, fill } from "./dom.js";
import { layerBadge } from "./layers.js";
import { plainJson } from "./json_text.js";
import { fieldsOf } from "./schema.js";

/**
 * Returns `{ element, read, invalid, targets, showProvenance }` of a form with `config` in it, which it must
 * be able to show (`unfit`). `read()` answers an object with what is set; `invalid()`, in words, what cannot
 * be read; `targets(path)` the fields with their paths, for errors.
 */
export function configForm({ schema, config, onChange }) {
  const form = group(schema, schema, config, onChange, 0, "");
  return {
    ...form,
    element: element(
      "div.fields",
      {},
      form.empty ? element("p.hint", {}, "This capability has no settings.") : form.nodes,
    ),
    read: () => form.read() ?? {},
  };
}

function group(schema, root, config, onChange, depth, pointer) {
  const members = fieldsOf(schema, root, depth).map((one) => {
    const value = config?.[one.name];
    const place = `${pointer}/${one.name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    return one.kind === "group"
      ? { ...one, ...nested(one, root, value, onChange, depth, place) }
      : { ...one, ...leaf(one, value, onChange, place) };
  });
  return {
    nodes: members.map((member) => member.element),
    empty: members.length === 0,
    read() {
      const set = members.map(({ name, read }) => [name, read()]).filter(([, value]) => value !== undefined);
      return set.length ? Object.fromEntries(set) : undefined;
    },
    invalid: () => members.map((member) => member.invalid()).find(Boolean) ?? null,
    targets: (path) => members.flatMap((member) => member.targets(`${path}${stepOf(member.name)}`)),
    showProvenance: (leaves) => members.forEach((member) => member.showProvenance(leaves)),
  };
}

function nested(one, root, value, onChange, depth, pointer) {
  const inner = group(one.schema, root, value, onChange, depth + 1, pointer);
  const hint = one.schema.description ? element("p.hint", {}, one.schema.description) : null;
  return { ...inner, element: element("fieldset", {}, element("legend", {}, one.name), hint, inner.nodes) };
}

function leaf(one, value, onChange, pointer) {
  const made = configField(one, value, onChange);
  const origin = element("p.origin", { hidden: true });
  made.element.append(origin);
  return {
    element: made.element,
    read: made.read,
    invalid: made.invalid ?? (() => null),
    targets: (path) => [{ path, show: made.show, focus: made.focus }],
    showProvenance(leaves) {
      const found = leaves.find(({ path }) => path === pointer);
      origin.hidden = !found;
      made.element.dataset.layer = found?.layer ?? "";
      if (found) fill(origin, layerBadge(found.layer), " sets ", element("code", {}, plainJson(found.value)));
    },
  };
}

function stepOf(name) {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
