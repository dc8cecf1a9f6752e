"""A worker as a process: `python -m tests.system.turn_worker TARGET KEY NAME RECORDS SESSION...`.

It runs turns of the sessions until it is killed, slowly or quickly, now and then for longer than its lease.
Of every call that was answered it writes a line: the session, the fencing token, what was asked, and when it
was sent and answered by the clock that all processes of the machine share.
"""

from __future__ import annotations

import os
import random
import sys
import time
import uuid
from collections.abc import Callable
from functools import partial

import grpc

from everruns.v1 import turn_pb2, turn_service_pb2, turn_service_pb2_grpc

LEASE = 5
"""Seconds; the shortest there is."""

_LATER = {
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
}
"""What a worker may be told when others work, and processes are killed."""


class Worker:
    """Runs turns through one channel."""

    def __init__(self, channel: grpc.Channel, key: str, name: str, records: int) -> None:
        self._stub = turn_service_pb2_grpc.TurnServiceStub(channel)
        self._metadata = (("authorization", f"Bearer {key}"),)
        self._name = name
        self._records = records
        self._chance = random.Random(name)

    def run_turn(self, session_id: str) -> None:
        """One turn, if no other worker runs one."""
        turn = self._ask("begin", session_id, partial(self._begin, session_id))
        if turn is None:
            time.sleep(0.02)
            return
        for _ in range(self._chance.randrange(4)):
            time.sleep(self._chance.uniform(0, 0.1))
            if self._ask("beat", session_id, partial(self._beat, turn)) is None:
                return
        if self._chance.random() < 0.05:
            time.sleep(LEASE + 0.5)
        self._ask("end", session_id, partial(self._end, turn))

    def _begin(self, session_id: str) -> turn_pb2.Turn:
        request = turn_service_pb2.BeginTurnRequest(
            session_id=session_id, worker=self._name, lease_seconds=LEASE, request_id=uuid.uuid4().hex
        )
        try:
            return self._call_begin(request)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
        # It may have been done; asking again answers the same turn.
        return self._call_begin(request)

    def _call_begin(self, request: turn_service_pb2.BeginTurnRequest) -> turn_pb2.Turn:
        turn: turn_pb2.Turn = self._stub.BeginTurn(request, metadata=self._metadata, timeout=10).turn
        return turn

    def _beat(self, turn: turn_pb2.Turn) -> turn_pb2.Turn:
        request = turn_service_pb2.HeartbeatTurnRequest(
            session_id=turn.session_id, id=turn.id, fencing_token=turn.fencing_token
        )
        changed: turn_pb2.Turn = self._stub.HeartbeatTurn(request, metadata=self._metadata, timeout=10)
        return changed

    def _end(self, turn: turn_pb2.Turn) -> turn_pb2.Turn:
        request = turn_service_pb2.EndTurnRequest(
            session_id=turn.session_id,
            id=turn.id,
            fencing_token=turn.fencing_token,
            outcome=turn_pb2.TURN_OUTCOME_COMPLETED,
        )
        changed: turn_pb2.Turn = self._stub.EndTurn(request, metadata=self._metadata, timeout=10)
        return changed

    def _ask(self, what: str, session_id: str, call: Callable[[], turn_pb2.Turn]) -> turn_pb2.Turn | None:
        """What was answered; None where it was refused as it may be."""
        sent = time.monotonic()
        try:
            turn = call()
        except grpc.RpcError as error:
            if error.code() not in _LATER:
                raise
            return None
        line = f"{session_id} {turn.fencing_token} {what} {sent} {time.monotonic()}\n"
        # What is asked again may be answered with a turn that has ended by then.
        if turn.outcome != turn_pb2.TURN_OUTCOME_EXPIRED:
            os.write(self._records, line.encode())
        return turn


def main(target: str, key: str, name: str, path: str, *session_ids: str) -> None:
    """Works until it is killed."""
    chance = random.Random(name)
    records = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_reconnect_backoff_ms", 500)]
    with grpc.insecure_channel(target, options) as channel:
        worker = Worker(channel, key, name, records)
        while True:
            worker.run_turn(chance.choice(session_ids))


if __name__ == "__main__":
    main(*sys.argv[1:])
