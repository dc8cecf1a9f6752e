"""Versions of agents: how they come to be, what differs between them, and taking an agent back to one."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.cases.worker_agent import (
    ARCHIVE,
    ARCHIVED,
    BACK,
    DIFFERENCES,
    MADE,
    NEVER,
    NO_AGENT,
    NO_VERSION,
    SCOPE,
    SECOND,
    TWO,
    of_worker,
    update_worker,
)
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import JsonObject

_FIRST: JsonObject = {
    "agent_id": "$worker.id",
    "version": 1,
    "name": "worker",
    "display_name": None,
    "description": None,
    "system_prompt": "Work.",
    "default_model_id": None,
    "tags": [],
    "capabilities": [
        {"ref": "web_fetch", "config": {"timeout_ms": 5}},
        {"ref": "session_storage", "config": None},
    ],
    "max_iterations": 100,
    "created_at": "$worker.created_at",
}
VERSIONS = (
    Case(
        "an agent's first version",
        of_worker("GetAgentVersion", version=1),
        Answered(_FIRST),
        {"worker": MADE},
    ),
    Case("a version that is no longer", of_worker("GetAgentVersion", version=1), Answered(_FIRST), TWO),
    Case(
        "a version of an archived agent",
        of_worker("GetAgentVersion", version=2),
        Answered({"version": 2, "system_prompt": "Work well."}),
        {**TWO, "gone": ARCHIVE},
    ),
    Case("a change is the next version", SECOND, Answered({"version": 2}), {"worker": MADE}),
    Case(
        "a change to what there is makes no version",
        update_worker(system_prompt="Work.", description=None),
        Answered({"version": 1}),
        {"worker": MADE},
    ),
    Case("an apply of what there is makes no version", MADE, Answered({"version": 1}), {"worker": MADE}),
    Case(
        "an apply of something else is the next version",
        replace(MADE, body={"name": "worker", "system_prompt": "Rest."}),
        Answered({"version": 2}),
        {"worker": MADE},
    ),
    Case(
        "an archived agent that is brought back has no other version",
        replace(MADE, id="$worker.id"),
        Answered({"version": 1, "status": "active"}),
        {"worker": MADE, "gone": ARCHIVE},
    ),
    Case(
        "a copy begins at its first version",
        Call("CopyAgent", id="$worker.id"),
        Answered({"version": 1}, created=True),
        TWO,
    ),
    Case(
        "the versions, the newest first",
        of_worker("ListAgentVersions"),
        Answered(
            {
                "data": [{"version": 2}, {"version": 1}],
                "total": 2,
                "offset": 0,
                "limit": 20,
                "next_page_token": None,
            }
        ),
        TWO,
    ),
    Case(
        "the versions, by token",
        of_worker("ListAgentVersions", limit=1, page_token="$first.next_page_token"),
        Answered({"data": [_FIRST], "total": 2, "limit": 1, "next_page_token": None}),
        {**TWO, "first": of_worker("ListAgentVersions", limit=1)},
    ),
    Case(
        "the versions by another's token",
        Call("ListAgentVersions", query={"agent_id": "$agent.id", "page_token": "$first.next_page_token"}),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {**TWO, "first": of_worker("ListAgentVersions", limit=1)},
    ),
    Case("the versions of what never was", Call("ListAgentVersions", query={"agent_id": NEVER}), NO_AGENT),
    Case(
        "the versions of no agent's id",
        Call("ListAgentVersions", query={"agent_id": "x"}),
        bad("INVALID_ID", "agent_id"),
    ),
    Case(
        "another organization's versions",
        Call("ListAgentVersions", query={"agent_id": "$other.agent.id"}),
        NO_AGENT,
    ),
    Case("a version that there is not", of_worker("GetAgentVersion", version=3), NO_VERSION, TWO),
    Case(
        "version zero", of_worker("GetAgentVersion", version=0), bad("REQUIRED_FIELD_MISSING", "version"), TWO
    ),
    Case("a version below", of_worker("GetAgentVersion", version=-1), bad("INVALID_FIELD", "version"), TWO),
    Case(
        "a version of what never was",
        Call("GetAgentVersion", query={"agent_id": NEVER, "version": 1}),
        NO_AGENT,
    ),
    Case(
        "a number that is none",
        of_worker("GetAgentVersion", version="default"),
        bad("INVALID_FIELD", "version"),
        TWO,
        over=("rest",),
    ),
    Case(
        "a number that is too large",
        of_worker("GetAgentVersion", version=2**31),
        bad("INVALID_FIELD", "version"),
        TWO,
        over=("rest",),
    ),
    Case(
        "what differs between two versions",
        of_worker("DiffAgentVersions", **{"from": 1, "to": 2}),
        Answered(DIFFERENCES),
        TWO,
    ),
    Case(
        "nothing differs from itself",
        of_worker("DiffAgentVersions", **{"from": 2, "to": 2}),
        Answered({"changes": []}),
        TWO,
    ),
    Case(
        "a key to read for a difference",
        replace(of_worker("DiffAgentVersions", **{"from": 2, "to": 1}), authorization="$keys.reader"),
        Answered({"from": 2, "to": 1}),
        TWO,
    ),
    Case(
        "a key to write for a difference",
        replace(of_worker("DiffAgentVersions", **{"from": 2, "to": 1}), authorization="$keys.writer"),
        SCOPE,
        TWO,
    ),
    Case(
        "a difference from nothing",
        of_worker("DiffAgentVersions", to=2),
        bad("REQUIRED_FIELD_MISSING", "from_version"),
        TWO,
    ),
    Case(
        "a difference from what there is not",
        of_worker("DiffAgentVersions", **{"from": 7, "to": 2}),
        NO_VERSION,
        TWO,
    ),
    Case(
        "a rollback is a version of its own",
        BACK,
        Answered(
            {
                "id": "$worker.id",
                "version": 3,
                "system_prompt": "Work.",
                "capabilities": _FIRST["capabilities"],
            }
        ),
        TWO,
    ),
    Case(
        "a rollback to what there is",
        of_worker("RollbackAgent", version=2),
        Answered({"version": 2, "updated_at": "$second.updated_at"}),
        TWO,
    ),
    Case(
        "a rollback twice is one",
        BACK,
        Answered({"version": 3, "updated_at": "$back.updated_at"}),
        {**TWO, "back": BACK},
    ),
    Case("a rollback to what there is not", of_worker("RollbackAgent", version=3), NO_VERSION, TWO),
    Case("a rollback of an archived agent", BACK, ARCHIVED, {**TWO, "gone": ARCHIVE}),
    Case(
        "a rollback to a name that is taken",
        BACK,
        Refused("ALREADY_EXISTS", "AGENT_ALREADY_EXISTS"),
        {"worker": MADE, "renamed": update_worker(name="other"), "taken": MADE},
    ),
    Case("a key to read for a rollback", replace(BACK, authorization="$keys.reader"), SCOPE, TWO),
    Case(
        "a rollback of what never was",
        Call("RollbackAgent", query={"agent_id": NEVER, "version": 1}),
        NO_AGENT,
    ),
)
"""What becomes of an agent's changes."""
