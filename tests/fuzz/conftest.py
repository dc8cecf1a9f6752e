from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from tests.wire.harness.call import Call
from tests.wire.harness.clients import connected
from tests.wire.harness.gateway import running_gateway
from tests.wire.harness.server import running_server, settings_of
from tests.wire.harness.tenant import new_organization, with_agent

_EXAMPLE = Call(
    "ApplyAgent",
    {
        "id": "agent_0123456789abcdef0123456789abcdef",
        "name": "research-assistant",
        "system_prompt": "Research.",
    },
)


@dataclass(frozen=True)
class Target:
    """Where a gateway is, and a key of an administrator in each of two organizations."""

    url: str
    keys: dict[str, str]


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server with a gateway, and an agent in each organization."""
    directory: Path = tmp_path_factory.mktemp("fuzz")
    with running_server(settings_of(directory)) as (store, address), connected(address) as clients:
        # The first has the agent that examples name.
        names = {name: with_agent(new_organization(store), clients.grpc) for name in ("one", "other")}
        keys = {name: cast("dict[str, str]", of["keys"])["admin"] for name, of in names.items()}
        clients.grpc.call(_EXAMPLE.filled(names["one"]))
        with running_gateway(address) as http:
            yield Target(str(http.base_url), keys)
