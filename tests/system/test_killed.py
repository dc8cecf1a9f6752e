"""The service and its database killed again and again under a load of creates with idempotency keys: all
that was acknowledged is there, nothing is there twice, and it goes on without anybody's help.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.system.keyed_load import KeyedLoad
from tests.system.postgres import running_postgres, url_of
from tests.system.processes import free_port, running, serving
from tests.system.sessions import new_sessions

AWAY = {("UNAVAILABLE", "STORE_UNAVAILABLE")}
"""How a server refuses whose database is away."""


def scales(*, few: tuple[int, ...], many: tuple[int, ...]) -> pytest.MarkDecorator:
    """How many creates, and how many faults if there are several: in every run, and in `make reliability`."""
    names = ("creates", "kills")[: len(few)]
    marked = pytest.param(*many, id="many", marks=pytest.mark.reliability)
    return pytest.mark.parametrize(names, [pytest.param(*few, id="few"), marked])


@scales(few=(1_000, 4), many=(10_000, 20))
def test_a_server_that_is_killed(
    creates: int, kills: int, tmp_path: Path, report: Callable[[str], None]
) -> None:
    with serving(tmp_path) as (process, channel):
        sessions = new_sessions(tmp_path, channel)
        process.send(signal.SIGKILL)
        process.end()
    port = free_port()
    load = KeyedLoad(sessions, creates)
    with ExitStack() as stack:
        start = running(["server", "serve"], tmp_path, EVERRUNS_GRPC_PORT=str(port))
        process = stack.enter_context(start)
        with load.running(f"127.0.0.1:{port}"):
            for kill in range(1, kills + 1):
                load.wait_for(kill * creates // (kills + 1))
                with load.recovery():
                    process.send(signal.SIGKILL)
                    process.end()
                    again = running(["server", "serve"], tmp_path, EVERRUNS_GRPC_PORT=str(port))
                    process = stack.enter_context(again)
        process.send(signal.SIGKILL)
        process.end()
    assert {status for status, _ in load.refused} == {"UNAVAILABLE"}
    with serving(tmp_path) as (_, channel):
        load.assert_kept(sessions.over(channel))
    report(load.figures("kills of the server on SQLite"))


@scales(few=(600, 2), many=(10_000, 20))
def test_a_postgres_that_is_killed(
    creates: int, kills: int, tmp_path: Path, report: Callable[[str], None]
) -> None:
    with running_postgres() as postgres:
        on = {"EVERRUNS_DATABASE_URL": postgres.url, "EVERRUNS_WORKERS": "1"}
        with serving(tmp_path, **on) as (process, channel):
            load = KeyedLoad(new_sessions(tmp_path, channel, **on), creates)
            with load.running(f"127.0.0.1:{process.grpc_port}"):
                for kill in range(1, kills + 1):
                    load.wait_for(kill * creates // (kills + 1))
                    with load.recovery():
                        postgres.kill()
                        postgres.start()
            assert load.refused.keys() == AWAY
            load.assert_kept(load.sessions)
            assert "Traceback" not in process.errors
    report(load.figures("kills of PostgreSQL"))


@scales(few=(300,), many=(10_000,))
def test_a_standby_that_is_promoted_as_its_primary_is_killed(
    creates: int, tmp_path: Path, report: Callable[[str], None]
) -> None:
    with running_postgres() as primary, primary.standby() as standby:
        on = {"EVERRUNS_DATABASE_URL": url_of(primary, standby), "EVERRUNS_WORKERS": "1"}
        with serving(tmp_path, **on) as (process, channel):
            load = KeyedLoad(new_sessions(tmp_path, channel, **on), creates)
            with load.running(f"127.0.0.1:{process.grpc_port}"):
                load.wait_for(creates // 2)
                with load.recovery():
                    primary.kill()
                    standby.promote()
            assert load.refused.keys() == AWAY
            load.assert_kept(load.sessions)
            assert "Traceback" not in process.errors
    report(load.figures("kill of a primary, its synchronous standby promoted"))
