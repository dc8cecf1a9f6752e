"""Selecting: which capabilities the layers name, what they exclude again, and what cannot be had.

Layers are walked from the lowest. A capability has the place of the first layer that names it. What a
layer excludes goes with all that layers below say of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from server.core.catalog import Capability, CapabilityStatus, Catalog
from server.core.chain import chains
from server.core.effective_config import LayerName
from server.core.errors import Reason
from server.core.json import JsonObject
from server.core.layer import EMPTY, CapabilityConfig, Layer, Mode
from server.core.problem import Problem, Severity, seen_from_session
from server.core.rule import Rule


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


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a layer, and its place in the layer's list."""

    layer: LayerName
    index: int
    config: JsonObject | None
    locked: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """Its path within its layer's resource."""
        return f"capabilities[{self.index}]"

    @property
    def path(self) -> str:
        """Its path as a session's reader sees it."""
        return seen_from_session(self.layer, self.field)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A capability that is not in, and why: as `explanation.proto` says."""

    ref: str
    rule: Rule
    entry: Entry | None = None
    excluded_by: Entry | None = None
    chain: tuple[str, ...] = ()


@dataclass(slots=True)
class Named:
    """A capability that layers name: the entry of each, lowest first."""

    capability: Capability
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Selection:
    """What is named, in order, and what is not in."""

    named: dict[str, Named] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def select(catalog: Catalog, layers: Layers) -> Selection:
    """What the layers name, with a problem for each entry that does not count or has no effect."""
    selection = Selection()
    for layer, content in layers.named():
        if not content.entries:
            continue
        seen: dict[str, int] = {}
        exclusions: dict[str, Entry] = {}
        for index, wanted in enumerate(content.entries):
            entry = Entry(layer, index, wanted.config, wanted.locked)
            first = seen.setdefault(wanted.ref, index)
            if first != index:
                message = f"{wanted.ref} is in the list already, at {first}"
                problem = Problem(Reason.DUPLICATE_CAPABILITY, layer, f"{entry.field}.ref", message)
                selection.problems.append(problem)
                selection.left_out.append(LeftOut(wanted.ref, Rule.REPEATED, entry))
            elif wanted.mode is Mode.EXCLUDE:
                if _can_exclude(catalog, entry, wanted, selection):
                    exclusions[wanted.ref] = entry
            elif capability := _usable(catalog, entry, wanted, selection):
                selection.named.setdefault(wanted.ref, Named(capability)).entries.append(entry)
        if exclusions:
            _exclude(catalog, exclusions, selection)
    return selection


def _usable(
    catalog: Catalog, entry: Entry, wanted: CapabilityConfig, selection: Selection
) -> Capability | None:
    where = f"{entry.field}.ref"
    capability = _known(catalog, entry, wanted, selection)
    if capability is None:
        selection.left_out.append(LeftOut(wanted.ref, Rule.UNKNOWN, entry))
        return None
    if capability.status is CapabilityStatus.COMING_SOON:
        message = f"{wanted.ref} is not available yet"
        selection.problems.append(Problem(Reason.CAPABILITY_NOT_AVAILABLE, entry.layer, where, message))
        selection.left_out.append(LeftOut(wanted.ref, Rule.NOT_AVAILABLE, entry))
        return None
    if capability.status is CapabilityStatus.DEPRECATED:
        message = f"{wanted.ref} is deprecated"
        warning = Severity.WARNING
        selection.problems.append(Problem(Reason.CAPABILITY_DEPRECATED, entry.layer, where, message, warning))
    if entry.locked and entry.layer is LayerName.SESSION:
        message = "only an agent can lock what sessions set"
        selection.problems.append(
            Problem(Reason.INVALID_FIELD, entry.layer, f"{entry.field}.locked", message)
        )
    return capability


def _known(
    catalog: Catalog, entry: Entry, wanted: CapabilityConfig, selection: Selection
) -> Capability | None:
    capability = catalog.get(wanted.ref)
    if capability is None:
        nearest = catalog.nearest(wanted.ref)
        hint = f"; did you mean {nearest}?" if nearest else ""
        message = f"there is no capability {wanted.ref}{hint}"
        problem = Problem(Reason.UNKNOWN_CAPABILITY, entry.layer, f"{entry.field}.ref", message)
        selection.problems.append(problem)
    return capability


def _can_exclude(catalog: Catalog, entry: Entry, wanted: CapabilityConfig, selection: Selection) -> bool:
    given = {"config": wanted.config is not None, "locked": bool(wanted.locked)}
    wrong = [
        Problem(
            Reason.INVALID_FIELD,
            entry.layer,
            f"{entry.field}.{key}",
            f"must not be given along with mode {Mode.EXCLUDE}",
        )
        for key, is_given in given.items()
        if is_given
    ]
    selection.problems += wrong
    return _known(catalog, entry, wanted, selection) is not None and not wrong


def _exclude(catalog: Catalog, exclusions: Mapping[str, Entry], selection: Selection) -> None:
    """Takes out what the entries of one layer exclude, but for what must stay."""
    named = selection.named
    before = _with_dependencies(catalog, named)
    locked = {
        ref: entry for ref in exclusions if ref in named for entry in named[ref].entries if entry.locked
    }
    kept = _with_dependencies(catalog, (ref for ref in named if ref not in exclusions or ref in locked))
    gone: dict[str, Entry] = {}
    for ref, entry in exclusions.items():
        if ref in locked:
            path, layer = locked[ref].locked[0] or "the whole", locked[ref].layer
            message = f"{ref} cannot be excluded: {path} of its config is locked by the {layer}"
            problem = Problem(Reason.CONFIG_LOCKED, entry.layer, entry.field, message)
            selection.problems.append(problem)
        elif ref in kept:
            way = _chain(catalog, kept[ref], ref)
            message = f"{ref} cannot be excluded: it is needed, {' -> '.join(way)}"
            problem = Problem(Reason.EXCLUDED_CAPABILITY_NEEDED, entry.layer, entry.field, message)
            selection.problems.append(problem)
        elif ref not in before:
            message = f"no layer below brings {ref}"
            reason, warning = Reason.EXCLUSION_WITHOUT_EFFECT, Severity.WARNING
            selection.problems.append(Problem(reason, entry.layer, entry.field, message, warning))
        else:
            gone[ref] = entry
    for ref, entry in gone.items():
        removed = named.pop(ref, None)
        naming = removed.entries if removed else [None]
        selection.left_out += [LeftOut(ref, Rule.EXCLUDED, below, entry) for below in naming]
    after = _with_dependencies(catalog, named)
    for id, root in before.items():
        if id not in after and id not in gone:
            way = _chain(catalog, root, id)
            selection.left_out.append(LeftOut(id, Rule.NO_LONGER_NEEDED, None, gone[root], way))


def _chain(catalog: Catalog, start: str, end: str) -> tuple[str, ...]:
    return chains(lambda id: existing(catalog, id).dependencies, start)[end]


def _with_dependencies(catalog: Catalog, refs: Iterable[str]) -> dict[str, str]:
    """The capabilities with all that they need, and for each the first of them that needs it."""
    roots: dict[str, str] = {}
    for ref in refs:
        for id in catalog.dependencies_first(ref):
            roots.setdefault(id, ref)
    return roots


def existing(catalog: Catalog, id: str) -> Capability:
    """The capability of an id that a checked catalog has."""
    capability = catalog.get(id)
    if capability is None:
        raise LookupError(f"a checked catalog lacks {id}")
    return capability
