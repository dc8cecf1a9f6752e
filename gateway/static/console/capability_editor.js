// One capability of the session in the making: its config as a form, or as JSON.

import { configForm } from "./config_form.js";
import { button, element, fill, newId } from "./dom.js";
import { sentence } from "./field.js";
import { jsonField } from "./json_field.js";
import { unfit } from "./schema.js";

/**
 * Returns `{ ref, element, read, invalid, targets, showOrigins, focus }` of an editor for a capability.
 * `capability` is its entry in the catalog, null when there is none; one that is `excluded` is taken out of
 * what the agent brings, and has no config.
 */
export function capabilityEditor({ ref, capability, config, excluded, inherited, onChange, onRemove }) {
  const schema = capability?.config_schema ?? {};
  const title = newId("capability");
  const body = element("div", {});
  const note = element("p.error", { role: "alert", hidden: true });
  const asForm = button("Form", () => choose(true), {}, "button.segment");
  const asJson = button("JSON", () => choose(false), {}, "button.segment");
  const whole = element("p.error", { hidden: true, tabindex: "-1" });
  let part;
  let formShown;
  let leaves = [];

  const remove = button("Remove", onRemove, { "aria-label": `Remove ${ref}` }, "button.quiet");
  const node = element(
    "section.card.editor",
    { "aria-labelledby": title },
    element(
      "header",
      {},
      element("div", {}, element("h3", { id: title }, capability?.name ?? ref), element("code", {}, ref)),
      excluded
        ? null
        : element("div.segments", { role: "group", "aria-label": `Config of ${ref} as` }, asForm, asJson),
      remove,
    ),
    element(
      "p.hint",
      {},
      capability?.description ?? "The catalog does not have this capability.",
      inherited && !excluded ? " The agent has it, too: what is set here goes over the agent's config." : null,
    ),
    whole,
    note,
    body,
  );
  if (excluded) show(false, undefined);
  else show(capability !== null && unfit(config ?? {}, schema, schema) === null, config ?? undefined);

  function show(form, value) {
    formShown = form;
    asForm.setAttribute("aria-pressed", String(form));
    asJson.setAttribute("aria-pressed", String(!form));
    note.hidden = true;
    part = excluded ? takenOut() : form ? configForm({ schema, config: value, onChange }) : wholeJson(value);
    part.showProvenance(leaves);
    fill(body, part.element);
  }

  function choose(form) {
    if (form === formShown) return;
    const value = part.read();
    const reason = !form ? null : (part.invalid() ?? unfit(value ?? {}, schema, schema));
    if (reason) {
      note.hidden = false;
      fill(note, `The form cannot show this config: ${reason}.`);
      return;
    }
    show(form, value && Object.keys(value).length ? value : undefined);
    onChange();
  }

  function wholeJson(value) {
    const made = jsonField({
      label: `Config of ${ref}`,
      hint: "A JSON Merge Patch over the layers below: objects merge, lists and values replace, null removes.",
      value,
      onChange,
    });
    return {
      ...made,
      targets: (path) => [{ path, show: made.show, focus: made.focus }],
      showProvenance() {},
    };
  }

  function takenOut() {
    return {
      element: element("p", {}, "Taken out of what the agent brings."),
      invalid: () => null,
      targets: () => [],
      showProvenance() {},
    };
  }

  return {
    ref,
    element: node,
    /** The entry to send. */
    read() {
      if (excluded) return { ref, mode: "exclude" };
      const value = part.read();
      const unset = value === undefined || (formShown && Object.keys(value).length === 0);
      return unset ? { ref } : { ref, config: value };
    },
    invalid: () => part.invalid(),
    targets: (path) => [
      { path, show: showWhole, focus: () => whole.focus() },
      ...part.targets(`${path}.config`),
    ],
    /** Shows at each setting where its value comes from. */
    showOrigins(provenance) {
      leaves = provenance;
      part.showProvenance(leaves);
    },
    focus() {
      (body.querySelector("input, select, textarea") ?? remove).focus();
    },
  };

  function showWhole(messages) {
    whole.hidden = messages.length === 0;
    fill(whole, messages.map(sentence).join(" "));
  }
}
