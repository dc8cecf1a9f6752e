"""Ends of calls that a fault must be forced for."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from server.catalog.load import load_catalog
from server.core.errors import Reason, ServiceError
from server.core.store import Store
from server.store.migrate import migrate
from server.store.peewee_store import PeeweeStore, open_dialect
from tests.wire.harness.broken_store import BrokenStore
from tests.wire.harness.call import Call, Transport
from tests.wire.harness.clients import Clients, connected
from tests.wire.harness.json_value import Json
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.server import running_server_over
from tests.wire.harness.tenant import new_organization, with_agent

CREATE = Call("CreateSession", {"agent_id": "$agent.id"})
CALLS = (
    CREATE,
    Call("GetSession", id="session_" + "0" * 32),
    Call("ListSessions"),
    Call("UpdateSession", {"title": "t"}, "session_" + "0" * 32),
    Call("DeleteSession", id="session_" + "0" * 32),
    Call("GetRuntimeAgent", id="session_" + "0" * 32),
)
SECRET = "hunter2 at /etc/secret"


@contextmanager
def broken(store: Store, error: Exception) -> Iterator[Clients]:
    """Clients of a server whose store raises an error for all that has to do with sessions."""
    with (
        running_server_over(BrokenStore(store, error), load_catalog(None)) as target,
        # It fails in ways that calls cannot have: what only reads loses no race.
        connected(target, described=False) as clients,
    ):
        yield clients


@pytest.mark.parametrize(
    ("reason", "codes"),
    [(Reason.CONCURRENT_CHANGE, ("ABORTED", "409")), (Reason.QUEUE_FULL, ("RESOURCE_EXHAUSTED", "429"))],
)
def test_what_a_store_raises_is_answered(
    reason: Reason, codes: tuple[str, str], store: Store, names: dict[str, Json]
) -> None:
    error = ServiceError(reason, "Ask again.", retry_after=0.5 if reason is Reason.QUEUE_FULL else None)
    with broken(store, error) as clients:
        for call in CALLS:
            over_grpc = clients.grpc.call(call.filled(names))
            assert over_grpc == Failure(codes[0], reason, "Ask again.", (), error.retry_after)
            for other in (clients.rest, clients.cli):
                # A Retry-After is in whole seconds.
                assert other.call(call.filled(names)) == Failure(
                    codes[1], reason, "Ask again.", (), 1.0 if error.retry_after else None
                )


def test_a_defect_says_nothing_of_the_inside(
    store: Store, names: dict[str, Json], caplog: pytest.LogCaptureFixture
) -> None:
    with broken(store, RuntimeError(SECRET)) as clients, caplog.at_level(logging.INFO):
        for call in CALLS:
            outcome = clients.grpc.call(call.filled(names))
            assert isinstance(outcome, Failure)
            assert (outcome.status, outcome.reason) == ("INTERNAL", "INTERNAL")
            assert "hunter2" not in outcome.message
            assert "RuntimeError" not in outcome.message
            code, _, told = clients.cli.run(call.filled(names))
            assert code == 4
            assert b"INTERNAL: " in told
            assert b"hunter2" not in told
            response = clients.rest.send(call.filled(names))
            assert response.status_code == 500
            assert response.json()["code"] == "INTERNAL"
            assert "hunter2" not in response.text
            assert "RuntimeError" not in response.text
            request_id = response.request.headers["x-request-id"]
            assert response.json()["request_id"] == request_id
            logged = [record for record in caplog.records if request_id in record.getMessage()]
            assert any(record.name.startswith("server.") for record in logged)
            assert any(record.exc_info and SECRET in str(record.exc_info[1]) for record in logged)


def test_a_full_queue(tmp_path: Path, transport: Transport) -> None:
    url = f"sqlite:///{tmp_path / 'everruns.db'}"
    migrate(open_dialect(url))
    roomy, full = PeeweeStore(open_dialect(url)), PeeweeStore(open_dialect(url), longest_queue=0)
    catalog = load_catalog(None)
    with running_server_over(roomy, catalog) as target, connected(target) as clients:
        names = with_agent(new_organization(roomy), clients.grpc)
    with running_server_over(full, catalog) as target, connected(target) as clients:
        for call in (
            CREATE,
            replace(CREATE, key="k1"),
            Call("ApplyAgent", {"name": "n", "system_prompt": "p"}),
        ):
            refused = clients.of(transport).call(call.filled(names))
            assert isinstance(refused, Failure)
            status = "RESOURCE_EXHAUSTED" if transport == "grpc" else "429"
            assert (refused.status, refused.reason) == (status, "QUEUE_FULL")
            assert refused.retry_after is not None
        read = clients.of(transport).call(Call("ListSessions").filled(names))
        assert isinstance(read, Answer)
        assert read.content["total"] == 0
    roomy.close()
    full.close()


def test_a_server_that_is_not_there(names: dict[str, Json]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = f"127.0.0.1:{listener.getsockname()[1]}"
    with connected(target) as clients:
        for call in CALLS:
            refused = clients.rest.call(call.filled(names))
            assert isinstance(refused, Failure)
            assert (refused.status, refused.reason) == ("503", "SERVER_UNAVAILABLE")
            assert refused.retry_after is not None
            assert target not in refused.message
        health = clients.rest.http.get("/health")
        assert health.status_code == 503
        assert health.headers["retry-after"]
        code, out, told = clients.cli.run(CREATE.filled(names))
        assert (code, out) == (3, b"")
        # Who types a call has set the address, and is told what became of it.
        assert f"call: {target}: ".encode() in told
        assert b"Connection refused" in told
        unreached = clients.grpc.call(CREATE.filled(names))
        assert isinstance(unreached, Failure)
        assert unreached.status == "UNAVAILABLE"
