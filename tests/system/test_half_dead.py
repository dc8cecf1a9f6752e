"""A connection that is dead without a word: nobody closed it, and nothing passes any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import channels
from tests.system.half_dead import way_to
from tests.wire.harness.gateway import running_gateway
from tests.wire.harness.server import running_server, settings_of
from tests.wire.harness.tenant import new_organization

ATTEMPTS = 20


def test_a_gateway_gives_up_a_connection_that_is_dead_and_opens_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "KEEPALIVE_SECONDS", 0.3)
    monkeypatch.setattr(channels, "ANSWER_SECONDS", 0.3)
    with (
        running_server(settings_of(tmp_path)) as (store, target),
        way_to(int(target.rpartition(":")[2])) as way,
        running_gateway(f"127.0.0.1:{way.port}") as http,
    ):
        keys = new_organization(store)["keys"]
        assert isinstance(keys, dict)
        http.headers.update({"authorization": str(keys["owner"]), "x-request-timeout": "2"})
        assert http.get("/v1/agents").status_code == 200
        way.fall_silent()
        # Without pings each of them would wait until its time is up, on the same connection.
        statuses: list[int] = []
        while 200 not in statuses and len(statuses) < ATTEMPTS:
            statuses.append(http.get("/v1/agents").status_code)
        assert statuses[-1] == 200, statuses
        assert set(statuses[:-1]) <= {503, 504}
        assert statuses[0] != 200
