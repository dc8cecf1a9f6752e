"""The official client of the API, unchanged, against a real gateway and server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from everruns_sdk import Everruns

from server.core.store import Store
from tests.wire.harness.gateway import running_gateway
from tests.wire.harness.json_value import Json
from tests.wire.harness.models import write_models
from tests.wire.harness.server import running_server, settings_of
from tests.wire.harness.tenant import new_organization


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """What runs the tests, which are coroutines as the client's methods are."""
    return "asyncio"


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    directory: Path = tmp_path_factory.mktemp("client")
    models = write_models(directory / "models.toml")
    with (
        running_server(settings_of(directory, EVERRUNS_MODELS_FILE=str(models))) as (store, target),
        running_gateway(target) as http,
    ):
        yield store, str(http.base_url)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def url(_served: tuple[Store, str]) -> str:
    """Where the gateway is that all tests share."""
    return _served[1]


@pytest.fixture
def tenant(_served: tuple[Store, str]) -> dict[str, Json]:
    """A new organization: `org` is its id, `keys` has its keys by role."""
    return new_organization(_served[0])


@pytest.fixture
def owner(tenant: dict[str, Json]) -> str:
    """A key of that organization, to read and write."""
    keys = tenant["keys"]
    assert isinstance(keys, dict)
    return str(keys["owner"])


@pytest.fixture
async def client(url: str, owner: str) -> AsyncIterator[Everruns]:
    """A client with that key."""
    async with Everruns(api_key=owner, base_url=url) as client:
        yield client
