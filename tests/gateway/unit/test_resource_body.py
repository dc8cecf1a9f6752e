from __future__ import annotations

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from everruns.v1 import agent_pb2, session_pb2
from gateway.json_value import JsonObject, JsonValue
from gateway.render import renderer
from gateway.resource_body import ResourceBody
from gateway.violations import MAX_VIOLATIONS, Violation, Violations
from tests.gateway.unit.bodies import AGENT, SESSION
from tests.gateway.unit.json_strategies import OBJECTS, TEXT, VALUES


def parse(body: ResourceBody, message: Message, tree: JsonObject) -> list[Violation]:
    violations = Violations()
    body.parse(message, tree, violations)
    return list(violations)


def session(tree: JsonObject) -> session_pb2.SessionSpec:
    message = session_pb2.SessionSpec()
    assert parse(SESSION, message, tree) == []
    return message


def refused(body: ResourceBody, tree: JsonObject) -> list[tuple[str, str, str]]:
    message: Message = session_pb2.SessionSpec() if body is SESSION else agent_pb2.AgentSpec()
    return [(found.field, found.reason, found.description) for found in parse(body, message, tree)]


def test_the_published_example_is_read() -> None:
    message = session(
        {
            "agent_id": "agent_01234567-89ab-cdef-0123-456789abcdef",
            "title": "Research Session",
            "tags": ["research", "web"],
            "model_id": "gpt-4o",
            "capabilities": [{"ref": "current_time"}, {"ref": "web_fetch", "config": {"timeout_ms": 30000}}],
        }
    )
    assert message == session_pb2.SessionSpec(
        agent_id="agent_01234567-89ab-cdef-0123-456789abcdef",
        title="Research Session",
        tags=["research", "web"],
        model_id="gpt-4o",
        capabilities=[{"ref": "current_time"}, {"ref": "web_fetch", "config": {"timeout_ms": 30000}}],
    )


def test_a_bare_string_stands_for_a_ref() -> None:
    assert session({"capabilities": ["a", {"ref": "b"}]}) == session_pb2.SessionSpec(
        capabilities=[{"ref": "a"}, {"ref": "b"}]
    )


def test_null_stands_for_a_field_that_is_not_there() -> None:
    nothing: JsonObject = dict.fromkeys(
        ["agent_id", "agent_name", "title", "tags", "model_id", "capabilities"]
    )
    assert session(nothing) == session_pb2.SessionSpec()
    message = session({"capabilities": [{"ref": "a", "config": None}]})
    assert not message.capabilities[0].HasField("config")


def test_an_empty_string_is_there() -> None:
    message = session({"title": "", "capabilities": [{"ref": "a", "config": {}}]})
    assert message.HasField("title")
    assert message.capabilities[0].HasField("config")


@pytest.mark.parametrize(
    ("tree", "field", "description"),
    [
        ({"title": 1}, "title", "must be a string"),
        ({"title": True}, "title", "must be a string"),
        ({"title": ["a"]}, "title", "must be a string"),
        ({"agent_id": {}}, "agent_id", "must be a string"),
        ({"tags": "a"}, "tags", "must be a list"),
        ({"tags": {"a": 1}}, "tags", "must be a list"),
        ({"tags": ["a", None]}, "tags[1]", "must be a string"),
        ({"tags": [1]}, "tags[0]", "must be a string"),
        ({"capabilities": "a"}, "capabilities", "must be a list"),
        ({"capabilities": {}}, "capabilities", "must be a list"),
        (
            {"capabilities": [None]},
            "capabilities[0]",
            "must be an object, or a string in place of its ref",
        ),
        ({"capabilities": [["a"]]}, "capabilities[0]", "must be an object, or a string in place of its ref"),
        ({"capabilities": [{"ref": 1}]}, "capabilities[0].ref", "must be a string"),
        ({"capabilities": ["a", {"ref": "b", "config": []}]}, "capabilities[1].config", "must be an object"),
        ({"capabilities": [{"ref": "b", "config": "x"}]}, "capabilities[0].config", "must be an object"),
        ({"max_iterations": "9"}, "max_iterations", "must be a 32-bit integer"),
        ({"max_iterations": 1.5}, "max_iterations", "must be a 32-bit integer"),
        ({"max_iterations": True}, "max_iterations", "must be a 32-bit integer"),
        ({"max_iterations": 2**31}, "max_iterations", "must be a 32-bit integer"),
        ({"max_iterations": -(2**31) - 1}, "max_iterations", "must be a 32-bit integer"),
        ({"max_iterations": 1e300}, "max_iterations", "must be a 32-bit integer"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_its_path(
    tree: JsonObject, field: str, description: str
) -> None:
    body = AGENT if "max_iterations" in tree else SESSION
    assert refused(body, tree) == [(field, "INVALID_FIELD", description)]


def test_integers_are_read_however_they_are_written() -> None:
    for given_ in (100, 100.0, 1e2):
        message = agent_pb2.AgentSpec()
        assert parse(AGENT, message, {"max_iterations": given_}) == []
        assert message.max_iterations == 100


def test_a_number_in_a_config_is_refused_with_its_path() -> None:
    tree: JsonObject = {"capabilities": ["a", "b", {"ref": "c", "config": {"timeout_ms": 2**53 + 1}}]}
    assert [(field, reason) for field, reason, _ in refused(SESSION, tree)] == [
        ("capabilities[2].config.timeout_ms", "NUMBER_NOT_REPRESENTABLE")
    ]


@pytest.mark.parametrize(
    ("tree", "field", "description"),
    [
        ({"capabilites": []}, "capabilites", "did you mean capabilities?"),
        ({"agentId": "a"}, "agentId", "did you mean agent_id?"),
        ({"qqq": 1}, "qqq", "there is no such field"),
        ({"": 1}, '[""]', "there is no such field"),
        ({"capabilities": [{"rev": "a"}]}, "capabilities[0].rev", "did you mean ref?"),
        ({"capabilities": [{"ref": "a", "conf": {}}]}, "capabilities[0].conf", "did you mean config?"),
        ({"capabilities": [{"ref": "a", "tools": None}]}, "capabilities[0].tools", "there is no such field"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(
    tree: JsonObject, field: str, description: str
) -> None:
    assert refused(SESSION, tree) == [(field, "UNKNOWN_FIELD", description)]


@pytest.mark.parametrize("value", [None, "x", []])
@pytest.mark.parametrize("key", ["id", "organization_id", "status", "features", "created_at", "updated_at"])
def test_what_only_answers_have_is_refused_by_name(key: str, value: JsonValue) -> None:
    assert [(field, reason) for field, reason, _ in refused(SESSION, {key: value})] == [
        (key, "OUTPUT_ONLY_FIELD")
    ]


@pytest.mark.parametrize("key", ["organization_id", "status", "created_at", "updated_at"])
def test_what_only_answers_have_of_an_agent_is_refused_by_name(key: str) -> None:
    assert [reason for _, reason, _ in refused(AGENT, {key: "x"})] == ["OUTPUT_ONLY_FIELD"]


def test_an_agent_can_be_given_an_id() -> None:
    assert refused(AGENT, {"id": "agent_1"}) == []


TOLERATED_BY_BOTH = [
    "agent_identity_id",
    "harness_id",
    "harness_name",
    "hints",
    "initial_files",
    "locale",
    "mcpServers",
    "mcp_servers",
    "network_access",
    "parallel_tool_calls",
    "tools",
    "workspace_id",
]
TOLERATED_BY_SESSIONS = [*TOLERATED_BY_BOTH, "max_iterations", "system_prompt"]


@pytest.mark.parametrize("value", [None, "", [], {}])
@pytest.mark.parametrize("key", TOLERATED_BY_SESSIONS)
def test_a_key_of_the_wider_api_is_accepted_when_nothing_is_lost(key: str, value: JsonValue) -> None:
    assert session({key: value}) == session_pb2.SessionSpec()
    if key in TOLERATED_BY_BOTH:
        assert refused(AGENT, {key: value}) == []


@pytest.mark.parametrize("value", ["x", ["x"], {"a": None}, 0, 1, False, True, 0.0])
@pytest.mark.parametrize("key", TOLERATED_BY_SESSIONS)
def test_a_key_of_the_wider_api_is_refused_when_something_would_be_lost(key: str, value: JsonValue) -> None:
    assert [(field, reason) for field, reason, _ in refused(SESSION, {key: value})] == [
        (key, "UNSUPPORTED_FIELD")
    ]
    if key in TOLERATED_BY_BOTH:
        assert [reason for _, reason, _ in refused(AGENT, {key: value})] == ["UNSUPPORTED_FIELD"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("harness_id", "harness_00000000000000000000000000000001"),
        ("harness_id", "harness_00000000-0000-0000-0000-000000000001"),
        ("harness_id", "HARNESS_00000000000000000000000000000001"),
        ("harness_name", "generic"),
    ],
)
def test_the_built_in_harness_may_be_named(key: str, value: str) -> None:
    assert refused(SESSION, {key: value}) == []
    assert refused(AGENT, {key: value}) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("harness_id", "harness_00000000000000000000000000000002"),
        ("harness_id", "generic"),
        ("harness_name", "Generic"),
        ("harness_name", "harness_00000000000000000000000000000001"),
    ],
)
def test_another_harness_is_refused(key: str, value: str) -> None:
    assert [reason for _, reason, _ in refused(SESSION, {key: value})] == ["UNSUPPORTED_FIELD"]


def test_an_agents_own_fields_come_before_the_tolerated_ones() -> None:
    message = agent_pb2.AgentSpec()
    assert parse(AGENT, message, {"system_prompt": "p", "max_iterations": 5}) == []
    assert (message.system_prompt, message.max_iterations) == ("p", 5)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    tree: JsonObject = {
        "status": "idle",
        "titel": "x",
        "tags": [1, "a", 2],
        "locale": "de",
        "capabilities": [{"ref": 1, "config": {"n": 1e20}}, 7],
    }
    assert [(field, reason) for field, reason, _ in refused(SESSION, tree)] == [
        ("status", "OUTPUT_ONLY_FIELD"),
        ("titel", "UNKNOWN_FIELD"),
        ("tags[0]", "INVALID_FIELD"),
        ("tags[2]", "INVALID_FIELD"),
        ("locale", "UNSUPPORTED_FIELD"),
        ("capabilities[0].ref", "INVALID_FIELD"),
        ("capabilities[0].config.n", "NUMBER_NOT_REPRESENTABLE"),
        ("capabilities[1]", "INVALID_FIELD"),
    ]


def test_a_body_of_bad_keys_alone_has_a_bounded_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    monkeypatch.setattr("gateway.parse.nearest", lambda key, known: searched.append(key))
    assert len(refused(SESSION, {f"key{index}": 1 for index in range(1000)})) == MAX_VIOLATIONS
    assert len(searched) == MAX_VIOLATIONS


CAPABILITIES = st.lists(
    st.fixed_dictionaries(
        {
            "ref": TEXT,
            "config": st.none() | OBJECTS,
            "mode": st.sampled_from([None, "include", "exclude"]),
            "locked": st.lists(TEXT, max_size=2),
        }
    ),
    max_size=4,
)
SESSIONS = st.fixed_dictionaries(
    {
        "agent_id": TEXT,
        "title": st.none() | TEXT,
        "tags": st.lists(TEXT, max_size=4),
        "model_id": st.none() | TEXT,
        "capabilities": CAPABILITIES,
    }
)
AGENTS = st.fixed_dictionaries(
    {
        "id": TEXT,
        "name": TEXT,
        "display_name": st.none() | TEXT,
        "description": st.none() | TEXT,
        "system_prompt": TEXT,
        "default_model_id": st.none() | TEXT,
        "tags": st.lists(TEXT, max_size=4),
        "capabilities": CAPABILITIES,
        "max_iterations": st.none() | st.integers(-(2**31), 2**31 - 1),
    }
)


@given(SESSIONS)
def test_a_session_that_is_parsed_and_rendered_is_the_same(tree: JsonObject) -> None:
    _check_round_trip(SESSION, session_pb2.SessionSpec(), tree)


@given(AGENTS)
def test_an_agent_that_is_parsed_and_rendered_is_the_same(tree: JsonObject) -> None:
    _check_round_trip(AGENT, agent_pb2.AgentSpec(), tree)


def _check_round_trip(body: ResourceBody, message: Message, tree: JsonObject) -> None:
    assert parse(body, message, tree) == []
    rendered = renderer(message.DESCRIPTOR)(message)
    assert rendered | _without_empty_strings(tree) == rendered
    again = type(message)()
    assert parse(body, again, rendered) == []
    assert again == message


def _without_empty_strings(tree: JsonObject) -> JsonObject:
    # Where a field has no presence an empty string is null; that is the same to the server.
    given_ = {key: value for key, value in tree.items() if value != "" and key != "capabilities"}
    capabilities = tree["capabilities"]
    assert isinstance(capabilities, list)
    if all(isinstance(entry, dict) and entry["ref"] for entry in capabilities):
        # These two keys are there only where they say something.
        given_["capabilities"] = [
            {key: value for key, value in entry.items() if key not in ("mode", "locked") or value}
            for entry in capabilities
            if isinstance(entry, dict)
        ]
    return given_


@given(
    st.dictionaries(TEXT | st.sampled_from(["agent_id", "title", "tags", "capabilities", "status"]), VALUES)
)
def test_any_object_gives_a_message_or_violations(tree: JsonObject) -> None:
    for body, message in ((SESSION, session_pb2.SessionSpec()), (AGENT, agent_pb2.AgentSpec())):
        parse(body, message, tree)
        message.SerializeToString()
