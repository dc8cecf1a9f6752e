// What kind of field a JSON Schema asks for, and whether fields can show a value.

const DEEPEST = 4;

/**
 * Returns the kind of field for a schema: `text`, `number`, `boolean`, `choice`, `lines` (a list of texts),
 * `group` (an object with known keys), or `json` for everything else.
 */
export function kindOf(schema, depth = 0) {
  if (Array.isArray(schema.enum)) return "choice";
  switch (typeOf(schema)) {
    case "string":
      return "text";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return isText(schema.items) ? "lines" : "json";
    case "object":
      return isGroup(schema) && depth < DEEPEST ? "group" : "json";
    default:
      return "json";
  }
}

/** Returns the schema with its `$ref` to a place in `root` followed; one that leads elsewhere stays. */
export function resolved(schema, root) {
  let found = schema === true ? {} : schema;
  for (let step = 0; found?.$ref?.startsWith("#/") && step < 10; step += 1) {
    const { $ref, ...beside } = found;
    const path = $ref.slice(2).split("/").map(unescaped);
    const target = path.reduce((place, key) => place?.[key], root);
    if (typeof target !== "object" || target === null) return {};
    found = { ...target, ...beside };
  }
  return typeof found === "object" && found !== null ? found : {};
}

/** Returns the fields of a schema of objects: name, schema, kind, and whether it is required. */
export function fieldsOf(schema, root, depth = 0) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const own = resolved(property, root);
    const items = own.items === undefined ? own : { ...own, items: resolved(own.items, root) };
    return { name, schema: items, kind: kindOf(items, depth + 1), required: required.has(name) };
  });
}

/** Returns why the fields of a schema cannot show a value, null when they can: a place in it, in words. */
export function unfit(value, schema, root, path = "", depth = 0) {
  if (!isObject(value)) return `${path || "the config"} is not an object`;
  const fields = new Map(fieldsOf(schema, root, depth).map((one) => [one.name, one]));
  for (const [name, inner] of Object.entries(value)) {
    const here = path ? `${path}.${name}` : name;
    const found = fields.get(name);
    if (!found) return `${here} is not a setting that it knows`;
    if (inner === null && found.kind !== "json") return `${here} is null, which removes it`;
    if (found.kind === "group") {
      if (isObject(inner) && Object.keys(inner).length === 0) return `${here} is empty`;
      const reason = unfit(inner, found.schema, root, here, depth + 1);
      if (reason) return reason;
    } else if (!shows(found, inner)) {
      return `${here} has a value of another kind`;
    }
  }
  return null;
}

/** Returns the words that say what a schema allows: "1 to 300000.". */
export function limitsOf(schema) {
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}.`;
  if (minimum !== undefined) return `at least ${minimum}.`;
  if (maximum !== undefined) return `at most ${maximum}.`;
  return "";
}

function shows({ kind, schema }, value) {
  switch (kind) {
    case "text":
      return typeof value === "string" && value !== "" && !value.includes("\n");
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return schema.enum.some((option) => JSON.stringify(option) === JSON.stringify(value));
    case "lines":
      return Array.isArray(value) && value.length > 0 && value.every(isLine);
    default:
      return true;
  }
}

function typeOf({ type }) {
  if (!Array.isArray(type)) return type;
  const others = type.filter((name) => name !== "null");
  return others.length === 1 ? others[0] : undefined;
}

function isText(schema) {
  return isObject(schema) && typeOf(schema) === "string" && !Array.isArray(schema.enum);
}

function isLine(item) {
  return typeof item === "string" && item.trim() === item && item !== "" && !item.includes("\n");
}

function isGroup(schema) {
  const open = isObject(schema.additionalProperties) || schema.patternProperties;
  return isObject(schema.properties) && Object.keys(schema.properties).length > 0 && !open;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unescaped(step) {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}
