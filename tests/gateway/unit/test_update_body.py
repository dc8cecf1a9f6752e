from __future__ import annotations

import pytest
from google.protobuf.message import Message

from everruns.v1 import agent_pb2, session_pb2
from gateway.json_value import JsonObject, JsonValue
from gateway.resource_body import ResourceBody
from gateway.violations import Violations
from tests.gateway.unit.bodies import AGENT, SESSION


def changes(body: ResourceBody, message: Message, tree: JsonObject) -> list[str]:
    violations = Violations()
    named = body.parse_changes(message, tree, violations)
    assert not violations
    return named


def test_the_fields_that_an_update_names_are_told_null_or_not() -> None:
    message = session_pb2.SessionSpec()
    tree: JsonObject = {"title": None, "hints": None, "tags": [], "model_id": "m"}
    assert changes(SESSION, message, tree) == ["title", "tags", "model_id"]
    assert message == session_pb2.SessionSpec(model_id="m")


@pytest.mark.parametrize("value", [None, "x", 1, [], {"a": 1}])
@pytest.mark.parametrize("key", ["agent_id", "agent_name"])
def test_what_cannot_be_changed_of_a_session_is_named_and_not_read(key: str, value: JsonValue) -> None:
    message = session_pb2.SessionSpec()
    assert changes(SESSION, message, {"title": "t", key: value}) == ["title", key]
    assert message == session_pb2.SessionSpec(title="t")


@pytest.mark.parametrize("value", [None, "x", 1])
def test_what_cannot_be_changed_of_an_agent_is_named_and_not_read(value: JsonValue) -> None:
    message = agent_pb2.AgentSpec()
    assert changes(AGENT, message, {"id": value, "name": "n"}) == ["id", "name"]
    assert message == agent_pb2.AgentSpec(name="n")


def test_what_is_wrong_with_an_update_is_said() -> None:
    violations = Violations()
    SESSION.parse_changes(session_pb2.SessionSpec(), {"agent_id": 1, "title": 1, "id": 1}, violations)
    assert [(found.field, found.reason) for found in violations] == [
        ("title", "INVALID_FIELD"),
        ("id", "OUTPUT_ONLY_FIELD"),
    ]
