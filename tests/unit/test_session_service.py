"""SessionService: sessions are created, previewed, read, listed, changed and deleted."""

from __future__ import annotations

from uuid import UUID

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.field_mask_pb2 import FieldMask

from everruns.v1 import session_service_pb2 as pb
from everruns.v1.agent_pb2 import Agent
from everruns.v1.agent_service_pb2 import DeleteAgentRequest
from everruns.v1.session_pb2 import SESSION_STATUS_IDLE, SESSION_STATUS_STARTED, Session, SessionSpec
from tests.unit.session_calls import create, create_agent, entry, read
from tests.unit.testing_server import Client, Service

MISSING = "session_ffffffffffffffffffffffffffffffff"


def update(client: Client, id: str, spec: SessionSpec, *paths: str) -> Session:
    request = pb.UpdateSessionRequest(id=id, session=spec, update_mask=FieldMask(paths=paths))
    return client("UpdateSession", request, Session)


@pytest.fixture
def agent(client: Client) -> Agent:
    """An agent that has the time and files."""
    return create_agent(client, "research", entry("current_time"), entry("virtual_bash"))


@pytest.fixture
def session(client: Client, agent: Agent) -> Session:
    """A session with everything set."""
    spec = SessionSpec(
        agent_id=agent.id,
        title="Research Session",
        tags=["research", "web", "research"],
        model_id="gpt-4o",
        capabilities=[
            entry("current_time"),
            entry("web_fetch", {"timeout_ms": 30000}),
            entry("session_storage"),
        ],
    )
    return create(client, spec)


def test_a_session_is_created_as_it_is_asked_for(client: Client, agent: Agent, session: Session) -> None:
    assert session.id.startswith("session_")
    assert len(session.id) == 40
    assert session.organization_id == f"org_{client.organization_id.hex()}"
    assert session.agent_id == agent.id
    assert (session.title, session.model_id) == ("Research Session", "gpt-4o")
    assert list(session.tags) == ["research", "web"]
    assert list(session.capabilities) == [
        entry("current_time"),
        entry("web_fetch", {"timeout_ms": 30000}),
        entry("session_storage"),
    ]
    assert session.status == SESSION_STATUS_STARTED
    assert list(session.features) == ["file_system", "secrets", "key_value"]
    assert session.created_at == session.updated_at
    assert read(client, session.id) == session


def test_an_agent_may_be_named_and_no_default_is_copied(client: Client, agent: Agent) -> None:
    session = create(client, SessionSpec(agent_name="research"))
    assert session.agent_id == agent.id
    assert not session.HasField("title")
    assert not session.HasField("model_id")
    assert list(session.capabilities) == []
    assert read(client, session.id) == session


def test_ids_may_be_spelled_in_other_ways(client: Client, session: Session) -> None:
    hyphenated = f"session_{UUID(session.id.removeprefix('session_'))}"
    for spelling in (hyphenated, hyphenated.upper(), session.id.upper()):
        assert read(client, spelling) == session


def test_all_that_is_wrong_with_a_create_is_named(client: Client, agent: Agent) -> None:
    spec = SessionSpec(
        agent_id=agent.id,
        capabilities=[
            entry("research"),
            entry("web_fech"),
            entry("web_fetch", {"timeout_ms": 0, "timeout": 1}),
            entry("web_fetch"),
        ],
    )
    failure = client.failure("CreateSession", pb.CreateSessionRequest(session=spec), ("x-request-id", "r-1"))
    assert failure.code is grpc.StatusCode.INVALID_ARGUMENT
    assert (failure.reason, failure.domain, failure.request_id) == (
        "CAPABILITY_NOT_AVAILABLE",
        "everruns",
        "r-1",
    )
    assert failure.violations == [
        ("capabilities[0].ref", "CAPABILITY_NOT_AVAILABLE"),
        ("capabilities[1].ref", "UNKNOWN_CAPABILITY"),
        ("capabilities[3].ref", "DUPLICATE_CAPABILITY"),
        ("capabilities[2].config.timeout", "INVALID_CONFIG"),
        ("capabilities[2].config.timeout_ms", "INVALID_CONFIG"),
    ]
    assert "did you mean web_fetch?" in failure.message
    assert client("ListSessions", pb.ListSessionsRequest(), pb.ListSessionsResponse).total_size == 0


@pytest.mark.parametrize("rpc", ["CreateSession", "PreviewSession"])
def test_a_new_session_needs_an_agent_that_there_is(client: Client, agent: Agent, rpc: str) -> None:
    def failure(spec: SessionSpec) -> tuple[grpc.StatusCode, str, list[tuple[str, str]]]:
        request = {"CreateSession": pb.CreateSessionRequest, "PreviewSession": pb.PreviewSessionRequest}[rpc]
        found = client.failure(rpc, request(session=spec))
        return found.code, found.reason, found.violations

    invalid, not_found = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
    missing = "REQUIRED_FIELD_MISSING"
    assert failure(SessionSpec()) == (invalid, missing, [("agent_id", missing)])
    assert failure(SessionSpec(agent_id="session_1")) == (invalid, "INVALID_ID", [("agent_id", "INVALID_ID")])
    assert failure(SessionSpec(agent_id=f"agent_{'f' * 32}")) == (not_found, "AGENT_NOT_FOUND", [])
    assert failure(SessionSpec(agent_name="nobody")) == (not_found, "AGENT_NOT_FOUND", [])
    client("DeleteAgent", DeleteAgentRequest(id=agent.id), Empty)
    archived = grpc.StatusCode.FAILED_PRECONDITION
    assert failure(SessionSpec(agent_id=agent.id)) == (archived, "AGENT_ARCHIVED", [])
    assert failure(SessionSpec(agent_name="research")) == (not_found, "AGENT_NOT_FOUND", [])


def test_a_preview_is_what_would_be_and_writes_nothing(client: Client, agent: Agent) -> None:
    spec = SessionSpec(agent_id=agent.id, title="t", capabilities=[entry("web_fetch", {"max_bytes": 9})])
    preview = client("PreviewSession", pb.PreviewSessionRequest(session=spec), pb.PreviewSessionResponse)
    assert client("ListSessions", pb.ListSessionsRequest(), pb.ListSessionsResponse).total_size == 0
    assert preview.session.id == ""
    assert not preview.session.HasField("created_at")
    assert not preview.runtime_agent.HasField("session_id")
    created = create(client, spec)
    runtime = client("GetRuntimeAgent", pb.GetRuntimeAgentRequest(id=created.id), type(preview.runtime_agent))
    assert runtime.digest == preview.runtime_agent.digest
    for name in ("id", "created_at", "updated_at"):
        created.ClearField(name)
    runtime.ClearField("session_id")
    assert preview.session == created
    assert preview.runtime_agent == runtime
    assert list(preview.problems) == list(runtime.problems) == []


def test_a_session_that_there_is_not_is_not_found(client: Client, session: Session) -> None:
    for rpc, request in (
        ("GetSession", pb.GetSessionRequest(id=MISSING)),
        ("GetRuntimeAgent", pb.GetRuntimeAgentRequest(id=MISSING)),
        ("UpdateSession", pb.UpdateSessionRequest(id=MISSING, session=SessionSpec(title="t"))),
        ("DeleteSession", pb.DeleteSessionRequest(id=MISSING)),
    ):
        failure = client.failure(rpc, request)
        assert (failure.code, failure.reason) == (grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND")
        assert failure.resource == ("session", MISSING)


def test_another_organizations_session_is_answered_as_none(service: Service, session: Session) -> None:
    stranger = service.client("globex")
    for rpc, request in (
        ("GetSession", pb.GetSessionRequest),
        ("GetRuntimeAgent", pb.GetRuntimeAgentRequest),
        ("DeleteSession", pb.DeleteSessionRequest),
    ):
        theirs = stranger.failure(rpc, request(id=session.id), ("x-request-id", "r"))
        none = stranger.failure(rpc, request(id=MISSING), ("x-request-id", "r"))
        assert repr(theirs).replace(session.id, MISSING) == repr(none)
    listed = stranger("ListSessions", pb.ListSessionsRequest(), pb.ListSessionsResponse)
    assert (listed.total_size, list(listed.sessions)) == (0, [])
    failure = stranger.failure(
        "CreateSession", pb.CreateSessionRequest(session=SessionSpec(agent_id=session.agent_id))
    )
    assert failure.reason == "AGENT_NOT_FOUND"


def test_an_update_changes_what_its_mask_names_and_clears_what_is_unset(
    client: Client, session: Session
) -> None:
    changed = update(client, session.id, SessionSpec(tags=["x", "x"], model_id="other"), "title", "tags")
    assert not changed.HasField("title")
    assert list(changed.tags) == ["x"]
    assert changed.model_id == "gpt-4o"
    assert changed.capabilities == session.capabilities
    assert changed.created_at == session.created_at
    assert changed.updated_at.ToNanoseconds() > session.updated_at.ToNanoseconds()
    assert read(client, session.id) == changed


def test_an_update_without_a_mask_changes_what_is_set(client: Client, session: Session) -> None:
    changed = update(client, session.id, SessionSpec(capabilities=[entry("openui")]))
    assert (changed.title, list(changed.tags)) == ("Research Session", ["research", "web"])
    assert list(changed.capabilities) == [entry("openui")]
    assert list(changed.features) == ["file_system", "openui"]


def test_an_update_of_nothing_changes_nothing(client: Client, session: Session) -> None:
    assert update(client, session.id, SessionSpec()) == session


def test_an_update_of_all_clears_all(client: Client, session: Session) -> None:
    changed = update(client, session.id, SessionSpec(), "*")
    assert not changed.HasField("title")
    assert not changed.HasField("model_id")
    assert list(changed.tags) == list(changed.capabilities) == []
    assert list(changed.features) == ["file_system"]


@pytest.mark.parametrize(
    ("spec", "paths", "violations"),
    [
        (SessionSpec(), ["agent_id"], [("agent_id", "IMMUTABLE_FIELD")]),
        (SessionSpec(), ["titel"], [("update_mask", "INVALID_UPDATE_MASK")]),
        (SessionSpec(title=""), ["title"], [("title", "INVALID_FIELD")]),
        (
            SessionSpec(capabilities=[entry("noop"), entry("web_fetch", {"max_bytes": 0})]),
            ["capabilities"],
            [("capabilities[1].config.max_bytes", "INVALID_CONFIG")],
        ),
        (
            SessionSpec(capabilities=[entry("web_fetch", {"max_bytes": 1e300})]),
            ["capabilities"],
            [("capabilities[0].config.max_bytes", "NUMBER_NOT_REPRESENTABLE")],
        ),
    ],
)
def test_a_bad_update_changes_nothing(
    client: Client, session: Session, spec: SessionSpec, paths: list[str], violations: list[tuple[str, str]]
) -> None:
    request = pb.UpdateSessionRequest(id=session.id, session=spec, update_mask=FieldMask(paths=paths))
    failure = client.failure("UpdateSession", request)
    assert failure.code is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.violations == violations
    assert read(client, session.id) == session


def test_a_deleted_session_is_gone(client: Client, session: Session) -> None:
    client("DeleteSession", pb.DeleteSessionRequest(id=session.id), Empty)
    failure = client.failure("DeleteSession", pb.DeleteSessionRequest(id=session.id))
    assert failure.code is grpc.StatusCode.NOT_FOUND
    assert client.failure("GetSession", pb.GetSessionRequest(id=session.id)).reason == "SESSION_NOT_FOUND"
    assert client("ListSessions", pb.ListSessionsRequest(), pb.ListSessionsResponse).total_size == 0


def listed(client: Client, request: pb.ListSessionsRequest) -> list[str]:
    found = client("ListSessions", request, pb.ListSessionsResponse)
    assert found.total_size == len(found.sessions)
    return [session.title for session in found.sessions]


def test_a_list_holds_what_its_filter_lets_through_the_newest_first(client: Client, agent: Agent) -> None:
    other = create_agent(client, "other")
    create(client, SessionSpec(agent_id=agent.id, title="Straße", tags=["a", "b"]))
    create(client, SessionSpec(agent_id=other.id, title="Road", tags=["b"]))
    create(client, SessionSpec(agent_id=other.id, title="Lane"))
    assert listed(client, pb.ListSessionsRequest()) == ["Lane", "Road", "Straße"]
    assert listed(client, pb.ListSessionsRequest(agent_id=other.id)) == ["Lane", "Road"]
    assert listed(client, pb.ListSessionsRequest(agent_id=f"agent_{'f' * 32}")) == []
    assert listed(client, pb.ListSessionsRequest(search="STRASSE")) == ["Straße"]
    assert listed(client, pb.ListSessionsRequest(tags=["b"])) == ["Road", "Straße"]
    assert listed(client, pb.ListSessionsRequest(tags=["b", "a"], agent_id=agent.id)) == ["Straße"]
    assert listed(client, pb.ListSessionsRequest(status=SESSION_STATUS_STARTED, search="a")) == [
        "Lane",
        "Road",
        "Straße",
    ]
    assert listed(client, pb.ListSessionsRequest(status=SESSION_STATUS_IDLE)) == []


def test_pages_by_token_repeat_and_skip_nothing_that_was_there(client: Client, agent: Agent) -> None:
    ids = [create(client, SessionSpec(agent_id=agent.id)).id for _ in range(5)]
    request = pb.ListSessionsRequest(page_size=2, agent_id=agent.id)
    first = client("ListSessions", request, pb.ListSessionsResponse)
    assert (first.total_size, first.page_size) == (5, 2)
    create(client, SessionSpec(agent_id=agent.id))
    request.page_token = first.next_page_token
    second = client("ListSessions", request, pb.ListSessionsResponse)
    request.page_token = second.next_page_token
    third = client("ListSessions", request, pb.ListSessionsResponse)
    found = [session.id for page in (first, second, third) for session in page.sessions]
    assert found == ids[::-1]
    assert not third.HasField("next_page_token")
    request.agent_id = ""
    failure = client.failure("ListSessions", request)
    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_PAGE_TOKEN")
