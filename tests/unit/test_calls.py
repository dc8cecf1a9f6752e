"""What happens around every call: who may make it, what it is told of a failure, and when it must end."""

from __future__ import annotations

import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
import pytest
from google.protobuf.message import Message

from everruns.v1.capability_pb2 import Capability
from everruns.v1.capability_service_pb2 import GetCapabilityRequest, ListCapabilitiesRequest
from server.core.caller import Caller, Scope
from server.core.errors import Reason, ServiceError
from server.core.store import Store
from server.rpc.calls import LARGEST_MESSAGE, Call, Calls, Undecodable, deserializer
from server.services import AUDIT, CAPABILITIES, KEYS, SERVICES
from server.usecases.authenticate import Authenticate
from tests.unit.status_details import Failure
from tests.unit.testing_server import Client, Failed, Metadata, Service, TestingServer

REQUEST = GetCapabilityRequest(id="noop")
READING = {
    "GetSession",
    "BatchGetSessions",
    "ListSessions",
    "PreviewSession",
    "GetRuntimeAgent",
    "GetSessionStats",
    "ExplainSession",
    "CompareSessions",
    "GetAgent",
    "ListAgents",
    "GetCapability",
    "ListCapabilities",
    "ListModels",
    "GetModel",
    "PreviewAgent",
    "PreviewAgentUpdate",
    "ListAgentVersions",
    "GetAgentVersion",
    "DiffAgentVersions",
    "GetSessionDrift",
    "ExportAgent",
    "GetTurn",
    "ListTurns",
    "WatchSessions",
}
WORKING = {"BeginTurn", "HeartbeatTurn", "EndTurn"}
NEEDED = {
    **dict.fromkeys(READING, Scope.READ),
    **dict.fromkeys(WORKING, Scope.WORKER),
    **{method.name: Scope.ADMIN for method in (*KEYS.methods, *AUDIT.methods)},
}
RPCS = [method.name for service in SERVICES for method in service.methods]


def failure(server: TestingServer, metadata: Metadata, request: Message | Undecodable = REQUEST) -> Failure:
    with pytest.raises(Failed) as failed:
        server.call("GetCapability", request, metadata)
    return failed.value.failure


@pytest.mark.parametrize("scope", Scope)
def test_reading_needs_the_scope_read_a_worker_its_own_and_everything_else_write(
    service: Service, scope: Scope
) -> None:
    client = service.client(scopes=[scope])
    for rpc in RPCS:
        # One that gets through ends with INVALID_ARGUMENT.
        with pytest.raises(Failed) as failed:
            service.server.call(rpc, Undecodable(0), [("authorization", client.key)])
        allowed = scope in (Scope.ADMIN, NEEDED.get(rpc, Scope.WRITE))
        expected = ("INVALID_FIELD" if allowed else "SCOPE_MISSING", rpc)
        assert (failed.value.failure.reason, rpc) == expected


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ([], "API_KEY_MISSING"),
        ([("authorization", "Bearer ")], "API_KEY_MISSING"),
        ([("authorization", "Bearer nonsense")], "API_KEY_INVALID"),
    ],
)
def test_without_a_good_key_nothing_is_answered(service: Service, metadata: Metadata, reason: str) -> None:
    found = failure(service.server, metadata)
    assert (found.code, found.reason) == (grpc.StatusCode.UNAUTHENTICATED, reason)


def test_who_calls_is_asked_before_the_request_is_looked_at(service: Service) -> None:
    assert failure(service.server, [], GetCapabilityRequest(id="NOT AN ID")).reason == "API_KEY_MISSING"
    assert failure(service.server, [], Undecodable(LARGEST_MESSAGE + 1)).reason == "API_KEY_MISSING"


def test_the_organization_may_be_named_if_it_is_the_keys(client: Client) -> None:
    id = client.organization_id.hex()
    for spelling in (f"org_{id}", f"ORG_{id.upper()}"):
        assert client("GetCapability", REQUEST, Capability, ("x-org-id", spelling)).id == "noop"


@pytest.mark.parametrize("named", ["org_ffffffffffffffffffffffffffffffff", "", "org_1", "acme"])
def test_another_organization_than_the_keys_is_refused(client: Client, named: str) -> None:
    found = client.failure("GetCapability", REQUEST, ("x-org-id", named))
    assert (found.code, found.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ORGANIZATION_MISMATCH")


@pytest.mark.parametrize("id", ["r-1", "x" * 128])
def test_a_request_id_is_told_back(client: Client, id: str) -> None:
    missing = GetCapabilityRequest(id="missing")
    assert client.failure("GetCapability", missing, ("x-request-id", id)).request_id == id


@pytest.mark.parametrize("metadata", [[], [("x-request-id", "")], [("x-request-id", "x" * 129)]])
def test_without_a_usable_request_id_there_is_a_new_one(client: Client, metadata: Metadata) -> None:
    missing = GetCapabilityRequest(id="missing")
    one, other = (client.failure("GetCapability", missing, *metadata).request_id for _ in range(2))
    assert one != other
    assert re.fullmatch("[0-9a-f]{32}", one)


def test_bytes_that_are_no_request_are_refused(client: Client, service: Service) -> None:
    found = failure(service.server, [("authorization", client.key)], Undecodable(5))
    assert (found.code, found.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert "not of the request's message" in found.message


def test_a_request_that_is_too_large_is_refused_with_the_limit(client: Client, service: Service) -> None:
    found = failure(service.server, [("authorization", client.key)], Undecodable(LARGEST_MESSAGE + 1))
    assert (found.code, found.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE")
    assert found.message == "a request may have at most 4194304 bytes, not 4194305"


def test_a_request_is_read_from_its_bytes_or_told_to_be_none() -> None:
    read = deserializer(GetCapabilityRequest)
    assert read(REQUEST.SerializeToString()) == REQUEST
    assert read(b"") == GetCapabilityRequest()
    assert read(b"\xff\xff\xff") == Undecodable(3)
    assert read(b"\x0a\x01\xff") == Undecodable(3)  # text that is not UTF-8


def test_a_request_may_have_as_many_bytes_as_the_limit_says() -> None:
    read = deserializer(GetCapabilityRequest)
    overhead = len(GetCapabilityRequest(id="x" * 4_000_000).SerializeToString()) - 4_000_000
    largest = GetCapabilityRequest(id="x" * (LARGEST_MESSAGE - overhead)).SerializeToString()
    assert len(largest) == LARGEST_MESSAGE
    assert isinstance(read(largest), GetCapabilityRequest)
    larger = GetCapabilityRequest(id="x" * (LARGEST_MESSAGE - overhead + 1)).SerializeToString()
    assert read(larger) == Undecodable(LARGEST_MESSAGE + 1)


@dataclass(frozen=True)
class Seen:
    """What a method was told of a call, while it ran."""

    caller: Caller
    organization_id: bytes
    deadline: float


def serving(store: Store, answer: Exception | None = None) -> tuple[TestingServer, list[Seen]]:
    """A server whose methods raise or answer, and the calls that reach them."""
    seen: list[Seen] = []

    def method(request: Message, call: Call) -> Message:
        seen.append(Seen(call.caller, call.organization_id, call.deadline))
        if answer is not None:
            raise answer
        return Capability()

    methods = {"GetCapability": method, "ListCapabilities": method}
    return TestingServer(Calls(Authenticate(store.keys)), {CAPABILITIES: methods}), seen


def test_a_defect_tells_nothing_of_the_inside_and_is_found_by_its_request_id(
    store: Store, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    server, _ = serving(store, RuntimeError("the secret is 42"))
    found = failure(server, [("authorization", client.key), ("x-request-id", "r-7")])
    assert (found.code, found.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert found.message == "internal error; its request id is r-7"
    assert found.request_id == "r-7"
    (logged,) = [
        record
        for record in caplog.records
        if record.levelno == logging.ERROR and record.name == "server.rpc.calls"
    ]
    assert "r-7" in logged.getMessage()
    assert logged.exc_info
    assert logged.exc_info[0] is RuntimeError


def test_an_error_that_is_known_is_told_as_it_is(store: Store, client: Client) -> None:
    error = ServiceError(Reason.STORE_UNAVAILABLE, "the store is locked", retry_after=0.5)
    found = failure(serving(store, error)[0], [("authorization", client.key)])
    assert (found.code, found.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
    assert (found.message, found.retry_after) == ("the store is locked", 0.5)


def test_a_key_is_never_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client("GetCapability", REQUEST, Capability)
    client.failure("GetCapability", GetCapabilityRequest(id="missing"))
    assert caplog.records
    assert client.key not in caplog.text


def test_a_request_that_is_refused_does_not_reach_the_method(store: Store, client: Client) -> None:
    server, seen = serving(store)
    metadata = [("authorization", client.key)]
    assert failure(server, metadata, GetCapabilityRequest(id="NOT AN ID")).violations == [
        ("id", "INVALID_FIELD")
    ]
    with pytest.raises(Failed):
        server.call("ListCapabilities", ListCapabilitiesRequest(skip=-1), metadata)
    assert seen == []


def test_a_method_is_told_its_caller_and_when_it_must_end(store: Store, client: Client) -> None:
    server, seen = serving(store)
    before = time.monotonic()
    server.call("GetCapability", REQUEST, [("authorization", client.key)])
    after = time.monotonic()
    (call,) = seen
    assert call.organization_id == call.caller.organization_id == client.organization_id
    assert call.caller.scopes == {Scope.READ, Scope.WRITE}
    # The server under test gives every call 30 seconds.
    assert before + 30 <= call.deadline <= after + 30


def itself(request: Message, call: Call) -> Message:
    return request


def test_what_waits_for_nothing_runs_on_the_threads_for_quick_calls(store: Store) -> None:
    with ThreadPoolExecutor(1) as quick:
        calls = Calls(Authenticate(store.keys), quick)
        hurried = {
            rpc
            for rpc in RPCS
            if getattr(calls.around(rpc, itself), "experimental_thread_pool", None) is quick
        }
    assert hurried == {rpc for rpc in RPCS if rpc.startswith("Get")} | {"CreateSession"}
