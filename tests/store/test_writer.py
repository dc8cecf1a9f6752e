"""Writes that wait share a commit; one that comes alone waits for nobody."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from server.core.agent import Agent
from server.core.errors import Reason, ServiceError
from server.core.session import Session
from server.core.store import Replay, SessionRow
from server.store.migrate import migrate
from server.store.peewee_store import LONGEST_QUEUE, PeeweeStore
from server.store.writer import LARGEST_GROUP
from tests.store.at_once import HANG
from tests.store.backends import SqliteBackend
from tests.store.busy import in_one_group, wait_until_waiting, waiting
from tests.store.examples import a_session, answer, create, new_agent, new_session, once
from tests.store.faults import FaultyDialect
from tests.store.writes import WRITES, Kept, everything, new_kept

Opened = Callable[[int], tuple[PeeweeStore, FaultyDialect]]


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Opens a store that holds so many waiting writes, and the dialect that notes its commands."""
    backend = SqliteBackend(request)
    stores: list[PeeweeStore] = []

    def open_store(longest_queue: int) -> tuple[PeeweeStore, FaultyDialect]:
        dialect = FaultyDialect(backend.dialect())
        migrate(dialect)
        stores.append(PeeweeStore(dialect, longest_queue))
        return stores[-1], dialect

    yield open_store
    for store in stores:
        store.close()
    backend.cleanup()
