"""The bodies of the resources."""

from __future__ import annotations

from everruns.v1 import agent_pb2, session_pb2
from gateway.resource_body import ResourceBody

_SESSION = session_pb2.DESCRIPTOR.message_types_by_name
_AGENT = agent_pb2.DESCRIPTOR.message_types_by_name

SESSION = ResourceBody(_SESSION["SessionSpec"], _SESSION["Session"])
AGENT = ResourceBody(_AGENT["AgentSpec"], _AGENT["Agent"])
