"""The RuntimeAgent: what a worker runs, composed from a merge, an agent and a session."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

import rfc8785

from server.core.effective_config import Provenance
from server.core.json import MAX_SAFE_INTEGER, JsonValue
from server.core.merge import Merged, MergedTool, Problem, Resolved
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
class PromptPart:
    """A part of the system prompt as it is there, and whose text it is: None for the agent's own."""

    capability: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """A model, and who chose it; None where nobody did."""

    source: ModelSource
    model: str | None


@dataclass(frozen=True, slots=True)
class RuntimeAgent:
    """What a worker runs. It has no ids: equal runtimes have equal digests.

    `beaten_models` are the choices that the model went before, the next best first.
    """

    prompt: tuple[PromptPart, ...]
    chosen_model: ChosenModel
    beaten_models: tuple[ChosenModel, ...]
    max_iterations: int
    merged: Merged
    system_prompt: str
    digest: str

    @property
    def model(self) -> str | None:
        """The model to run with, None when nobody chose one."""
        return self.chosen_model.model

    @property
    def model_source(self) -> ModelSource:
        """Who chose the model."""
        return self.chosen_model.source


def compose(merged: Merged, settings: RuntimeSettings) -> RuntimeAgent:
    """The runtime agent of a merge: its prompt, its model, and the digest of the whole."""
    parts = tuple(_prompt(merged, settings.agent_prompt))
    prompt = "\n\n".join(part.text for part in parts)
    model, *beaten = _models(settings)
    return RuntimeAgent(
        prompt=parts,
        chosen_model=model,
        beaten_models=tuple(beaten),
        max_iterations=settings.max_iterations,
        merged=merged,
        system_prompt=prompt,
        digest=_digest(prompt, model, settings.max_iterations, merged),
    )


def _prompt(merged: Merged, agent_prompt: str) -> Iterator[PromptPart]:
    talking = False
    for capability in (resolved.capability for resolved in merged.capabilities):
        if capability.system_prompt:
            talking = True
            text = f'<capability id="{capability.id}">\n{capability.system_prompt}\n</capability>'
            yield PromptPart(capability.id, text)
    own = f"<system-prompt>\n{agent_prompt}\n</system-prompt>" if talking else agent_prompt
    yield PromptPart(None, own)


def _models(settings: RuntimeSettings) -> list[ChosenModel]:
    """The choices of a model, the one that counts first."""
    choices = [
        (ModelSource.SESSION, settings.session_model),
        (ModelSource.AGENT, settings.agent_model),
        (ModelSource.SERVER, settings.server_model),
    ]
    made = [ChosenModel(who, settings.models.resolve(name)) for who, name in choices if name is not None]
    return made or [ChosenModel(ModelSource.UNSET, None)]


def _digest(prompt: str, model: ChosenModel, max_iterations: int, merged: Merged) -> str:
    content = {
        "system_prompt": prompt,
        "model": model.model,
        "model_source": model.source,
        "max_iterations": max_iterations,
        "capabilities": [
            {
                **presence_content(resolved),
                "config": resolved.config,
                "provenance": [leaf_content(leaf) for leaf in resolved.provenance],
            }
            for resolved in merged.capabilities
        ],
        "tools": [tool_content(tool) for tool in merged.tools],
        "features": merged.features,
        "problems": [problem_content(problem) for problem in merged.problems],
    }
    return "sha256:" + hashlib.sha256(canonical(content)).hexdigest()


def presence_content(resolved: Resolved) -> dict[str, object]:
    """What a digest says of a capability, apart from its config."""
    return {
        "ref": resolved.capability.id,
        "source": resolved.source,
        "required_by": resolved.required_by,
    }


def leaf_content(leaf: Provenance) -> dict[str, object]:
    """What a digest says of a leaf of a config."""
    return asdict(leaf)


def tool_content(tool: MergedTool) -> dict[str, object]:
    """What a digest says of a tool."""
    return {
        "name": tool.tool.name,
        "description": tool.tool.description,
        "parameters": tool.tool.parameters,
        "capability": tool.capability,
    }


def problem_content(problem: Problem) -> dict[str, object]:
    """What a digest says of a problem."""
    return {
        "reason": problem.reason,
        "path": problem.path,
        "message": problem.message,
        "severity": problem.severity,
    }


def canonical(content: object) -> bytes:
    """The canonical JSON (RFC 8785) of what a digest is of, equal exactly for equal content."""
    return rfc8785.dumps(_canonical(content))


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
