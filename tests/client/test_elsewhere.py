"""What the official client knows and this service is not: told as such, and not as a path that is wrong."""

from __future__ import annotations

import inspect
import re

import everruns_sdk.client
import pytest
from everruns_sdk import ApiError, Everruns

from gateway import elsewhere
from gateway.exchange import Answer, HttpRequest
from gateway.problem import Problem
from gateway.routes import RouteTable, bindings, service_descriptors

OF_OTHERS = {"/v1/sessions/x/cancel", "/v1/sessions/x/pin"}
MORE = {"/v1/sessions/x/sse", "/v1/channels/x/sessions", "/v1/channels/x/sessions/x/messages"}
"""Those of the client's streams, and of its AgentClient."""


def paths() -> set[str]:
    """The paths that the client asks for, with `x` for whatever is in them."""
    source = inspect.getsource(everruns_sdk.client)
    found = re.findall(r'f?"(/[a-z-]+(?:/[^"?]*)?)"', source)
    return {f"/v1{re.sub(r'{(?:[^{}]|{[^}]*})*}', 'x', path)}" for path in found}


async def _endpoint(request: HttpRequest) -> Answer:
    raise NotImplementedError


TABLE = RouteTable(
    [(binding.method, binding.template, _endpoint) for binding in bindings(service_descriptors())],
    elsewhere.PATHS,
)


@pytest.mark.parametrize("path", sorted((paths() | MORE) - OF_OTHERS))
def test_every_path_of_the_client_is_known(path: str) -> None:
    # No path has this method, so that one of ours ends in METHOD_NOT_ALLOWED.
    with pytest.raises(Problem) as caught:
        TABLE.find("BREW", path)
    assert caught.value.code in ("METHOD_NOT_ALLOWED", "NOT_IN_THIS_SERVICE")


def test_the_clients_paths_are_found() -> None:
    assert len(paths()) > 50
    assert {"/v1/sessions/x/messages", "/v1/workspaces/x/fs/x", "/v1/agents/x/copy"} <= paths()


@pytest.mark.anyio
async def test_a_person_is_told_that_the_service_is_another(client: Everruns) -> None:
    session = "session_" + "0" * 32
    for call in (
        client.messages.list(session),
        client.events.list(session),
        client.harnesses.list(),
        client.workspaces.list(),
        client.memories.list(),
        client.budgets.list(),
        client.connections.list(),
        client.workspace_files.list("w"),
        client.sessions.export(session),
        client.agents.analyze("Read."),
        client.capabilities.list_guardrail_examples(),
    ):
        with pytest.raises(ApiError) as refused:
            await call
        assert refused.value.status_code == 501
        assert "of the wider API" in refused.value.message
