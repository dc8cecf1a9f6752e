"""Exports and imports over gRPC: what goes out comes in again to the byte, and bad lines fail alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar, cast

import grpc
import pytest

from everruns.v1 import session_transfer_service_pb2 as pb
from everruns.v1.error_reason_pb2 import ErrorReason
from everruns.v1.session_transfer_service_pb2_grpc import SessionTransferServiceStub
from server.rpc import transfer_service
from tests.wire.harness.call import Call
from tests.wire.harness.clients import Clients, connected
from tests.wire.harness.grpc_client import failure
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Answer
from tests.wire.harness.server import on, running_server, settings_of
from tests.wire.harness.tenant import new_organization, with_agent

T = TypeVar("T")

MADE: list[JsonObject] = [
    {"title": "naïve 🙂 \u2028", "tags": ["b", "a"], "model_id": "vendor/big:1"},
    {"capabilities": ["current_time", {"ref": "web_fetch", "config": {"timeout_ms": 30000}}]},
    {"capabilities": [{"ref": "session_storage", "mode": "exclude"}, {"ref": "noop", "config": {}}]},
    {"expires_at": "2999-12-31T23:59:59.000001Z"},
]


class Transfers:
    """Exports and imports with the key of a name."""

    def __init__(self, channel: grpc.Channel, names: dict[str, Json], key: str = "admin") -> None:
        self._stub = SessionTransferServiceStub(channel)
        keys = cast("dict[str, str]", names["keys"])
        self._metadata = (("authorization", f"Bearer {keys[key]}"), ("x-request-id", "r1"))

    def parts(self, after: str = "") -> Iterator[pb.ExportSessionsResponse]:
        """The parts of an export."""
        request = pb.ExportSessionsRequest(after_id=after)
        return cast(
            "Iterator[pb.ExportSessionsResponse]",
            self._stub.ExportSessions(request, metadata=self._metadata, timeout=60),
        )

    def export(self, after: str = "") -> bytes:
        """All lines."""
        return b"".join(part.data for part in self.parts(after))

    def load(self, data: bytes, size: int = 1000) -> pb.ImportSessionsResponse:
        """What came of an import whose messages have so many bytes."""
        starts = range(0, len(data), size)
        requests = (pb.ImportSessionsRequest(data=data[start : start + size]) for start in starts)
        return cast(
            pb.ImportSessionsResponse,
            self._stub.ImportSessions(requests, metadata=self._metadata, timeout=60),
        )


def create(clients: Clients, names: dict[str, Json], *specs: JsonObject) -> list[JsonObject]:
    """Sessions that were made."""
    requests = [cast(Json, {"agent_id": "$agent.id", **spec}) for spec in specs]
    made = clients.grpc.call(Call("BatchCreateSessions", {"requests": requests}).filled(names))
    assert isinstance(made, Answer), made
    return cast("list[JsonObject]", made.content["sessions"])


def begun(parts: Iterator[pb.ExportSessionsResponse]) -> Iterator[pb.ExportSessionsResponse]:
    """The parts after the first, which is there."""
    next(parts)
    return parts


def when_there_is_a_place(transfer: Callable[[], T]) -> T:
    """What a transfer comes to, made again while there are too many."""
    until = time.monotonic() + 60
    while True:
        try:
            return transfer()
        except grpc.RpcError as error:
            if failure(error, "r1").reason != "TOO_MANY_TRANSFERS" or time.monotonic() > until:
                raise


def reasons(imported: pb.ImportSessionsResponse) -> list[tuple[int, str]]:
    """The lines that failed, and why."""
    return [(failure.line, ErrorReason.Name(failure.reason)) for failure in imported.failures]


@pytest.fixture
def transfers(clients: Clients, names: dict[str, Json]) -> Transfers:
    """Those of the organization of the test."""
    return Transfers(clients.grpc.channel, names)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_goes_out_comes_in_again_to_the_byte(
    database: str,
    request: pytest.FixtureRequest,
    clients: Clients,
    names: dict[str, Json],
    transfers: Transfers,
    tmp_path: Path,
) -> None:
    made = create(clients, names, *MADE)
    for call in (
        Call("BeginTurn", query={"session_id": str(made[0]["id"]), "worker": "w"}),
        Call("UpdateSession", {"title": "two"}, str(made[1]["id"])),
    ):
        assert isinstance(clients.grpc.call(call.filled(names)), Answer)
    lines = transfers.export()
    assert [json.loads(line)["session"]["id"] for line in lines.splitlines()] == [one["id"] for one in made]
    assert transfers.load(lines) == pb.ImportSessionsResponse(unchanged=4)
    other = running_server(settings_of(tmp_path, **on(database, request)))
    with other as (other_store, target), connected(target) as others:
        theirs = new_organization(other_store)
        agent = cast("dict[str, str]", names["agent"])
        body: JsonObject = {"id": agent["id"], "name": "same", "system_prompt": "p"}
        theirs = {**theirs, "agent": cast(Json, agent)}
        early = Transfers(others.grpc.channel, theirs)
        assert reasons(early.load(lines)) == [(n, "AGENT_NOT_FOUND") for n in (1, 2, 3, 4)]
        assert isinstance(others.grpc.call(Call("ApplyAgent", body).filled(theirs)), Answer)
        assert early.load(lines, 7) == pb.ImportSessionsResponse(created=4)
        assert early.export() == lines
        listed = others.grpc.call(Call("ListSessions").filled(theirs))
        assert isinstance(listed, Answer)
        assert listed.content["total"] == 4
        first = lines.splitlines(keepends=True)[0]
        assert early.export(json.loads(first)["session"]["id"]) == lines.removeprefix(first)


def line_of(names: dict[str, Json], **session: object) -> bytes:
    """A line of a session, with other values, without those that are None."""
    usual = {
        "id": "session_018cc251f40070008000000000000001",
        "agent_id": cast("dict[str, str]", names["agent"])["id"],
        "status": "idle",
        "created_at": "2024-01-01T00:00:00Z",
        "updated_at": "2024-01-01T00:00:01.5Z",
    }
    content = {key: value for key, value in {**usual, **session}.items() if value is not None}
    return json.dumps({"version": 1, "session": content}).encode()


BAD: dict[str, tuple[dict[str, object], str, str]] = {
    "an id of another time": ({"id": "session_018cc251f80070008000000000000001"}, "INVALID_ID", "id"),
    "an id of another kind": ({"id": "agent_018cc251f40070008000000000000001"}, "INVALID_ID", "id"),
    "no time": ({"created_at": None}, "REQUIRED_FIELD_MISSING", "created_at"),
    "changed before it was made": ({"updated_at": "2023-01-01T00:00:00Z"}, "INVALID_FIELD", "updated_at"),
    "nanoseconds": ({"updated_at": "2024-01-01T00:00:01.000000001Z"}, "INVALID_FIELD", "updated_at"),
    "before 1970": ({"created_at": "1969-01-01T00:00:00Z"}, "INVALID_FIELD", "created_at"),
    "expired": ({"expires_at": "2024-01-01T00:00:00Z"}, "INVALID_FIELD", "expires_at"),
    "active": ({"status": "active"}, "INVALID_FIELD", "status"),
    "a long title": ({"title": "x" * 501}, "LIMIT_EXCEEDED", "title"),
    "a bad ref": ({"capabilities": [{"ref": "A"}]}, "INVALID_FIELD", "capabilities[0].ref"),
    "a deep config": (
        {"capabilities": [{"ref": "a", "config": json.loads('{"a":' * 17 + "1" + "}" * 17)}]},
        "LIMIT_EXCEEDED",
        "",
    ),
    "NUL": ({"title": "a\0"}, "INVALID_FIELD", "title"),
    "an unknown field": ({"organization_id": "org_1"}, "INVALID_LINE", ""),
    "a number for a text": ({"title": 7}, "INVALID_LINE", ""),
}


def test_bad_lines_fail_alone(names: dict[str, Json], transfers: Transfers) -> None:
    lines = [line_of(names, **changed) for changed, _, _ in BAD.values()]
    imported = transfers.load(b"\n".join([*lines, line_of(names)]))
    assert (imported.created, imported.failed) == (1, len(BAD))
    found = {}
    for name, failed in zip(BAD, imported.failures, strict=True):
        fields = [violation.field for violation in failed.violations]
        found[name] = (ErrorReason.Name(failed.reason), fields[0] if fields else "")
        assert failed.message
    for name, (_, reason, field) in BAD.items():
        assert found[name][0] == reason, name
        assert found[name][1].startswith(field), name
    assert transfers.export().count(b"\n") == 1


def test_lines_that_are_none(
    names: dict[str, Json], transfers: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.rpc.session_lines.LONGEST_LINE", 2000)
    hostile = [b"[]", b"{", b"\xff", b'{"version": 2, "session": {}}', b"null", b"[" * 1900, b"x" * 5000]
    data = b"\n".join([*hostile, b"", b" ", line_of(names), b"{}"])
    imported = transfers.load(data)
    assert (imported.created, imported.failed) == (1, len(hostile) + 1)
    assert [failure.line for failure in imported.failures] == [1, 2, 3, 4, 5, 6, 7, 11]
    bad_line, *_ = {ErrorReason.Name(failure.reason) for failure in imported.failures[:3]}
    assert bad_line == "INVALID_LINE"
    assert "2000" in imported.failures[6].message


def test_ids_that_are_taken(clients: Clients, names: dict[str, Json], transfers: Transfers) -> None:
    line = line_of(names)
    assert transfers.load(line + b"\n" + line_of(names, title="other")).created == 1
    assert transfers.load(line) == pb.ImportSessionsResponse(unchanged=1)
    taken = [(1, "SESSION_ALREADY_EXISTS")]
    assert reasons(transfers.load(line_of(names, title="other"))) == taken
    id = json.loads(line)["session"]["id"]
    assert isinstance(clients.grpc.call(Call("DeleteSession", id=id).filled(names)), Answer)
    assert transfers.export() == b""
    assert reasons(transfers.load(line)) == taken
    assert isinstance(clients.grpc.call(Call("UndeleteSession", id=id).filled(names)), Answer)


def test_what_another_organization_has_is_neither_seen_nor_taken(
    clients: Clients, names: dict[str, Json], transfers: Transfers
) -> None:
    other = cast("dict[str, Json]", names["other"])
    theirs = Transfers(clients.grpc.channel, other)
    assert theirs.load(line_of(other)).created == 1
    assert transfers.export() == b""
    assert reasons(transfers.load(line_of(other))) == [(1, "AGENT_NOT_FOUND")]
    assert transfers.load(line_of(names)).created == 1
    assert theirs.export() != transfers.export()


@pytest.mark.parametrize("key", ["reader", "writer", "owner"])
def test_only_an_administrator_imports(clients: Clients, names: dict[str, Json], key: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        Transfers(clients.grpc.channel, names, key).load(line_of(names))
    assert failure(refused.value, "r1").reason == "SCOPE_MISSING"


def test_a_reader_exports_and_a_writer_does_not(clients: Clients, names: dict[str, Json]) -> None:
    assert Transfers(clients.grpc.channel, names, "reader").export() == b""
    with pytest.raises(grpc.RpcError) as refused:
        Transfers(clients.grpc.channel, names, "writer").export()
    assert failure(refused.value, "r1").reason == "SCOPE_MISSING"


def test_few_run_at_once(clients: Clients, names: dict[str, Json], transfers: Transfers) -> None:
    ends = [threading.Event() for _ in range(transfer_service.MOST_TRANSFERS)]
    stub = SessionTransferServiceStub(clients.grpc.channel)
    keys = cast("dict[str, str]", names["keys"])
    metadata = (("authorization", keys["admin"]),)

    def waiting(end: threading.Event, begun: threading.Event) -> Iterator[pb.ImportSessionsRequest]:
        yield pb.ImportSessionsRequest(data=b"\n")
        begun.set()
        end.wait(60)

    running = []
    for end in ends:
        begun = threading.Event()
        running.append(stub.ImportSessions.future(waiting(end, begun), metadata=metadata))
        assert begun.wait(60)
    refused = None
    for _ in range(200):
        # Those that began may not have been given their place yet.
        try:
            transfers.load(b"")
        except grpc.RpcError as error:
            refused = failure(error, "r1")
            break
    assert refused is not None
    assert (refused.reason, refused.retry_after) == ("TOO_MANY_TRANSFERS", 5.0)
    for end in ends:
        end.set()
    assert [call.result(60).failed for call in running] == [0] * len(ends)
    assert when_there_is_a_place(lambda: transfers.load(line_of(names))).created == 1


def test_a_client_that_does_nothing_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.rpc.transfer_service.Transfers.__init__.__defaults__", (1, 0.3))
    with running_server(settings_of(tmp_path)) as (store, target), connected(target) as clients:
        names = with_agent(new_organization(store), clients.grpc)
        transfers = Transfers(clients.grpc.channel, names)
        stuck = threading.Event()

        def silent() -> Iterator[pb.ImportSessionsRequest]:
            stuck.wait(60)
            yield pb.ImportSessionsRequest()

        keys = cast("dict[str, str]", names["keys"])
        call = SessionTransferServiceStub(clients.grpc.channel).ImportSessions.future(
            silent(), metadata=(("authorization", keys["admin"]),)
        )
        assert call.exception(60).code() is grpc.StatusCode.CANCELLED
        stuck.set()
        # Parts of an export that nobody takes; more than fits between the two ends.
        text = "x" * 60_000
        lines = [
            line_of(
                names,
                id=f"session_018cc251f4007000{0x8000000000000000 + number:x}",
                capabilities=[{"ref": "noop", "config": {"text": text}}],
            )
            for number in range(100)
        ]
        assert transfers.load(b"\n".join(lines), 1_000_000).created == len(lines)
        parts = when_there_is_a_place(lambda: begun(transfers.parts()))
        # There is one place, and it becomes free.
        assert when_there_is_a_place(transfers.export).count(b"\n") == len(lines)
        del parts


def test_a_message_that_is_none(clients: Clients, names: dict[str, Json], transfers: Transfers) -> None:
    keys = cast("dict[str, str]", names["keys"])
    raw: grpc.StreamUnaryMultiCallable[bytes, bytes] = clients.grpc.channel.stream_unary(
        "/everruns.v1.SessionTransferService/ImportSessions"
    )
    metadata = (("authorization", keys["admin"]), ("x-request-id", "r1"))
    large = pb.ImportSessionsRequest(data=bytes(5 * 1024 * 1024)).SerializeToString()
    for message, reason in ((b"\xff", "INVALID_FIELD"), (large, "MESSAGE_TOO_LARGE")):
        with pytest.raises(grpc.RpcError) as refused:
            raw(iter([message]), metadata=metadata, timeout=60)
        assert failure(refused.value, "r1").reason == reason
