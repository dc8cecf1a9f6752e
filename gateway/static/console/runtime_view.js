// What a worker runs: resolved capabilities with where each setting is from, tools, features, prompt, problems.

import { element, fill } from "./dom.js";
import { layerBadge, layerLegend } from "./layers.js";
import { plainJson, prettyJson } from "./json_text.js";

/**
 * Returns `{ element, show }`. `show(runtime)` shows a runtime agent in place of the one before; what has
 * changed since lights up once.
 */
export function runtimeView() {
  const problems = section("Problems");
  const capabilities = section("Capabilities and effective config");
  const model = section("Model");
  const features = section("Features");
  const tools = section("Tools");
  const prompt = section("System prompt");
  const digest = element("p.hint.digest", {});
  let before = null;

  return {
    element: element(
      "div.runtime",
      {},
      element("div", {}, problems.element, capabilities.element),
      element("div", {}, model.element, features.element, tools.element, prompt.element, digest),
    ),
    show(runtime) {
      problems.show(runtime.problems.length, runtime.problems.map(problemNode));
      problems.element.hidden = runtime.problems.length === 0;
      const seen = new Set();
      const isNew = (key) => {
        seen.add(key);
        return before !== null && !before.has(key);
      };
      capabilities.show(
        runtime.capabilities.length,
        runtime.capabilities.length
          ? [layerLegend(), element("ul.capabilities", {}, runtime.capabilities.map((one) => capabilityNode(one, isNew)))]
          : none("No capabilities: the model gets the prompt alone."),
      );
      model.show(null, modelNode(runtime));
      features.show(
        runtime.features.length,
        runtime.features.length
          ? element("ul.chips", {}, runtime.features.map((name) => element("li.chip", lit(isNew(`feature ${name}`)), name)))
          : none("None."),
      );
      tools.show(
        runtime.tools.length,
        runtime.tools.length
          ? element("ul.tools", {}, runtime.tools.map((tool) => toolNode(tool, isNew(`tool ${tool.name}`))))
          : none("None."),
      );
      prompt.show(null, element("pre", { tabindex: "0", "aria-label": "System prompt" }, runtime.system_prompt));
      fill(digest, "Digest ", element("code", {}, runtime.digest));
      before = seen;
    },
  };
}

function section(title) {
  const count = element("span.count", {});
  const body = element("div", {});
  return {
    element: element("section", {}, element("h3", {}, title, " ", count), body),
    show(number, ...nodes) {
      fill(count, number === null ? "" : String(number));
      fill(body, nodes);
    },
  };
}

function none(text) {
  return element("p.hint", {}, text);
}

function lit(isNew) {
  return isNew ? { "data-new": "" } : {};
}

function problemNode({ severity, path, message, reason }) {
  return element(
    `p.problem.problem-${severity === "warning" ? "warning" : "error"}`,
    { title: reason },
    element("strong", {}, severity === "warning" ? "Warning" : "Error"),
    " ",
    path ? [element("code", {}, path), ": "] : null,
    message,
  );
}

function capabilityNode(one, isNew) {
  const origin = one.source === "dependency" ? `dependency of ${one.required_by.join(", ")}` : `from the ${one.source}`;
  return element(
    "li.capability",
    { "data-ref": one.ref, ...lit(isNew(`capability ${one.ref}`)) },
    element(
      "p.capability-head",
      {},
      element("code.ref", {}, one.ref),
      " ",
      element(`span.source.source-${one.source}`, {}, origin),
      one.source !== "dependency" && one.required_by.length
        ? element("span.hint", {}, ` needed by ${one.required_by.join(", ")}`)
        : null,
      isEmpty(one.config) ? element("span.hint", {}, " · nothing is set") : null,
    ),
    isEmpty(one.config)
      ? null
      : element("ul.leaves", {}, one.provenance.map((leaf) => leafNode(one.ref, leaf, isNew))),
  );
}

function isEmpty(config) {
  return Object.keys(config ?? {}).length === 0;
}

function leafNode(ref, { path, layer, value, overridden }, isNew) {
  const isNewLeaf = isNew(`leaf ${ref} ${path} ${layer} ${plainJson(value)}`);
  return element(
    `li.leaf.leaf-${layer}`,
    { "data-path": path, ...lit(isNewLeaf) },
    element("code.path", {}, nameOf(path)),
    element("code.value", {}, plainJson(value)),
    element("span.by", {}, element("span.unseen", {}, " set by "), layerBadge(layer)),
    overridden.length
      ? element(
          "span.beaten",
          {},
          "instead of ",
          overridden.map((lost, index) => [
            index ? ", " : null,
            element("s", {}, element("code", {}, plainJson(lost.value))),
            " from ",
            layerBadge(lost.layer),
          ]),
        )
      : null,
  );
}

function nameOf(path) {
  const steps = (path ?? "").split("/").slice(1);
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")).join(" › ") || "(all)";
}

function modelNode({ model, model_source: source, max_iterations: most }) {
  const words = { session: "chosen by the session", agent: "the agent's default", server: "the server's default" };
  return element(
    "p",
    {},
    model ? element("code", {}, model) : "Nobody chose one: the worker decides.",
    model ? `, ${words[source] ?? source}.` : null,
    ` A turn has at most ${most} iterations.`,
  );
}

function toolNode({ name, description, capability, parameters }, isNew) {
  return element(
    "li.tool",
    lit(isNew),
    element(
      "details",
      {},
      element("summary", {}, element("code", {}, name), " ", element("span.hint", {}, `of ${capability}`)),
      element("p", {}, description),
      parameters
        ? element("pre", { tabindex: "0", "aria-label": `Parameters of ${name}` }, prettyJson(parameters))
        : null,
    ),
  );
}
