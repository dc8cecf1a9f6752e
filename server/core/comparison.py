"""What differs between two runtime agents: nothing exactly when their digests are equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Generic, TypeVar

from server.core.explanation import (
    ExplainedCapability,
    ExplainedFeature,
    ExplainedIterations,
    ExplainedLeaf,
    ExplainedModel,
    ExplainedPrompt,
    ExplainedTool,
    Explanation,
)
from server.core.merge import Problem
from server.core.runtime_agent import (
    canonical,
    leaf_content,
    presence_content,
    problem_content,
    tool_content,
)

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Change(StrEnum):
    """How something differs between `a` and `b`."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference(Generic[T]):
    """What each side has in one place; None where a side has nothing there."""

    changes: tuple[Change, ...]
    a: T | None
    b: T | None

    @property
    def either(self) -> T:
        """What one of the sides has, `a` if it has something."""
        found = self.b if self.a is None else self.a
        if found is None:
            raise ValueError("one side of a difference has something")
        return found


@dataclass(frozen=True, slots=True)
class ConfigDifference:
    """A leaf of a capability's config that differs."""

    ref: str
    leaf: Difference[ExplainedLeaf]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs, with why on both sides; `model` and `max_iterations` are None where equal."""

    capabilities: tuple[Difference[ExplainedCapability], ...]
    config: tuple[ConfigDifference, ...]
    tools: tuple[Difference[ExplainedTool], ...]
    features: tuple[Difference[ExplainedFeature], ...]
    prompt: tuple[Difference[ExplainedPrompt], ...]
    model: tuple[ExplainedModel, ExplainedModel] | None
    max_iterations: tuple[ExplainedIterations, ExplainedIterations] | None
    problems: tuple[Difference[Problem], ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        lists = (self.capabilities, self.config, self.tools, self.features, self.prompt, self.problems)
        return not any(lists) and self.model is None and self.max_iterations is None


def compare(a: Explanation, b: Explanation) -> Comparison:
    """What differs between two explained runtime agents, in the order of `a`, then what `b` alone has.

    Each part is compared by what the digest says of it. That makes the two agree.
    """
    leaves = _differences(_leaves(a), _leaves(b), ordered=False)
    return Comparison(
        capabilities=tuple(_differences(_capabilities(a), _capabilities(b)).values()),
        config=tuple(ConfigDifference(ref, leaf) for (ref, _), leaf in leaves.items()),
        tools=tuple(_differences(_tools(a), _tools(b)).values()),
        features=tuple(_differences(_features(a), _features(b)).values()),
        prompt=tuple(_differences(_prompt(a), _prompt(b)).values()),
        model=(a.model, b.model) if a.model.chosen != b.model.chosen else None,
        max_iterations=(a.max_iterations, b.max_iterations)
        if a.max_iterations.max_iterations != b.max_iterations.max_iterations
        else None,
        problems=tuple(_differences(_problems(a), _problems(b)).values()),
    )


@dataclass(frozen=True, slots=True)
class _Part(Generic[T]):
    """A part of a runtime, and what the digest says of it."""

    value: T
    content: bytes


def _capabilities(side: Explanation) -> dict[str, _Part[ExplainedCapability]]:
    return {
        c.resolved.capability.id: _Part(c, canonical(presence_content(c.resolved))) for c in side.capabilities
    }


def _leaves(side: Explanation) -> dict[tuple[str, str], _Part[ExplainedLeaf]]:
    return {
        (c.resolved.capability.id, leaf.leaf.path): _Part(leaf, canonical(leaf_content(leaf.leaf)))
        for c in side.capabilities
        for leaf in c.config
    }


def _tools(side: Explanation) -> dict[str, _Part[ExplainedTool]]:
    return {t.tool.tool.name: _Part(t, canonical(tool_content(t.tool))) for t in side.tools}


def _features(side: Explanation) -> dict[str, _Part[ExplainedFeature]]:
    return {feature.name: _Part(feature, b"") for feature in side.features}


def _prompt(side: Explanation) -> dict[str | None, _Part[ExplainedPrompt]]:
    return {p.part.capability: _Part(p, p.part.text.encode()) for p in side.prompt}


def _problems(side: Explanation) -> dict[tuple[bytes, int], _Part[Problem]]:
    seen: Counter[bytes] = Counter()
    parts = {}
    for problem in side.problems:
        content = canonical(problem_content(problem))
        # Equal problems are told apart by their number.
        parts[content, seen[content]] = _Part(problem, content)
        seen[content] += 1
    return parts


def _differences(
    a: Mapping[K, _Part[T]], b: Mapping[K, _Part[T]], *, ordered: bool = True
) -> dict[K, Difference[T]]:
    moved = _moved([key for key in a if key in b], [key for key in b if key in a]) if ordered else frozenset()
    found: dict[K, Difference[T]] = {}
    for key, part in a.items():
        other = b.get(key)
        if other is None:
            found[key] = Difference((Change.REMOVED,), part.value, None)
            continue
        changes = [Change.MOVED] if key in moved else []
        if part.content != other.content:
            changes.append(Change.CHANGED)
        if changes:
            found[key] = Difference(tuple(changes), part.value, other.value)
    for key, part in b.items():
        if key not in a:
            found[key] = Difference((Change.ADDED,), None, part.value)
    return found


def _moved(a: list[K], b: list[K]) -> frozenset[K]:
    """Those keys, of the same ones in two orders, that are at another place among the rest."""
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    kept = {key for block in blocks for key in a[block.a : block.a + block.size]}
    return frozenset(a) - kept
