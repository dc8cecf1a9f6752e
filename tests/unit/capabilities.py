"""Capabilities, catalogs and layers that tests spell out."""

from __future__ import annotations

from collections.abc import Sequence

from server.catalog.load import load_catalog
from server.core.catalog import Capability, CapabilityStatus, Catalog, Tool
from server.core.json import JsonObject
from server.core.layer import CapabilityConfig, Layer
from server.core.merge import Layers, Merged, merge

BUILT_IN = load_catalog(None)
"""The catalog that the service comes with."""

ANY_CONFIG: JsonObject = {"type": "object"}


def capability(
    id: str,
    *,
    needs: Sequence[str] = (),
    excludes: Sequence[str] = (),
    features: Sequence[str] = (),
    tools: Sequence[str] = (),
    prompt: str | None = None,
    status: CapabilityStatus = CapabilityStatus.AVAILABLE,
    schema: JsonObject | None = None,
    default: JsonObject | None = None,
) -> Capability:
    """A capability that takes any config, unless it has a schema."""
    return Capability(
        id=id,
        name=id.title(),
        description=f"What {id} does.",
        status=status,
        icon=None,
        category=None,
        dependencies=tuple(needs),
        features=tuple(features),
        conflicts_with=tuple(excludes),
        system_prompt=prompt,
        tools=tuple(Tool(name, f"What {name} does.", ANY_CONFIG) for name in tools),
        config_schema=ANY_CONFIG if schema is None else schema,
        default_config=default or {},
    )


def layer(*entries: str | tuple[str, JsonObject]) -> Layer:
    """The layer of these entries; one without config is its ref alone."""
    return Layer.of(
        CapabilityConfig(entry) if isinstance(entry, str) else CapabilityConfig(*entry) for entry in entries
    )


def merged(catalog: Catalog, *, agent: Layer | None = None, session: Layer | None = None) -> Merged:
    """What an agent's and a session's layer come to."""
    return merge(catalog, Layers(agent=agent or layer(), session=session or layer()))


def refs(merged: Merged) -> list[str]:
    """The resolved capabilities by id, in their order."""
    return [resolved.capability.id for resolved in merged.capabilities]


def config_of(merged: Merged, ref: str) -> JsonObject:
    """The effective config of a resolved capability."""
    return next(resolved.config for resolved in merged.capabilities if resolved.capability.id == ref)
