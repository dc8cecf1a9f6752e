"""The RuntimeAgent: what a worker runs, composed from a merge, an agent and a session."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from enum import StrEnum

import rfc8785

from server.core.json import MAX_SAFE_INTEGER, JsonValue
from server.core.merge import Merged
from server.core.model import ModelTable


class ModelSource(StrEnum):
    """Who chose the model."""

    SESSION = "session"
    AGENT = "agent"
    SERVER = "server"
    UNSET = "unset"


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """What a runtime agent takes from outside its layers of capabilities."""

    agent_prompt: str
    agent_model: str | None
    session_model: str | None
    server_model: str | None
    max_iterations: int
    models: ModelTable


@dataclass(frozen=True, slots=True)
class RuntimeAgent:
    """What a worker runs. It has no ids: equal runtimes are equal, and so is their digest."""

    system_prompt: str
    model: str | None
    model_source: ModelSource
    max_iterations: int
    merged: Merged
    digest: str


def compose(merged: Merged, settings: RuntimeSettings) -> RuntimeAgent:
    """The runtime agent of a merge: its prompt, its model, and the digest of the whole."""
    prompt = _system_prompt(merged, settings.agent_prompt)
    chosen, source = _model(settings)
    model = settings.models.resolve(chosen)
    return RuntimeAgent(
        system_prompt=prompt,
        model=model,
        model_source=source,
        max_iterations=settings.max_iterations,
        merged=merged,
        digest=_digest(prompt, model, source, settings.max_iterations, merged),
    )


def _system_prompt(merged: Merged, agent_prompt: str) -> str:
    parts = [
        f'<capability id="{resolved.capability.id}">\n{resolved.capability.system_prompt}\n</capability>'
        for resolved in merged.capabilities
        if resolved.capability.system_prompt
    ]
    if not parts:
        return agent_prompt
    return "\n\n".join([*parts, f"<system-prompt>\n{agent_prompt}\n</system-prompt>"])


def _model(settings: RuntimeSettings) -> tuple[str | None, ModelSource]:
    if settings.session_model is not None:
        return settings.session_model, ModelSource.SESSION
    if settings.agent_model is not None:
        return settings.agent_model, ModelSource.AGENT
    if settings.server_model is not None:
        return settings.server_model, ModelSource.SERVER
    return None, ModelSource.UNSET


def _digest(prompt: str, model: str | None, source: ModelSource, max_iterations: int, merged: Merged) -> str:
    content = {
        "system_prompt": prompt,
        "model": model,
        "model_source": source,
        "max_iterations": max_iterations,
        "capabilities": [
            {
                "ref": resolved.capability.id,
                "config": resolved.config,
                "source": resolved.source,
                "required_by": resolved.required_by,
                "provenance": [asdict(leaf) for leaf in resolved.provenance],
            }
            for resolved in merged.capabilities
        ],
        "tools": [
            {
                "name": tool.tool.name,
                "description": tool.tool.description,
                "parameters": tool.tool.parameters,
                "capability": tool.capability,
            }
            for tool in merged.tools
        ],
        "features": merged.features,
        "problems": [
            {"reason": p.reason, "path": p.path, "message": p.message, "severity": p.severity}
            for p in merged.problems
        ],
    }
    return "sha256:" + hashlib.sha256(rfc8785.dumps(_canonical(content))).hexdigest()


def _canonical(value: object) -> JsonValue:
    """The value in the types and the range of integers that RFC 8785 has."""
    match value:
        case dict():
            return {str(key): _canonical(child) for key, child in value.items()}
        case list() | tuple():
            return [_canonical(child) for child in value]
        case bool() | None | float():
            return value
        case int():
            return value if abs(value) < MAX_SAFE_INTEGER else float(value)
        case _:
            return str(value)
