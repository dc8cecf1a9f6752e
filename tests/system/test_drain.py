"""The end of a server whose clients do not stop asking: each call is answered, or refused as retryable."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from pathlib import Path

import grpc
import pytest

from tests.system.processes import PATIENCE, serving
from tests.system.sessions import CREATE, new_sessions
from tests.wire.harness.outcome import Answer, Failure

CLIENTS = 12


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_call_of_clients_that_go_on_asking_is_lost_or_cancelled(workers: str, tmp_path: Path) -> None:
    on = {"EVERRUNS_WORKERS": workers}
    answers: list[Answer] = []
    refusals: Counter[tuple[str, str]] = Counter()
    enough, over = threading.Event(), threading.Event()
    with serving(tmp_path, **on) as (process, channel):
        sessions = new_sessions(tmp_path, channel, **on)
        address = f"127.0.0.1:{process.grpc_port}"

        def ask() -> None:
            with grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]) as own:
                mine = sessions.over(own)
                while not over.is_set():
                    outcome = mine.call(CREATE)
                    if isinstance(outcome, Failure):
                        refusals[outcome.status, outcome.reason] += 1
                        if not outcome.reason:
                            # The connection has ended, or there is none any more.
                            return
                    else:
                        answers.append(outcome)
                        if len(answers) >= 100:
                            enough.set()

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        assert enough.wait(PATIENCE), refusals
        process.send(signal.SIGTERM)
        ended = process.end()
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
        assert ended[0] == 0, process.errors
        assert "Traceback" not in process.errors
    # By the server while it finishes, and then by the end of the connections.
    assert refusals.keys() == {("UNAVAILABLE", "SERVER_UNAVAILABLE"), ("UNAVAILABLE", "")}
    with serving(tmp_path) as (_, channel):
        # What was refused was not done, whichever way.
        assert sessions.over(channel).total() == len(answers)
