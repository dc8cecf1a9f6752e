"""Explanations and comparisons as answers."""

from __future__ import annotations

from everruns.v1 import comparison_pb2, explanation_pb2
from server.core import comparison as core
from server.core import explanation
from server.core.comparison import Change
from server.core.effective_config import LayerName
from server.core.ids import format_id
from server.core.lock import KeptOut, Lock
from server.core.merge import Source
from server.core.rule import Rule
from server.core.runtime_agent import ModelSource
from server.core.selection import Entry, LeftOut
from server.rpc.encode import overridden, problem
from server.rpc.struct_json import to_value
from server.usecases.compare_sessions import ComparedSessions
from server.usecases.explain_session import ExplainedSession

_LAYER = {s: f"LAYER_{s.name}" for s in LayerName}
_SOURCE = {s: f"CAPABILITY_SOURCE_{s.name}" for s in Source}
_MODEL_SOURCE = {s: f"MODEL_SOURCE_{s.name}" for s in ModelSource}
_RULE = {s: f"RULE_{s.name}" for s in Rule}
_CHANGE = {s: f"CHANGE_{s.name}" for s in Change}


def explained(found: ExplainedSession) -> explanation_pb2.Explanation:
    """Why a session runs with what it runs with."""
    why = found.explanation
    return explanation_pb2.Explanation(
        session_id=format_id("session", found.session.id),
        agent_id=format_id("agent", found.session.agent_id),
        digest=why.digest,
        capabilities=[_capability(one, with_config=True) for one in why.capabilities],
        left_out=[_left_out(one) for one in why.left_out],
        tools=[_tool(one) for one in why.tools],
        features=[_feature(one) for one in why.features],
        prompt=[_prompt(one) for one in why.prompt],
        model=_model(why.model),
        max_iterations=_iterations(why.max_iterations),
        problems=[problem(one) for one in why.problems],
    )


def compared(found: ComparedSessions) -> comparison_pb2.Comparison:
    """What differs between two sessions."""
    differs = found.comparison
    return comparison_pb2.Comparison(
        a=_compared(found.a),
        b=_compared(found.b),
        capabilities=[
            comparison_pb2.CapabilityDifference(
                ref=one.either.resolved.capability.id,
                changes=_changes(one),
                a=_capability(one.a) if one.a else None,
                b=_capability(one.b) if one.b else None,
            )
            for one in differs.capabilities
        ],
        config=[_config_difference(one) for one in differs.config],
        tools=[
            comparison_pb2.ToolDifference(
                name=one.either.tool.tool.name,
                changes=_changes(one),
                a=_tool(one.a) if one.a else None,
                b=_tool(one.b) if one.b else None,
            )
            for one in differs.tools
        ],
        features=[
            comparison_pb2.FeatureDifference(
                name=one.either.name,
                changes=_changes(one),
                a=_feature(one.a) if one.a else None,
                b=_feature(one.b) if one.b else None,
            )
            for one in differs.features
        ],
        prompt=[
            comparison_pb2.PromptDifference(
                capability=one.either.part.capability,
                changes=_changes(one),
                a=_prompt(one.a) if one.a else None,
                b=_prompt(one.b) if one.b else None,
            )
            for one in differs.prompt
        ],
        model=comparison_pb2.ModelDifference(a=_model(differs.model[0]), b=_model(differs.model[1]))
        if differs.model
        else None,
        max_iterations=comparison_pb2.IterationsDifference(
            a=_iterations(differs.max_iterations[0]), b=_iterations(differs.max_iterations[1])
        )
        if differs.max_iterations
        else None,
        problems=[
            comparison_pb2.ProblemDifference(
                changes=_changes(one),
                a=problem(one.a) if one.a else None,
                b=problem(one.b) if one.b else None,
            )
            for one in differs.problems
        ],
    )


def _compared(side: ExplainedSession) -> comparison_pb2.ComparedSession:
    return comparison_pb2.ComparedSession(
        session_id=format_id("session", side.session.id),
        agent_id=format_id("agent", side.session.agent_id),
        digest=side.explanation.digest,
    )


def _changes(difference: core.Difference[core.T]) -> list[str]:
    return [_CHANGE[change] for change in difference.changes]


def _config_difference(one: core.ConfigDifference) -> comparison_pb2.ConfigDifference:
    a, b = one.leaf.a, one.leaf.b
    return comparison_pb2.ConfigDifference(
        ref=one.ref,
        path=one.leaf.either.leaf.path,
        changes=_changes(one.leaf),
        a=_leaf(a) if a else None,
        b=_leaf(b) if b else None,
    )


def _capability(
    one: explanation.ExplainedCapability, *, with_config: bool = False
) -> explanation_pb2.ExplainedCapability:
    resolved = one.resolved
    message = explanation_pb2.ExplainedCapability(
        ref=resolved.capability.id,
        source=_SOURCE[resolved.source],
        rule=_RULE[one.rule],
        brought_by=_entry(resolved.brought_by),
        named_by=[_entry(entry) for entry in resolved.named_by],
        needed_by=[explanation_pb2.Chain(refs=way) for way in one.needed_by],
    )
    if with_config:
        message.config.extend(_leaf(leaf) for leaf in one.config)
        message.locked.extend(_lock(lock) for lock in resolved.locks)
        message.kept_out.extend(_kept_out(forbidden) for forbidden in resolved.kept_out)
    return message


def _entry(entry: Entry) -> explanation_pb2.EntryReference:
    return explanation_pb2.EntryReference(layer=_LAYER[entry.layer], path=entry.path)


def _leaf(one: explanation.ExplainedLeaf) -> explanation_pb2.ExplainedLeaf:
    return explanation_pb2.ExplainedLeaf(
        path=one.leaf.path,
        layer=_LAYER[one.leaf.layer],
        value=to_value(one.leaf.value),
        overridden=[overridden(beaten) for beaten in one.leaf.overridden],
        rule=_RULE[one.rule],
    )


def _lock(lock: Lock) -> explanation_pb2.Lock:
    return explanation_pb2.Lock(path=lock.path, layer=_LAYER[lock.layer])


def _kept_out(forbidden: KeptOut) -> explanation_pb2.KeptOut:
    return explanation_pb2.KeptOut(
        path=forbidden.path,
        layer=_LAYER[forbidden.layer],
        value=to_value(forbidden.value),
        lock=_lock(forbidden.lock),
    )


def _left_out(one: LeftOut) -> explanation_pb2.LeftOut:
    return explanation_pb2.LeftOut(
        ref=one.ref,
        rule=_RULE[one.rule],
        entry=_entry(one.entry) if one.entry else None,
        excluded_by=_entry(one.excluded_by) if one.excluded_by else None,
        chain=one.chain,
    )


def _tool(one: explanation.ExplainedTool) -> explanation_pb2.ExplainedTool:
    return explanation_pb2.ExplainedTool(
        name=one.tool.tool.name,
        capability=one.tool.capability,
        brought_by=_entry(one.brought_by),
        rule=_RULE[one.rule],
        beaten=one.tool.beaten,
    )


def _feature(one: explanation.ExplainedFeature) -> explanation_pb2.ExplainedFeature:
    return explanation_pb2.ExplainedFeature(
        name=one.name,
        capability=one.capability,
        brought_by=_entry(one.brought_by),
        rule=_RULE[one.rule],
        also=one.also,
    )


def _prompt(one: explanation.ExplainedPrompt) -> explanation_pb2.PromptPart:
    return explanation_pb2.PromptPart(
        capability=one.part.capability,
        brought_by=_entry(one.brought_by) if one.brought_by else None,
        rule=_RULE[one.rule],
        text=one.part.text,
    )


def _model(one: explanation.ExplainedModel) -> explanation_pb2.ExplainedModel:
    return explanation_pb2.ExplainedModel(
        model=one.chosen.model,
        source=_MODEL_SOURCE[one.chosen.source],
        rule=_RULE[one.rule],
        overridden=[
            explanation_pb2.OverriddenModel(source=_MODEL_SOURCE[beaten.source], model=beaten.model or "")
            for beaten in one.overridden
        ],
    )


def _iterations(one: explanation.ExplainedIterations) -> explanation_pb2.ExplainedIterations:
    return explanation_pb2.ExplainedIterations(
        max_iterations=one.max_iterations, layer=_LAYER[one.layer], rule=_RULE[one.rule]
    )
