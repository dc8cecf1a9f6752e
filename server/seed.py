"""What `make run` puts into an empty store: an organization, a key, and the example's agent."""

from __future__ import annotations

import math
import os
from pathlib import Path

from server.core.agent import AgentSpec
from server.core.audit import Actor
from server.core.caller import Scope
from server.core.clock import SystemClock
from server.core.ids import parse_id
from server.core.layer import CapabilityConfig, Layer
from server.core.store import Store
from server.usecases.create_agent import new_agent
from server.usecases.create_key import CreateKey

ORGANIZATION = "development"
AGENT_ID = "agent_0123456789abcdef0123456789abcdef"


def seed(store: Store, key_file: Path) -> bool:
    """Makes the development organization, its key in a file only the owner can read, and an agent.

    Whether it did: a store that has the organization stays as it is.
    """
    if store.keys.find_organization(ORGANIZATION) is not None:
        return False
    clock, actor = SystemClock(), Actor("seed")
    made = CreateKey(store, clock)(ORGANIZATION, "development", Scope, actor=actor)
    spec = AgentSpec(
        name="research-assistant",
        system_prompt="You are a careful research assistant. Say where each fact comes from.",
        id=parse_id("agent", AGENT_ID),
        display_name="Research assistant",
        capabilities=Layer.of([CapabilityConfig("current_time")]),
    )
    store.agents.create(new_agent(made.organization.id, spec, clock()), None, math.inf, actor)
    key_file.parent.mkdir(parents=True, exist_ok=True)
    key_file.unlink(missing_ok=True)
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(made.key + "\n")
    return True
