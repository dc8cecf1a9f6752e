"""What a change of an agent would do to its sessions, and a change on paper."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.cases.worker_agent import (
    ARCHIVE,
    ARCHIVED,
    MADE,
    NEVER,
    NO_AGENT,
    SCOPE,
    SESSION,
    TWO,
    update_worker,
)
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject


def _preview(query: JsonObject | None = None, **fields: Json) -> Call:
    return Call("PreviewAgentUpdate", fields, "$worker.id", query=query or {})


_DRY: JsonObject = {"validate_only": True}
_SETS: JsonObject = {**SESSION, "capabilities": [{"ref": "web_fetch", "config": {"timeout_ms": 7}}]}
_THREE = {
    "worker": MADE,
    "plain": Call("CreateSession", SESSION),
    "pinned": Call("CreateSession", {**SESSION, "agent_binding": "pinned"}),
    "sets": Call("CreateSession", _SETS),
}
_LOCKS: Json = [{"ref": "web_fetch", "config": {"timeout_ms": 5}, "locked": ["/timeout_ms"]}]

IMPACTS = (
    Case(
        "a change on paper",
        update_worker(_DRY, system_prompt="Other."),
        Answered({"id": "$worker.id", "system_prompt": "Other.", "version": 2}),
        {"worker": MADE},
    ),
    Case(
        "a change on paper of nothing",
        update_worker(_DRY, system_prompt="Work."),
        Answered({"version": 1}),
        {"worker": MADE},
    ),
    Case(
        "nothing is written by a change on paper",
        Call("GetAgent", id="$worker.id"),
        Answered({"system_prompt": "Work.", "version": 1, "updated_at": "$worker.updated_at"}),
        {
            "worker": MADE,
            "dry": update_worker(_DRY, system_prompt="Other."),
            "preview": _preview(system_prompt="Other."),
        },
    ),
    Case(
        "a bad change on paper",
        update_worker(_DRY, capabilities=["nope"]),
        bad("UNKNOWN_CAPABILITY", "capabilities[0].ref"),
        {"worker": MADE},
    ),
    Case(
        "a change on paper to a name that is taken",
        update_worker(_DRY, name="taken"),
        Refused("ALREADY_EXISTS", "AGENT_ALREADY_EXISTS"),
        {"worker": MADE, "taken": replace(MADE, body={"name": "taken", "system_prompt": "p"})},
    ),
    Case(
        "a change on paper of an archived agent",
        update_worker(_DRY, name="n"),
        ARCHIVED,
        {"worker": MADE, "gone": ARCHIVE},
    ),
    Case(
        "a key to read for a change on paper",
        replace(update_worker(_DRY, name="n"), authorization="$keys.reader"),
        SCOPE,
        {"worker": MADE},
    ),
    Case(
        "a change that strips sessions of features, and breaks one",
        _preview(capabilities=_LOCKS),
        Answered(
            {
                "agent": {"id": "$worker.id", "version": 2},
                "data": [
                    {
                        "session_id": "$sets.id",
                        "problems": [{"reason": "CONFIG_LOCKED", "severity": "error"}],
                        "lost_features": ["secrets", "key_value"],
                    },
                    {
                        "session_id": "$plain.id",
                        "problems": [],
                        "lost_features": ["secrets", "key_value"],
                    },
                ],
                "total": 3,
                "examined": 3,
                "changed": 2,
                "broken": 1,
                "stripped": 2,
                "limit": 20,
                "next_page_token": None,
            }
        ),
        _THREE,
    ),
    Case(
        "a change that no session sees",
        _preview(description="d"),
        Answered({"data": [], "examined": 3, "changed": 0, "broken": 0, "stripped": 0}),
        _THREE,
    ),
    Case(
        "the next page of what a change does",
        _preview({"limit": 1, "page_token": "$first.next_page_token"}, max_iterations=7),
        Answered({"data": [{"session_id": "$plain.id"}], "examined": 2, "next_page_token": None}),
        {**_THREE, "first": _preview({"limit": 1}, max_iterations=7)},
    ),
    Case(
        "the next page of what another change does",
        _preview({"limit": 1, "page_token": "$first.next_page_token"}, max_iterations=8),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {**_THREE, "first": _preview({"limit": 1}, max_iterations=7)},
    ),
    Case(
        "a key to read for what a change does",
        replace(_preview(max_iterations=7), authorization="$keys.reader"),
        Answered({"changed": 2}),
        _THREE,
    ),
    Case(
        "what a bad change does",
        _preview(capabilities=["nope"]),
        bad("UNKNOWN_CAPABILITY", "capabilities[0].ref"),
        {"worker": MADE},
    ),
    Case("what a change does to an archived agent", _preview(tags=[]), ARCHIVED, {**TWO, "gone": ARCHIVE}),
    Case(
        "what a change does to what never was",
        replace(_preview(tags=[]), id=NEVER),
        NO_AGENT,
    ),
)
"""What a change of an agent would do to its sessions."""
