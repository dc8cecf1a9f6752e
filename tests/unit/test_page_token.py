"""Page tokens: signed, bound to their list, tenant and filter, and nothing else is one."""

from __future__ import annotations

import base64
import copy

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import example, given
from hypothesis import strategies as st

from everruns.v1 import session_pb2
from everruns.v1.agent_service_pb2 import ListAgentsRequest
from everruns.v1.audit_service_pb2 import ListAuditEventsRequest
from everruns.v1.capability_service_pb2 import ListCapabilitiesRequest
from everruns.v1.key_service_pb2 import ListKeysRequest
from everruns.v1.session_service_pb2 import ListSessionsRequest
from server.core.errors import Reason, ServiceError
from server.core.page import PageRequest
from server.rpc.page_token import ListRequest, PageTokens
from tests.unit.strategies import TEXT

TENANT = bytes(range(16))
TOKENS = PageTokens(b"s" * 32)
KEYS = st.binary(min_size=16, max_size=16)
AFTER = st.tuples(st.integers(-(2**63), 2**63 - 1), KEYS)

TIMES = st.none() | st.builds(Timestamp, seconds=st.integers(0, 3), nanos=st.integers(0, 3))
SESSION_FILTERS: st.SearchStrategy[ListRequest] = st.builds(
    ListSessionsRequest,
    agent_id=TEXT,
    search=TEXT,
    tags=st.lists(TEXT, max_size=3),
    status=st.sampled_from([session_pb2.SESSION_STATUS_UNSPECIFIED, session_pb2.SESSION_STATUS_IDLE]),
    created_after=TIMES,
    created_before=TIMES,
    pinned=st.booleans(),
)
AGENT_FILTERS: st.SearchStrategy[ListRequest] = st.builds(
    ListAgentsRequest, search=TEXT, include_archived=st.booleans()
)
CAPABILITY_FILTERS: st.SearchStrategy[ListRequest] = st.builds(ListCapabilitiesRequest, search=TEXT)
KEY_FILTERS: st.SearchStrategy[ListRequest] = st.builds(ListKeysRequest, include_revoked=st.booleans())
AUDIT_FILTERS: st.SearchStrategy[ListRequest] = st.builds(
    ListAuditEventsRequest, key_id=TEXT, resource_id=TEXT, created_after=TIMES, created_before=TIMES
)
FILTERS = SESSION_FILTERS | AGENT_FILTERS | CAPABILITY_FILTERS | KEY_FILTERS | AUDIT_FILTERS

LISTS: list[type[ListRequest]] = [
    ListSessionsRequest,
    ListAgentsRequest,
    ListCapabilitiesRequest,
    ListKeysRequest,
    ListAuditEventsRequest,
]


def asking(filter: ListRequest, token: str, page_size: int = 0, skip: int = 0) -> ListRequest:
    """The request for the page that a token leads to."""
    request = copy.copy(filter)
    request.page_token, request.page_size, request.skip = token, page_size, skip
    return request


def token_of(filter: ListRequest, after: tuple[int, bytes], tenant: bytes = TENANT) -> str:
    token = TOKENS.next_page_token(filter, tenant, after)
    assert token is not None
    return token


def refused(request: ListRequest, tenant: bytes = TENANT) -> bool:
    """Whether it is refused; nothing but INVALID_PAGE_TOKEN may be raised."""
    refusals = []
    try:
        TOKENS.page_request(request, tenant)
    except ServiceError as error:
        refusals = [(violation.field, violation.reason) for violation in error.violations]
    assert refusals in ([], [("page_token", Reason.INVALID_PAGE_TOKEN)])
    return bool(refusals)


@given(FILTERS, KEYS, AFTER)
def test_a_token_leads_on_with_the_same_filter(
    filter: ListRequest, tenant: bytes, after: tuple[int, bytes]
) -> None:
    token = token_of(filter, after, tenant)
    assert TOKENS.page_request(asking(filter, token), tenant).after == after


@given(FILTERS, AFTER, st.integers(0, 1000), st.integers(0, 1000))
def test_a_page_may_change_its_size_on_the_way(
    filter: ListRequest, after: tuple[int, bytes], size: int, skip: int
) -> None:
    wanted = TOKENS.page_request(asking(filter, token_of(filter, after), size, skip), TENANT)
    assert wanted == PageRequest(size=min(size or 20, 100), skip=skip, after=after)


@given(FILTERS, FILTERS, AFTER)
def test_another_filter_or_list_is_refused(
    one: ListRequest, other: ListRequest, after: tuple[int, bytes]
) -> None:
    same = type(one) is type(other) and one == other
    assert refused(asking(other, token_of(one, after))) is not same


@given(FILTERS, KEYS, KEYS, AFTER)
def test_another_tenant_is_refused(
    filter: ListRequest, one: bytes, other: bytes, after: tuple[int, bytes]
) -> None:
    assert refused(asking(filter, token_of(filter, after, one)), other) is (one != other)


@pytest.mark.parametrize("other", LISTS)
@pytest.mark.parametrize("one", LISTS)
def test_the_same_filter_of_another_list_is_refused(one: type[ListRequest], other: type[ListRequest]) -> None:
    token = token_of(one(), (1, bytes(16)))
    assert refused(asking(other(), token)) is (one is not other)


@given(FILTERS, AFTER, st.integers(0, 31), st.integers(1, 255))
def test_any_changed_byte_is_refused(
    filter: ListRequest, after: tuple[int, bytes], place: int, bits: int
) -> None:
    token = token_of(filter, after)
    content = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    content[place % len(content)] ^= bits
    changed = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
    assert refused(asking(filter, changed))


@given(FILTERS, AFTER, st.integers(0), st.characters(exclude_categories=["Cs"]))
def test_any_changed_character_is_refused(
    filter: ListRequest, after: tuple[int, bytes], place: int, character: str
) -> None:
    token = token_of(filter, after)
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    assert refused(asking(filter, changed)) is (changed != token)


@given(FILTERS, TEXT)
@example(ListSessionsRequest(), "=")
@example(ListSessionsRequest(), "A")
@example(ListSessionsRequest(), "A" * 43)
@example(ListSessionsRequest(), "A" * 1000)
@example(ListSessionsRequest(), "é" * 43)
@example(ListSessionsRequest(), "A===")
@example(ListSessionsRequest(), " ")
def test_text_that_is_no_token_is_refused(filter: ListRequest, text: str) -> None:
    assert refused(asking(filter, text)) is (text != "")


@given(FILTERS, AFTER)
def test_a_token_cut_short_or_prolonged_is_refused(filter: ListRequest, after: tuple[int, bytes]) -> None:
    token = token_of(filter, after)
    assert all(refused(asking(filter, token[:length])) for length in range(1, len(token)))
    assert all(refused(asking(filter, token + more)) for more in ("A", "AA", "AAAA", "!!!!", "\n", token))


@given(FILTERS, AFTER, st.binary(min_size=1, max_size=64))
def test_a_token_of_another_secret_is_refused(
    filter: ListRequest, after: tuple[int, bytes], secret: bytes
) -> None:
    forged = PageTokens(secret).next_page_token(filter, TENANT, after)
    assert forged is not None
    assert refused(asking(filter, forged)) is (secret != TOKENS.secret)


@given(FILTERS, AFTER)
def test_every_process_with_the_secret_reads_a_token(filter: ListRequest, after: tuple[int, bytes]) -> None:
    request = asking(filter, token_of(filter, after))
    assert PageTokens(TOKENS.secret).page_request(request, TENANT).after == after


@given(FILTERS, st.binary(max_size=100))
def test_bytes_that_are_no_token_are_refused(filter: ListRequest, content: bytes) -> None:
    text = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
    assert refused(asking(filter, text)) is (text != "")


def test_the_secret_is_not_shown() -> None:
    assert "sss" not in repr(TOKENS)


def test_there_is_no_token_after_the_last_page() -> None:
    assert TOKENS.next_page_token(ListSessionsRequest(), TENANT, None) is None


@pytest.mark.parametrize("of", LISTS)
def test_without_a_token_the_list_begins_with_twenty(of: type[ListRequest]) -> None:
    assert TOKENS.page_request(of(), TENANT) == PageRequest(size=20, skip=0, after=None)


def test_a_token_is_text_that_fits_into_a_url() -> None:
    token = token_of(ListSessionsRequest(), (2**62, b"\xff" * 16))
    assert token.isascii()
    assert token.replace("-", "").replace("_", "").isalnum()
