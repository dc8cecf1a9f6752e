"""Capabilities and models through the official client."""

from __future__ import annotations

import pytest
from everruns_sdk import CapabilityInfo, Everruns, NotFoundError

pytestmark = pytest.mark.anyio


async def test_capabilities_are_listed(client: Everruns) -> None:
    found = await client.capabilities.list()
    assert [capability.id for capability in found] == sorted(capability.id for capability in found)
    assert "web_fetch" in {capability.id for capability in found}
    assert [c.id for c in await client.capabilities.list(search="TEST_")] == ["test_math", "test_weather"]


async def test_capabilities_are_listed_page_by_page(client: Everruns) -> None:
    whole = await client.capabilities.list_page(limit=100)
    assert whole.total == len(whole.data)
    page = await client.capabilities.list_page(offset=1, limit=2)
    assert (page.total, page.offset, page.limit) == (whole.total, 1, 2)
    assert page.data == whole.data[1:3]


async def test_a_capability_is_read(client: Everruns) -> None:
    found = await client.capabilities.get("virtual_bash")
    assert isinstance(found, CapabilityInfo)
    assert (found.id, found.status) == ("virtual_bash", "available")
    assert (found.dependencies, found.features) == (["session_file_system"], ["file_system"])
    assert [tool["name"] for tool in found.tool_definitions or ()] == ["bash"]
    with pytest.raises(NotFoundError, match="there is no capability nope"):
        await client.capabilities.get("nope")


async def test_models_are_listed_and_read(client: Everruns) -> None:
    big, small = await client.models.list()
    assert (big.id, big.model_id, big.display_name, big.provider_name) == (
        "vendor/big:1",
        "vendor/big:1",
        "Big",
        "vendor",
    )
    assert small.id == "vendor/small"
    assert await client.models.get("vendor/big:1") == await client.models.get("big") == big
    with pytest.raises(NotFoundError, match="there is no model vendor/huge"):
        await client.models.get("vendor/huge")
