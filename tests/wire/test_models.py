"""A server with an operator's table of models, and one whose table has moved on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.core.store import Store
from tests.wire.cases.case import Case
from tests.wire.cases.models import MODELS
from tests.wire.harness.call import TRANSPORTS, Call, Transport
from tests.wire.harness.clients import Clients, connected
from tests.wire.harness.json_value import JsonObject
from tests.wire.harness.models import write_models
from tests.wire.harness.outcome import Answer
from tests.wire.harness.server import running_server, settings_of
from tests.wire.harness.tenant import new_organization, with_agent
from tests.wire.test_cases import check


@pytest.fixture(scope="module")
def modelled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Clients]]:
    directory: Path = tmp_path_factory.mktemp("models")
    models = write_models(directory / "models.toml")
    with (
        running_server(settings_of(directory, EVERRUNS_MODELS_FILE=str(models))) as (store, target),
        connected(target) as clients,
    ):
        yield store, clients


@pytest.mark.parametrize(
    ("case", "transport"),
    [
        pytest.param(case, over, id=f"{case.name}-{over}")
        for case in MODELS
        for over in TRANSPORTS
        if over in case.over
    ],
)
def test_case(case: Case, transport: Transport, modelled: tuple[Store, Clients]) -> None:
    store, clients = modelled
    check(case, clients, transport, with_agent(new_organization(store), clients.grpc))


def test_a_model_is_refused_with_the_nearest_names(modelled: tuple[Store, Clients]) -> None:
    store, clients = modelled
    names = with_agent(new_organization(store), clients.grpc)
    call = Call("CreateSession", {"agent_id": "$agent.id", "model_id": "vendor/bigg:1"}).filled(names)
    for transport in TRANSPORTS:
        refused = clients.of(transport).call(call)
        assert not isinstance(refused, Answer)
        assert "did you mean vendor/big:1" in refused.message


def test_what_the_table_has_lost_keeps_nothing_from_working(tmp_path: Path, transport: Transport) -> None:
    """What is stored stays as it was given, and blocks only a write that sets it again."""
    before: dict[str, Call] = {
        "agent": Call("ApplyAgent", {"name": "a", "system_prompt": "p", "default_model_id": "lost"}),
        "own": Call("CreateSession", {"agent_name": "a", "model_id": "lost-too"}),
        "without": Call("CreateSession", {"agent_name": "a"}),
    }
    with running_server(settings_of(tmp_path)) as (store, target), connected(target) as clients:
        names = new_organization(store)
        for name, call in before.items():
            made = clients.of(transport).call(call.filled(names))
            assert isinstance(made, Answer)
            names[name] = made.body
    models = write_models(tmp_path / "models.toml")
    after: tuple[tuple[Call, JsonObject], ...] = (
        (Call("GetSession", id="$own.id"), {"model_id": "lost-too"}),
        (Call("GetRuntimeAgent", id="$own.id"), {"model": "lost-too", "model_source": "session"}),
        (Call("GetRuntimeAgent", id="$without.id"), {"model": "lost", "model_source": "agent"}),
        (Call("UpdateSession", {"title": "t"}, "$own.id"), {"model_id": "lost-too", "title": "t"}),
        (Call("UpdateSession", {"model_id": "big"}, "$own.id"), {"model_id": "big"}),
        (Call("UpdateAgent", {"description": "d"}, "$agent.id"), {"default_model_id": "lost"}),
        (Call("CreateSession", {"agent_id": "$agent.id"}), {"model_id": None}),
        (Call("CopyAgent", id="$agent.id"), {"default_model_id": "lost"}),
    )
    with (
        running_server(settings_of(tmp_path, EVERRUNS_MODELS_FILE=str(models))) as (_, target),
        connected(target) as clients,
    ):
        for call, holds in after:
            outcome = clients.of(transport).call(call.filled(names))
            assert isinstance(outcome, Answer), outcome
            assert holds.items() <= outcome.content.items()
