"""CapabilityService over the built-in catalog."""

from __future__ import annotations

import grpc
import pytest

from everruns.v1.capability_pb2 import CAPABILITY_STATUS_COMING_SOON, Capability
from everruns.v1.capability_service_pb2 import (
    GetCapabilityRequest,
    ListCapabilitiesRequest,
    ListCapabilitiesResponse,
)
from tests.unit.capabilities import BUILT_IN
from tests.unit.testing_server import Client

IDS = [capability.id for capability in BUILT_IN]


def page(client: Client, request: ListCapabilitiesRequest) -> ListCapabilitiesResponse:
    return client("ListCapabilities", request, ListCapabilitiesResponse)


def test_one_is_told_by_its_id(client: Client) -> None:
    found = client("GetCapability", GetCapabilityRequest(id="web_fetch"), Capability)
    assert found.name == "Web fetch"
    assert found.default_config["timeout_ms"] == 30000
    assert [tool.name for tool in found.tool_definitions] == ["web_fetch"]
    assert (
        client("GetCapability", GetCapabilityRequest(id="research"), Capability).status
        == CAPABILITY_STATUS_COMING_SOON
    )


def test_one_that_the_catalog_lacks_is_not_found(client: Client) -> None:
    failure = client.failure("GetCapability", GetCapabilityRequest(id="web_fech"))
    assert (failure.code, failure.reason) == (grpc.StatusCode.NOT_FOUND, "CAPABILITY_NOT_FOUND")
    assert failure.resource == ("capability", "web_fech")


@pytest.mark.parametrize(
    ("id", "reason"),
    [("", "REQUIRED_FIELD_MISSING"), ("Web Fetch", "INVALID_FIELD"), ("x" * 101, "INVALID_FIELD")],
)
def test_an_id_that_can_be_none_is_refused(client: Client, id: str, reason: str) -> None:
    failure = client.failure("GetCapability", GetCapabilityRequest(id=id))
    assert failure.code is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.violations == [("id", reason)]


def test_all_are_listed_by_id(client: Client) -> None:
    found = page(client, ListCapabilitiesRequest(page_size=100))
    assert [capability.id for capability in found.capabilities] == sorted(IDS)
    assert (found.total_size, found.page_size, found.skip) == (len(IDS), 100, 0)
    assert not found.HasField("next_page_token")


def test_a_page_has_twenty_unless_it_is_told_and_a_hundred_at_most(client: Client) -> None:
    assert page(client, ListCapabilitiesRequest()).page_size == 20
    assert page(client, ListCapabilitiesRequest(page_size=101)).page_size == 100


@pytest.mark.parametrize("size", [1, 4, len(IDS) - 1, len(IDS), len(IDS) + 1])
def test_pages_by_token_are_the_whole_list(client: Client, size: int) -> None:
    request, ids = ListCapabilitiesRequest(page_size=size), list[str]()
    for _ in IDS:
        found = page(client, request)
        ids += [capability.id for capability in found.capabilities]
        assert found.total_size == len(IDS)
        if not found.HasField("next_page_token"):
            break
        assert len(found.capabilities) == size
        request.page_token = found.next_page_token
    assert ids == IDS


@pytest.mark.parametrize("skip", [0, 5, len(IDS), 10_000])
def test_a_page_may_pass_over_some(client: Client, skip: int) -> None:
    found = page(client, ListCapabilitiesRequest(skip=skip, page_size=3))
    assert [capability.id for capability in found.capabilities] == IDS[skip : skip + 3]
    assert (found.total_size, found.skip) == (len(IDS), skip)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("SQL", ["session_sql_database"]),
        ("web_f", ["web_fetch"]),
        ("time zone", ["current_time"]),
        ("no such thing", []),
    ],
)
def test_a_search_looks_into_id_name_and_description_in_any_case(
    client: Client, search: str, expected: list[str]
) -> None:
    found = page(client, ListCapabilitiesRequest(search=search))
    assert [capability.id for capability in found.capabilities] == expected
    assert found.total_size == len(expected)


def test_a_token_of_another_search_is_refused(client: Client) -> None:
    token = page(client, ListCapabilitiesRequest(page_size=1)).next_page_token
    failure = client.failure("ListCapabilities", ListCapabilitiesRequest(search="a", page_token=token))
    assert failure.code is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.violations == [("page_token", "INVALID_PAGE_TOKEN")]


def test_a_page_below_nothing_is_refused(client: Client) -> None:
    failure = client.failure("ListCapabilities", ListCapabilitiesRequest(page_size=-1, skip=-1))
    assert failure.violations == [("page_size", "INVALID_FIELD"), ("skip", "INVALID_FIELD")]
