"""Calls over REST."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import Any, cast

import httpx
import orjson

from tests.wire.harness.call import Call, Transport, messages_of
from tests.wire.harness.described import undescribed
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Answer, Failure, Outcome, Violation
from tests.wire.harness.rpc import METHODS, REST

_PROBLEM_KEYS = {"type", "title", "status", "detail", "code", "field_violations", "request_id", "error"}


class RestClient:
    """A client over an HTTP connection. `described` is whether all that is answered must be as the OpenAPI
    document says."""

    transport: Transport = "rest"

    def __init__(self, http: httpx.Client, *, described: bool = True) -> None:
        self.http = http
        self._described = described

    def call(self, call: Call) -> Outcome:
        """What the call came to; checks of an answer and of a refusal what all of them have."""
        return outcome(call, self.send(call))

    def send(self, call: Call, content: bytes | None = None) -> httpx.Response:
        """The answer to a call, as it came; `content` in place of its body. Checks that it is described."""
        http_method, path = REST[call.rpc]
        if call.rpc == "ApplyAgent" and call.id:
            http_method, path = "PUT", "/v1/agents/{id}"
        headers = {"x-request-id": uuid.uuid4().hex, "x-request-timeout": str(call.timeout)}
        if call.authorization is not None:
            headers["authorization"] = call.authorization
        if call.organization is not None:
            headers["x-org-id"] = call.organization
        if call.key:
            headers["idempotency-key"] = call.key
        if content is None and call.body is not None:
            content = orjson.dumps(call.body)
        if content is not None:
            headers["content-type"] = "application/json"
        elif call.document is not None:
            content = call.document
            if call.content_type:
                headers["content-type"] = call.content_type
        pairs = [
            (key, item if isinstance(item, str) else orjson.dumps(item).decode())
            for key, value in call.query.items()
            if f"{{{key}}}" not in path
            for item in (value if isinstance(value, list) else [value])
        ]
        request = self.http.build_request(
            http_method,
            path.format(id=call.id, **call.query),
            params=tuple(pairs) or None,
            headers=headers,
            content=content,
            timeout=call.timeout + 20,
        )
        response = self.http.send(request, stream=True)
        if METHODS[call.rpc].server_streaming and response.status_code == 200:
            response = _beginning(response, messages_of(call))
        else:
            response.read()
        if self._described:
            found = undescribed(response)
            assert not found, found
        return response


def _beginning(response: httpx.Response, messages: int) -> httpx.Response:
    """An answer with the first events of a stream, which is then left."""
    lines: list[str] = []
    for line in response.iter_lines():
        lines.append(line)
        messages -= line.startswith("data: ")
        if not messages:
            break
    response.close()
    text = "\n".join(lines)
    return httpx.Response(200, headers=response.headers, text=text, request=response.request)


def events(text: str) -> list[JsonObject]:
    """The messages of a text of events. Checks that each has its token as its id, and its type."""
    found: list[JsonObject] = []
    for event in re.findall(r"id: (.+)\nevent: (.+)\ndata: (.+)", text):
        message = cast(JsonObject, orjson.loads(event[2]))
        assert event[:2] == (message["resume_token"], message["type"])
        found.append(message)
    return found


def outcome(call: Call, response: httpx.Response) -> Outcome:
    """What an HTTP answer says. Checks that it is complete, and names the request."""
    assert response.headers["x-request-id"] == response.request.headers["x-request-id"]
    if response.status_code >= 400:
        return failure(response)
    created = response.status_code == 201
    replayed = response.headers.get("idempotency-replayed") == "true"
    if METHODS[call.rpc].output_type.full_name == "google.protobuf.Empty":
        assert (response.status_code, response.content) == (204, b"")
        return Answer(None)
    assert response.status_code in (200, 201)
    if call.rpc == "ExportAgent":
        return Answer({"content_type": response.headers["content-type"], "text": response.text})
    if METHODS[call.rpc].server_streaming:
        assert response.headers["content-type"] == "text/event-stream"
        return Answer({"messages": cast("list[Json]", events(response.text))})
    assert response.headers["content-type"] == "application/json"
    body = cast(JsonObject, response.json())
    if created:
        collection = response.request.url.path.split("/")[2]
        # A resource that comes with more than itself is within the answer.
        made = body if "id" in body else cast(JsonObject, body["key"])
        assert response.headers["location"] == f"/v1/{collection}/{made['id']}"
    else:
        assert "location" not in response.headers
    return Answer(body, created, replayed)


def failure(response: httpx.Response) -> Failure:
    """What a problem document says. Checks that it is one, and complete."""
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    found = problem(document)
    assert document["status"] == response.status_code
    assert document["request_id"] == response.headers["x-request-id"]
    retry_after = response.headers.get("retry-after")
    return replace(found, retry_after=None if retry_after is None else float(retry_after))


def problem(document: dict[str, Any]) -> Failure:
    """What the content of a problem document says. Checks that it is complete."""
    assert document.keys() == _PROBLEM_KEYS
    assert document["error"] == document["detail"] != ""
    assert document["type"]
    assert document["title"]
    assert document["request_id"]
    found = tuple(Violation(v["field"], v["reason"], v["description"]) for v in document["field_violations"])
    assert not found or document["code"] == found[0].reason
    return Failure(str(document["status"]), document["code"], document["detail"], found)
