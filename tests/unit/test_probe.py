"""The probe: it tells what it is answered, says so when no answer comes, and holds nobody up."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from queue import Queue

import pytest

from server import probe
from server.app import App, build
from server.probe import probing
from server.serve import serve
from server.settings import read_settings


def test_it_tells_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "EVERY", 0.01)
    answers = iter([True, False, True])
    told: Queue[bool] = Queue()
    with probing(lambda: next(answers), told.put):
        # Without a further answer the question fails, which is no good sign either.
        assert [told.get(timeout=20) for _ in range(4)] == [True, False, True, False]


def test_no_answer_is_a_bad_one_until_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "EVERY", 0.01)
    monkeypatch.setattr(probe, "PATIENCE", 0.1)
    answering = threading.Event()
    told: Queue[bool] = Queue()
    with probing(lambda: answering.wait(20), told.put):
        assert told.get(timeout=20) is False
        answering.set()
        assert told.get(timeout=20) is True


def test_a_store_that_does_not_answer_does_not_keep_the_server_from_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answering = threading.Event(), threading.Event()

    def is_healthy() -> bool:
        asked.set()
        answering.wait()
        return True

    def with_silent_store(settings: object) -> App:
        app = build(read_settings({"EVERRUNS_DATA_DIR": str(tmp_path), "EVERRUNS_GRPC_PORT": "0"}))
        monkeypatch.setattr(app.store, "is_healthy", is_healthy)
        return app

    def stop() -> None:
        assert asked.wait(20)
        os.kill(os.getpid(), signal.SIGTERM)
        # What waits for the probe would wait for this.
        if not served.wait(20):
            late.set()
        answering.set()

    monkeypatch.setattr("server.serve.build", with_silent_store)
    served, late = threading.Event(), threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    stopping = threading.Thread(target=stop)
    stopping.start()
    try:
        serve(read_settings({"EVERRUNS_PIN_CORES": "off"}))
        served.set()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stopping.join()
    assert not late.is_set()
