"""What callers do with sessions, and get."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.cases.case import Answered, Case
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject

SEED: JsonObject = {
    "agent_id": "agent_01234567-89ab-cdef-0123-456789abcdef",
    "title": "Research Session",
    "tags": ["research", "web"],
    "model_id": "gpt-4o",
    "capabilities": [{"ref": "current_time"}, {"ref": "web_fetch", "config": {"timeout_ms": 30000}}],
}
"""The body of the published example."""

SEED_AGENT = Call(
    "ApplyAgent",
    {"id": "agent_0123456789abcdef0123456789abcdef", "name": "example", "system_prompt": "Research."},
)
_SEED_ANSWER: JsonObject = {
    **SEED,
    "agent_id": "agent_0123456789abcdef0123456789abcdef",
    "organization_id": "$org",
    "capabilities": [
        {"ref": "current_time", "config": None},
        {"ref": "web_fetch", "config": {"timeout_ms": 30000}},
    ],
    "status": "started",
    "features": [],
    "harness_id": "harness_00000000000000000000000000000001",
    "is_pinned": False,
}
_BARE: JsonObject = {
    "organization_id": "$org",
    "agent_id": "$agent.id",
    "title": None,
    "tags": [],
    "model_id": None,
    "capabilities": [],
    "status": "started",
    "features": [],
    "harness_id": "harness_00000000000000000000000000000001",
    "is_pinned": False,
}
_SETTABLE = ("title", "tags", "model_id", "capabilities")
_CREATE = Call("CreateSession", {"agent_id": "$agent.id"})
_FULL: JsonObject = {
    "agent_id": "$agent.id",
    "title": "one",
    "tags": ["a"],
    "model_id": "m",
    "capabilities": ["noop"],
}
_MADE = {"made": Call("CreateSession", _FULL)}
_PINNED = {**_MADE, "pin": Call("PinSession", id="$made.id")}
_GET = Call("GetSession", id="$made.id")
_UNPIN = Call("UnpinSession", id="$made.id")
_NOOP: Json = [{"ref": "noop", "config": None}]
_KEPT: JsonObject = {"title": "one", "tags": ["a"], "model_id": "m", "capabilities": _NOOP}
_EVERY_KIND: Json = [
    {
        "ref": "free_form",
        "config": {
            "whole": 2**53,
            "least": -(2**53),
            "part": 0.1,
            "yes": True,
            "none": None,
            "text": "é\u2028",
            "list": [1, "1", [], {}],
            "object": {},
        },
    },
    {"ref": "noop", "config": {}},
]


def _change(**changes: Json) -> Call:
    return Call("UpdateSession", changes, "$made.id")


CREATED = (
    Case(
        "the published example",
        Call("CreateSession", SEED),
        Answered(_SEED_ANSWER, created=True),
        {"made": SEED_AGENT},
    ),
    Case("nothing but an agent", _CREATE, Answered(_BARE, created=True)),
    Case(
        "nothing but an agent, by name",
        Call("CreateSession", {"agent_name": "plain"}),
        Answered(_BARE, created=True),
    ),
    Case(
        "null for everything",
        Call("CreateSession", {"agent_id": "$agent.id", "agent_name": None, **dict.fromkeys(_SETTABLE)}),
        Answered(_BARE, created=True),
    ),
    Case(
        "tags twice",
        Call("CreateSession", {"agent_id": "$agent.id", "tags": ["b", "a", "b", "c", "a"]}),
        Answered({"tags": ["b", "a", "c"]}, created=True),
    ),
    Case(
        "the longest of everything",
        Call(
            "CreateSession",
            {
                "agent_id": "$agent.id",
                "title": "😀" * 500,
                "tags": [f"{n:0>100}" for n in range(50)],
                "model_id": "a/B:9._-@" + "x" * 119,
                "capabilities": [f"member_{n}" for n in range(100)],
            },
        ),
        Answered({"title": "😀" * 500}, created=True),
    ),
    Case(
        "a config of every kind of value",
        Call("CreateSession", {"agent_id": "$agent.id", "capabilities": _EVERY_KIND}),
        Answered({"capabilities": _EVERY_KIND}, created=True),
    ),
    Case(
        "features of what is needed too",
        Call("CreateSession", {"agent_id": "$agent.id", "capabilities": ["virtual_bash", "session_storage"]}),
        Answered(
            {
                "features": ["file_system", "secrets", "key_value"],
                "capabilities": [
                    {"ref": "virtual_bash", "config": None},
                    {"ref": "session_storage", "config": None},
                ],
            },
            created=True,
        ),
    ),
    Case(
        "features of the agent's first",
        Call("CreateSession", {"agent_id": "$able.id", "capabilities": ["session_file_system"]}),
        Answered({"features": ["secrets", "key_value", "file_system"], "model_id": None}, created=True),
        {
            "able": Call(
                "ApplyAgent",
                {
                    "name": "able",
                    "system_prompt": "p",
                    "default_model_id": "agents-own",
                    "capabilities": ["session_storage"],
                },
            )
        },
    ),
    Case(
        "a deprecated capability",
        Call("CreateSession", {"agent_id": "$agent.id", "capabilities": ["old"]}),
        Answered({"features": ["nostalgia"]}, created=True),
    ),
)
"""Sessions that are created."""

SESSIONS = (
    *CREATED,
    Case("a session", _GET, Answered({**_KEPT, "id": "$made.id"}), _MADE),
    Case("a change of one field", _change(title="two"), Answered({**_KEPT, "title": "two"}), _MADE),
    Case(
        "a change of all",
        _change(title="t", tags=["x", "y", "x"], model_id="n", capabilities=["session_storage"]),
        Answered(
            {
                "title": "t",
                "tags": ["x", "y"],
                "model_id": "n",
                "capabilities": [{"ref": "session_storage", "config": None}],
                "features": ["secrets", "key_value"],
            }
        ),
        _MADE,
    ),
    Case("a title cleared", _change(title=None), Answered({**_KEPT, "title": None}), _MADE),
    Case(
        "all cleared",
        _change(title=None, tags=None, model_id=None, capabilities=None),
        Answered({"title": None, "tags": [], "model_id": None, "capabilities": []}),
        _MADE,
    ),
    Case(
        "lists made empty",
        _change(tags=[], capabilities=[]),
        Answered({**_KEPT, "tags": [], "capabilities": []}),
        _MADE,
    ),
    Case("no change", _change(), Answered({**_KEPT, "updated_at": "$made.updated_at"}), _MADE),
    Case("a session pinned", Call("PinSession", id="$made.id"), Answered(None), _MADE),
    Case("a session pinned twice", Call("PinSession", id="$made.id"), Answered(None), _PINNED),
    Case("a pinned session", _GET, Answered({**_KEPT, "is_pinned": True}), _PINNED),
    Case(
        "a session that another key has pinned",
        replace(_GET, authorization="$keys.reader"),
        Answered({**_KEPT, "is_pinned": False}),
        _PINNED,
    ),
    Case("a pinned session changed", _change(title="two"), Answered({"is_pinned": True}), _PINNED),
    Case("a pinned session deleted", Call("DeleteSession", id="$made.id"), Answered(None), _PINNED),
    Case("a session unpinned", _UNPIN, Answered(None), _PINNED),
    Case("a session unpinned that was not pinned", _UNPIN, Answered(None), _MADE),
    Case(
        "a session after it was unpinned",
        _GET,
        Answered({**_KEPT, "is_pinned": False, "updated_at": "$made.updated_at"}),
        {**_PINNED, "unpin": _UNPIN},
    ),
    Case("a session deleted", Call("DeleteSession", id="$made.id"), Answered(None), _MADE),
    Case(
        "a session of an agent that was archived later",
        Call("GetSession", id="$made.id"),
        Answered(_KEPT),
        {**_MADE, "gone": Call("DeleteAgent", id="$agent.id")},
    ),
    Case(
        "the same request again",
        replace(_CREATE, key="k1"),
        Answered({"id": "$made.id", "created_at": "$made.created_at"}, created=True, replayed=True),
        {"made": replace(_CREATE, key="k1")},
    ),
    Case(
        "the first answer again after a change",
        replace(_CREATE, key="k1"),
        Answered({"id": "$made.id", "title": None}, created=True, replayed=True),
        {"made": replace(_CREATE, key="k1"), "changed": _change(title="two")},
    ),
    Case(
        "another's idempotency key",
        replace(_CREATE, key="k1"),
        Answered(created=True),
        {
            "made": Call(
                "CreateSession", {"agent_id": "$other.agent.id"}, key="k1", authorization="$other.keys.owner"
            )
        },
    ),
    Case(
        "another idempotency key",
        replace(_CREATE, key="k2"),
        Answered(created=True),
        {"made": replace(_CREATE, key="k1")},
    ),
)
"""What is answered."""
