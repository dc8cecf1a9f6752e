"""Sessions through the official client."""

from __future__ import annotations

import pytest
from everruns_sdk import AgentCapabilityConfig, ApiError, Everruns, NotFoundError

pytestmark = [
    pytest.mark.anyio,
    # The client says once that a session is better created by its AgentClient.
    pytest.mark.filterwarnings("ignore:Everruns.sessions.create:DeprecationWarning"),
]


async def test_a_session_is_created_and_read(client: Everruns) -> None:
    agent = await client.agents.create("reader", "Read.")
    web = AgentCapabilityConfig(ref="web_fetch", config={"timeout_ms": 1000, "allowed_hosts": ["a.example"]})
    made = await client.sessions.create(
        agent_id=agent.id,
        title="Reading",
        tags=["a"],
        model_id="vendor/small",
        capabilities=[AgentCapabilityConfig(ref="virtual_bash"), web],
    )
    assert (made.agent_id, made.title, made.tags) == (agent.id, "Reading", ["a"])
    assert (made.status, made.features, made.model_id) == ("started", ["file_system"], "vendor/small")
    assert made.capabilities == [AgentCapabilityConfig(ref="virtual_bash"), web]
    assert made.harness_id == agent.harness_id
    assert await client.sessions.get(made.id) == made


async def test_a_session_names_its_agent(client: Everruns) -> None:
    agent = await client.agents.create("reader", "Read.")
    made = await client.sessions.create(agent_name="reader", harness_name="generic")
    assert made.agent_id == agent.id


async def test_sessions_are_listed_by_agent_and_by_title(client: Everruns) -> None:
    reader, writer = [await client.agents.create(name, "p") for name in ("reader", "writer")]
    first = await client.sessions.create(agent_id=reader.id, title="Weekly Reading")
    second = await client.sessions.create(agent_id=reader.id, title="Daily")
    third = await client.sessions.create(agent_id=writer.id, title="weekly writing")
    assert await client.sessions.list() == [third, second, first]
    assert await client.sessions.list(reader.id) == [second, first]
    assert await client.sessions.list(search="WEEKLY") == [third, first]
    assert await client.sessions.list(reader.id, search="weekly") == [first]


async def test_a_session_is_deleted(client: Everruns) -> None:
    await client.agents.create("reader", "Read.")
    made = await client.sessions.create(agent_name="reader")
    await client.sessions.delete(made.id)
    assert await client.sessions.list() == []
    for call in (client.sessions.get, client.sessions.delete):
        with pytest.raises(NotFoundError, match=made.id):
            await call(made.id)


async def test_what_is_wrong_with_a_session_is_told(client: Everruns) -> None:
    await client.agents.create("reader", "Read.")
    with pytest.raises(ApiError) as refused:
        await client.sessions.create(
            agent_name="reader",
            model_id="vendor/bigg:1",
            capabilities=[AgentCapabilityConfig(ref="web_fech")],
        )
    assert refused.value.status_code == 400
    assert "did you mean vendor/big:1" in refused.value.message
    assert "did you mean web_fetch?" in refused.value.message
