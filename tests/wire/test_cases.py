"""Every case over both transports, and that every reason is in some case."""

from __future__ import annotations

import re
from typing import cast

import pytest

from everruns.v1.error_reason_pb2 import ErrorReason
from tests.wire.cases.case import Answered, Case
from tests.wire.cases.every import CASES
from tests.wire.cases.models import MODELS
from tests.wire.cases.raw_http import RAW
from tests.wire.harness.call import TRANSPORTS, Transport
from tests.wire.harness.clients import Clients
from tests.wire.harness.json_value import Json, JsonObject, filled, mismatches
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.rpc import REST

FORCED = {
    "CONCURRENT_CHANGE": "test_faults.py: no client can lose a race in SQLite, which has one writer",
    "QUEUE_FULL": "test_faults.py: needs a store that takes no writes",
    "INTERNAL": "test_faults.py: needs a defect",
    "DEADLINE_EXCEEDED": "test_locked_store.py: needs a store that another process holds",
    "STORE_UNAVAILABLE": "test_locked_store.py: the same",
    "SERVER_UNAVAILABLE": "test_faults.py: needs a server that is not there, or stops",
    "SESSION_ALREADY_EXISTS": "test_transfers.py: of a line of an import, not of a call",
    "INVALID_LINE": "the same",
    "TOO_MANY_TRANSFERS": "test_transfers.py: only gRPC has streams",
    "INVALID_UPDATE_MASK": "test_update_mask.py: a mask is made of the body's keys in every case",
}
"""The reasons that no case can have, and where they are tested."""


def made(case: Case, names: dict[str, Json], clients: Clients, transport: Transport) -> dict[str, Json]:
    """The names, and those of the answers to the calls that come before a case; what REST has not is done
    over gRPC."""
    for name, call in case.before.items():
        client = clients.of(transport if call.rpc in REST else "grpc")
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
        assert (outcome.created, outcome.replayed) == (case.expected.created, case.expected.replayed)
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


def test_every_reason_is_in_a_case() -> None:
    in_cases = set(re.findall(r"\b[A-Z_]{6,}\b", repr([CASES, MODELS, RAW])))
    reasons = set(ErrorReason.keys()) - {"ERROR_REASON_UNSPECIFIED"}
    assert reasons - in_cases == FORCED.keys()


def test_a_mismatch_is_told() -> None:
    expected = cast(JsonObject, {"a": [1, {"b": "$x.0.id"}], "c": None})
    names = cast(JsonObject, {"x": [{"id": "i"}]})
    assert mismatches(filled(expected, names), {"a": [1, {"b": "i"}], "c": None, "d": 1}) == []
    assert mismatches(filled(expected, names), {"a": [1.0, {"b": "j"}]}) == [
        ".a[0] is 1.0, not 1",
        ".a[1].b is 'j', not 'i'",
        ".c is not there",
    ]
