// The controls of a config form, one maker for each kind of field.
//
// A control that is empty sets nothing, so that the layers below decide. What is typed is sent as it is: the
// service alone says what is wrong with it.

import { element } from "./dom.js";
import { field } from "./field.js";
import { jsonField } from "./json_field.js";
import { plainJson } from "./json_text.js";
import { limitsOf } from "./schema.js";

/** Returns a field as `field` does, with `read()`, which answers undefined where nothing is set. */
export function configField(one, value, onChange) {
  return MAKERS[one.kind](one, value, onChange);
}

const MAKERS = {
  text: ({ name, schema }, value, onChange) =>
    textual(name, schema, value, onChange, {}, (text) => (text === "" ? undefined : text)),
  number: ({ name, schema }, value, onChange) =>
    textual(name, schema, value, onChange, { inputmode: "decimal" }, readNumber),
  boolean: ({ name, schema }, value, onChange) => choice(name, schema, [true, false], value, onChange),
  choice: ({ name, schema }, value, onChange) => choice(name, schema, schema.enum, value, onChange),
  lines,
  json: ({ name, schema }, value, onChange) =>
    jsonField({ label: name, hint: hintOf(schema, "As JSON."), value, rows: 4, onChange }),
};

function textual(name, schema, value, onChange, attributes, read) {
  const control = element("input", {
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "none",
    value: value === undefined ? "" : String(value),
    oninput: onChange,
    ...attributes,
  });
  return { ...field({ label: name, hint: hintOf(schema, limitsOf(schema)), control }), read: () => read(control.value) };
}

function choice(name, schema, options, value, onChange) {
  const words = (option) => (typeof option === "string" ? option : plainJson(option));
  const chosen = options.findIndex((option) => plainJson(option) === plainJson(value ?? ""));
  const control = element(
    "select",
    { onchange: onChange },
    element("option", { value: "" }, "not set here"),
    options.map((option, index) => element("option", { value: index, selected: index === chosen }, words(option))),
  );
  return {
    ...field({ label: name, hint: hintOf(schema), control }),
    read: () => (control.value === "" ? undefined : options[Number(control.value)]),
  };
}

function lines({ name, schema }, value = [], onChange) {
  const control = element("textarea", {
    rows: 2,
    spellcheck: "false",
    autocapitalize: "none",
    value: value.join("\n"),
    oninput: onChange,
  });
  return {
    ...field({ label: name, hint: hintOf(schema, "One in each line."), control }),
    read: () => {
      const found = control.value.split("\n").map((line) => line.trim()).filter(Boolean);
      return found.length ? found : undefined;
    },
  };
}

function readNumber(text) {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed);
  const exact = Number.isFinite(number) && (Number.isSafeInteger(number) || !Number.isInteger(number));
  return exact ? number : trimmed;
}

function hintOf(schema, more = "") {
  return [schema.description ?? "", more ? `${more.at(0).toUpperCase()}${more.slice(1)}` : ""].filter(Boolean).join(" ");
}
