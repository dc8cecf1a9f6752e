"""What fails in a group, and for whom."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest

from server.core.agent import Agent
from server.core.errors import Reason, ServiceError
from server.core.once import Once, Replay
from server.core.session import Session
from server.core.session_store import SessionRow
from server.store.dialect import StoreFailure
from server.store.group import ATTEMPTS
from server.store.peewee_store import PeeweeStore
from server.store.writer import LARGEST_GROUP
from tests.store.at_once import HANG
from tests.store.backends import SqliteBackend
from tests.store.busy import in_one_group, waiting
from tests.store.examples import a_session, an_agent, create, new_agent, once
from tests.store.faults import FaultyDialect
from tests.store.writes import WRITES, Kept, everything, new_kept, written

Broken = Callable[[PeeweeStore, Kept], object]


class Bad(Exception):
    """What a bad write raises."""


class Death(BaseException):
    """What nothing in a group is there to take."""


def unknown_agent(store: PeeweeStore, kept: Kept) -> object:
    return create(store, a_session(an_agent(kept.organization_id)))


def bad_make(store: PeeweeStore, kept: Kept) -> object:
    def make(_: Agent | None) -> Session:
        raise Bad

    return store.sessions.create(kept.organization_id, kept.agent.id, make, None, math.inf).result()


def bad_answer(store: PeeweeStore, kept: Kept) -> object:
    def fail(_: SessionRow) -> bytes:
        raise Bad

    key: Once[SessionRow] = once("bad")
    return create(store, a_session(kept.agent, "bad"), replace(key, answer=fail))


def taken_id(store: PeeweeStore, kept: Kept) -> object:
    return create(store, kept.session)


def bad_change(store: PeeweeStore, kept: Kept) -> object:
    def change(_: SessionRow) -> Session:
        raise Bad

    return store.sessions.update(kept.organization_id, kept.session.id, change, math.inf)


def taken_name(store: PeeweeStore, kept: Kept) -> object:
    return store.agents.create(an_agent(kept.organization_id, kept.agent.name), None, math.inf)


def late(store: PeeweeStore, kept: Kept) -> object:
    return create(store, a_session(kept.agent, "late"), None, 0)


BROKEN = (unknown_agent, bad_make, bad_answer, taken_id, bad_change, taken_name, late)


@pytest.mark.parametrize("place", [0, 25, 49])
@pytest.mark.parametrize("broken", BROKEN)
def test_one_bad_write_among_fifty_fails_alone(
    faulty_store: PeeweeStore, faulty: FaultyDialect, broken: Broken, place: int
) -> None:
    kept = new_kept(faulty_store)
    writes: list[Callable[[], object]] = [
        partial(create, faulty_store, a_session(kept.agent, f"{number}")) for number in range(49)
    ]
    writes.insert(place, partial(broken, faulty_store, kept))
    results = in_one_group(faulty_store, writes)
    failed = [number for number, result in enumerate(results) if isinstance(result, Exception)]
    assert failed == [place]
    sessions, total, agents, _ = everything(faulty_store, kept.organization_id)
    made = [result for result in results if isinstance(result, Session)]
    assert sorted(s.id for s in sessions) == sorted(s.id for s in (kept.session, *made))
    assert total == len(made) + 1 == 50
    assert agents == [kept.agent]


def test_all_bad_writes_of_a_group_fail_and_all_good_ones_hold(faulty_store: PeeweeStore) -> None:
    kept = new_kept(faulty_store)
    writes: list[Callable[[], object]] = []
    for number, broken in enumerate(BROKEN):
        writes.append(partial(broken, faulty_store, kept))
        writes.append(partial(create, faulty_store, a_session(kept.agent), once(f"{number}")))
        writes.append(partial(new_agent, faulty_store, kept.organization_id))
    results = in_one_group(faulty_store, writes)
    assert [isinstance(result, Exception) for result in results] == [True, False, False] * len(BROKEN)
    sessions, total, agents, _ = everything(faulty_store, kept.organization_id)
    assert (len(sessions), total, len(agents)) == (len(BROKEN) + 1,) * 3


def same_kind(store: PeeweeStore, kept: Kept) -> list[Callable[[], object]]:
    """Writes that are one batch."""
    return [partial(create, store, a_session(kept.agent), once(f"{number}")) for number in range(20)]


def all_kinds(store: PeeweeStore, kept: Kept) -> list[Callable[[], object]]:
    """Every kind of write."""
    return [partial(write, store, kept, math.inf) for write in WRITES]


def one_alone(store: PeeweeStore, kept: Kept) -> list[Callable[[], object]]:
    """A group of one."""
    return same_kind(store, kept)[:1]


Group = Callable[[PeeweeStore, Kept], list[Callable[[], object]]]


@pytest.fixture(params=[same_kind, all_kinds, one_alone])
def group(request: pytest.FixtureRequest) -> Group:
    """Writes to be run as one group."""
    chosen: Group = request.param
    return chosen


# Where a transaction can fail: as it begins, at a write, at the counts, as it ends.
PLACES = ("BEGIN", 'INSERT INTO "session" ', 'INSERT INTO "session_count"', "COMMIT")
LOST_RACE = StoreFailure("lost", reason=Reason.CONCURRENT_CHANGE, passing=True)


def reasons(errors: Sequence[object]) -> list[Reason | None]:
    """Why each write failed, None for one that did not."""
    return [error.reason if isinstance(error, ServiceError) else None for error in errors]


@pytest.mark.parametrize("place", PLACES)
def test_a_transaction_that_fails_fails_everybody_and_writes_nothing(
    faulty_store: PeeweeStore, faulty: FaultyDialect, group: Group, place: str
) -> None:
    kept = new_kept(faulty_store)
    before = everything(faulty_store, kept.organization_id)
    writes = group(faulty_store, kept)
    with waiting(faulty_store, writes) as futures:
        faulty.fail(place, StoreFailure("broken"))
        faulty.commands.clear()
    errors = [future.exception(HANG) for future in futures]
    faulty.heal()
    assert reasons(errors) == [Reason.STORE_UNAVAILABLE] * len(writes)
    assert len({id(error) for error in errors}) == len(writes)
    assert faulty.commands.count(faulty.begin) == 1
    assert everything(faulty_store, kept.organization_id) == before
    for write in writes:
        write()
    sessions, total, *_ = everything(faulty_store, kept.organization_id)
    assert len(sessions) == total != len(before[0])


@pytest.mark.parametrize("place", PLACES)
def test_a_transaction_that_lost_a_race_is_tried_again(
    faulty_store: PeeweeStore, faulty: FaultyDialect, group: Group, place: str
) -> None:
    kept, other = new_kept(faulty_store), new_kept(faulty_store)
    writes = group(faulty_store, kept)
    with waiting(faulty_store, writes) as futures:
        faulty.fail(place, LOST_RACE, ATTEMPTS - 1)
        faulty.commands.clear()
    assert [future.exception(HANG) for future in futures] == [None] * len(writes)
    assert faulty.commands.count(faulty.begin) == ATTEMPTS
    sessions, total, agents, _ = everything(faulty_store, kept.organization_id)
    for write in group(faulty_store, other):
        write()
    undisturbed = everything(faulty_store, other.organization_id)
    assert (len(sessions), total, len(agents)) == (len(undisturbed[0]), undisturbed[1], len(undisturbed[2]))


@pytest.mark.parametrize("place", PLACES)
def test_a_transaction_that_loses_every_race_says_so(
    faulty_store: PeeweeStore, faulty: FaultyDialect, group: Group, place: str
) -> None:
    kept = new_kept(faulty_store)
    before = everything(faulty_store, kept.organization_id)
    writes = group(faulty_store, kept)
    with waiting(faulty_store, writes) as futures:
        faulty.fail(place, LOST_RACE)
        faulty.commands.clear()
    errors = [future.exception(HANG) for future in futures]
    assert reasons(errors) == [Reason.CONCURRENT_CHANGE] * len(writes)
    assert faulty.commands.count(faulty.begin) == ATTEMPTS
    faulty.heal()
    assert everything(faulty_store, kept.organization_id) == before


def test_a_change_runs_again_with_its_transaction(faulty_store: PeeweeStore, faulty: FaultyDialect) -> None:
    kept = new_kept(faulty_store)
    seen: list[SessionRow] = []

    def change(row: SessionRow) -> Session:
        seen.append(row)
        return replace(row.session, title=f"{row.session.title}!")

    faulty.fail("COMMIT", LOST_RACE, ATTEMPTS - 1)
    row = faulty_store.sessions.update(kept.organization_id, kept.session.id, change, math.inf)
    assert ATTEMPTS > 1
    assert seen == [SessionRow(kept.session, kept.agent.capabilities)] * ATTEMPTS
    assert row is not None
    assert row.session.title == "before!"
    assert faulty_store.sessions.get(kept.organization_id, kept.session.id) == row


@pytest.mark.parametrize("others", [0, 3])
def test_what_failed_before_a_race_was_lost_does_not_matter(
    faulty_store: PeeweeStore, faulty: FaultyDialect, others: int
) -> None:
    kept = new_kept(faulty_store)
    failures = [Bad(), ServiceError(Reason.AGENT_ARCHIVED, "not any more")]

    def make(failures: list[Exception]) -> SessionRow | Replay:
        def make_one(agent: Agent | None) -> Session:
            if failures:
                raise failures.pop()
            return a_session(kept.agent)

        return faulty_store.sessions.create(
            kept.organization_id, kept.agent.id, make_one, None, math.inf
        ).result()

    writes: list[Callable[[], object]] = [partial(make, [failure]) for failure in failures]
    writes += [partial(create, faulty_store, a_session(kept.agent)) for _ in range(others)]
    with waiting(faulty_store, writes) as futures:
        faulty.fail("COMMIT", LOST_RACE, 1)
    assert [future.exception(HANG) for future in futures] == [None] * (2 + others)
    assert everything(faulty_store, kept.organization_id)[1] == 3 + others


def test_a_connection_lost_within_a_savepoint_is_as_any_that_is_lost(
    faulty_store: PeeweeStore, faulty: FaultyDialect
) -> None:
    kept = new_kept(faulty_store)
    writes = all_kinds(faulty_store, kept)
    with waiting(faulty_store, writes) as futures:
        faulty.fail('UPDATE "session" ', StoreFailure("lost", passing=True), 1)
        # What takes its place knows nothing of the savepoint.
        faulty.fail("ROLLBACK TO SAVEPOINT", StoreFailure("no transaction is under way"), 1)
    assert [future.exception(HANG) for future in futures] == [None] * len(writes)


def test_an_error_that_nobody_expects_fails_everybody_and_the_writer_goes_on(
    faulty_store: PeeweeStore, faulty: FaultyDialect, group: Group
) -> None:
    kept = new_kept(faulty_store)
    before = everything(faulty_store, kept.organization_id)
    writes = group(faulty_store, kept)
    with waiting(faulty_store, writes) as futures:
        faulty.fail("COMMIT", RuntimeError("nobody expects this"))
    errors = [future.exception(HANG) for future in futures]
    assert None not in errors
    if len(writes) > 1:
        assert reasons(errors) == [Reason.INTERNAL] * len(writes)
    faulty.heal()
    assert everything(faulty_store, kept.organization_id) == before
    assert faulty_store.is_healthy()
    for write in writes:
        write()


@pytest.mark.parametrize("dies", ["in a write", "COMMIT", "BEGIN"])
@pytest.mark.parametrize("count", [0, 20, 2 * LARGEST_GROUP + 50])
def test_a_writer_that_dies_leaves_nobody_waiting(
    sqlite: SqliteBackend,
    faulty_store: PeeweeStore,
    faulty: FaultyDialect,
    caplog: pytest.LogCaptureFixture,
    dies: str,
    count: int,
) -> None:
    kept = new_kept(faulty_store)
    before = everything(faulty_store, kept.organization_id)

    def first() -> object:
        def change(row: SessionRow) -> Session:
            if dies == "in a write":
                raise Death
            return replace(row.session, title="after")

        return faulty_store.sessions.update(kept.organization_id, kept.session.id, change, math.inf)

    writes: list[Callable[[], object]] = [first]
    writes += [partial(create, faulty_store, a_session(kept.agent)) for _ in range(count)]
    with waiting(faulty_store, writes) as futures:
        faulty.fail(dies, Death())
    errors = [future.exception(HANG) for future in futures]
    faulty.heal()
    assert reasons(errors) == [Reason.STORE_UNAVAILABLE] * (count + 1)
    assert logging.CRITICAL in [record.levelno for record in caplog.records]
    assert not faulty_store.is_healthy()
    for write in WRITES:
        with pytest.raises(ServiceError) as error:
            write(faulty_store, kept, math.inf)
        assert error.value.reason is Reason.STORE_UNAVAILABLE
    assert everything(faulty_store, kept.organization_id) == before
    again = sqlite.open()
    assert everything(again, kept.organization_id) == before
    assert written(again, kept, WRITES[0])
