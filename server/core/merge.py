"""Merging: from layers of capabilities to what a session runs with.

Layers are walked from the lowest. A capability has the place of the first layer that names it; its
config is its default, then each layer's config as a merge patch; what it depends on comes before it.
Whatever is wrong is a Problem with the layer that must answer for it; nothing here raises for a layer.
What won, what it beat and what is left out is recorded as it happens, for `core.explanation`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from server.core.catalog import Capability, Catalog, Tool
from server.core.effective_config import EffectiveConfig, LayerName, Provenance, pointer
from server.core.errors import Reason, Violation, invalid
from server.core.json import JsonObject
from server.core.lock import KeptOut, Lock, keep_out
from server.core.problem import Problem, Severity
from server.core.selection import Entry, Layers, LeftOut, Named, Selection, existing, select

__all__ = [
    "MAX_CAPABILITIES",
    "Layers",
    "Merge",
    "Merged",
    "MergedTool",
    "Problem",
    "Resolved",
    "Severity",
    "Source",
    "merge",
    "refuse",
    "remembering",
]

MAX_CAPABILITIES = 100
"""The most capabilities that a merge may have, dependencies counted."""

_REMEMBERED_TEXT = 8192


class Source(StrEnum):
    """Who brought a capability in."""

    BASE = "base"
    AGENT = "agent"
    SESSION = "session"
    DEPENDENCY = "dependency"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A capability in its place, with its effective config and who brought it in.

    `brought_by` is the entry through which it came in, `named_by` those that name it, lowest first;
    `kept_out` is what layers say of its config that a lock below forbids.
    """

    capability: Capability
    config: JsonObject
    source: Source
    required_by: tuple[str, ...]
    provenance: tuple[Provenance, ...]
    brought_by: Entry
    named_by: tuple[Entry, ...]
    locks: tuple[Lock, ...]
    kept_out: tuple[KeptOut, ...]


@dataclass(frozen=True, slots=True)
class MergedTool:
    """A tool, the id of the capability that brings it, and of those whose tool of that name it beat."""

    tool: Tool
    capability: str
    beaten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """What the layers come to. Shared and remembered: nothing may change what it holds.

    `providers` are the capabilities that have each of `features`, in resolved order.
    """

    capabilities: tuple[Resolved, ...]
    tools: tuple[MergedTool, ...]
    features: tuple[str, ...]
    problems: tuple[Problem, ...]
    providers: tuple[tuple[str, ...], ...] = ()
    left_out: tuple[LeftOut, ...] = ()


Merge = Callable[[Layers], Merged]
"""A merge with one catalog."""


def remembering(catalog: Catalog) -> Merge:
    """`merge` with this catalog, which remembers the last 1,024 small results. Thread-safe."""

    def compute(layers: Layers) -> Merged:
        return merge(catalog, layers)

    remembered = lru_cache(maxsize=1024)(compute)

    def merge_remembered(layers: Layers) -> Merged:
        small = len(layers.agent.text) + len(layers.session.text) <= _REMEMBERED_TEXT
        return remembered(layers) if small else compute(layers)

    return merge_remembered


def merge(catalog: Catalog, layers: Layers) -> Merged:
    """What the layers come to with a catalog. Pure and deterministic; never raises for what a layer holds."""
    selection = select(catalog, layers)
    settled = {ref: _settle(catalog, named) for ref, named in selection.named.items()}
    roots = _roots(catalog, selection)
    resolved = _expand(catalog, selection, settled, roots)
    tools, tool_problems = _tools(roots, resolved)
    providers: dict[str, list[str]] = {}
    for capability in (r.capability for r in resolved):
        for feature in capability.features:
            providers.setdefault(feature, []).append(capability.id)
    problems = [
        *selection.problems,
        *(problem for config in settled.values() for problem in config.problems),
        *_conflicts(roots, resolved),
        *tool_problems,
        *_too_many(roots, resolved),
    ]
    return Merged(
        capabilities=resolved,
        tools=tools,
        features=tuple(providers),
        problems=tuple(problems),
        providers=tuple(map(tuple, providers.values())),
        left_out=tuple(selection.left_out),
    )


def refuse(merged: Merged, layer: LayerName, others: Sequence[Violation] = ()) -> None:
    """Raises the ServiceError of a write of a layer, with all the errors that the layer answers for,
    after the others that were found of the same write."""
    wrong = [p for p in merged.problems if p.layer is layer and p.severity is Severity.ERROR]
    if wrong or others:
        raise invalid([*others, *(Violation(p.field, p.message, p.reason) for p in wrong)])


@dataclass(frozen=True, slots=True)
class _Settled:
    """The config that the layers give a capability."""

    config: EffectiveConfig
    locks: tuple[Lock, ...]
    kept_out: tuple[KeptOut, ...]
    problems: tuple[Problem, ...]


def _settle(catalog: Catalog, named: Named) -> _Settled:
    """What the layers come to, without what locks forbid, and what the capability's schema refuses.

    The layer that answers for that is the one that set what is refused, or else the lowest from which on
    the problem stands.
    """
    ref = named.capability.id
    config = EffectiveConfig(named.capability.default_config)
    locks: list[Lock] = []
    kept_out: list[KeptOut] = []
    problems: list[Problem] = []
    standing: dict[tuple[tuple[str | int, ...], str], Entry] = {}
    for entry in named.entries:
        patch = entry.config
        if patch and locks:
            patch, forbidden = keep_out(patch, entry.layer, config.value(), locks)
            kept_out += forbidden
            problems += [_locked(entry, one) for one in forbidden]
        if entry.locked and entry.layer is not LayerName.SESSION:
            locks += [Lock(path, entry.layer) for path in entry.locked]
        if patch is None:
            continue
        config.apply(entry.layer, patch)
        found = [(p.path, p.message) for p in catalog.config_problems(ref, config.value())]
        set_here = _paths_set_by(entry.layer, config) if found else frozenset()
        standing = {
            problem: entry if _keys(problem[0]) in set_here else standing.get(problem, entry)
            for problem in found
        }
    for (path, message), entry in standing.items():
        where = f"{entry.field}.config{_dotted(path)}"
        problems.append(Problem(Reason.INVALID_CONFIG, entry.layer, where, message))
    return _Settled(config, tuple(locks), tuple(kept_out), tuple(problems))


def _locked(entry: Entry, forbidden: KeptOut) -> Problem:
    lock = forbidden.lock
    message = f"{lock.path or 'the whole config'} is locked by the {lock.layer}"
    where = f"{entry.field}.config{_dotted(forbidden.steps)}"
    return Problem(Reason.CONFIG_LOCKED, entry.layer, where, message)


def _roots(catalog: Catalog, selection: Selection) -> dict[str, Entry]:
    """The entry through which each capability first came in, in resolved order."""
    roots: dict[str, Entry] = {}
    for ref, named in selection.named.items():
        for id in catalog.dependencies_first(ref):
            roots.setdefault(id, named.entries[0])
    return roots


def _expand(
    catalog: Catalog, selection: Selection, settled: dict[str, _Settled], roots: dict[str, Entry]
) -> tuple[Resolved, ...]:
    required_by: dict[str, list[str]] = {id: [] for id in roots}
    for id in roots:
        for dependency in existing(catalog, id).dependencies:
            required_by[dependency].append(id)
    resolved = []
    for id, root in roots.items():
        capability = existing(catalog, id)
        named_by = tuple(selection.named[id].entries) if id in selection.named else ()
        settled_here = settled.get(id) or _Settled(EffectiveConfig(capability.default_config), (), (), ())
        resolved.append(
            Resolved(
                capability=capability,
                config=settled_here.config.value(),
                source=Source(named_by[0].layer) if named_by else Source.DEPENDENCY,
                required_by=tuple(required_by[id]),
                provenance=settled_here.config.provenance(),
                brought_by=root,
                named_by=named_by,
                locks=settled_here.locks,
                kept_out=settled_here.kept_out,
            )
        )
    return tuple(resolved)


def _paths_set_by(layer: LayerName, config: EffectiveConfig) -> frozenset[str]:
    """The pointers of the leaves that a layer set, and of all that they are within."""
    paths = set()
    for leaf in config.provenance():
        path = leaf.path
        while leaf.layer is layer and path not in paths:
            paths.add(path)
            path = path.rpartition("/")[0]
    return frozenset(paths)


def _keys(path: tuple[str | int, ...]) -> str:
    """The pointer of a path as far as it goes through keys: a list is set as a whole."""
    return pointer(itertools.takewhile(lambda step: isinstance(step, str), path))


def _conflicts(roots: dict[str, Entry], resolved: tuple[Resolved, ...]) -> Iterator[Problem]:
    for place, later in enumerate(resolved):
        for earlier in resolved[:place]:
            a, b = earlier.capability, later.capability
            if b.id in a.conflicts_with or a.id in b.conflicts_with:
                entry = _higher(roots[a.id], roots[b.id])
                message = f"{b.id} cannot be combined with {a.id}"
                yield Problem(Reason.CAPABILITY_CONFLICT, entry.layer, f"{entry.field}.ref", message)


def _tools(
    roots: dict[str, Entry], resolved: tuple[Resolved, ...]
) -> tuple[tuple[MergedTool, ...], list[Problem]]:
    tools: dict[str, MergedTool] = {}
    problems = []
    for id, tool in ((r.capability.id, tool) for r in resolved for tool in r.capability.tools):
        first = tools.setdefault(tool.name, MergedTool(tool, id))
        if first.capability != id:
            tools[tool.name] = replace(first, beaten=(*first.beaten, id))
            entry = _higher(roots[first.capability], roots[id])
            message = f"{id} has a tool {tool.name}, and so has {first.capability}"
            problem = Problem(Reason.TOOL_NAME_CONFLICT, entry.layer, f"{entry.field}.ref", message)
            problems.append(problem)
    return tuple(tools.values()), problems


def _too_many(roots: dict[str, Entry], resolved: tuple[Resolved, ...]) -> Iterator[Problem]:
    if len(resolved) > MAX_CAPABILITIES:
        # Those past the limit came last, so the layer that crosses it brought the one right after it.
        layer = roots[resolved[MAX_CAPABILITIES].capability.id].layer
        message = f"with dependencies there are {len(resolved)}; the most is {MAX_CAPABILITIES}"
        yield Problem(Reason.TOO_MANY_CAPABILITIES, layer, "capabilities", message)


def _higher(a: Entry, b: Entry) -> Entry:
    order = list(LayerName)
    return max(a, b, key=lambda entry: (order.index(entry.layer), entry.index))


def _dotted(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
