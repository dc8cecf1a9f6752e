"""The built-in capabilities, and how an agent's and a session's lists of them become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError


class NoConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CurrentTimeConfig(NoConfig):
    timezone: str | None = None


class WebFetchConfig(NoConfig):
    timeout_ms: int = Field(default=30000, ge=1, le=300000)
    allowed_hosts: list[str] | None = None
    blocked_hosts: list[str] | None = None
    max_bytes: int | None = Field(default=None, ge=1)


class VirtualBashConfig(NoConfig):
    timeout_ms: int | None = Field(default=None, ge=1, le=300000)
    working_dir: str | None = None


@dataclass(frozen=True)
class Capability:
    """A capability: what it needs, what it shows, and what its config may hold."""

    id: str
    dependencies: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    config: type[BaseModel] = NoConfig
    available: bool = True


FILES = "session_file_system"

CATALOG: Mapping[str, Capability] = {
    capability.id: capability
    for capability in (
        Capability("current_time", config=CurrentTimeConfig),
        Capability("web_fetch", config=WebFetchConfig),
        Capability(FILES, features=("file_system",)),
        Capability("virtual_bash", (FILES,), ("file_system",), VirtualBashConfig),
        Capability("session_storage", features=("secrets", "key_value")),
        Capability("session_schedule", features=("schedules",)),
        Capability("session_sql_database", features=("sql_database",)),
        Capability("session"),
        Capability("stateless_todo_list"),
        Capability("sample_data", (FILES,), ("file_system",)),
        Capability("skills", (FILES,)),
        Capability("agent_instructions"),
        Capability("noop"),
        Capability("openui", features=("openui",)),
        Capability("platform_management"),
        Capability("research", available=False),
        Capability("test_math"),
        Capability("test_weather"),
    )
}


class CapabilityError(ValueError):
    """A capability list that cannot be used."""


def merge_patch(target: JsonValue, patch: JsonValue) -> JsonValue:
    """JSON Merge Patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def resolve(layers: Sequence[Iterable[Mapping[str, JsonValue]]]) -> dict[str, JsonValue]:
    """Refs in resolved order, each after what it needs, with the merged config of each.

    Raises `CapabilityError` for a ref that is unknown or not available, or a config that does not fit.
    """
    configs: dict[str, JsonValue] = {}
    for layer in layers:
        for entry in layer:
            ref = str(entry["ref"])
            capability = CATALOG.get(ref)
            if capability is None or not capability.available:
                raise CapabilityError(f"no such capability: {ref}")
            for dependency in capability.dependencies:
                configs.setdefault(dependency, {})
            configs[ref] = merge_patch(configs.get(ref, {}), entry.get("config") or {})
    for ref, config in configs.items():
        try:
            CATALOG[ref].config.model_validate(config)
        except ValidationError as error:
            raise CapabilityError(f"{ref}: {error}") from error
    return configs


def features(layers: Sequence[Iterable[Mapping[str, JsonValue]]]) -> list[str]:
    """The union of the features of every capability, dependencies included, in resolved order."""
    found: dict[str, None] = {}
    for layer in layers:
        for entry in layer:
            capability = CATALOG.get(str(entry["ref"]))
            if capability is None:
                continue
            for dependency in capability.dependencies:
                found.update(dict.fromkeys(CATALOG[dependency].features))
            found.update(dict.fromkeys(capability.features))
    return list(found)
