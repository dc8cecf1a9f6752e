"""Every case over all transports, and that every reason is in some case."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import cast

import pytest

from everruns.v1.error_reason_pb2 import ErrorReason
from tests.wire.cases.case import Answered, Case, Refused
from tests.wire.cases.every import CASES
from tests.wire.cases.models import MODELS
from tests.wire.cases.quotas import QUOTAS
from tests.wire.cases.raw_http import RAW
from tests.wire.harness.call import TRANSPORTS, Transport
from tests.wire.harness.clients import Clients
from tests.wire.harness.json_value import Json, JsonObject, filled, mismatches
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.rpc import REST

FORCED = {
    # No client can lose a race in SQLite, which has one writer.
    "CONCURRENT_CHANGE": "test_faults.test_what_a_store_raises_is_answered",
    "QUEUE_FULL": "test_faults.test_a_full_queue",
    "RATE_LIMITED": "test_quotas.test_a_key_that_calls_too_often",
    "INTERNAL": "test_faults.test_a_defect_says_nothing_of_the_inside",
    "DEADLINE_EXCEEDED": "test_locked_store.test_a_deadline_that_passes_before_a_write_leaves_nothing",
    "STORE_UNAVAILABLE": "test_locked_store.test_a_store_that_is_locked_is_unavailable",
    "SERVER_UNAVAILABLE": "test_faults.test_a_server_that_is_not_there",
    "TOO_MANY_WATCHERS": "test_watching.test_no_more_watchers_than_are_allowed",
    "WATCHER_TOO_SLOW": "test_watching.test_a_client_that_does_not_read_is_cut_off_and_resumes_where_it_was",
    # A mask is made of the body's keys in every case.
    "INVALID_UPDATE_MASK": "test_update_mask.test_a_mask_is_refused",
}
"""The reasons that no case can bring about, and the test that does."""


def made(case: Case, names: dict[str, Json], clients: Clients, transport: Transport) -> dict[str, Json]:
    """The names, and those of the answers to the calls that come before a case; what REST has not is done
    over gRPC."""
    for name, call in case.before.items():
        client = clients.of("grpc" if transport == "rest" and call.rpc not in REST else transport)
        outcome = client.call(call.filled(names))
        assert isinstance(outcome, Answer), (name, outcome)
        names = {**names, name: outcome.body}
    return names


@pytest.mark.parametrize(
    ("case", "transport"),
    [
        pytest.param(case, over, id=f"{case.name}-{over}")
        for case in CASES
        for over in TRANSPORTS
        if over in case.over
    ],
)
def test_case(case: Case, transport: Transport, names: dict[str, Json], clients: Clients) -> None:
    check(case, clients, transport, names)


def check(case: Case, clients: Clients, transport: Transport, names: dict[str, Json]) -> None:
    """Makes the calls of a case, and looks at what the last comes to."""
    client = clients.of(transport)
    names = made(case, names, clients, transport)
    outcome = client.call(case.call.filled(names))
    if isinstance(case.expected, Answered):
        assert isinstance(outcome, Answer), outcome
        assert outcome.replayed == case.expected.replayed
        assert outcome.created in (case.expected.created, None)
        expected = filled(case.expected.holds, names)
        assert mismatches(expected, outcome.body) == []
        return
    assert isinstance(outcome, Failure), outcome
    assert (outcome.status, outcome.reason) == (case.expected.status(client.transport), case.expected.reason)
    found = [(violation.field, violation.reason) for violation in outcome.violations]
    assert found == case.expected.violations(client.transport)
    assert all(violation.description for violation in outcome.violations)
    assert (outcome.retry_after is not None) == case.expected.retry


def test_names_of_cases_are_unique() -> None:
    assert len({(case.name, over) for case in CASES for over in case.over}) == sum(
        len(case.over) for case in CASES
    )


def expected_reasons() -> Iterator[str]:
    """The reasons of all cases: for which calls are refused, and of the problems that answers tell of."""
    for case in (*CASES, *MODELS, *QUOTAS):
        if isinstance(case.expected, Refused):
            yield case.expected.reason
            yield from (reason for _, reason in case.expected.violations("grpc"))
        else:
            yield from told_reasons(case.expected.holds)
    for raw in RAW:
        yield raw.code
        yield from (reason for _, reason in raw.violations)


def told_reasons(value: Json) -> Iterator[str]:
    """The reasons of the problems somewhere in an answer."""
    if isinstance(value, dict):
        if "reason" in value:
            yield str(value["reason"])
        yield from (reason for item in value.values() for reason in told_reasons(item))
    elif isinstance(value, list):
        yield from (reason for item in value for reason in told_reasons(item))


def test_every_reason_is_in_a_case() -> None:
    reasons = set(ErrorReason.keys()) - {"ERROR_REASON_UNSPECIFIED"}
    assert reasons - set(expected_reasons()) == FORCED.keys()


@pytest.mark.parametrize(("reason", "place"), FORCED.items())
def test_a_reason_that_is_in_no_case_is_in_a_test(reason: str, place: str) -> None:
    module, name = place.split(".")
    test = getattr(import_module(f"tests.wire.{module}"), name)
    assert re.search(rf'[."]{reason}\b', inspect.getsource(test))


def test_a_mismatch_is_told() -> None:
    expected = cast(JsonObject, {"a": [1, {"b": "$x.0.id"}], "c": None})
    names = cast(JsonObject, {"x": [{"id": "i"}]})
    assert mismatches(filled(expected, names), {"a": [1, {"b": "i"}], "c": None, "d": 1}) == []
    assert mismatches(filled(expected, names), {"a": [1.0, {"b": "j"}]}) == [
        ".a[0] is 1.0, not 1",
        ".a[1].b is 'j', not 'i'",
        ".c is not there",
    ]
