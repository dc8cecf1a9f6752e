"""Calls that tests of sessions begin with."""

from __future__ import annotations

from everruns.v1 import session_service_pb2 as pb
from everruns.v1.agent_pb2 import Agent, AgentSpec
from everruns.v1.agent_service_pb2 import CreateAgentRequest
from everruns.v1.capability_pb2 import CapabilityConfig
from everruns.v1.session_pb2 import Session, SessionSpec
from server.core.json import JsonObject
from server.rpc.struct_json import to_struct
from tests.unit.testing_server import Client


def entry(ref: str, config: JsonObject | None = None) -> CapabilityConfig:
    """An entry of a list of capabilities."""
    return CapabilityConfig(ref=ref, config=None if config is None else to_struct(config))


def create_agent(client: Client, name: str, *capabilities: CapabilityConfig) -> Agent:
    """A new agent of a name."""
    spec = AgentSpec(name=name, system_prompt="You are careful.", capabilities=capabilities)
    return client("CreateAgent", CreateAgentRequest(agent=spec), Agent)


def create(client: Client, spec: SessionSpec, request_id: str = "") -> Session:
    """A new session; the first answer again when a request id is repeated."""
    return client("CreateSession", pb.CreateSessionRequest(session=spec, request_id=request_id), Session)


def read(client: Client, id: str) -> Session:
    """The session of an id."""
    return client("GetSession", pb.GetSessionRequest(id=id), Session)
