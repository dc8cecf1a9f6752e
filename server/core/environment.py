"""What a session runs with that is neither its own nor its agent's: catalog, models and default model.

A session keeps by its id in which environment it was created, so that what has changed since can be told.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import cast

import orjson

from server.core.agent import Agent
from server.core.catalog import Capability, CapabilityStatus, Catalog, CatalogError, Tool
from server.core.json import JsonObject
from server.core.merge import Layers, Merge, remembering
from server.core.model import Model, ModelStatus, ModelTable, ModelTableError
from server.core.runtime_agent import RuntimeAgent, RuntimeSettings, compose
from server.core.session import Session


@dataclass(frozen=True, slots=True)
class Environment:
    """A catalog, a table of models and a default model. Thread-safe."""

    catalog: Catalog
    merge: Merge
    models: ModelTable
    default_model: str | None

    @classmethod
    def of(cls, catalog: Catalog, models: ModelTable, default_model: str | None) -> Environment:
        """The environment of these, with a merge of its own."""
        return cls(catalog, remembering(catalog), models, default_model)

    def runtime_agent(self, agent: Agent, session: Session) -> RuntimeAgent:
        """What a worker would run here for a session with its agent as given."""
        settings = RuntimeSettings(
            agent_prompt=agent.system_prompt,
            agent_model=agent.default_model_id,
            session_model=session.model_id,
            server_model=self.default_model,
            max_iterations=agent.max_iterations,
            models=self.models,
        )
        layers = Layers(agent=agent.capabilities, session=session.capabilities)
        return compose(self.merge(layers), settings)


def environment_text(environment: Environment) -> str:
    """All of an environment as JSON, of which `read_environment` makes it again; equal for equal ones."""
    content = {
        "capabilities": list(environment.catalog),
        "models": list(environment.models),
        "default_model": environment.default_model,
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()


def environment_id(text: str) -> int:
    """The id of an environment, by its text: 64 bits of a SHA-256, signed."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


def read_environment(text: str) -> Environment | None:
    """The environment of a text; None for one that this version of the service can make none of."""
    try:
        content = orjson.loads(text)
        catalog = Catalog.of(_capability(one) for one in content["capabilities"])
        return Environment.of(catalog, ModelTable(map(_model, content["models"])), content["default_model"])
    except (ValueError, KeyError, TypeError, CatalogError, ModelTableError):
        return None


def _capability(content: JsonObject) -> Capability:
    # What is not as it was written raises where it is read.
    return Capability(
        id=cast(str, content["id"]),
        name=cast(str, content["name"]),
        description=cast(str, content["description"]),
        status=CapabilityStatus(cast(str, content["status"])),
        icon=cast("str | None", content["icon"]),
        category=cast("str | None", content["category"]),
        dependencies=tuple(cast("list[str]", content["dependencies"])),
        features=tuple(cast("list[str]", content["features"])),
        conflicts_with=tuple(cast("list[str]", content["conflicts_with"])),
        system_prompt=cast("str | None", content["system_prompt"]),
        tools=tuple(map(_tool, cast("list[JsonObject]", content["tools"]))),
        config_schema=cast(JsonObject, content["config_schema"]),
        default_config=cast(JsonObject, content["default_config"]),
    )


def _tool(content: JsonObject) -> Tool:
    name, description = cast(str, content["name"]), cast(str, content["description"])
    return Tool(name, description, cast(JsonObject, content["parameters"]))


def _model(content: JsonObject) -> Model:
    return Model(
        id=cast(str, content["id"]),
        name=cast(str, content["name"]),
        provider=cast(str, content["provider"]),
        description=cast("str | None", content["description"]),
        aliases=tuple(cast("list[str]", content["aliases"])),
        status=ModelStatus(cast(str, content["status"])),
    )
