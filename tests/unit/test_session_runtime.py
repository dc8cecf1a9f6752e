"""What is computed when a session is read: its features, and what a worker runs for it."""

from __future__ import annotations

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from everruns.v1 import runtime_agent_pb2 as runtime_pb2
from everruns.v1.agent_pb2 import Agent, AgentSpec
from everruns.v1.agent_service_pb2 import UpdateAgentRequest
from everruns.v1.runtime_agent_pb2 import RuntimeAgent
from everruns.v1.session_pb2 import SessionSpec
from everruns.v1.session_service_pb2 import GetRuntimeAgentRequest
from server.core.catalog import Catalog
from server.core.json import JsonObject
from server.core.store import Store
from server.rpc.struct_json import to_struct
from tests.unit.capabilities import capability
from tests.unit.session_calls import create, create_agent, entry, read
from tests.unit.testing_server import Client, Service

WEB_FETCH: JsonObject = {"timeout_ms": 1000, "allowed_hosts": ["a.example"]}


def runtime_of(client: Client, id: str) -> RuntimeAgent:
    return client("GetRuntimeAgent", GetRuntimeAgentRequest(id=id), RuntimeAgent)


def test_a_worker_is_told_the_merge_with_its_provenance(client: Client) -> None:
    agent = create_agent(client, "a", entry("current_time"), entry("web_fetch", WEB_FETCH), entry("noop"))
    spec = SessionSpec(agent_id=agent.id, capabilities=[entry("web_fetch", {"timeout_ms": 30000})])
    session = create(client, spec)
    runtime = runtime_of(client, session.id)
    assert (runtime.session_id, runtime.agent_id) == (session.id, agent.id)
    assert [resolved.ref for resolved in runtime.capabilities] == ["current_time", "web_fetch", "noop"]
    web_fetch = runtime.capabilities[1]
    assert web_fetch.config == to_struct({"timeout_ms": 30000, "allowed_hosts": ["a.example"]})
    assert web_fetch.source == runtime_pb2.CAPABILITY_SOURCE_AGENT
    assert [(leaf.path, leaf.layer) for leaf in web_fetch.provenance] == [
        ("/allowed_hosts", runtime_pb2.LAYER_AGENT),
        ("/timeout_ms", runtime_pb2.LAYER_SESSION),
    ]
    timeout = web_fetch.provenance[1]
    assert timeout.value.number_value == 30000
    assert [(beaten.layer, beaten.value.number_value) for beaten in timeout.overridden] == [
        (runtime_pb2.LAYER_DEFAULT, 30000),
        (runtime_pb2.LAYER_AGENT, 1000),
    ]
    assert [(tool.name, tool.capability) for tool in runtime.tools] == [
        ("get_current_time", "current_time"),
        ("web_fetch", "web_fetch"),
    ]
    assert runtime.system_prompt.endswith("<system-prompt>\nYou are careful.\n</system-prompt>")
    assert runtime.digest.startswith("sha256:")
    assert runtime.max_iterations == 100
    assert list(runtime.problems) == []


def test_dependencies_are_resolved_and_never_echoed(client: Client) -> None:
    agent = create_agent(client, "a")
    session = create(client, SessionSpec(agent_id=agent.id, capabilities=[entry("virtual_bash")]))
    assert [config.ref for config in session.capabilities] == ["virtual_bash"]
    files, bash = runtime_of(client, session.id).capabilities
    assert (files.ref, files.source, list(files.required_by)) == (
        "session_file_system",
        runtime_pb2.CAPABILITY_SOURCE_DEPENDENCY,
        ["virtual_bash"],
    )
    assert (bash.ref, bash.source) == ("virtual_bash", runtime_pb2.CAPABILITY_SOURCE_SESSION)


def set_model(client: Client, agent: Agent, model: str | None) -> None:
    spec = AgentSpec(default_model_id=model)
    mask = FieldMask(paths=["default_model_id"])
    client("UpdateAgent", UpdateAgentRequest(id=agent.id, agent=spec, update_mask=mask), Agent)


def test_the_model_is_the_sessions_else_the_agents_else_the_servers(store: Store, client: Client) -> None:
    agent = create_agent(client, "a")
    mine = create(client, SessionSpec(agent_id=agent.id, model_id="session-model")).id
    other = create(client, SessionSpec(agent_id=agent.id)).id
    set_model(client, agent, "agent-model")

    def model(id: str) -> tuple[str, int]:
        runtime = runtime_of(client, id)
        return runtime.model, runtime.model_source

    assert model(mine) == ("session-model", runtime_pb2.MODEL_SOURCE_SESSION)
    assert model(other) == ("agent-model", runtime_pb2.MODEL_SOURCE_AGENT)
    set_model(client, agent, None)
    assert model(other) == ("server-model", runtime_pb2.MODEL_SOURCE_SERVER)
    client = Service(store, Catalog.of([])).client()
    assert not runtime_of(client, other).HasField("model")
    assert model(other) == ("", runtime_pb2.MODEL_SOURCE_UNSET)


def test_features_and_runtime_follow_the_agent(client: Client) -> None:
    agent = create_agent(client, "a", entry("openui"))
    session = create(client, SessionSpec(agent_id=agent.id, capabilities=[entry("session_storage")]))
    assert list(session.features) == ["openui", "secrets", "key_value"]
    before = runtime_of(client, session.id).digest
    spec = AgentSpec(capabilities=[entry("session_schedule")])
    client("UpdateAgent", UpdateAgentRequest(id=agent.id, agent=spec), Agent)
    again = read(client, session.id)
    assert list(again.features) == ["schedules", "secrets", "key_value"]
    assert again.updated_at == session.updated_at
    assert runtime_of(client, session.id).digest != before


BEFORE = Catalog.of(
    [
        capability("kept", features=["f"]),
        capability("lost", features=["g"]),
        capability("stricter"),
    ]
)
AFTER = Catalog.of(
    [
        capability("kept", features=["f"]),
        capability("stricter", schema={"type": "object", "maxProperties": 0}),
    ]
)


@pytest.mark.parametrize("of_the_agent", [True, False])
def test_a_read_never_fails_because_the_catalog_moved(store: Store, of_the_agent: bool) -> None:
    client = Service(store, BEFORE).client()
    entries = [entry("lost"), entry("kept"), entry("stricter", {"a": 1})]
    agent = create_agent(client, "a", *(entries if of_the_agent else ()))
    spec = SessionSpec(agent_id=agent.id, capabilities=[] if of_the_agent else entries)
    session = create(client, spec)
    assert list(session.features) == ["g", "f"]
    client = Service(store, AFTER).client()
    again = read(client, session.id)
    assert list(again.features) == ["f"]
    assert again.capabilities == session.capabilities
    runtime = runtime_of(client, session.id)
    assert [resolved.ref for resolved in runtime.capabilities] == ["kept", "stricter"]
    prefix = "agent." if of_the_agent else ""
    assert [(problem.reason, problem.path, problem.severity) for problem in runtime.problems] == [
        ("UNKNOWN_CAPABILITY", f"{prefix}capabilities[0].ref", runtime_pb2.SEVERITY_ERROR),
        ("INVALID_CONFIG", f"{prefix}capabilities[2].config", runtime_pb2.SEVERITY_ERROR),
    ]


def test_a_write_answers_for_what_it_sets_alone(store: Store) -> None:
    client = Service(store, BEFORE).client()
    agent = create_agent(client, "a", entry("lost"), entry("stricter", {"a": 1}))
    client = Service(store, AFTER).client()
    session = create(client, SessionSpec(agent_id=agent.id, capabilities=[entry("kept")]))
    assert [problem.path for problem in runtime_of(client, session.id).problems] == [
        "agent.capabilities[0].ref",
        "agent.capabilities[1].config",
    ]
