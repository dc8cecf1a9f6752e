from __future__ import annotations

import orjson
import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from everruns.v1 import (
    agent_pb2,
    agent_service_pb2,
    capability_service_pb2,
    session_pb2,
    session_service_pb2,
)
from gateway.exchange import Answer
from gateway.problem import Problem
from gateway.routes import Binding, bindings, service_descriptors
from gateway.transcode import RequestTranscoder, ResponseTranscoder

BINDINGS = {(binding.method, binding.path): binding for binding in bindings(service_descriptors())}


def binding(method: str, path: str) -> Binding:
    return BINDINGS[method, path]


def request(
    method: str, path: str, *values: str, query: str = "", body: object = None, key: str | None = None
) -> Message:
    content = b"" if body is None else orjson.dumps(body)
    return RequestTranscoder(binding(method, path)).request(values, query.encode(), content, key)


def answer(method: str, path: str, response: Message) -> Answer:
    return ResponseTranscoder(binding(method, path)).answer(response)


def refused(
    method: str, path: str, *values: str, query: str = "", body: object = None
) -> list[tuple[str, str]]:
    with pytest.raises(Problem) as caught:
        request(method, path, *values, query=query, body=body)
    assert caught.value.status == 400
    return [(violation.field, violation.reason) for violation in caught.value.violations]


def test_every_form_can_be_planned() -> None:
    for each in BINDINGS.values():
        RequestTranscoder(each)
        ResponseTranscoder(each)


def test_a_create_has_its_body_and_key() -> None:
    assert request(
        "POST", "/v1/sessions", body={"agent_id": "a"}, key="k"
    ) == session_service_pb2.CreateSessionRequest(session={"agent_id": "a"}, request_id="k")


def test_an_empty_body_is_a_body() -> None:
    message = request("POST", "/v1/sessions", body={})
    assert isinstance(message, session_service_pb2.CreateSessionRequest)
    assert message.HasField("session")


def test_a_document_is_handed_on_as_it_is() -> None:
    transcoder = RequestTranscoder(binding("POST", "/v1/agents/import"))
    assert (transcoder.takes_document, transcoder.takes_json) == (True, False)
    message = transcoder.request((), b"", b"\xff\0{", "k", b"text/x; charset=\xe9")
    document = HttpBody(content_type="text/x; charset=\xe9", data=b"\xff\0{")
    assert message == agent_service_pb2.ImportAgentRequest(document=document, request_id="k")


def test_no_document_is_one_that_is_empty() -> None:
    message = RequestTranscoder(binding("POST", "/v1/agents/import")).request((), b"", b"", None)
    assert isinstance(message, agent_service_pb2.ImportAgentRequest)
    assert message.HasField("document")


@pytest.mark.parametrize("data", [b"a: 1\n", b"\xff\0", b""])
def test_a_document_is_answered_as_it_is(data: bytes) -> None:
    document = HttpBody(content_type="text/markdown; charset=utf-8", data=data)
    assert answer("GET", "/v1/agents/{id}/export", document) == Answer(
        200, data, ((b"content-type", b"text/markdown; charset=utf-8"),)
    )


@pytest.mark.parametrize("path", ["/v1/agents/{id}/copy", "/v1/agents/import"])
def test_what_makes_a_resource_says_where_it_is(path: str) -> None:
    made = answer("POST", path, agent_pb2.Agent(id="agent_1"))
    assert made.status == 201
    assert (b"location", b"/v1/agents/agent_1") in made.headers


def test_a_get_has_its_id_from_the_path() -> None:
    assert request("GET", "/v1/sessions/{id}", "s") == session_service_pb2.GetSessionRequest(id="s")
    assert request(
        "GET", "/v1/sessions/{id}/runtime-agent", "s"
    ) == session_service_pb2.GetRuntimeAgentRequest(id="s")


def test_a_list_has_its_query() -> None:
    assert request(
        "GET", "/v1/capabilities", query="limit=5&offset=1&search=x"
    ) == capability_service_pb2.ListCapabilitiesRequest(page_size=5, skip=1, search="x")


@pytest.mark.parametrize(
    ("body", "mask"),
    [
        ({}, []),
        ({"title": "t"}, ["title"]),
        ({"title": None}, ["title"]),
        ({"tags": [], "capabilities": None, "model_id": None}, ["tags", "capabilities", "model_id"]),
        ({"hints": None, "title": "t"}, ["title"]),
        ({"agent_id": "a"}, ["agent_id"]),
    ],
)
def test_a_patch_sets_what_its_body_names(body: dict[str, object], mask: list[str]) -> None:
    message = request("PATCH", "/v1/sessions/{id}", "s", body=body)
    assert isinstance(message, session_service_pb2.UpdateSessionRequest)
    assert message.id == "s"
    assert list(message.update_mask.paths) == mask
    assert message.HasField("session")


def test_a_put_has_its_id_from_the_path() -> None:
    message = request("PUT", "/v1/agents/{agent.id}", "agent_1", body={"name": "n"}, key="k")
    assert message == agent_service_pb2.ApplyAgentRequest(
        agent={"id": "agent_1", "name": "n"}, request_id="k"
    )


@pytest.mark.parametrize("in_body", ["agent_0a", "AGENT_0A", "agent_0-a"])
def test_a_put_may_repeat_its_id(in_body: str) -> None:
    message = request("PUT", "/v1/agents/{agent.id}", "agent_0a", body={"id": in_body})
    assert message == agent_service_pb2.ApplyAgentRequest(agent={"id": "agent_0a"})


def test_a_put_must_not_name_another_id() -> None:
    assert refused("PUT", "/v1/agents/{agent.id}", "agent_1", body={"id": "agent_2"}) == [
        ("id", "INVALID_FIELD")
    ]


@pytest.mark.parametrize("key", ["request_id", "session", "update_mask", "id", "agent_id"])
def test_what_comes_from_elsewhere_is_no_query_key(key: str) -> None:
    for method, path, values in [("POST", "/v1/sessions", ()), ("PATCH", "/v1/sessions/{id}", ("s",))]:
        assert refused(method, path, *values, query=f"{key}=x", body={}) == [(key, "UNKNOWN_FIELD")]


@pytest.mark.parametrize("key", ["request_id", "update_mask"])
def test_what_comes_from_elsewhere_is_no_body_key(key: str) -> None:
    assert refused("PATCH", "/v1/sessions/{id}", "s", body={key: "x"}) == [(key, "UNKNOWN_FIELD")]


def test_a_preview_knows_what_only_answers_have() -> None:
    assert refused("POST", "/v1/sessions:preview", body={"status": "idle", "runtime_agent": {}}) == [
        ("status", "OUTPUT_ONLY_FIELD"),
        ("runtime_agent", "UNKNOWN_FIELD"),
    ]


def test_an_apply_knows_what_only_answers_have() -> None:
    assert refused("POST", "/v1/agents", body={"status": "active", "created": True}) == [
        ("status", "OUTPUT_ONLY_FIELD"),
        ("created", "UNKNOWN_FIELD"),
    ]


def test_query_and_body_are_judged_together() -> None:
    assert refused("POST", "/v1/sessions", query="x=1", body={"title": 1}) == [
        ("x", "UNKNOWN_FIELD"),
        ("title", "INVALID_FIELD"),
    ]


def test_a_created_session_has_a_location() -> None:
    made = answer("POST", "/v1/sessions", session_pb2.Session(id="session_1"))
    assert made.status == 201
    assert dict(made.headers) == {
        b"content-type": b"application/json",
        b"location": b"/v1/sessions/session_1",
    }
    assert orjson.loads(made.body)["id"] == "session_1"


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/agents"), ("PUT", "/v1/agents/{agent.id}")])
def test_an_applied_agent_has_a_location_when_it_was_created(method: str, path: str) -> None:
    agent = agent_pb2.Agent(id="agent_1")
    made = answer(method, path, agent_service_pb2.ApplyAgentResponse(agent=agent, created=True))
    assert made.status == 201
    assert dict(made.headers)[b"location"] == b"/v1/agents/agent_1"
    kept = answer(method, path, agent_service_pb2.ApplyAgentResponse(agent=agent))
    assert kept.status == 200
    assert b"location" not in dict(kept.headers)
    assert orjson.loads(kept.body) == orjson.loads(made.body)
    assert "created" not in orjson.loads(kept.body)


def test_nothing_is_answered_with_204() -> None:
    assert answer("DELETE", "/v1/sessions/{id}", Empty()) == Answer(204)


def test_anything_else_is_answered_with_200() -> None:
    shown = answer("POST", "/v1/sessions:preview", session_service_pb2.PreviewSessionResponse())
    assert shown.status == 200
    assert orjson.loads(shown.body) == {"session": None, "runtime_agent": None, "problems": []}
    assert answer("GET", "/v1/sessions/{id}", session_pb2.Session(id="s")).status == 200
    assert answer("PATCH", "/v1/sessions/{id}", session_pb2.Session(id="s")).status == 200
