// The side of the merge view that is filled in: agent, title, tags, model, capabilities.

import { capabilityEditor } from "./capability_editor.js";
import { combobox } from "./combobox.js";
import { button, element, fill } from "./dom.js";
import { textField } from "./field.js";
import { findAgents, nameOf } from "./lookup.js";
import { tagsField } from "./tags_field.js";

/**
 * Returns `{ element, read, invalid, targets, showRuntime, setBusy }`. `known` is the catalog by id, `begin` a
 * session to begin with, and `agent` the agent; both may be null. `read()` answers the body of a create.
 */
export function draftForm({ signal, known, begin, agent, onChange, onSubmit, onLook }) {
  let chosen = agent;
  let editors = [];

  const picker = combobox({
    label: "Agent",
    placeholder: "Find an agent by name",
    hint: null,
    signal,
    find: findAgents,
    onPick: ({ title, value }) => {
      chosen = value;
      showAgent();
      changed();
      return title;
    },
  });
  const agentCard = element("div.agent-card", {});
  const title = textField({ label: "Title", optional: true, value: begin?.title ?? "", onInput: changed });
  const tags = tagsField({ label: "Tags", optional: true, tags: begin?.tags ?? [], onChange: changed });
  const model = textField({
    label: "Model",
    optional: true,
    hint: "In place of the agent's.",
    value: begin?.model_id ?? "",
    attributes: { spellcheck: "false", autocapitalize: "none", autocomplete: "off" },
    onInput: changed,
  });
  const list = element("div.editors", {});
  const adder = combobox({
    label: "Add a capability",
    placeholder: "Find one by name",
    signal,
    find: findCapabilities,
    onPick: ({ value }) => {
      add({ ref: value }).focus();
      changed();
      return "";
    },
  });
  const submit = element("button.primary", { type: "submit" }, "Create session");

  function changed() {
    onChange();
  }

  function showAgent() {
    fill(
      agentCard,
      chosen?.capabilities.length
        ? [
            element("p.hint", {}, "It brings these; set one's config for this session alone:"),
            element("div.chips", {}, chosen.capabilities.map(({ ref }) => bringsNode(ref))),
          ]
        : null,
    );
    agentCard.hidden = !chosen?.capabilities.length;
  }

  function bringsNode(ref) {
    const set = editors.some((editor) => editor.ref === ref);
    const onclick = () => {
      (editors.find((editor) => editor.ref === ref) ?? add({ ref })).focus();
      changed();
    };
    return button(ref, onclick, { "aria-label": `${set ? "Go to" : "Set"} the config of ${ref}` }, "button.chip.code");
  }

  function add({ ref, config = null, mode = null }) {
    const editor = capabilityEditor({
      ref,
      config,
      excluded: mode === "exclude",
      capability: known.get(ref) ?? null,
      inherited: chosen?.capabilities.some((one) => one.ref === ref) ?? false,
      onChange: changed,
      onRemove: () => remove(editor),
    });
    editors = [...editors, editor];
    list.append(editor.element);
    showAgent();
    return editor;
  }

  function remove(editor) {
    const next = editors[editors.indexOf(editor) + 1];
    editors = editors.filter((other) => other !== editor);
    editor.element.remove();
    showAgent();
    changed();
    (next ?? adder).focus();
  }

  async function findCapabilities(text) {
    const words = text.toLowerCase();
    return [...known.values()]
      .filter(({ id, name, description }) => `${id} ${name} ${description}`.toLowerCase().includes(words))
      .map((one) => ({ title: one.name, detail: detailOf(one), value: one.id, disabled: isTaken(one) || isToCome(one) }));
  }

  function isTaken({ id }) {
    return editors.some(({ ref }) => ref === id);
  }

  function detailOf(one) {
    if (isTaken(one)) return `${one.id} · already here`;
    if (isToCome(one)) return `${one.id} · coming soon`;
    return `${one.id} · ${one.description}`;
  }

  for (const entry of begin?.capabilities ?? []) add(entry);
  if (chosen) picker.write(nameOf(chosen));
  showAgent();

  return {
    element: element(
      "form.draft",
      {
        "aria-label": "Draft",
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          onSubmit();
        },
      },
      element("section.card", {}, picker.element, agentCard, title.element, element("div.fields", {}, tags.element, model.element)),
      element("h2", {}, "Capabilities of this session"),
      list,
      element("div.card", {}, adder.element),
      element("div.actions.submit", {}, button("See the result", onLook, {}, "button.look"), submit),
    ),
    read: () => ({
      ...(chosen ? { agent_id: chosen.id } : {}),
      ...(title.read() === "" ? {} : { title: title.read() }),
      ...(tags.read().length ? { tags: tags.read() } : {}),
      ...(model.read() === "" ? {} : { model_id: model.read() }),
      ...(editors.length ? { capabilities: editors.map((editor) => editor.read()) } : {}),
    }),
    invalid: () => editors.map((editor) => editor.invalid()).find(Boolean) ?? null,
    targets: () => [
      { path: "agent_id", ...picker },
      { path: "title", ...title },
      { path: "tags", ...tags },
      { path: "model_id", ...model },
      ...editors.flatMap((editor, index) => editor.targets(`capabilities[${index}]`)),
    ],
    showRuntime(runtime) {
      for (const { ref, showOrigins } of editors) {
        showOrigins(runtime?.capabilities.find((one) => one.ref === ref)?.provenance ?? []);
      }
    },
    setBusy(busy) {
      submit.disabled = busy;
    },
  };
}

function isToCome({ status }) {
  return status === "coming_soon";
}
