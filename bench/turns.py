"""`python -m bench.turns PORT KEY IN_FLIGHT SECONDS`: workers that begin turns and end them, as JSON.

Each of as many threads has a session of its own and runs one empty turn after the other. In the end the turns
that each session has had are counted by the server, too.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles

import grpc
from google.protobuf import json_format

from bench.messages import session
from everruns.v1 import (
    session_pb2,
    session_service_pb2,
    session_service_pb2_grpc,
    turn_pb2,
    turn_service_pb2,
    turn_service_pb2_grpc,
)

_WARM_UP = 20


class Worker:
    """A thread's calls."""

    def __init__(self, channel: grpc.Channel, key: str) -> None:
        self._metadata = (("authorization", f"Bearer {key}"),)
        self._turns = turn_service_pb2_grpc.TurnServiceStub(channel)
        sessions = session_service_pb2_grpc.SessionServiceStub(channel)
        spec = json_format.ParseDict(session(), session_pb2.SessionSpec())
        made = sessions.CreateSession(
            session_service_pb2.CreateSessionRequest(session=spec), metadata=self._metadata
        )
        self._session_id: str = made.id
        self.answer_bytes = 0

    def run_turn(self) -> None:
        """Begins a turn and ends it."""
        begin = turn_service_pb2.BeginTurnRequest(session_id=self._session_id, worker="bench")
        begun = self._turns.BeginTurn(begin, metadata=self._metadata)
        end = turn_service_pb2.EndTurnRequest(
            session_id=self._session_id,
            id=begun.turn.id,
            fencing_token=begun.turn.fencing_token,
            outcome=turn_pb2.TURN_OUTCOME_COMPLETED,
        )
        ended = self._turns.EndTurn(end, metadata=self._metadata)
        self.answer_bytes = begun.ByteSize() + ended.ByteSize()

    def counted(self) -> int:
        """How many turns the session has had, as the server has it."""
        listed = turn_service_pb2.ListTurnsRequest(session_id=self._session_id, page_size=1)
        total: int = self._turns.ListTurns(listed, metadata=self._metadata).total_size
        return total


def main(port: str, key: str, in_flight: str, seconds: str) -> None:
    """Prints what `bench.rounds` makes a sample of. Raises SystemExit when turns were lost."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
        workers = [Worker(channel, key) for _ in range(int(in_flight))]
        begin = threading.Barrier(len(workers))

        def work(worker: Worker) -> list[tuple[float, float]]:
            for _ in range(_WARM_UP):
                worker.run_turn()
            begin.wait()
            until = time.perf_counter() + float(seconds)
            times = []
            while (start := time.perf_counter()) < until:
                worker.run_turn()
                times.append((start, time.perf_counter()))
            return times

        with ThreadPoolExecutor(len(workers)) as threads:
            done = list(threads.map(work, workers))
        for worker, times in zip(workers, done, strict=True):
            if worker.counted() != _WARM_UP + len(times):
                sys.exit(f"{_WARM_UP + len(times)} turns left {worker.counted()}")
    spans = [span for times in done for span in times]
    took = [(end - start) * 1e6 for start, end in spans]
    said = {
        "requests": len(spans),
        "seconds": max(end for _, end in spans) - min(start for start, _ in spans),
        "p50_us": median(took),
        "p99_us": quantiles(took, n=100)[98],
        "turns": len(spans) + _WARM_UP * len(workers),
        "answer_bytes": workers[0].answer_bytes,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
