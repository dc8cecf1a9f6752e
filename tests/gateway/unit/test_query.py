from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
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
    query += "&created_after=2026-01-01T00:00:00Z&created_before=2026-01-01T00:00:01Z&pinned=true"
    assert sessions(query) == (
        session_service_pb2.ListSessionsRequest(
            agent_id="a",
            search="x y&",
            tags=["t", "t,u"],
            status=session_pb2.SESSION_STATUS_IDLE,
            skip=40,
            page_size=20,
            page_token="p",
            created_after=Timestamp(seconds=1767225600),
            created_before=Timestamp(seconds=1767225601),
            pinned=True,
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


@pytest.mark.parametrize(
    ("text", "seconds", "nanos"),
    [
        ("2026-01-31T12:00:00Z", 1769860800, 0),
        ("2026-01-31t12:00:00.5z", 1769860800, 500_000_000),
        ("2026-01-31T12:00:00.123456789%2B02:00", 1769853600, 123_456_789),
        ("2026-01-31T12:00:00-00:30", 1769862600, 0),
        ("0001-01-01T00:00:00Z", -62135596800, 0),
        ("1969-12-31T23:59:59.25Z", -1, 250_000_000),
        ("9999-12-31T23:59:59.999999999Z", 253402300799, 999_999_999),
    ],
)
def test_times_are_read_to_the_nanosecond(text: str, seconds: int, nanos: int) -> None:
    message, violations = sessions(f"created_after={text}")
    assert violations == []
    assert (message.created_after.seconds, message.created_after.nanos) == (seconds, nanos)
    assert not message.HasField("created_before")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1769860800",
        "2026-01-31",
        "2026-01-31T12:00Z",
        "2026-01-31T12:00:00",
        "2026-01-31 12:00:00Z",
        "2026-1-31T12:00:00Z",
        "2026-02-29T12:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00.1234567890Z",
        "2026-01-31T12:00:00+02:00",
        "2026-01-31T12:00:00%2B24:00",
        "2026-01-31T12:00:00%2B0200",
        "2026-01-31T12:00:00Z\n",
        "２０２６-01-31T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00%2B00:01",
        "9999-12-31T23:59:59-00:01",
        "99999-01-31T12:00:00Z",
        "-2026-01-31T12:00:00Z",
        "%00",
        "9" * 5000,
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    for key in ("created_after", "created_before"):
        [(field, reason, description)] = sessions(f"{key}={text}")[1]
        assert (field, reason) == (key, "INVALID_FIELD")
        assert description.startswith("must be an RFC 3339 time")


@given(st.datetimes(timezones=st.timezones()))
def test_any_time_is_read_as_it_is_written(time: datetime) -> None:
    text = time.isoformat()
    message, violations = sessions(f"created_before={quote(text)}")
    if violations:
        # Zones of long ago have offsets with seconds; and the years are those of UTC.
        assert len(text.rpartition("T")[2].split(":")) > 4 or time.year in (1, 9999)
    else:
        assert message.created_before.ToDatetime(UTC) == datetime.fromisoformat(text)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    for quoted in (quote(text, errors="replace"), f"2026-01-31T12:00:00{quote(text, errors='replace')}"):
        assert len(sessions(f"created_after={quoted}")[1]) <= 1
