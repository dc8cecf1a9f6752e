from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo

from everruns.v1 import agent_pb2, agent_service_pb2, session_pb2, session_service_pb2
from tests.gateway.unit.fake_server import LARGEST_MESSAGE, FakeServer, status
from tests.gateway.unit.problem_document import problem

SESSION = session_pb2.Session(id="session_1", status=session_pb2.SESSION_STATUS_STARTED)


def test_a_create_goes_through(server: FakeServer, client: httpx.Client) -> None:
    server.reply("CreateSession", SESSION)
    answer = client.post(
        "/v1/sessions",
        json={"agent_id": "agent_1", "capabilities": [{"ref": "a", "config": {"n": 1}}]},
        headers={"Authorization": "Bearer K", "X-Org-Id": "org_1", "X-Request-Id": "r-1"},
    )
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == "/v1/sessions/session_1"
    assert answer.headers["x-request-id"] == "r-1"
    assert "idempotency-replayed" not in answer.headers
    assert answer.json()["status"] == "started"
    [call] = server.calls
    assert call.request == session_service_pb2.CreateSessionRequest(
        session={"agent_id": "agent_1", "capabilities": [{"ref": "a", "config": {"n": 1}}]}
    )
    assert call.metadata["authorization"] == "Bearer K"
    assert call.metadata["x-org-id"] == "org_1"
    assert call.metadata["x-request-id"] == "r-1"
    assert 10 < call.seconds_left < 25


def test_a_request_without_headers_gets_an_id_and_no_key(server: FakeServer, client: httpx.Client) -> None:
    server.reply("GetSession", SESSION)
    answer = client.get("/v1/sessions/session_1")
    [call] = server.calls
    assert len(call.metadata["x-request-id"]) == 32
    assert answer.headers["x-request-id"] == call.metadata["x-request-id"]
    assert "authorization" not in call.metadata


def test_a_caller_can_shorten_the_deadline(server: FakeServer, client: httpx.Client) -> None:
    server.reply("GetSession", SESSION)
    client.get("/v1/sessions/s", headers={"X-Request-Timeout": "5"})
    assert server.calls[0].seconds_left < 10


def test_a_deadline_that_passes_is_504(server: FakeServer, client: httpx.Client) -> None:
    late = threading.Event()

    def reply(request: Message, context: grpc.ServicerContext) -> Message:
        late.wait(20)
        return SESSION

    server.reply("GetSession", reply)
    answer = client.get("/v1/sessions/s", headers={"X-Request-Timeout": "0.05"})
    late.set()
    problem(answer, "DEADLINE_EXCEEDED", 504)


def test_a_repeated_answer_says_so(server: FakeServer, client: httpx.Client) -> None:
    def replay(request: Message, context: grpc.ServicerContext) -> Message:
        context.send_initial_metadata((("idempotency-replayed", "true"),))
        return SESSION

    server.reply("CreateSession", replay)
    answer = client.post("/v1/sessions", json={}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert answer.headers["idempotency-replayed"] == "true"
    assert server.calls[0].request == session_service_pb2.CreateSessionRequest(session={}, request_id="k")


def test_a_first_answer_to_a_key_does_not_say_so(server: FakeServer, client: httpx.Client) -> None:
    server.reply("CreateSession", SESSION)
    answer = client.post("/v1/sessions", json={}, headers={"Idempotency-Key": "k"})
    assert "idempotency-replayed" not in answer.headers


def test_any_bytes_in_a_key_reach_the_server(server: FakeServer, client: httpx.Client) -> None:
    server.reply("CreateSession", SESSION)
    client.post("/v1/sessions", json={}, headers={b"Idempotency-Key": b"k\xe9 \xff"})
    request = server.calls[0].request
    assert isinstance(request, session_service_pb2.CreateSessionRequest)
    assert request.request_id == "k\xe9 \xff"


def test_a_put_is_answered_by_what_it_did(server: FakeServer, client: httpx.Client) -> None:
    agent = agent_pb2.Agent(id="agent_1")
    for created, http_status in ((True, 201), (False, 200)):
        server.reply("ApplyAgent", agent_service_pb2.ApplyAgentResponse(agent=agent, created=created))
        answer = client.put("/v1/agents/agent_1", json={"name": "n"})
        assert answer.status_code == http_status
        assert answer.json()["id"] == "agent_1"
        assert answer.headers.get("location") == ("/v1/agents/agent_1" if created else None)


def test_a_patch_is_a_merge_patch(server: FakeServer, client: httpx.Client) -> None:
    server.reply("UpdateSession", SESSION)
    answer = client.patch(
        "/v1/sessions/s", content=b'{"title":null}', headers={"Content-Type": "application/merge-patch+json"}
    )
    assert answer.status_code == 200
    request = server.calls[0].request
    assert isinstance(request, session_service_pb2.UpdateSessionRequest)
    assert list(request.update_mask.paths) == ["title"]
    assert not request.session.HasField("title")


def test_a_delete_has_no_body(server: FakeServer, client: httpx.Client) -> None:
    server.reply("DeleteSession", Empty())
    answer = client.delete("/v1/sessions/s")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    assert "x-request-id" in answer.headers


def test_a_custom_verb_is_a_route(server: FakeServer, client: httpx.Client) -> None:
    server.reply("PreviewSession", session_service_pb2.PreviewSessionResponse(session=session_pb2.Session()))
    answer = client.post("/v1/sessions:preview", json={"agent_id": "a"})
    assert answer.status_code == 200
    assert answer.json()["session"]["id"] is None


def test_a_head_has_the_headers_of_its_get(server: FakeServer, client: httpx.Client) -> None:
    server.reply("GetSession", SESSION)
    got, head = client.get("/v1/sessions/s"), client.head("/v1/sessions/s")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize(
    ("path", "id_"), [("a%20b", "a b"), ("%C3%A9", "é"), ("%00", "\0"), ("a:b", "a:b"), ("%FF", "\ufffd")]
)
def test_a_path_is_decoded(server: FakeServer, client: httpx.Client, path: str, id_: str) -> None:
    server.reply("GetSession", SESSION)
    client.get(f"/v1/sessions/{path}")
    assert server.calls[0].request == session_service_pb2.GetSessionRequest(id=id_)


def test_the_servers_refusal_is_passed_on_in_the_words_of_rest(
    server: FakeServer, client: httpx.Client
) -> None:
    violation = BadRequest.FieldViolation(field="page_size", description="is bad", reason="INVALID_FIELD")
    server.fail(
        "ListSessions",
        status(
            grpc.StatusCode.INVALID_ARGUMENT,
            "page_size: is bad",
            ErrorInfo(reason="INVALID_FIELD", domain="everruns"),
            BadRequest(field_violations=[violation]),
        ),
    )
    answer = client.get("/v1/sessions?limit=-1")
    assert problem(answer, "INVALID_FIELD", 400) == [("limit", "INVALID_FIELD")]
    assert answer.json()["detail"] == "limit: is bad"


def test_a_missing_key_is_401(server: FakeServer, client: httpx.Client) -> None:
    details = ErrorInfo(reason="API_KEY_MISSING", domain="everruns")
    server.fail("GetSession", status(grpc.StatusCode.UNAUTHENTICATED, "no key", details))
    answer = client.get("/v1/sessions/s")
    problem(answer, "API_KEY_MISSING", 401)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_full_queue_is_429_and_says_when_to_ask_again(server: FakeServer, client: httpx.Client) -> None:
    details = (
        ErrorInfo(reason="QUEUE_FULL", domain="everruns"),
        RetryInfo(retry_delay=Duration(seconds=2, nanos=1)),
    )
    server.fail("CreateSession", status(grpc.StatusCode.RESOURCE_EXHAUSTED, "full", *details))
    answer = client.post("/v1/sessions", json={})
    problem(answer, "QUEUE_FULL", 429)
    assert answer.headers["retry-after"] == "3"


def test_an_internal_error_of_the_server_is_logged_and_kept_back(
    server: FakeServer, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    details = ErrorInfo(reason="INTERNAL", domain="everruns")
    server.fail("GetSession", status(grpc.StatusCode.INTERNAL, "secret", details))
    answer = client.get("/v1/sessions/s")
    problem(answer, "INTERNAL", 500)
    assert "secret" not in answer.text
    assert f"request {answer.headers['x-request-id']}: " in caplog.text


def test_a_defect_of_the_gateway_is_logged_and_kept_back(
    server: FakeServer, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    # A time that no calendar has.
    server.reply("GetSession", session_pb2.Session(created_at=Timestamp(seconds=10**17)))
    answer = client.get("/v1/sessions/s")
    problem(answer, "INTERNAL", 500)
    assert f"request {answer.headers['x-request-id']}: GET /v1/sessions/{{id}} failed" in caplog.text
    assert "Traceback" in caplog.text
    assert "out of range" not in answer.text


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/sessions/", "/v1/session", "/v1/sessions/a/b", "/%0A"])
def test_an_unknown_path_is_404(server: FakeServer, client: httpx.Client, path: str) -> None:
    problem(client.get(path), "ROUTE_NOT_FOUND", 404)
    problem(client.post(path, content=b"x"), "ROUTE_NOT_FOUND", 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/sessions", "GET, HEAD, POST"),
        ("OPTIONS", "/v1/sessions/s", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/v1/sessions:preview", "POST"),
        ("POST", "/health", "GET, HEAD"),
    ],
)
def test_an_unknown_method_is_405(
    server: FakeServer, client: httpx.Client, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path)
    problem(answer, "METHOD_NOT_ALLOWED", 405)
    assert answer.headers["allow"] == allowed


def test_a_body_that_is_not_declared_as_json_is_415(server: FakeServer, client: httpx.Client) -> None:
    problem(client.post("/v1/sessions", content=b"{}"), "UNSUPPORTED_MEDIA_TYPE", 415)
    problem(client.post("/v1/sessions", data={"a": "b"}), "UNSUPPORTED_MEDIA_TYPE", 415)


def _chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_that_is_too_large_is_413(server: FakeServer, client: httpx.Client, chunked: bool) -> None:
    size = 65 * 1024
    answer = client.post(
        "/v1/sessions",
        content=_chunks(size) if chunked else b" " * size,
        headers={"Content-Type": "application/json"},
    )
    problem(answer, "MESSAGE_TOO_LARGE", 413)
    assert server.calls == []


def test_a_body_that_is_too_large_for_the_server_alone_is_413_too(
    server: FakeServer, client: httpx.Client
) -> None:
    answer = client.post("/v1/sessions", json={"title": "x" * LARGEST_MESSAGE})
    problem(answer, "MESSAGE_TOO_LARGE", 413)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "MALFORMED_BODY"),
        (b"{", "MALFORMED_BODY"),
        (b"[]", "MALFORMED_BODY"),
        (b'{"a":1,"a":1}', "MALFORMED_BODY"),
        (b"[" * 60_000, "LIMIT_EXCEEDED"),
        (b'{"capabilites":[]}', "UNKNOWN_FIELD"),
        (b'{"status":"idle"}', "OUTPUT_ONLY_FIELD"),
        (b'{"tools":[1]}', "UNSUPPORTED_FIELD"),
        (b'{"title":1}', "INVALID_FIELD"),
        (b'{"title":NaN}', "NUMBER_NOT_REPRESENTABLE"),
    ],
)
def test_a_bad_body_never_reaches_the_server(
    server: FakeServer, client: httpx.Client, content: bytes, code: str
) -> None:
    answer = client.post("/v1/sessions", content=content, headers={"Content-Type": "application/json"})
    problem(answer, code, 400)
    assert server.calls == []


def test_bad_headers_are_refused(server: FakeServer, client: httpx.Client) -> None:
    answer = client.get("/v1/sessions/s", headers={b"Authorization": b"Bearer \xff"})
    problem(answer, "API_KEY_INVALID", 401)
    answer = client.get("/v1/sessions/s", headers={"X-Request-Timeout": "soon"})
    assert problem(answer, "INVALID_FIELD", 400) == [("X-Request-Timeout", "INVALID_FIELD")]
    answer = client.post("/v1/sessions", json={}, headers={"Idempotency-Key": ""})
    assert problem(answer, "INVALID_FIELD", 400) == [("Idempotency-Key", "INVALID_FIELD")]


def test_requests_at_once_do_not_mix(server: FakeServer, client: httpx.Client) -> None:
    def echo(request: Message, context: grpc.ServicerContext) -> Message:
        assert isinstance(request, session_service_pb2.GetSessionRequest)
        return session_pb2.Session(id=request.id)

    server.reply("GetSession", echo)

    def ask(index: int) -> tuple[str, str]:
        answer = client.get(f"/v1/sessions/s{index}", headers={"X-Request-Id": f"r{index}"})
        return answer.json()["id"], answer.headers["x-request-id"]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(200)))
    assert answers == [(f"s{index}", f"r{index}") for index in range(200)]


def test_a_client_that_goes_away_does_no_harm(
    server: FakeServer, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    url = client.base_url
    with socket.create_connection((url.host, url.port or 0)) as connection:
        connection.sendall(
            b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b'Content-Length: 100\r\n\r\n{"agent_id":'
        )
    server.reply("GetSession", SESSION)
    assert client.get("/v1/sessions/s").status_code == 200
    assert server.calls[0].method == "GetSession"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
