from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everruns.v1 import agent_service_pb2, session_pb2, session_service_pb2
from gateway.query import QueryParser
from gateway.violations import Violations

SESSIONS = QueryParser(session_service_pb2.DESCRIPTOR.message_types_by_name["ListSessionsRequest"].fields)
AGENTS = QueryParser(agent_service_pb2.DESCRIPTOR.message_types_by_name["ListAgentsRequest"].fields)


def sessions(query: str) -> tuple[session_service_pb2.ListSessionsRequest, list[tuple[str, str, str]]]:
    message, violations = session_service_pb2.ListSessionsRequest(), Violations()
    SESSIONS.parse(message, query.encode(), violations)
    return message, [(found.field, found.reason, found.description) for found in violations]


def test_every_field_is_read() -> None:
    query = "agent_id=a&search=x+y%26&tags=t&tags=t%2Cu&status=idle&offset=40&limit=20&page_token=p"
    assert sessions(query) == (
        session_service_pb2.ListSessionsRequest(
            agent_id="a",
            search="x y&",
            tags=["t", "t,u"],
            status=session_pb2.SESSION_STATUS_IDLE,
            skip=40,
            page_size=20,
            page_token="p",
        ),
        [],
    )


def test_without_a_query_nothing_is_set() -> None:
    assert sessions("") == (session_service_pb2.ListSessionsRequest(), [])


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False)])
def test_flags_are_read(text: str, value: bool) -> None:
    message, violations = agent_service_pb2.ListAgentsRequest(), Violations()
    AGENTS.parse(message, f"include_archived={text}".encode(), violations)
    assert not violations
    assert message.include_archived is value


def test_a_negative_number_is_left_to_the_server() -> None:
    message, violations = sessions("limit=-1")
    assert violations == []
    assert message.page_size == -1


@pytest.mark.parametrize(
    "value", ["many", "", "1.5", "1e2", "0x10", "%2B1", " 1", "１", "2147483648", "9" * 5000]
)
@pytest.mark.parametrize("key", ["limit", "offset"])
def test_what_is_no_number_is_refused_by_its_rest_name(key: str, value: str) -> None:
    assert sessions(f"{key}={value}")[1] == [(key, "INVALID_FIELD", "must be a 32-bit integer")]


@pytest.mark.parametrize("value", ["1", "yes", "True", ""])
def test_what_is_no_flag_is_refused(value: str) -> None:
    violations = Violations()
    AGENTS.parse(agent_service_pb2.ListAgentsRequest(), f"include_archived={value}".encode(), violations)
    assert [found.description for found in violations] == ["must be true or false"]


@pytest.mark.parametrize("value", ["done", "Idle", "SESSION_STATUS_IDLE", "1", "", "unspecified"])
def test_an_unknown_status_is_refused_with_the_known_ones(value: str) -> None:
    assert sessions(f"status={value}")[1] == [
        ("status", "INVALID_FIELD", "must be one of started, active, idle")
    ]


@pytest.mark.parametrize(
    ("key", "description"),
    [
        ("page_size", "did you mean page_token?"),
        ("skip", "there is no such field"),
        ("limits", "did you mean limit?"),
        ("request_ids", "there is no such field"),
        ("", "there is no such field"),
    ],
)
def test_an_unknown_key_is_refused(key: str, description: str) -> None:
    [(field, reason, said)] = sessions(f"{key}=1")[1]
    assert (field, reason, said) == (key or '[""]', "UNKNOWN_FIELD", description)


def test_a_key_of_one_value_may_be_there_once() -> None:
    assert sessions("limit=1&limit=1")[1] == [("limit", "INVALID_FIELD", "is there twice")]


def test_nul_is_refused() -> None:
    assert sessions("search=a%00b&tags=%00")[1] == [
        ("search", "INVALID_FIELD", "must not contain U+0000"),
        ("tags", "INVALID_FIELD", "must not contain U+0000"),
    ]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert [field for field, _, _ in sessions("limit=x&foo=1&status=y&offset=1")[1]] == [
        "limit",
        "foo",
        "status",
    ]


@given(st.text(st.sampled_from("limit=offset&tags%0aFé\udc80;+ 1"), max_size=40))
def test_any_query_gives_a_message_or_violations(query: str) -> None:
    message = session_service_pb2.ListSessionsRequest()
    SESSIONS.parse(message, query.encode(errors="surrogateescape"), Violations())
    message.SerializeToString()
