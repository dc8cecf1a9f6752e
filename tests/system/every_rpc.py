"""Every rpc once, as JSON that tools take, in an order in which all are answered."""

from __future__ import annotations

from collections.abc import Callable

from tests.wire.harness.json_value import Json, JsonObject, filled

_AGENT: JsonObject = {"name": "first", "system_prompt": "p", "capabilities": [{"ref": "web_fetch"}]}
_SESSION: JsonObject = {
    "agent_id": "$CreateAgent.id",
    "capabilities": [{"ref": "web_fetch", "config": {"timeout_ms": 30000}}],
}

_TURN: JsonObject = {
    "session_id": "$CreateSession.id",
    "id": "$BeginTurn.turn.id",
    "fencing_token": "1",
}

CALLS: dict[str, JsonObject] = {
    "CreateAgent": {"agent": _AGENT},
    "ApplyAgent": {"agent": {"name": "second", "system_prompt": "p"}},
    "GetAgent": {"id": "$CreateAgent.id"},
    "ListAgents": {"search": "second"},
    "UpdateAgent": {"id": "$CreateAgent.id", "agent": {"description": "d"}, "update_mask": "description"},
    "PreviewAgentUpdate": {"id": "$CreateAgent.id", "agent": {"description": "e"}},
    "ListAgentVersions": {"agent_id": "$CreateAgent.id"},
    "GetAgentVersion": {"agent_id": "$CreateAgent.id", "version": 2},
    "DiffAgentVersions": {"agent_id": "$CreateAgent.id", "from_version": 1, "to_version": 2},
    "RollbackAgent": {"agent_id": "$CreateAgent.id", "version": 1},
    "PreviewAgent": {"agent": {**_AGENT, "name": "third"}},
    "CopyAgent": {"id": "$CreateAgent.id"},
    "ExportAgent": {"id": "$CreateAgent.id"},
    "ImportAgent": {"document": {"content_type": "text/plain", "data": "QmUga2luZC4="}},
    "PreviewSession": {"session": _SESSION},
    "CreateSession": {"session": _SESSION, "request_id": "once"},
    "GetSession": {"id": "$CreateSession.id"},
    "ListSessions": {"agent_id": "$CreateAgent.id", "status": "SESSION_STATUS_STARTED"},
    "UpdateSession": {"id": "$CreateSession.id", "session": {"title": "t"}},
    "PinSession": {"id": "$CreateSession.id"},
    "UnpinSession": {"id": "$CreateSession.id"},
    "GetSessionStats": {"agent_id": "$CreateAgent.id"},
    "GetRuntimeAgent": {"id": "$CreateSession.id"},
    "ExplainSession": {"id": "$CreateSession.id"},
    "GetSessionDrift": {"id": "$CreateSession.id"},
    "CompareSessions": {"a": "$CreateSession.id", "b": "$CreateSession.id"},
    "BeginTurn": {"session_id": "$CreateSession.id", "worker": "w"},
    "HeartbeatTurn": _TURN,
    "CancelTurn": {"id": "$CreateSession.id"},
    "EndTurn": {**_TURN, "outcome": "TURN_OUTCOME_CANCELLED"},
    "GetTurn": {"session_id": "$CreateSession.id", "id": "$BeginTurn.turn.id"},
    "ListTurns": {"session_id": "$CreateSession.id"},
    "ListCapabilities": {},
    "GetCapability": {"id": "virtual_bash"},
    "CreateKey": {"key": {"name": "k", "scopes": ["SCOPE_READ"]}},
    "GetKey": {"id": "$CreateKey.key.id"},
    "ListKeys": {},
    "RotateKey": {"id": "$CreateKey.key.id", "grace_seconds": 60},
    "RevokeKey": {"id": "$CreateKey.key.id"},
    "ListModels": {},
    "GetModel": {"id": "vendor/big:1"},
    "BatchCreateSessions": {"batch": {"requests": [{"agent_id": "$CreateAgent.id"}]}},
    "BatchGetSessions": {"ids": ["$CreateSession.id"]},
    "ListAuditEvents": {"resource_id": "$CreateKey.key.id"},
    "DeleteSession": {"id": "$CreateSession.id"},
    "UndeleteSession": {"id": "$CreateSession.id"},
    "DeleteAgent": {"id": "$CreateAgent.id"},
}

ENDLESS = {"WatchSessions"}
"""Those that answer for as long as somebody listens, which the tools would do for ever."""

REFUSED: JsonObject = {"session": {"agent_id": "$ApplyAgent.agent.id", "capabilities": [{"ref": "web_fech"}]}}
"""A CreateSession that ends in UNKNOWN_CAPABILITY."""

Ask = Callable[[str, JsonObject], JsonObject]
"""Calls the rpc of a name, and answers what it answered."""


def call_every_rpc(ask: Ask) -> dict[str, Json]:
    """The answers by rpc, which are looked at a little."""
    answers: dict[str, Json] = {}
    for rpc, request in CALLS.items():
        wanted = filled(request, answers)
        assert isinstance(wanted, dict)
        answers[rpc] = ask(rpc, wanted)
    runtime = answers["GetRuntimeAgent"]
    assert isinstance(runtime, dict)
    assert str(runtime["digest"]).startswith("sha256:")
    assert answers["DeleteSession"] == answers["DeleteAgent"] == {}
    return answers
