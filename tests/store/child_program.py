"""What a test has another process do: `python -m tests.store.child_program ROLE URL ...`.

It says what it has done in lines on its output, each as soon as it is done.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from server.core.agent import Agent
from server.core.once import Once, Replay
from server.core.session import Session
from server.core.session_store import SessionRow
from server.core.store import Store
from server.store.migrate import migrate
from server.store.peewee_store import PeeweeStore, open_dialect
from tests.store.examples import a_session, now

THREADS = 16


def say(line: str) -> None:
    """Says a line; all of it or nothing, whenever the process is killed."""
    os.write(1, f"{line}\n".encode())


def migrate_when_told(url: str) -> None:
    """Says that it is ready, and on a line the migrations that it applied."""
    dialect = open_dialect(url)
    say("ready")
    sys.stdin.readline()
    say(json.dumps(migrate(dialect)))


def read_titles(url: str) -> None:
    """Says for each line, which names an organization and a session, the session's title."""
    store = PeeweeStore(open_dialect(url))
    for line in sys.stdin:
        row = store.sessions.get(*map(bytes.fromhex, line.split()))
        say(str(row and row.session.title))
    store.close()


def create(store: Store, organization_id: bytes, agent_id: bytes, key: str, once: bool = True) -> bytes:
    """The id of the session of this title; made once, if so wished, however often it is asked for."""

    def make(agent: Agent | None) -> Session:
        assert agent is not None
        return a_session(agent, key)

    def answer(row: SessionRow) -> bytes:
        return row.session.id

    repeatable = Once("Create", key, b"", answer, now()) if once else None
    made = store.sessions.create(organization_id, agent_id, make, repeatable, math.inf).result()
    return made.answer if isinstance(made, Replay) else made.session.id


def create_until_killed(url: str, organization: str, agent: str, name: str) -> None:
    """Creates sessions from many threads, two of which use the same keys; says each key and its id."""
    store = PeeweeStore(open_dialect(url))

    def work(number: int) -> None:
        for count in itertools.count():
            key = f"{name}-{number // 2}-{count}"
            id = create(store, bytes.fromhex(organization), bytes.fromhex(agent), key)
            say(f"{key} {id.hex()}")

    for number in range(THREADS):
        threading.Thread(target=work, args=(number,), daemon=True).start()
    sys.stdin.read()


def create_and_delete(url: str, organization: str, agent: str, count: str) -> None:
    """Creates sessions from a few threads and deletes every third; says the id of each that it leaves."""
    store = PeeweeStore(open_dialect(url))
    organization_id, agent_id = bytes.fromhex(organization), bytes.fromhex(agent)
    say("ready")
    sys.stdin.readline()

    def work(number: int) -> None:
        for step in range(int(count)):
            key = f"{os.getpid()}-{number}-{step}"
            id = create(store, organization_id, agent_id, key, once=step % 2 == 0)
            if step % 3 == 2:
                assert store.sessions.delete(organization_id, id, math.inf)
            else:
                say(id.hex())

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    store.close()


ROLES = {
    role.__name__: role for role in (migrate_when_told, read_titles, create_until_killed, create_and_delete)
}

if __name__ == "__main__":
    ROLES[sys.argv[1]](*sys.argv[2:])
