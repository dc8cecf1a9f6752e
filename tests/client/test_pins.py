"""Pins through the official client."""

from __future__ import annotations

import pytest
from everruns_sdk import Everruns, NotFoundError

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Everruns.sessions.create:DeprecationWarning"),
]


async def test_a_session_is_pinned_and_unpinned(client: Everruns) -> None:
    await client.agents.create("reader", "Read.")
    made = await client.sessions.create(agent_name="reader")
    assert not made.is_pinned
    for _ in range(2):
        await client.sessions.pin(made.id)
        assert (await client.sessions.get(made.id)).is_pinned is True
    [listed] = await client.sessions.list()
    assert listed.is_pinned is True
    await client.sessions.unpin(made.id)
    assert (await client.sessions.get(made.id)).is_pinned is False


async def test_a_session_that_is_not_there_is_not_pinned(client: Everruns) -> None:
    with pytest.raises(NotFoundError, match="session_"):
        await client.sessions.pin("session_" + "0" * 32)
