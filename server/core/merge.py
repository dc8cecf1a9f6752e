"""Merging: from layers of capabilities to what a session runs with.

Layers are walked from the lowest. A capability has the place of the first layer that names it; its
config is its default, then each layer's config as a merge patch; what it depends on comes before it.
Whatever is wrong is a Problem with the layer that must answer for it; nothing here raises for a layer.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from server.core.catalog import Capability, CapabilityStatus, Catalog, Tool
from server.core.effective_config import EffectiveConfig, LayerName, Provenance, pointer
from server.core.errors import Reason, Violation, invalid
from server.core.json import JsonObject
from server.core.layer import EMPTY, CapabilityConfig, Layer

MAX_CAPABILITIES = 100
"""The most capabilities that a merge may have, dependencies counted."""

_REMEMBERED_TEXT = 8192


class Source(StrEnum):
    """Who brought a capability in."""

    BASE = "base"
    AGENT = "agent"
    SESSION = "session"
    DEPENDENCY = "dependency"


class Severity(StrEnum):
    """How bad a problem is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong. `layer` answers for it, and `field` is the path within that layer's resource."""

    reason: Reason
    layer: LayerName
    field: str
    message: str
    severity: Severity = Severity.ERROR

    @property
    def path(self) -> str:
        """The path as a session's reader sees it: bare in the session, with the layer's name below."""
        return self.field if self.layer is LayerName.SESSION else f"{self.layer}.{self.field}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A capability in its place, with its effective config and who brought it in."""

    capability: Capability
    config: JsonObject
    source: Source
    required_by: tuple[str, ...]
    provenance: tuple[Provenance, ...]


@dataclass(frozen=True, slots=True)
class MergedTool:
    """A tool, and the id of the capability that brings it."""

    tool: Tool
    capability: str


@dataclass(frozen=True, slots=True)
class Merged:
    """What the layers come to. Shared and remembered: nothing may change what it holds."""

    capabilities: tuple[Resolved, ...]
    tools: tuple[MergedTool, ...]
    features: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of a session; of an agent alone when the session's is empty."""

    agent: Layer
    session: Layer = EMPTY
    base: Layer = EMPTY

    def named(self) -> tuple[tuple[LayerName, Layer], ...]:
        """The layers with their names, lowest first."""
        return (
            (LayerName.BASE, self.base),
            (LayerName.AGENT, self.agent),
            (LayerName.SESSION, self.session),
        )


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
    selection = _select(catalog, layers)
    resolved = _expand(catalog, selection)
    tools, tool_problems = _tools(selection, resolved)
    problems = [
        *selection.problems,
        *_config_problems(catalog, selection),
        *_conflicts(selection, resolved),
        *tool_problems,
        *_too_many(selection, resolved),
    ]
    return Merged(
        capabilities=resolved,
        tools=tools,
        features=tuple(dict.fromkeys(feature for r in resolved for feature in r.capability.features)),
        problems=tuple(problems),
    )


def refuse(merged: Merged, layer: LayerName, others: Sequence[Violation] = ()) -> None:
    """Raises the ServiceError of a write of a layer, with all the errors that the layer answers for,
    after the others that were found of the same write."""
    wrong = [p for p in merged.problems if p.layer is layer and p.severity is Severity.ERROR]
    if wrong or others:
        raise invalid([*others, *(Violation(p.field, p.message, p.reason) for p in wrong)])


@dataclass(slots=True)
class _Named:
    """A capability that layers name: the entry of each, lowest first."""

    capability: Capability
    entries: list[_Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Entry:
    layer: LayerName
    index: int
    config: JsonObject | None

    @property
    def field(self) -> str:
        return f"capabilities[{self.index}]"


@dataclass(slots=True)
class _Selection:
    named: dict[str, _Named] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    # The entry through which each resolved capability first came in.
    roots: dict[str, _Entry] = field(default_factory=dict)


def _select(catalog: Catalog, layers: Layers) -> _Selection:
    selection = _Selection()
    for layer, content in layers.named():
        seen: dict[str, int] = {}
        for index, wanted in enumerate(content.entries):
            entry = _Entry(layer, index, wanted.config)
            first = seen.setdefault(wanted.ref, index)
            if first != index:
                message = f"{wanted.ref} is in the list already, at {first}"
                problem = Problem(Reason.DUPLICATE_CAPABILITY, layer, f"{entry.field}.ref", message)
                selection.problems.append(problem)
            elif capability := _usable(catalog, entry, wanted, selection.problems):
                selection.named.setdefault(wanted.ref, _Named(capability)).entries.append(entry)
    return selection


def _usable(
    catalog: Catalog, entry: _Entry, wanted: CapabilityConfig, problems: list[Problem]
) -> Capability | None:
    where = f"{entry.field}.ref"
    capability = catalog.get(wanted.ref)
    if capability is None:
        nearest = catalog.nearest(wanted.ref)
        hint = f"; did you mean {nearest}?" if nearest else ""
        message = f"there is no capability {wanted.ref}{hint}"
        problems.append(Problem(Reason.UNKNOWN_CAPABILITY, entry.layer, where, message))
        return None
    if capability.status is CapabilityStatus.COMING_SOON:
        message = f"{wanted.ref} is not available yet"
        problems.append(Problem(Reason.CAPABILITY_NOT_AVAILABLE, entry.layer, where, message))
        return None
    if capability.status is CapabilityStatus.DEPRECATED:
        message = f"{wanted.ref} is deprecated"
        warning = Severity.WARNING
        problems.append(Problem(Reason.CAPABILITY_DEPRECATED, entry.layer, where, message, warning))
    return capability


def _expand(catalog: Catalog, selection: _Selection) -> tuple[Resolved, ...]:
    for ref, named in selection.named.items():
        for id in catalog.dependencies_first(ref):
            selection.roots.setdefault(id, named.entries[0])
    order = list(selection.roots)
    required_by: dict[str, list[str]] = {id: [] for id in order}
    resolved = []
    for id in order:
        for dependency in _existing(catalog, id).dependencies:
            required_by[dependency].append(id)
    for id in order:
        named_here = selection.named.get(id)
        capability = _existing(catalog, id)
        config = EffectiveConfig(capability.default_config)
        for entry in named_here.entries if named_here else ():
            if entry.config is not None:
                config.apply(entry.layer, entry.config)
        resolved.append(
            Resolved(
                capability=capability,
                config=config.value(),
                source=Source(named_here.entries[0].layer) if named_here else Source.DEPENDENCY,
                required_by=tuple(required_by[id]),
                provenance=config.provenance(),
            )
        )
    return tuple(resolved)


def _existing(catalog: Catalog, id: str) -> Capability:
    capability = catalog.get(id)
    if capability is None:
        raise LookupError(f"a checked catalog lacks {id}")
    return capability


def _config_problems(catalog: Catalog, selection: _Selection) -> Iterator[Problem]:
    """What the schemas refuse. The layer that answers is the one that set what is refused, or else the
    lowest from which on the problem stands."""
    for ref, named in selection.named.items():
        config = EffectiveConfig(named.capability.default_config)
        standing: dict[tuple[tuple[str | int, ...], str], _Entry] = {}
        for entry in named.entries:
            if entry.config is None:
                continue
            config.apply(entry.layer, entry.config)
            found = [(p.path, p.message) for p in catalog.config_problems(ref, config.value())]
            set_here = _paths_set_by(entry.layer, config) if found else frozenset()
            standing = {
                problem: entry if _keys(problem[0]) in set_here else standing.get(problem, entry)
                for problem in found
            }
        for (path, message), entry in standing.items():
            where = f"{entry.field}.config{_dotted(path)}"
            yield Problem(Reason.INVALID_CONFIG, entry.layer, where, message)


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


def _conflicts(selection: _Selection, resolved: tuple[Resolved, ...]) -> Iterator[Problem]:
    for place, later in enumerate(resolved):
        for earlier in resolved[:place]:
            a, b = earlier.capability, later.capability
            if b.id in a.conflicts_with or a.id in b.conflicts_with:
                entry = _higher(selection.roots[a.id], selection.roots[b.id])
                message = f"{b.id} cannot be combined with {a.id}"
                yield Problem(Reason.CAPABILITY_CONFLICT, entry.layer, f"{entry.field}.ref", message)


def _tools(
    selection: _Selection, resolved: tuple[Resolved, ...]
) -> tuple[tuple[MergedTool, ...], list[Problem]]:
    tools: dict[str, MergedTool] = {}
    problems = []
    for id, tool in ((r.capability.id, tool) for r in resolved for tool in r.capability.tools):
        first = tools.setdefault(tool.name, MergedTool(tool, id))
        if first.capability != id:
            entry = _higher(selection.roots[first.capability], selection.roots[id])
            message = f"{id} has a tool {tool.name}, and so has {first.capability}"
            problem = Problem(Reason.TOOL_NAME_CONFLICT, entry.layer, f"{entry.field}.ref", message)
            problems.append(problem)
    return tuple(tools.values()), problems


def _too_many(selection: _Selection, resolved: tuple[Resolved, ...]) -> Iterator[Problem]:
    if len(resolved) > MAX_CAPABILITIES:
        # Those past the limit came last, so the layer that crosses it brought the one right after it.
        layer = selection.roots[resolved[MAX_CAPABILITIES].capability.id].layer
        message = f"with dependencies there are {len(resolved)}; the most is {MAX_CAPABILITIES}"
        yield Problem(Reason.TOO_MANY_CAPABILITIES, layer, "capabilities", message)


def _higher(a: _Entry, b: _Entry) -> _Entry:
    order = list(LayerName)
    return max(a, b, key=lambda entry: (order.index(entry.layer), entry.index))


def _dotted(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
