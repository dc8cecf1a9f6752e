"""Requests as the core's values, and what an update changes."""

from __future__ import annotations

import math

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.struct_pb2 import Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from everruns.v1 import agent_pb2, session_pb2
from everruns.v1.agent_service_pb2 import ListAgentsRequest
from everruns.v1.capability_pb2 import CapabilityConfig
from everruns.v1.session_service_pb2 import ListSessionsRequest
from server.core.agent import AgentFilter, AgentSpec
from server.core.errors import Reason, ServiceError
from server.core.layer import EMPTY
from server.core.session import SessionFilter, SessionSpec, SessionStatus
from server.rpc import decode
from server.rpc.struct_json import to_struct
from tests.unit.capabilities import layer

KEY = bytes.fromhex("0192f3a17c5e7d3e8f0a1b2c3d4e5f60")
AGENT = f"agent_{KEY.hex()}"
SESSION_FIELDS = ["title", "tags", "model_id", "capabilities", "agent_binding", "pinned_agent_version"]
AGENT_FIELDS = [
    "name",
    "display_name",
    "description",
    "system_prompt",
    "default_model_id",
    "tags",
    "capabilities",
    "max_iterations",
]


def test_a_session_as_the_contract_shows_it() -> None:
    message = session_pb2.SessionSpec(
        agent_id="agent_0192F3A1-7c5e-7d3e-8f0a-1b2c3d4e5f60",
        title="Research Session",
        tags=["research", "web", "research"],
        model_id="gpt-4o",
        capabilities=[
            CapabilityConfig(ref="current_time"),
            CapabilityConfig(ref="web_fetch", config=to_struct({"timeout_ms": 30000})),
            CapabilityConfig(ref="noop", config=Struct()),
        ],
    )
    spec = decode.new_session(message)
    assert spec == SessionSpec(
        agent_id=KEY,
        title="Research Session",
        tags=("research", "web"),
        model_id="gpt-4o",
        capabilities=layer("current_time", ("web_fetch", {"timeout_ms": 30000}), ("noop", {})),
    )
    assert '"timeout_ms":30000}' in spec.capabilities.text


def test_what_is_unset_is_none() -> None:
    assert decode.new_session(session_pb2.SessionSpec(agent_name="a")) == SessionSpec(agent_name="a")
    assert decode.session_spec(session_pb2.SessionSpec()).capabilities is EMPTY


def test_an_agent() -> None:
    message = agent_pb2.AgentSpec(
        id=AGENT,
        name="a",
        display_name="A",
        description="d",
        system_prompt="p",
        default_model_id="m",
        tags=["x", "y", "x"],
        capabilities=[CapabilityConfig(ref="noop")],
        max_iterations=5,
    )
    assert decode.agent_spec(message) == AgentSpec(
        "a", "p", KEY, "A", "d", "m", ("x", "y"), layer("noop"), max_iterations=5
    )


def test_an_agents_defaults() -> None:
    spec = decode.agent_spec(agent_pb2.AgentSpec(name="a", system_prompt="p"))
    assert spec == AgentSpec(name="a", system_prompt="p")
    assert spec.max_iterations == 100


def test_an_empty_description_is_one() -> None:
    assert decode.agent_spec(agent_pb2.AgentSpec(description="")).description == ""


@given(st.lists(st.sampled_from(["a", "b", "c", "d"])))
def test_of_equal_tags_the_first_is_kept(tags: list[str]) -> None:
    kept = decode.session_spec(session_pb2.SessionSpec(tags=tags)).tags
    assert list(kept) == sorted(set(tags), key=tags.index)
    assert decode.agent_spec(agent_pb2.AgentSpec(tags=tags)).tags == kept
    assert decode.session_filter(ListSessionsRequest(tags=tags)).tags == kept


@pytest.mark.parametrize(
    ("message", "field", "reason"),
    [
        (session_pb2.SessionSpec(), "agent_id", Reason.REQUIRED_FIELD_MISSING),
        (session_pb2.SessionSpec(agent_id=AGENT, agent_name="a"), "agent_name", Reason.INVALID_FIELD),
    ],
)
def test_a_new_session_names_its_agent_in_one_way(
    message: session_pb2.SessionSpec, field: str, reason: Reason
) -> None:
    with pytest.raises(ServiceError) as refusal:
        decode.new_session(message)
    assert [(v.field, v.reason) for v in refusal.value.violations] == [(field, reason)]


def test_the_violations_of_all_configs_are_said_at_once() -> None:
    bad = Struct(fields={"n": Value(number_value=math.inf)})
    entries = [
        CapabilityConfig(ref="a", config=bad),
        CapabilityConfig(ref="b"),
        CapabilityConfig(ref="c", config=bad),
    ]
    for refuse in (
        lambda: decode.session_spec(session_pb2.SessionSpec(capabilities=entries)),
        lambda: decode.agent_spec(agent_pb2.AgentSpec(capabilities=entries)),
    ):
        with pytest.raises(ServiceError) as refusal:
            refuse()
        assert refusal.value.reason is Reason.NUMBER_NOT_REPRESENTABLE
        fields = [violation.field for violation in refusal.value.violations]
        assert fields == ["capabilities[0].config.n", "capabilities[2].config.n"]


def test_filters() -> None:
    request = ListSessionsRequest(
        agent_id=AGENT, search="x", tags=["t"], status=session_pb2.SESSION_STATUS_IDLE
    )
    assert decode.session_filter(request) == SessionFilter(KEY, "x", ("t",), SessionStatus.IDLE)
    assert decode.session_filter(ListSessionsRequest()) == SessionFilter()
    times = ListSessionsRequest(
        created_after=Timestamp(seconds=1, nanos=1000), created_before=Timestamp(), pinned=True
    )
    expected = SessionFilter(created_after=1_000_001, created_before=0, pinned=True)
    assert decode.session_filter(times) == expected
    assert decode.agent_filter(ListAgentsRequest(search="x", include_archived=True)) == AgentFilter("x", True)
    assert decode.agent_filter(ListAgentsRequest()) == AgentFilter()


@given(st.integers(-2, 2), st.integers(0, 999_999_999), st.integers(-3_000_000, 3_000_000))
def test_a_time_bound_is_kept_to_the_nanosecond(seconds: int, nanos: int, created_at: int) -> None:
    bound = Timestamp(seconds=seconds, nanos=nanos)
    filter = decode.session_filter(ListSessionsRequest(created_after=bound, created_before=bound))
    assert filter.created_after is not None
    assert filter.created_before is not None
    is_later = created_at * 1000 >= seconds * 1_000_000_000 + nanos
    assert (created_at >= filter.created_after) is is_later
    assert (created_at < filter.created_before) is not is_later


@pytest.mark.parametrize("status", SessionStatus)
def test_every_status_can_be_asked_for(status: SessionStatus) -> None:
    request = ListSessionsRequest(status=f"SESSION_STATUS_{status.name}")
    assert decode.session_filter(request).status is status


# Updates

FULL_SESSION = session_pb2.SessionSpec(
    title="t",
    tags=["a"],
    model_id="m",
    capabilities=[CapabilityConfig(ref="noop")],
    agent_binding=session_pb2.AGENT_BINDING_PINNED,
    pinned_agent_version=1,
)
FULL_AGENT = agent_pb2.AgentSpec(
    name="a",
    display_name="A",
    description="d",
    system_prompt="p",
    default_model_id="m",
    tags=["a"],
    capabilities=[CapabilityConfig(ref="noop")],
    max_iterations=1,
)


Spec = session_pb2.SessionSpec | agent_pb2.AgentSpec


def changes(mask: FieldMask | None, spec: Spec) -> frozenset[str]:
    if isinstance(spec, agent_pb2.AgentSpec):
        return decode.changed_fields(mask, spec, decode.AGENT_FIELDS)
    return decode.changed_fields(mask, spec, decode.SESSION_FIELDS)


def test_what_can_be_changed() -> None:
    assert set(SESSION_FIELDS) == decode.SESSION_FIELDS
    assert set(AGENT_FIELDS) == decode.AGENT_FIELDS


@pytest.mark.parametrize("mask", [None, FieldMask()])
def test_without_a_mask_what_is_set_is_changed(mask: FieldMask | None) -> None:
    assert changes(mask, FULL_SESSION) == set(SESSION_FIELDS)
    assert changes(mask, FULL_AGENT) == set(AGENT_FIELDS)
    assert changes(mask, session_pb2.SessionSpec(title="t")) == {"title"}
    assert changes(mask, session_pb2.SessionSpec(title="")) == {"title"}
    assert changes(mask, session_pb2.SessionSpec()) == set()
    assert changes(mask, agent_pb2.AgentSpec(description="")) == {"description"}


@given(st.sets(st.sampled_from(SESSION_FIELDS), min_size=1), st.booleans())
def test_a_mask_says_which_are_changed_set_or_not(paths: set[str], full: bool) -> None:
    spec = FULL_SESSION if full else session_pb2.SessionSpec()
    assert changes(FieldMask(paths=sorted(paths)), spec) == paths


@given(st.sets(st.sampled_from(AGENT_FIELDS), min_size=1))
def test_a_mask_says_which_fields_of_an_agent_are_changed(paths: set[str]) -> None:
    assert changes(FieldMask(paths=sorted(paths)), FULL_AGENT) == paths


def test_a_path_may_come_twice() -> None:
    assert changes(FieldMask(paths=["title", "title"]), FULL_SESSION) == {"title"}


def test_an_asterisk_is_all_of_them() -> None:
    assert changes(FieldMask(paths=["*"]), session_pb2.SessionSpec()) == set(SESSION_FIELDS)
    assert changes(FieldMask(paths=["*"]), FULL_AGENT) == set(AGENT_FIELDS)


Wrong = list[tuple[str, Reason]]
UNKNOWN = ("update_mask", Reason.INVALID_UPDATE_MASK)


def wrong(mask: FieldMask | None, spec: Spec) -> Wrong:
    with pytest.raises(ServiceError) as refusal:
        changes(mask, spec)
    return [(violation.field, violation.reason) for violation in refusal.value.violations]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["titel"], [UNKNOWN]),
        ([""], [UNKNOWN]),
        (["Title"], [UNKNOWN]),
        (["modelId"], [UNKNOWN]),
        (["capabilities.ref"], [UNKNOWN]),
        (["capabilities[0]"], [UNKNOWN]),
        (["status"], [UNKNOWN]),
        (["*", "title"], [UNKNOWN]),
        (["agent_id"], [("agent_id", Reason.IMMUTABLE_FIELD)]),
        (["agent_name"], [("agent_name", Reason.IMMUTABLE_FIELD)]),
        (["agent_id", "title", "titel"], [("agent_id", Reason.IMMUTABLE_FIELD), UNKNOWN]),
    ],
)
def test_a_mask_that_names_something_else_is_refused(paths: list[str], expected: Wrong) -> None:
    assert wrong(FieldMask(paths=paths), FULL_SESSION) == expected


@given(
    st.text(st.characters(exclude_categories=["Cs"])).filter(lambda path: path not in (*SESSION_FIELDS, "*"))
)
def test_any_other_path_is_refused_and_nothing_else_raised(path: str) -> None:
    (violation,) = wrong(FieldMask(paths=[path]), FULL_SESSION)
    assert violation[1] in (Reason.INVALID_UPDATE_MASK, Reason.IMMUTABLE_FIELD)


def test_what_cannot_be_changed_is_refused_without_a_mask_too() -> None:
    assert wrong(None, session_pb2.SessionSpec(agent_id=AGENT)) == [("agent_id", Reason.IMMUTABLE_FIELD)]
    assert wrong(None, agent_pb2.AgentSpec(id=AGENT, name="a")) == [("id", Reason.IMMUTABLE_FIELD)]
    assert wrong(FieldMask(paths=["id"]), FULL_AGENT) == [("id", Reason.IMMUTABLE_FIELD)]


@pytest.mark.parametrize("paths", [["name", "system_prompt"], ["*"]])
def test_what_is_required_cannot_be_cleared(paths: list[str]) -> None:
    assert sorted(wrong(FieldMask(paths=paths), agent_pb2.AgentSpec())) == [
        ("name", Reason.REQUIRED_FIELD_MISSING),
        ("system_prompt", Reason.REQUIRED_FIELD_MISSING),
    ]
