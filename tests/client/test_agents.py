"""Agents through the official client."""

from __future__ import annotations

import pytest
from everruns_sdk import AgentCapabilityConfig, ApiError, Everruns, NotFoundError, generate_agent_id

pytestmark = pytest.mark.anyio

WEB = AgentCapabilityConfig(ref="web_fetch", config={"timeout_ms": 1000})


async def test_an_agent_is_created_and_read(client: Everruns) -> None:
    made = await client.agents.create(
        "reader",
        "Read.",
        display_name="Reader",
        description="Reads.",
        default_model_id="big",
        tags=["a", "b"],
        capabilities=[WEB],
        harness_name="generic",
    )
    assert (made.name, made.system_prompt, made.status) == ("reader", "Read.", "active")
    assert (made.display_name, made.description, made.default_model_id) == ("Reader", "Reads.", "big")
    assert (made.tags, made.capabilities, made.max_iterations) == (["a", "b"], [WEB], 100)
    assert await client.agents.get(made.id) == made


async def test_apply_creates_and_then_updates(client: Everruns) -> None:
    id = generate_agent_id()
    first = await client.agents.apply(id, "reader", "Read.", tags=["a"])
    second = await client.agents.apply(id, "writer", "Write.")
    assert first.id == second.id == id
    assert (second.name, second.system_prompt, second.tags) == ("writer", "Write.", [])
    assert second.created_at == first.created_at < second.updated_at
    assert await client.agents.list() == [second]


async def test_apply_by_name_creates_and_then_updates(client: Everruns) -> None:
    first = await client.agents.apply_by_name("reader", "Read.")
    second = await client.agents.apply_by_name("reader", "Read more.", capabilities=[WEB])
    assert first.id == second.id
    assert (second.system_prompt, second.capabilities) == ("Read more.", [WEB])


async def test_agents_are_searched(client: Everruns) -> None:
    reader = await client.agents.create("reader", "p", description="Reads what it is given.")
    writer = await client.agents.create("writer", "p")
    assert await client.agents.list() == [writer, reader]
    assert await client.agents.list(search="WHAT IT") == [reader]
    assert await client.agents.list(search="nobody") == []


async def test_an_agent_is_copied(client: Everruns) -> None:
    made = await client.agents.create("reader", "Read.", tags=["a"], capabilities=[WEB])
    first, second = await client.agents.copy(made.id), await client.agents.copy(made.id)
    assert (first.name, second.name) == ("reader-copy", "reader-copy-2")
    assert len({made.id, first.id, second.id}) == 3
    ours = {"id", "name", "created_at", "updated_at"}
    assert first.model_dump(exclude=ours) == made.model_dump(exclude=ours)


async def test_an_agent_is_exported_and_imported(client: Everruns) -> None:
    made = await client.agents.create(
        "reader", "# Read\n\n---\nwith: care\n", description="yes", tags=["1"], capabilities=[WEB]
    )
    text = await client.agents.export(made.id)
    assert text.startswith("---\nname: reader\n")
    with pytest.raises(ApiError, match="this name") as taken:
        await client.agents.import_agent(text)
    assert taken.value.status_code == 409
    await client.agents.delete(made.id)
    again = await client.agents.import_agent(text)
    ours = {"id", "created_at", "updated_at"}
    assert again.model_dump(exclude=ours) == made.model_dump(exclude=ours)


@pytest.mark.parametrize(
    "content",
    [
        "---\nname: reader\n---\n\nRead.\n",
        "name: reader\nsystem_prompt: Read.\n",
        '{"name": "reader", "system_prompt": "Read."}',
    ],
)
async def test_an_agent_is_imported_as_what_it_looks_like(content: str, client: Everruns) -> None:
    made = await client.agents.import_agent(content)
    assert (made.name, made.system_prompt) == ("reader", "Read.")


async def test_a_plain_text_is_imported_under_a_name_of_its_own(client: Everruns) -> None:
    first, second = await client.agents.import_agent("Read."), await client.agents.import_agent("Read.")
    assert (first.name, second.name) == ("imported-agent", "imported-agent-2")
    assert first.system_prompt == second.system_prompt == "Read."


async def test_a_document_that_cannot_be_read_says_where(client: Everruns) -> None:
    with pytest.raises(ApiError, match="line 3: the key name is there twice") as refused:
        await client.agents.import_agent("name: a\nsystem_prompt: b\nname: c\n")
    assert refused.value.status_code == 400


async def test_an_agent_is_deleted(client: Everruns) -> None:
    made = await client.agents.create("reader", "Read.")
    await client.agents.delete(made.id)
    assert (await client.agents.get(made.id)).status == "archived"
    assert await client.agents.list() == []
    with pytest.raises(NotFoundError, match=made.id):
        await client.agents.delete(made.id)
