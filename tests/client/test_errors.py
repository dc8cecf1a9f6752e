"""How the official client tells what went wrong, in words that a person can act on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from everruns_sdk import ApiError, AuthenticationError, Everruns, NotFoundError, RateLimitError

from server.catalog.load import load_catalog
from server.store.migrate import migrate
from server.store.peewee_store import PeeweeStore, open_dialect
from tests.wire.harness.gateway import running_gateway
from tests.wire.harness.json_value import Json
from tests.wire.harness.server import running_server, running_server_over, settings_of
from tests.wire.harness.tenant import new_organization

pytestmark = pytest.mark.anyio


async def test_what_is_not_there(client: Everruns) -> None:
    for call, kind in ((client.agents.get, "agent"), (client.sessions.get, "session")):
        id = f"{kind}_{'0' * 32}"
        with pytest.raises(NotFoundError) as missing:
            await call(id)
        assert (missing.value.status_code, missing.value.message) == (404, f"there is no {kind} {id}")


@pytest.mark.parametrize(
    ("role", "said"), [("unknown", "the API key is not valid"), ("expired", "the API key is not valid")]
)
async def test_a_key_that_is_not_valid(role: str, said: str, url: str, tenant: dict[str, Json]) -> None:
    keys = tenant["keys"]
    assert isinstance(keys, dict)
    async with Everruns(api_key=str(keys[role]), base_url=url) as client:
        with pytest.raises(AuthenticationError) as refused:
            await client.agents.list()
    assert (refused.value.status_code, refused.value.message) == (401, said)


async def test_a_key_without_the_scope(url: str, tenant: dict[str, Json]) -> None:
    keys = tenant["keys"]
    assert isinstance(keys, dict)
    async with Everruns(api_key=str(keys["reader"]), base_url=url) as client:
        assert await client.agents.list() == []
        with pytest.raises(ApiError, match="the API key has not the scope write") as refused:
            await client.agents.create("reader", "Read.")
    assert refused.value.status_code == 403


async def test_an_organization_may_be_named_if_it_is_the_keys(
    url: str, owner: str, tenant: dict[str, Json]
) -> None:
    async with Everruns(api_key=owner, base_url=url, org_id=str(tenant["org"])) as client:
        assert await client.agents.list() == []
    async with Everruns(api_key=owner, base_url=url, org_id="org_" + "0" * 32) as client:
        with pytest.raises(ApiError, match="names another organization than the key's") as refused:
            await client.agents.list()
    assert refused.value.status_code == 403


async def test_a_server_that_has_too_much_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'everruns.db'}"
    migrate(open_dialect(url))
    store, full = PeeweeStore(open_dialect(url)), PeeweeStore(open_dialect(url), longest_queue=0)
    keys = new_organization(store)["keys"]
    assert isinstance(keys, dict)
    # A server makes its secrets when it is first started.
    with running_server_over(store, load_catalog(None)):
        pass
    with running_server_over(full, load_catalog(None)) as target, running_gateway(target) as http:
        async with Everruns(api_key=str(keys["owner"]), base_url=str(http.base_url)) as client:
            assert await client.agents.list() == []
            with pytest.raises(RateLimitError) as refused:
                await client.agents.create("reader", "Read.")
    assert refused.value.status_code == 429
    assert "try again" in refused.value.message
    store.close()
    full.close()


async def list_again_and_again(client: Everruns) -> None:
    for _ in range(1_000):
        await client.agents.list()


async def test_a_key_that_calls_more_often_than_it_may(tmp_path: Path) -> None:
    limited = settings_of(tmp_path, EVERRUNS_KEY_RATE="1", EVERRUNS_KEY_BURST="2")
    with running_server(limited) as (store, target), running_gateway(target) as http:
        keys = new_organization(store)["keys"]
        assert isinstance(keys, dict)
        async with Everruns(api_key=str(keys["owner"]), base_url=str(http.base_url)) as client:
            with pytest.raises(RateLimitError) as refused:
                await list_again_and_again(client)
    assert refused.value.status_code == 429
    assert re.fullmatch(
        r"this API key calls more often than it may; ask again in 0\.\d+ s", refused.value.message
    )


async def test_an_organization_that_has_as_much_as_it_may(tmp_path: Path) -> None:
    with (
        running_server(settings_of(tmp_path, EVERRUNS_MOST_AGENTS="1")) as (store, target),
        running_gateway(target) as http,
    ):
        keys = new_organization(store)["keys"]
        assert isinstance(keys, dict)
        async with Everruns(api_key=str(keys["owner"]), base_url=str(http.base_url)) as client:
            await client.agents.create("one", "Read.")
            with pytest.raises(ApiError, match="may have 1 agents, and has them; delete one") as refused:
                await client.agents.create("two", "Read.")
    assert refused.value.status_code == 400
