"""What a request is refused for beyond its limits, and how the refusal names it."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from everruns.v1 import session_service_pb2 as pb
from everruns.v1.agent_pb2 import AgentSpec
from everruns.v1.agent_service_pb2 import CreateAgentRequest, UpdateAgentRequest
from everruns.v1.capability_pb2 import CapabilityConfig
from everruns.v1.session_pb2 import SessionSpec
from server.core.errors import Reason, ServiceError, Violation
from server.rpc.proto_options import is_required
from server.rpc.validate import validate
from tests.unit.proto_fields import Place, places

AGENT = "agent_0192f3a17c5e7d3e8f0a1b2c3d4e5f60"
PLACES = list(places())


def refused(request: Message) -> list[tuple[str, Reason]]:
    return [(violation.field, violation.reason) for violation in violations(request)]


def violations(request: Message) -> tuple[Violation, ...]:
    try:
        validate(request)
    except ServiceError as error:
        return error.violations
    return ()


def some(*kinds: int) -> list[Place]:
    return [place for place in PLACES if place.field.type in kinds]


STRINGS = some(FieldDescriptor.TYPE_STRING)
ENUMS = some(FieldDescriptor.TYPE_ENUM)
TIMES = [
    place
    for place in some(FieldDescriptor.TYPE_MESSAGE)
    if place.field.message_type is not None
    and place.field.message_type.full_name == "google.protobuf.Timestamp"
]
REQUIRED = [place for place in PLACES if is_required(place.field)]


@pytest.mark.parametrize("place", STRINGS, ids=str)
def test_no_text_holds_nul(place: Place) -> None:
    text = f"{AGENT}\0"
    request = place.request_with([text] if place.field.is_repeated else text)
    path = f"{place.path}[0]" if place.field.is_repeated else place.path
    assert (path, Reason.INVALID_FIELD) in refused(request)


@pytest.mark.parametrize("place", ENUMS, ids=str)
def test_an_enum_is_one_that_the_protos_know(place: Place) -> None:
    assert place.field.enum_type is not None
    known = sorted(place.field.enum_type.values_by_number)
    several = place.field.is_repeated
    path = f"{place.path}[0]" if several else place.path
    # In a list, a value that stands for none is one too many.
    for number in known[1:] if several else known:
        request = place.request_with([number] if several else number)
        assert (path, Reason.INVALID_FIELD) not in refused(request)
    for number in (known[-1] + 1, -1, *([0] if several else [])):
        request = place.request_with([number] if several else number)
        assert (path, Reason.INVALID_FIELD) in refused(request)


@pytest.mark.parametrize("place", TIMES, ids=str)
@pytest.mark.parametrize(
    ("seconds", "nanos", "is_good"),
    [
        (0, 0, True),
        (-62_135_596_800, 0, True),
        (253_402_300_799, 999_999_999, True),
        (-62_135_596_801, 0, False),
        (253_402_300_800, 0, False),
        (-(2**63), 0, False),
        (2**63 - 1, 0, False),
        (0, -1, False),
        (0, 1_000_000_000, False),
        (0, 2**31 - 1, False),
        (0, -(2**31), False),
    ],
)
def test_a_time_is_one_of_the_years_that_have_four_digits(
    place: Place, seconds: int, nanos: int, is_good: bool
) -> None:
    request = place.request_with(Timestamp(seconds=seconds, nanos=nanos))
    assert ((place.path, Reason.INVALID_FIELD) in refused(request)) is not is_good


@pytest.mark.parametrize("place", REQUIRED, ids=str)
def test_what_is_required_must_be_there_unless_an_update_leaves_it_out(place: Place) -> None:
    request, _ = place.bare_request()
    missing = (place.path, Reason.REQUIRED_FIELD_MISSING) in refused(request)
    assert missing is not place.is_of_an_update


def test_the_walk_finds_what_there_is() -> None:
    assert {str(place) for place in ENUMS} == {
        "ListSessionsRequest.status",
        "WatchSessionsRequest.status",
        "EndTurnRequest.outcome",
        "CreateKeyRequest.key.scopes",
        *(f"{verb}SessionRequest.session.capabilities.mode" for verb in ("Create", "Preview", "Update")),
        *(f"{verb}SessionRequest.session.agent_binding" for verb in ("Create", "Preview", "Update")),
        *(f"{verb}AgentRequest.agent.capabilities.mode" for verb in ("Create", "Apply", "Update", "Preview")),
        "PreviewAgentUpdateRequest.agent.capabilities.mode",
    }
    assert {place.path for place in TIMES} == {"created_after", "created_before", "expires_at"}
    found = {str(place) for place in REQUIRED}
    assert {
        "CreateSessionRequest.session",
        "CreateSessionRequest.session.capabilities.ref",
        "UpdateSessionRequest.id",
        "ApplyAgentRequest.agent.system_prompt",
        "UpdateAgentRequest.agent.name",
        "GetCapabilityRequest.id",
    } <= found
    assert len(STRINGS) > 40


def test_a_good_request_passes() -> None:
    spec = SessionSpec(
        agent_id=AGENT,
        title="Research Session",
        tags=["research", "web"],
        model_id="gpt-4o",
        capabilities=[CapabilityConfig(ref="current_time"), CapabilityConfig(ref="web_fetch")],
    )
    assert refused(pb.CreateSessionRequest(session=spec, request_id="retry-1")) == []
    assert refused(pb.ListSessionsRequest()) == []


def test_every_violation_is_named_at_once_with_its_path() -> None:
    spec = SessionSpec(
        agent_id="session_1",
        title="",
        tags=["ok", "", "x" * 101],
        model_id="gpt 4",
        capabilities=[CapabilityConfig(ref="ok"), CapabilityConfig(ref="Not OK"), CapabilityConfig()],
    )
    request = pb.CreateSessionRequest(session=spec, request_id="a b")
    with pytest.raises(ServiceError) as refusal:
        validate(request)
    assert refusal.value.reason is Reason.INVALID_ID
    assert refused(request) == [
        ("agent_id", Reason.INVALID_ID),
        ("title", Reason.INVALID_FIELD),
        ("tags[1]", Reason.INVALID_FIELD),
        ("tags[2]", Reason.LIMIT_EXCEEDED),
        ("model_id", Reason.INVALID_FIELD),
        ("capabilities[1].ref", Reason.INVALID_FIELD),
        ("capabilities[2].ref", Reason.REQUIRED_FIELD_MISSING),
        ("request_id", Reason.INVALID_FIELD),
    ]


def test_a_violation_says_what_is_wanted() -> None:
    spec = SessionSpec(agent_id="session_1", title="x" * 501, tags=[""])
    assert [(v.field, v.description) for v in violations(pb.CreateSessionRequest(session=spec))] == [
        ("agent_id", 'must be "agent_" and a UUID (32 hex digits, or hyphenated), not "session_1"'),
        ("title", "must have at most 500 characters, not 501"),
        ("tags[0]", "must not be empty"),
    ]
    assert [(v.field, v.description) for v in violations(pb.ListSessionsRequest(page_size=-1))] == [
        ("page_size", "must be at least 0, not -1")
    ]


def test_an_update_keeps_to_the_limits_of_what_it_sets() -> None:
    request = UpdateAgentRequest(id=AGENT, agent=AgentSpec(name="x" * 2049, max_iterations=0))
    assert refused(request) == [
        ("name", Reason.LIMIT_EXCEEDED),
        ("max_iterations", Reason.INVALID_FIELD),
    ]
    assert refused(UpdateAgentRequest(id=AGENT, agent=AgentSpec())) == []


def test_an_unset_number_is_not_below_its_minimum() -> None:
    spec = AgentSpec(name="a", system_prompt="b")
    assert refused(CreateAgentRequest(agent=spec)) == []
