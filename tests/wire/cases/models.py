"""Models, with the operator's table that `harness.models` writes."""

from __future__ import annotations

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject

_BIG: JsonObject = {
    "id": "vendor/big:1",
    "model_id": "vendor/big:1",
    "name": "Big",
    "display_name": "Big",
    "provider": "vendor",
    "provider_id": "vendor",
    "provider_name": "vendor",
    "provider_type": "vendor",
    "description": "For much.",
    "aliases": ["big"],
    "status": "available",
    "source": "manual",
    "capabilities": [],
    "enabled": True,
    "healthy": True,
    "is_favorite": False,
}
_SMALL: JsonObject = {"id": "vendor/small", "description": None, "aliases": [], "status": "deprecated"}


def _session(rpc: str = "CreateSession", **fields: Json) -> Call:
    return Call(rpc, {"agent_id": "$agent.id", **fields})


def _agent(rpc: str = "ApplyAgent", **fields: Json) -> Call:
    return Call(rpc, {"name": "new", "system_prompt": "Be new.", **fields})


_MADE = {"made": _session(model_id="big")}
_NEW = {"new": _agent(default_model_id="big")}
_OF_NEW = {**_NEW, "made": Call("CreateSession", {"agent_id": "$new.id"})}
_UNKNOWN = bad("UNKNOWN_MODEL", "model_id")
_UNKNOWN_DEFAULT = bad("UNKNOWN_MODEL", "default_model_id")

MODELS = (
    Case(
        "models, by id",
        Call("ListModels"),
        Answered({"data": [_BIG, _SMALL], "total": 2, "offset": 0, "limit": 20, "next_page_token": None}),
    ),
    Case(
        "models by a text",
        Call("ListModels", query={"search": "MUCH"}),
        Answered({"data": [{"id": "vendor/big:1"}], "total": 1}),
    ),
    Case(
        "models from an offset",
        Call("ListModels", query={"offset": 1, "limit": 1}),
        Answered({"data": [{"id": "vendor/small"}], "total": 2, "offset": 1, "limit": 1}),
    ),
    Case(
        "models from a token",
        Call("ListModels", query={"limit": 1, "page_token": "$page.next_page_token"}),
        Answered({"data": [{"id": "vendor/small"}], "next_page_token": None}),
        {"page": Call("ListModels", query={"limit": 1})},
    ),
    Case(
        "a negative limit of models",
        Call("ListModels", query={"limit": -1}),
        bad("INVALID_FIELD", "page_size"),
    ),
    Case("a model", Call("GetModel", id="vendor/big:1", authorization="$keys.reader"), Answered(_BIG)),
    Case("a model by an alias", Call("GetModel", id="big"), Answered({"id": "vendor/big:1"})),
    Case(
        "a model that never was",
        Call("GetModel", id="vendor/huge"),
        Refused("NOT_FOUND", "MODEL_NOT_FOUND"),
    ),
    Case("a model's id that is none", Call("GetModel", id="a b"), bad("INVALID_FIELD", "id")),
    Case(
        "a session of a model",
        _session(model_id="vendor/small"),
        Answered({"model_id": "vendor/small"}, True),
    ),
    Case("a session of an alias", _session(model_id="big"), Answered({"model_id": "big"}, True)),
    Case("a session of an unknown model", _session(model_id="vendor/bigg:1"), _UNKNOWN),
    Case(
        "a session of an unknown model and an unknown capability",
        _session(model_id="x", capabilities=["web_fech"]),
        bad("UNKNOWN_MODEL", "model_id", ("capabilities[0].ref", "UNKNOWN_CAPABILITY")),
    ),
    Case("a preview of an unknown model", _session("PreviewSession", model_id="x"), _UNKNOWN),
    Case(
        "a preview of an alias",
        _session("PreviewSession", model_id="big"),
        Answered(
            {
                "session": {"model_id": "big"},
                "runtime_agent": {"model": "vendor/big:1", "model_source": "session"},
            }
        ),
    ),
    Case(
        "a change to an unknown model", Call("UpdateSession", {"model_id": "x"}, "$made.id"), _UNKNOWN, _MADE
    ),
    Case(
        "a change to an alias",
        Call("UpdateSession", {"model_id": "big"}, "$made.id"),
        Answered({"model_id": "big"}),
        _MADE,
    ),
    Case("no model any more", Call("UpdateSession", {"model_id": None}, "$made.id"), Answered(), _MADE),
    Case(
        "the runtime of an alias",
        Call("GetRuntimeAgent", id="$made.id"),
        Answered({"model": "vendor/big:1", "model_source": "session"}),
        _MADE,
    ),
    Case(
        "the runtime of an agent's alias",
        Call("GetRuntimeAgent", id="$made.id"),
        Answered({"model": "vendor/big:1", "model_source": "agent"}),
        _OF_NEW,
    ),
    Case("an agent of an alias", _agent(default_model_id="big"), Answered({"default_model_id": "big"}, True)),
    Case("an agent of an unknown model", _agent(default_model_id="x"), _UNKNOWN_DEFAULT),
    Case(
        "an agent of an unknown model that is only created",
        _agent("CreateAgent", default_model_id="x"),
        _UNKNOWN_DEFAULT,
        over=("grpc", "cli"),
    ),
    Case(
        "a preview of an agent of an unknown model",
        _agent("PreviewAgent", default_model_id="x"),
        _UNKNOWN_DEFAULT,
    ),
    Case(
        "a preview of an agent of an alias",
        _agent("PreviewAgent", default_model_id="big"),
        Answered({"agent": {"default_model_id": "big"}, "runtime_agent": {"model": "vendor/big:1"}}),
    ),
    Case(
        "an import of an unknown model",
        Call("ImportAgent", document=b"name: a\nsystem_prompt: p\ndefault_model_id: x"),
        _UNKNOWN_DEFAULT,
    ),
    Case(
        "a change of an agent to an unknown model",
        Call("UpdateAgent", {"default_model_id": "x"}, "$new.id"),
        _UNKNOWN_DEFAULT,
        _NEW,
    ),
)
"""What a table of models lets through, and what it answers."""
