"""The line of a call, and its place in the counts."""

from __future__ import annotations

import json
import logging

import pytest
from google.protobuf.message import Message

from everruns.v1.capability_pb2 import Capability
from everruns.v1.capability_service_pb2 import GetCapabilityRequest
from server.core.ids import format_id
from server.core.meters import Meters
from server.core.store import Store
from server.log import JsonFormatter, TextFormatter
from server.rpc.calls import Call, Calls
from server.rpc.journal import Journal
from server.services import CAPABILITIES
from server.usecases.authenticate import Authenticate
from tests.unit.testing_server import Client, Failed, TestingServer

GOOD, BAD = GetCapabilityRequest(id="noop"), GetCapabilityRequest(id="NOT AN ID SECRET")


def calls(store: Store, client: Client, journal: Journal, good: int, bad: int = 1) -> None:
    """Makes so many calls that are answered, and that are refused."""

    def answer(request: Message, call: Call) -> Message:
        return Capability()

    methods = {"GetCapability": answer, "ListCapabilities": answer}
    server = TestingServer(Calls(Authenticate(store.keys), None, journal), {CAPABILITIES: methods})
    metadata = [("authorization", client.key), ("x-request-id", "r-1")]
    for _ in range(good):
        server.call("GetCapability", GOOD, metadata)
    for _ in range(bad):
        with pytest.raises(Failed):
            server.call("GetCapability", BAD, metadata)


@pytest.mark.parametrize(
    ("log_calls", "answered", "refused"), [(1, 10, 1), (5, 2, 1), (0, 0, 1), (None, 0, 0)]
)
def test_which_calls_have_a_line(
    log_calls: int | None,
    answered: int,
    refused: int,
    store: Store,
    client: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "server.rpc.journal")
    calls(store, client, Journal(log_calls), 10)
    said = [record.getMessage() for record in caplog.records]
    assert said.count("GetCapability OK") == answered
    assert said.count("GetCapability INVALID_ARGUMENT") == refused
    assert len(said) == answered + refused


def test_a_line_in_json(store: Store, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "server.rpc.journal")
    calls(store, client, Journal(1), 1)
    good, bad = (json.loads(JsonFormatter().format(record)) for record in caplog.records)
    assert good.keys() == bad.keys()
    assert (good["level"], good["logger"]) == ("INFO", "server.rpc.journal")
    assert good["time"].endswith("+00:00")
    assert good["duration_ms"] > 0
    del good["time"], good["duration_ms"]
    assert good == {
        "level": "INFO",
        "logger": "server.rpc.journal",
        "message": "GetCapability OK",
        "request_id": "r-1",
        "organization": format_id("org", client.organization_id),
        "method": "GetCapability",
        "code": "OK",
        "reason": None,
        "peer": "peer-1",
    }
    assert (bad["code"], bad["reason"]) == ("INVALID_ARGUMENT", "INVALID_FIELD")


def test_a_line_has_neither_the_key_nor_what_was_asked(
    store: Store, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "server.rpc.journal")
    calls(store, client, Journal(1), 1)
    for formatter in (JsonFormatter(), TextFormatter()):
        for record in caplog.records:
            line = formatter.format(record)
            assert "request_id" in line
            assert client.key not in line
            assert "SECRET" not in line
            assert "\n" not in line


def test_an_exception_is_in_its_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        record = logging.LogRecord(
            "n", logging.ERROR, "", 1, "%s failed", ("it",), (type(error), error, None)
        )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "it failed"
    assert "ValueError: two\nlines" in json.loads(line)["exception"]


@pytest.mark.parametrize("log_calls", [1, 0, None])
def test_every_call_is_counted_whatever_has_a_line(
    log_calls: int | None, store: Store, client: Client
) -> None:
    meters = Meters()
    calls(store, client, Journal(log_calls, meters), 3, 2)
    totals = meters.calls.totals()
    assert {key: found.count for key, found in totals.items()} == {
        ("GetCapability", "OK"): 3,
        ("GetCapability", "INVALID_ARGUMENT"): 2,
    }
    assert all(found.sum > 0 for found in totals.values())
