"""Who may call, and what is not there for whom."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.cases.case import Answered, Case, Refused
from tests.wire.harness.call import Call

_READ = Call("ListSessions")
_WRITE = Call("CreateSession", {"agent_id": "$agent.id"})
_MISSING = Refused("UNAUTHENTICATED", "API_KEY_MISSING")
_INVALID = Refused("UNAUTHENTICATED", "API_KEY_INVALID")
_SCOPE = Refused("PERMISSION_DENIED", "SCOPE_MISSING")
_MISMATCH = Refused("PERMISSION_DENIED", "ORGANIZATION_MISMATCH")
_NO_SESSION = Refused("NOT_FOUND", "SESSION_NOT_FOUND")
_NO_AGENT = Refused("NOT_FOUND", "AGENT_NOT_FOUND")
_MADE = {"made": Call("CreateSession", {"agent_id": "$agent.id"})}
_THEIRS = {
    "theirs": Call("CreateSession", {"agent_id": "$other.agent.id"}, authorization="$other.keys.owner")
}
_NEVER = "0" * 32

CALLERS = (
    Case("no key", replace(_READ, authorization=None), _MISSING),
    Case("an empty key", replace(_READ, authorization="Bearer"), _MISSING),
    Case("no key to write", replace(_WRITE, authorization=None), _MISSING),
    Case("no key, and a body that is wrong", Call("CreateSession", {}, authorization=None), _MISSING),
    Case("a key that is none", replace(_READ, authorization="Bearer letmein"), _INVALID),
    Case("a key that nobody has", replace(_READ, authorization="Bearer $keys.unknown"), _INVALID),
    Case("a key that is expired", replace(_READ, authorization="Bearer $keys.expired"), _INVALID),
    Case("another scheme", replace(_READ, authorization="Basic $keys.owner"), _INVALID),
    Case("a key to read for a write", replace(_WRITE, authorization="$keys.reader"), _SCOPE),
    Case("a key to write for a read", replace(_READ, authorization="$keys.writer"), _SCOPE),
    Case(
        "a key to read for a pin",
        Call("PinSession", id=f"session_{_NEVER}", authorization="$keys.reader"),
        _SCOPE,
    ),
    Case("a key to read for counts", Call("GetSessionStats", authorization="$keys.reader"), Answered()),
    Case("a worker's key", replace(_READ, authorization="$keys.worker"), _SCOPE),
    Case("a key to read for a catalog", Call("ListCapabilities", authorization="$keys.reader"), Answered()),
    Case(
        "a key to read for a preview",
        Call("PreviewSession", {"agent_id": "$agent.id"}, authorization="$keys.reader"),
        Answered(),
    ),
    Case("an administrator's key", replace(_WRITE, authorization="$keys.admin"), Answered(created=True)),
    Case("a key with ApiKey", replace(_READ, authorization="ApiKey $keys.owner"), Answered()),
    Case("a key alone", replace(_READ, authorization="$keys.owner"), Answered()),
    Case("a scheme in lower case", replace(_READ, authorization="bearer $keys.owner"), Answered()),
    Case("the key's own organization", replace(_READ, organization="$org"), Answered()),
    Case("another organization", replace(_READ, organization="$other.org"), _MISMATCH),
    Case("an organization that is none", replace(_READ, organization="mine"), _MISMATCH),
    Case("another organization to write", replace(_WRITE, organization="$other.org"), _MISMATCH),
)
"""Callers that are let in, and callers that are not."""

NOT_FOUND = (
    Case("a session that never was", Call("GetSession", id=f"session_{_NEVER}"), _NO_SESSION),
    Case("a session of another organization", Call("GetSession", id="$theirs.id"), _NO_SESSION, _THEIRS),
    Case("its runtime", Call("GetRuntimeAgent", id="$theirs.id"), _NO_SESSION, _THEIRS),
    Case("a change of it", Call("UpdateSession", {"title": "mine"}, "$theirs.id"), _NO_SESSION, _THEIRS),
    Case("its deletion", Call("DeleteSession", id="$theirs.id"), _NO_SESSION, _THEIRS),
    Case("a pin of it", Call("PinSession", id="$theirs.id"), _NO_SESSION, _THEIRS),
    Case("an unpin of it", Call("UnpinSession", id="$theirs.id"), _NO_SESSION, _THEIRS),
    Case("a pin of a session that never was", Call("PinSession", id=f"session_{_NEVER}"), _NO_SESSION),
    Case("an unpin of a session that never was", Call("UnpinSession", id=f"session_{_NEVER}"), _NO_SESSION),
    Case(
        "a session deleted twice",
        Call("DeleteSession", id="$made.id"),
        _NO_SESSION,
        {**_MADE, "gone": Call("DeleteSession", id="$made.id")},
    ),
    Case(
        "a session after its deletion",
        Call("GetSession", id="$made.id"),
        _NO_SESSION,
        {**_MADE, "gone": Call("DeleteSession", id="$made.id")},
    ),
    Case("an agent that never was", Call("GetAgent", id=f"agent_{_NEVER}"), _NO_AGENT),
    Case("an agent of another organization", Call("GetAgent", id="$other.agent.id"), _NO_AGENT),
    Case("a change of that", Call("UpdateAgent", {"name": "mine"}, "$other.agent.id"), _NO_AGENT),
    Case("the deletion of that", Call("DeleteAgent", id="$other.agent.id"), _NO_AGENT),
    Case(
        "an agent deleted twice",
        Call("DeleteAgent", id="$agent.id"),
        _NO_AGENT,
        {"gone": Call("DeleteAgent", id="$agent.id")},
    ),
    Case(
        "a session of an agent that never was",
        Call("CreateSession", {"agent_id": f"agent_{_NEVER}"}),
        _NO_AGENT,
    ),
    Case("a session of another's agent", Call("CreateSession", {"agent_id": "$other.agent.id"}), _NO_AGENT),
    Case(
        "a session of an agent by a name that never was",
        Call("CreateSession", {"agent_name": "nobody"}),
        _NO_AGENT,
    ),
    Case(
        "a capability that never was",
        Call("GetCapability", id="nope"),
        Refused("NOT_FOUND", "CAPABILITY_NOT_FOUND"),
    ),
)
"""What is not there, for whoever asks."""
