"""`python -m bench.watchers PORT KEY WATCHERS SECONDS`: sessions that are created while many watch, as JSON.

The next session is created when every watcher has been told of the one before. A delay is from when a
session's event was written, just before its commit, by the server's clock, to when a watcher has it, by this
process's on the same machine; most of it is this process, which receives all of them with one thread.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from statistics import median, quantiles

import grpc
from google.protobuf import json_format

from bench.messages import session
from everruns.v1 import session_event_pb2, session_pb2, session_service_pb2, session_service_pb2_grpc

_CHANNELS = 4
_WARM_UP = 3
_PATIENCE = 30


class Watchers:
    """All watchers, and what they have been told."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._left = count
        self.done = asyncio.Event()
        self.delays: list[float] = []
        self.event_bytes = 0

    def begin(self) -> None:
        """Expects one event for each of them."""
        self._left = self._count
        self.done.clear()

    async def watch(self, stub: session_service_pb2_grpc.SessionServiceStub, key: str) -> None:
        """Watches until it is cancelled."""
        metadata = (("authorization", f"Bearer {key}"),)
        call = stub.WatchSessions(session_event_pb2.WatchSessionsRequest(), metadata=metadata)
        async for event in call:
            if event.HasField("session"):
                self.delays.append(time.time() - event.occurred_at.ToMicroseconds() / 1e6)
                self.event_bytes = event.ByteSize()
            self._left -= 1
            if self._left == 0:
                self.done.set()


async def measure(port: str, key: str, count: int, seconds: float) -> dict[str, float]:
    """What `bench.rounds` makes a sample of. Raises TimeoutError when an event was lost."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) for _ in range(_CHANNELS)]
    stubs = [session_service_pb2_grpc.SessionServiceStub(channel) for channel in channels]
    watchers = Watchers(count)
    tasks = [asyncio.create_task(watchers.watch(stubs[n % _CHANNELS], key)) for n in range(count)]
    # The first message of each is a bookmark.
    await asyncio.wait_for(watchers.done.wait(), _PATIENCE)
    spec = json_format.ParseDict(session(), session_pb2.SessionSpec())
    request = session_service_pb2.CreateSessionRequest(session=spec)
    for _ in range(_WARM_UP):
        await _create(stubs[0], request, key, watchers)
    watchers.delays.clear()
    start = time.perf_counter()
    while (took := time.perf_counter() - start) < seconds:
        await _create(stubs[0], request, key, watchers)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for channel in channels:
        await channel.close()
    delays = [delay * 1e6 for delay in watchers.delays]
    return {
        "requests": len(delays),
        "seconds": took,
        "p50_us": median(delays),
        "p99_us": quantiles(delays, n=100)[98],
        "answer_bytes": watchers.event_bytes,
    }


async def _create(
    stub: session_service_pb2_grpc.SessionServiceStub,
    request: session_service_pb2.CreateSessionRequest,
    key: str,
    watchers: Watchers,
) -> None:
    watchers.begin()
    await stub.CreateSession(request, metadata=(("authorization", f"Bearer {key}"),))
    await asyncio.wait_for(watchers.done.wait(), _PATIENCE)


if __name__ == "__main__":
    _, port, key, count, seconds = sys.argv
    print(json.dumps(asyncio.run(measure(port, key, int(count), float(seconds)))))
