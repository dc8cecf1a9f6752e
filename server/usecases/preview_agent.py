"""PreviewAgent: an agent is drafted, and shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.agent import Agent, AgentSpec
from server.core.errors import agent_already_exists
from server.core.merge import Merge
from server.core.model import ModelTable
from server.core.runtime_agent import RuntimeAgent, RuntimeSettings, compose
from server.core.store import Store
from server.usecases.create_agent import new_agent, refuse_agent


@dataclass(frozen=True, slots=True)
class AgentPreview:
    """An agent as it would be, without times and with no id but a caller's, and what a worker would run
    for a session of it that sets nothing."""

    agent: Agent
    runtime_agent: RuntimeAgent


@dataclass(frozen=True, slots=True)
class PreviewAgent:
    """Shows an agent that is not created; writes nothing. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    default_model: str | None

    def __call__(self, organization_id: bytes, spec: AgentSpec) -> AgentPreview:
        """The preview. Raises what `refuse_agent` raises, and AGENT_ALREADY_EXISTS."""
        merged = refuse_agent(self.merge, self.models, spec)
        agents = self.store.agents
        taken = spec.id is not None and agents.get(organization_id, spec.id) is not None
        if taken or agents.find(organization_id, spec.name) is not None:
            raise agent_already_exists(spec.name)
        settings = RuntimeSettings(
            agent_prompt=spec.system_prompt,
            agent_model=spec.default_model_id,
            session_model=None,
            server_model=self.default_model,
            max_iterations=spec.max_iterations,
            models=self.models,
        )
        agent = replace(new_agent(organization_id, spec, 0), id=spec.id or b"")
        return AgentPreview(agent, compose(merged, settings))
