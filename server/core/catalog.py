"""The capabilities that agents and sessions can have, checked as a whole when the catalog is made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter

from server.core.json import JsonObject
from server.core.schema import ConfigProblem, Schema, SchemaError, did_you_mean, dotted, nearest

__all__ = ["Capability", "CapabilityStatus", "Catalog", "CatalogError", "ConfigProblem", "Tool"]

_ID = re.compile(r"[a-z0-9_.:-]{1,100}")
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class CapabilityStatus(StrEnum):
    """Whether a capability can be used."""

    AVAILABLE = "available"
    DEPRECATED = "deprecated"
    COMING_SOON = "coming_soon"


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a language model may call. `parameters` is the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class Capability:
    """Something an agent can do, as `capability.proto` describes it. Its objects must not be changed."""

    id: str
    name: str
    description: str
    status: CapabilityStatus
    icon: str | None
    category: str | None
    dependencies: tuple[str, ...]
    features: tuple[str, ...]
    conflicts_with: tuple[str, ...]
    system_prompt: str | None
    tools: tuple[Tool, ...]
    config_schema: JsonObject
    default_config: JsonObject


class CatalogError(Exception):
    """What is wrong with a set of capabilities.

    `capability` is the id of the one to correct, `path` leads to the attribute in it, `key` is that path as
    people write it (`tools[0].name`), and `reason` says what is wrong.
    """

    def __init__(self, capability: str, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(capability, path, reason)
        self.capability = capability
        self.path = path
        self.reason = reason

    @property
    def key(self) -> str:
        return dotted(self.path)

    def __str__(self) -> str:
        return f"{self.capability}: {self.key}: {self.reason}"


class Catalog:
    """A set of capabilities that fit together. Immutable and thread-safe; does no I/O."""

    def __init__(
        self,
        capabilities: Mapping[str, Capability],
        dependencies_first: Mapping[str, tuple[str, ...]],
        config_schemas: Mapping[str, Schema],
    ) -> None:
        """Takes what is checked already: `of` makes a catalog."""
        self._capabilities = capabilities
        self._dependencies_first = dependencies_first
        self._config_schemas = config_schemas

    @classmethod
    def of(cls, capabilities: Iterable[Capability]) -> Catalog:
        """The catalog of these capabilities, in any order.

        Raises CatalogError for the first thing that does not hold of these:
        ids are unique and match `[a-z0-9_.:-]{1,100}`; dependencies and conflicts are capabilities of the
        catalog, each named once; no capability needs itself, directly or through others; none but a
        `coming_soon` one needs a `coming_soon` one; no capability excludes itself, a capability that it
        needs, or two that it needs each other; the names of a capability's tools are unique and match
        `[a-zA-Z0-9_-]{1,64}`; `config_schema` and the tools' `parameters` are JSON Schemas that `Schema`
        takes; `default_config` satisfies `config_schema`.
        """
        by_id = _by_id(capabilities)
        for capability in by_id.values():
            _check_references(capability, by_id)
        dependencies_first = _dependencies_first(by_id)
        for capability in by_id.values():
            _check_statuses(capability, by_id)
            _check_conflicts(dependencies_first[capability.id], by_id)
            _check_tools(capability)
        config_schemas = {id: _config_schema(capability) for id, capability in by_id.items()}
        return cls(by_id, dependencies_first, config_schemas)

    def __iter__(self) -> Iterator[Capability]:
        """Sorted by id."""
        return iter(self._capabilities.values())

    def __len__(self) -> int:
        return len(self._capabilities)

    def get(self, id: str) -> Capability | None:
        """The capability of this id, None when the catalog has none."""
        return self._capabilities.get(id)

    def nearest(self, id: str) -> str | None:
        """The id in the catalog that a mistyped one was likely meant to be, None when none is like it."""
        return nearest(id, self._capabilities)

    def dependencies_first(self, id: str) -> tuple[str, ...]:
        """All that a capability needs, depth first, each before what needs it and once, and then its own id.

        Raises KeyError when the catalog has no such capability.
        """
        return self._dependencies_first[id]

    def config_problems(self, id: str, config: JsonObject) -> list[ConfigProblem]:
        """All that a capability's schema refuses in an effective config, sorted by path; [] when nothing.

        Raises KeyError when the catalog has no such capability.
        """
        return self._config_schemas[id].problems(config)


def _by_id(capabilities: Iterable[Capability]) -> dict[str, Capability]:
    by_id: dict[str, Capability] = {}
    for capability in sorted(capabilities, key=lambda capability: capability.id):
        if not _ID.fullmatch(capability.id):
            raise CatalogError(capability.id, ("id",), f"must match {_ID.pattern}")
        if capability.id in by_id:
            raise CatalogError(capability.id, ("id",), "is taken by another capability")
        by_id[capability.id] = capability
    return by_id


def _check_references(capability: Capability, by_id: Mapping[str, Capability]) -> None:
    lists = {"dependencies": capability.dependencies, "conflicts_with": capability.conflicts_with}
    for key, ids in lists.items():
        for place, id in enumerate(ids):
            if id not in by_id:
                hint = did_you_mean(id, by_id)
                raise CatalogError(capability.id, (key, place), f"there is no capability {id}{hint}")
            if id in ids[:place]:
                raise CatalogError(capability.id, (key, place), f"names {id} twice")


def _dependencies_first(by_id: Mapping[str, Capability]) -> dict[str, tuple[str, ...]]:
    graph = {id: capability.dependencies for id, capability in by_id.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        # graphlib puts each before the one that needs it; the chain reads the other way.
        cycle = error.args[1][:0:-1]
        start = cycle.index(min(cycle))
        chain = [*cycle[start:], *cycle[:start], cycle[start]]
        raise CatalogError(chain[0], ("dependencies",), f"needs itself: {' -> '.join(chain)}") from None
    result: dict[str, tuple[str, ...]] = {}
    for id in order:
        needed = (other for dependency in graph[id] for other in result[dependency])
        result[id] = tuple(dict.fromkeys([*needed, id]))
    return result


def _check_statuses(capability: Capability, by_id: Mapping[str, Capability]) -> None:
    if capability.status is CapabilityStatus.COMING_SOON:
        return
    for place, id in enumerate(capability.dependencies):
        if by_id[id].status is CapabilityStatus.COMING_SOON:
            reason = f"{id} is {CapabilityStatus.COMING_SOON}, and this capability is {capability.status}"
            raise CatalogError(capability.id, ("dependencies", place), reason)


def _check_conflicts(dependencies_first: tuple[str, ...], by_id: Mapping[str, Capability]) -> None:
    id = dependencies_first[-1]
    for place, other in enumerate(by_id[id].conflicts_with):
        if other == id:
            raise CatalogError(id, ("conflicts_with", place), "names the capability itself")
        if other in dependencies_first:
            raise CatalogError(id, ("conflicts_with", place), f"names {other}, which this capability needs")
    for needed in dependencies_first[:-1]:
        for other in by_id[needed].conflicts_with:
            if other in dependencies_first:
                clash = "it" if other == id else f"{other}, which it needs too"
                raise CatalogError(id, ("dependencies",), f"needs {needed}, which conflicts with {clash}")


def _check_tools(capability: Capability) -> None:
    names: set[str] = set()
    for place, tool in enumerate(capability.tools):
        if not _TOOL_NAME.fullmatch(tool.name):
            raise CatalogError(capability.id, ("tools", place, "name"), f"must match {_TOOL_NAME.pattern}")
        if tool.name in names:
            raise CatalogError(capability.id, ("tools", place, "name"), f"{tool.name} names another tool too")
        names.add(tool.name)
        _schema(capability, ("tools", place, "parameters"), tool.parameters)


def _config_schema(capability: Capability) -> Schema:
    schema = _schema(capability, ("config_schema",), capability.config_schema)
    for problem in schema.problems(capability.default_config):
        raise CatalogError(capability.id, ("default_config", *problem.path), problem.message)
    return schema


def _schema(capability: Capability, path: tuple[str | int, ...], schema: JsonObject) -> Schema:
    try:
        return Schema(schema)
    except SchemaError as error:
        raise CatalogError(capability.id, (*path, *error.path), error.reason) from error
