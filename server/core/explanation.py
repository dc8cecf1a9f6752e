"""Why a runtime agent is as it is: each part with what won, what that beat, and the rule.

Nothing is merged here: all of it was recorded when the runtime agent was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.core.chain import chains
from server.core.effective_config import LayerName, Provenance, path_of
from server.core.lock import KeptOut, are_related
from server.core.merge import Merged, MergedTool, Problem, Resolved
from server.core.rule import Rule
from server.core.runtime_agent import ChosenModel, ModelSource, PromptPart, RuntimeAgent
from server.core.selection import Entry, LeftOut

_MODEL_RULES = {
    ModelSource.SESSION: Rule.SESSION_OVER_AGENT,
    ModelSource.AGENT: Rule.AGENT_OVER_SERVER,
    ModelSource.SERVER: Rule.SERVER_DEFAULT,
    ModelSource.UNSET: Rule.UNSET,
}


@dataclass(frozen=True, slots=True)
class ExplainedLeaf:
    """A leaf of a config, with the layer that won and what it beat."""

    leaf: Provenance
    rule: Rule


@dataclass(frozen=True, slots=True)
class ExplainedCapability:
    """A capability that is in. `needed_by` are ways to it from the named capabilities that need it."""

    resolved: Resolved
    rule: Rule
    needed_by: tuple[tuple[str, ...], ...]
    config: tuple[ExplainedLeaf, ...]


@dataclass(frozen=True, slots=True)
class ExplainedTool:
    """A tool, and the entry through which its capability came in."""

    tool: MergedTool
    brought_by: Entry
    rule: Rule


@dataclass(frozen=True, slots=True)
class ExplainedFeature:
    """A feature, the capability that gives it its place, the others that have it."""

    name: str
    capability: str
    brought_by: Entry
    also: tuple[str, ...]
    rule: Rule


@dataclass(frozen=True, slots=True)
class ExplainedPrompt:
    """A part of the prompt; `brought_by` is None for the agent's own."""

    part: PromptPart
    brought_by: Entry | None
    rule: Rule


@dataclass(frozen=True, slots=True)
class ExplainedModel:
    """The model, and the choices that it went before."""

    chosen: ChosenModel
    overridden: tuple[ChosenModel, ...]
    rule: Rule


@dataclass(frozen=True, slots=True)
class ExplainedIterations:
    """The most iterations of a turn."""

    max_iterations: int
    layer: LayerName
    rule: Rule


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every part of a runtime agent in its order, and what is left out of it."""

    capabilities: tuple[ExplainedCapability, ...]
    left_out: tuple[LeftOut, ...]
    tools: tuple[ExplainedTool, ...]
    features: tuple[ExplainedFeature, ...]
    prompt: tuple[ExplainedPrompt, ...]
    model: ExplainedModel
    max_iterations: ExplainedIterations
    problems: tuple[Problem, ...]
    digest: str


def explain(runtime: RuntimeAgent) -> Explanation:
    """Why each part of a runtime agent is there. Pure; knows nothing that the runtime agent does not."""
    merged = runtime.merged
    brought_by = {resolved.capability.id: resolved.brought_by for resolved in merged.capabilities}
    source = runtime.model_source
    return Explanation(
        capabilities=tuple(_capabilities(merged)),
        left_out=merged.left_out,
        tools=tuple(ExplainedTool(t, brought_by[t.capability], Rule.FIRST_TOOL) for t in merged.tools),
        features=tuple(
            ExplainedFeature(name, first, brought_by[first], tuple(also), Rule.UNION)
            for name, (first, *also) in zip(merged.features, merged.providers, strict=True)
        ),
        prompt=tuple(
            ExplainedPrompt(part, brought_by[part.capability], Rule.CAPABILITY_ORDER)
            if part.capability is not None
            else ExplainedPrompt(part, None, Rule.AGENT_TEXT_LAST)
            for part in runtime.prompt
        ),
        model=ExplainedModel(runtime.chosen_model, runtime.beaten_models, _MODEL_RULES[source]),
        max_iterations=ExplainedIterations(runtime.max_iterations, LayerName.AGENT, Rule.AGENT_ALONE),
        problems=merged.problems,
        digest=runtime.digest,
    )


def _capabilities(merged: Merged) -> Iterator[ExplainedCapability]:
    dependencies = {r.capability.id: r.capability.dependencies for r in merged.capabilities}
    ways = [chains(dependencies.__getitem__, r.capability.id) for r in merged.capabilities if r.named_by]
    for resolved in merged.capabilities:
        id = resolved.capability.id
        yield ExplainedCapability(
            resolved=resolved,
            rule=Rule.FIRST_PLACE if resolved.named_by else Rule.DEPENDENCY,
            needed_by=tuple(way[id] for way in ways if len(way.get(id, ())) > 1),
            config=tuple(
                ExplainedLeaf(leaf, _leaf_rule(leaf, resolved.kept_out)) for leaf in resolved.provenance
            ),
        )


def _leaf_rule(leaf: Provenance, kept_out: tuple[KeptOut, ...]) -> Rule:
    if any(are_related(path_of(leaf.path), forbidden.steps) for forbidden in kept_out):
        return Rule.LOCK
    if leaf.layer is LayerName.DEFAULT and not leaf.overridden:
        return Rule.DEFAULT
    return Rule.MERGE_PATCH
