"""A write whose deadline has passed before it began is not done."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.core.errors import Reason, ServiceError
from server.store.peewee_store import PeeweeStore
from tests.store.at_once import HANG
from tests.store.busy import busy, wait_until_waiting
from tests.store.writes import WRITES, Write, everything, new_kept, written


@pytest.fixture(params=WRITES)
def write(request: pytest.FixtureRequest) -> Write:
    """Every write in turn."""
    chosen: Write = request.param
    return chosen


@pytest.mark.parametrize("seconds_ago", [math.inf, 1.0, 0.0])
def test_a_deadline_that_has_passed_writes_nothing(
    store: PeeweeStore, write: Write, seconds_ago: float
) -> None:
    kept = new_kept(store)
    before = everything(store, kept.organization_id)
    with pytest.raises(ServiceError) as error:
        write(store, kept, time.monotonic() - seconds_ago)
    assert error.value.reason is Reason.DEADLINE_EXCEEDED
    assert everything(store, kept.organization_id) == before
    assert written(store, kept, write)


@pytest.mark.parametrize("seconds_left", [math.inf, 3600.0])
def test_a_deadline_to_come_does_not_matter(store: PeeweeStore, write: Write, seconds_left: float) -> None:
    kept = new_kept(store)
    before = everything(store, kept.organization_id)
    write(store, kept, time.monotonic() + seconds_left)
    assert everything(store, kept.organization_id) != before


def test_a_deadline_that_passes_while_the_write_waits_writes_nothing(
    store: PeeweeStore, write: Write
) -> None:
    kept = new_kept(store)
    before = everything(store, kept.organization_id)
    with ThreadPoolExecutor(2) as threads:
        with busy(store):
            deadline = time.monotonic() + 0.2
            late = threads.submit(write, store, kept, deadline)
            in_time = threads.submit(new_kept, store)
            wait_until_waiting(store, 2)
            while time.monotonic() <= deadline:
                time.sleep(0.01)
        error = late.exception(HANG)
        assert in_time.exception(HANG) is None
    assert isinstance(error, ServiceError)
    assert error.reason is Reason.DEADLINE_EXCEEDED
    assert everything(store, kept.organization_id) == before
    assert written(store, kept, write)
