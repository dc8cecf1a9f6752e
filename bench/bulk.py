"""`python -m bench.bulk PORT KEY IN_FLIGHT SECONDS MEASURE`: sessions that are created, read, exported or
imported in bulk, and created one by one beside, as JSON.

An import is of new sessions: lines of the same form with ids of their own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from statistics import median, quantiles

import grpc
from google.protobuf import json_format

from bench.messages import session
from everruns.v1 import session_pb2, session_service_pb2, session_transfer_service_pb2
from everruns.v1.session_service_pb2_grpc import SessionServiceStub
from everruns.v1.session_transfer_service_pb2_grpc import SessionTransferServiceStub
from server.core.ids import format_id, new_id

MEASURES = ("single creates", "batch create", "batch get", "export", "import")
"""In this order: what is exported was created before."""

BATCH = 500
SINGLES_IN_FLIGHT = 32
LINES = 10_000
_PART = 512 * 1024
_TIMEOUT = 60


class Client:
    """Calls of a server with a key. Thread-safe."""

    def __init__(self, port: str, key: str) -> None:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.max_receive_message_length", -1)])
        self._sessions = SessionServiceStub(channel)
        self._transfers = SessionTransferServiceStub(channel)
        self._metadata = (("authorization", f"Bearer {key}"),)
        self._spec = json_format.ParseDict(session(), session_pb2.SessionSpec())

    def create(self) -> None:
        """Creates a session."""
        request = session_service_pb2.CreateSessionRequest(session=self._spec)
        self._sessions.CreateSession(request, metadata=self._metadata, timeout=_TIMEOUT)

    def create_batch(self) -> list[session_pb2.Session]:
        """Creates BATCH sessions."""
        batch = session_service_pb2.SessionBatch(requests=[self._spec] * BATCH)
        request = session_service_pb2.BatchCreateSessionsRequest(batch=batch)
        made = self._sessions.BatchCreateSessions(request, metadata=self._metadata, timeout=_TIMEOUT)
        return list(made.sessions)

    def get_batch(self, ids: list[str]) -> None:
        """Reads sessions. Raises ValueError when not all came."""
        request = session_service_pb2.BatchGetSessionsRequest(ids=ids)
        got = self._sessions.BatchGetSessions(request, metadata=self._metadata, timeout=_TIMEOUT)
        if len(got.sessions) != len(ids):
            raise ValueError("not all sessions were answered")

    def export(self) -> int:
        """Reads all sessions; how many. Raises ValueError when a line is missing."""
        request = session_transfer_service_pb2.ExportSessionsRequest()
        lines = exported = 0
        for part in self._transfers.ExportSessions(request, metadata=self._metadata, timeout=_TIMEOUT):
            lines += part.data.count(b"\n")
            exported = part.exported
        if lines != exported:
            raise ValueError("an export has another number of lines than it says")
        return lines

    def load(self, lines: bytes) -> int:
        """Imports new sessions; how many. Raises ValueError when one was not created."""
        starts = range(0, len(lines), _PART)
        parts = (
            session_transfer_service_pb2.ImportSessionsRequest(data=lines[start : start + _PART])
            for start in starts
        )
        answer = self._transfers.ImportSessions(parts, metadata=self._metadata, timeout=_TIMEOUT)
        if answer.failed or answer.unchanged:
            raise ValueError(f"not all lines were imported: {answer}")
        return int(answer.created)


def new_lines(agent_id: str) -> bytes:
    """LINES lines of new sessions of an agent."""
    spec = {key: value for key, value in session().items() if not key.startswith("agent")}

    def lines() -> Iterator[bytes]:
        start = time.time_ns() // 1000
        for at in range(start, start + LINES):
            text = f"{datetime.fromtimestamp(at // 1_000_000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1_000_000:06}Z"
            content = {
                "id": format_id("session", new_id(at)),
                "agent_id": agent_id,
                "status": "idle",
                "created_at": text,
                "updated_at": text,
                **spec,
            }
            yield json.dumps({"version": 1, "session": content}).encode()

    return b"\n".join(lines())


def repeat(call: Callable[[], int], seconds: float) -> tuple[int, float, list[float]]:
    """How many sessions calls one after the other were of, in how many seconds, and what each took."""
    sessions = 0
    took: list[float] = []
    start = time.perf_counter()
    while time.perf_counter() - start < seconds or not took:
        before = time.perf_counter()
        sessions += call()
        took.append(time.perf_counter() - before)
    return sessions, time.perf_counter() - start, took


def singles(client: Client, seconds: float) -> tuple[int, float, list[float]]:
    """The same of creates one by one, some in flight."""

    def work(_: int) -> list[float]:
        def create() -> int:
            client.create()
            return 1

        return repeat(create, seconds)[2]

    start = time.perf_counter()
    with ThreadPoolExecutor(SINGLES_IN_FLIGHT) as threads:
        times = [took for each in threads.map(work, range(SINGLES_IN_FLIGHT)) for took in each]
    return len(times), time.perf_counter() - start, times


def measure(port: str, key: str, seconds: float, what: str) -> dict[str, float]:
    """What `bench.rounds` makes a sample of."""
    client = Client(port, key)
    made = client.create_batch()
    ids = [one.id for one in made]

    def get() -> int:
        client.get_batch(ids)
        return len(ids)

    match what:
        case "single creates":
            sessions, lasted, took = singles(client, seconds)
        case "batch create":
            sessions, lasted, took = repeat(lambda: len(client.create_batch()), seconds)
        case "batch get":
            sessions, lasted, took = repeat(get, seconds)
        case "export":
            sessions, lasted, took = repeat(client.export, seconds)
        case "import":
            lines = new_lines(made[0].agent_id)
            # Once, since the lines are new only once.
            sessions, lasted, took = repeat(lambda: client.load(lines), 0)
        case _:
            raise ValueError(f"there is no measure {what}")
    in_order = [1e6 * one for one in sorted(took)]
    return {
        "requests": sessions,
        "seconds": lasted,
        "p50_us": median(in_order),
        "p99_us": quantiles(in_order, n=100)[98] if len(in_order) > 1 else in_order[0],
        "answer_bytes": made[0].ByteSize(),
    }


if __name__ == "__main__":
    _, port, key, _, seconds, what = sys.argv
    print(json.dumps(measure(port, key, float(seconds), what)))
