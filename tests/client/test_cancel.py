"""Cancelling through the official client."""

from __future__ import annotations

import httpx
import pytest
from everruns_sdk import Everruns, NotFoundError

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Everruns.sessions.create:DeprecationWarning"),
]


async def test_cancelling_does_nothing_while_no_turn_runs(client: Everruns, url: str, owner: str) -> None:
    await client.agents.create("reader", "Read.")
    made = await client.sessions.create(agent_name="reader")
    await client.sessions.cancel(made.id)
    assert await client.sessions.get(made.id) == made
    async with httpx.AsyncClient(base_url=url, headers={"authorization": owner}) as http:
        answer = await http.post(f"/v1/sessions/{made.id}/cancel", json={})
    assert (answer.status_code, answer.json()["status"]) == (200, "no_op")


async def test_a_session_that_is_not_there_is_not_cancelled(client: Everruns) -> None:
    with pytest.raises(NotFoundError, match="session_"):
        await client.sessions.cancel("session_" + "0" * 32)
