"""The service while its PostgreSQL is away, is back, and is another one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from tests.system.health import NOT_SERVING, SERVING, watch
from tests.system.postgres import Postgres, running_postgres, url_of
from tests.system.processes import PATIENCE, serving
from tests.system.sessions import CREATE, LIST, Sessions, new_sessions
from tests.wire.harness.call import Call
from tests.wire.harness.outcome import Answer, Failure


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A new server that a test may kill."""
    with running_postgres() as server:
        yield server


def settings(url: str) -> dict[str, str]:
    """Of a service on the database of a URL."""
    return {"EVERRUNS_DATABASE_URL": url, "EVERRUNS_WORKERS": "1"}


def wait_for(wanted: int, channel: grpc.Channel) -> None:
    """Waits until the server says that it is so."""
    assert wanted in watch(channel)


def create_until(
    sessions: Sessions, enough: threading.Event, made: list[str], refused: list[Failure]
) -> None:
    """Makes sessions until one is refused; tells when there are some."""
    while not refused:
        outcome = sessions.call(CREATE)
        if isinstance(outcome, Answer):
            made.append(str(outcome.content["id"]))
            if len(made) >= 50:
                enough.set()
        else:
            refused.append(outcome)


def create_through_the_end_of(server: Postgres, sessions: Sessions) -> tuple[list[str], list[Failure]]:
    """Kills a database under load; the sessions that were acknowledged, and what was refused then."""
    made: list[str] = []
    refused: list[Failure] = []
    enough = threading.Event()
    arguments = (sessions, enough, made, refused)
    threads = [threading.Thread(target=create_until, args=arguments) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert enough.wait(PATIENCE), refused
    server.kill()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return made, refused


def assert_unavailable(refused: list[Failure]) -> None:
    """Checks that the refusals say that the store is away, and when to try again."""
    assert refused
    for failure in refused:
        assert (failure.status, failure.reason) == ("UNAVAILABLE", "STORE_UNAVAILABLE"), failure
        assert failure.retry_after == 1.0


def test_an_outage(postgres: Postgres, tmp_path: Path) -> None:
    on = settings(postgres.url)
    with serving(tmp_path, **on) as (process, channel):
        sessions = new_sessions(tmp_path, channel, **on)
        made, refused = create_through_the_end_of(postgres, sessions)
        assert_unavailable(refused)
        wait_for(NOT_SERVING, channel)
        for call in (LIST, Call("GetSession", id=made[0]), CREATE):
            outcome = sessions.call(call)
            assert isinstance(outcome, Failure)
            assert_unavailable([outcome])

        postgres.start()
        wait_for(SERVING, channel)
        after = sessions.create()
        assert sessions.answer(Call("GetSession", id=made[0])).content["id"] == made[0]
        listed = sessions.ids()
        assert {*made, after} <= set(listed)
        # A call that was refused as the database went may have been done.
        assert sessions.total() == len(listed) == len(set(listed))
        assert "Traceback" not in process.errors


def test_a_restart_between_calls(postgres: Postgres, tmp_path: Path) -> None:
    # One thread each, so that the one that reads has a connection that was lost.
    on = {**settings(postgres.url), "EVERRUNS_THREADS": "1", "EVERRUNS_QUICK_THREADS": "1"}
    with serving(tmp_path, **on) as (_, channel):
        sessions = new_sessions(tmp_path, channel, **on)
        first = sessions.create()
        assert sessions.ids() == [first]
        postgres.stop()
        postgres.start()
        assert sessions.answer(Call("GetSession", id=first)).content["id"] == first
        second = sessions.create()
        assert sorted(sessions.ids()) == sorted([first, second])


def test_a_host_that_is_dead_is_passed_over(postgres: Postgres, tmp_path: Path) -> None:
    dead = Postgres(postgres.programs, postgres.data.with_name("dead"))
    on = settings(url_of(dead, postgres))
    with serving(tmp_path, **on) as (_, channel):
        sessions = new_sessions(tmp_path, channel, **on)
        made = sessions.create()
        assert sessions.ids() == [made]


def test_a_standby_is_passed_over_until_it_is_promoted(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.standby() as standby:
        # The standby comes first, and takes connections, but no writes.
        on = settings(url_of(standby, postgres))
        with serving(tmp_path, **on) as (process, channel):
            sessions = new_sessions(tmp_path, channel, **on)
            made, refused = create_through_the_end_of(postgres, sessions)
            assert_unavailable(refused)
            wait_for(NOT_SERVING, channel)

            standby.promote()
            wait_for(SERVING, channel)
            after = sessions.create()
            listed = sessions.ids()
            assert {*made, after} <= set(listed)
            assert sessions.total() == len(listed) == len(set(listed))
            assert "Traceback" not in process.errors
