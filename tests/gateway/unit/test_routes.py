from __future__ import annotations

import pytest
from google.api.annotations_pb2 import http
from google.api.http_pb2 import CustomHttpPattern, HttpRule
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from gateway import elsewhere
from gateway.exchange import Answer, HttpRequest
from gateway.problem import Problem
from gateway.routes import RouteTable, bindings, service_descriptors


def test_the_routes_are_those_of_the_protos() -> None:
    routes = {(binding.method, binding.path, binding.rpc.name) for binding in bindings(service_descriptors())}
    assert {
        ("POST", "/v1/sessions", "CreateSession"),
        ("POST", "/v1/sessions:preview", "PreviewSession"),
        ("GET", "/v1/sessions", "ListSessions"),
        ("GET", "/v1/sessions/{id}", "GetSession"),
        ("PATCH", "/v1/sessions/{id}", "UpdateSession"),
        ("DELETE", "/v1/sessions/{id}", "DeleteSession"),
        ("GET", "/v1/sessions/{id}/runtime-agent", "GetRuntimeAgent"),
        ("POST", "/v1/agents", "ApplyAgent"),
        ("PUT", "/v1/agents/{agent.id}", "ApplyAgent"),
        ("GET", "/v1/agents", "ListAgents"),
        ("GET", "/v1/agents/{id}", "GetAgent"),
        ("PATCH", "/v1/agents/{id}", "UpdateAgent"),
        ("DELETE", "/v1/agents/{id}", "DeleteAgent"),
        ("POST", "/v1/agents/{id}/copy", "CopyAgent"),
        ("GET", "/v1/agents/{id}/export", "ExportAgent"),
        ("POST", "/v1/agents/import", "ImportAgent"),
        ("POST", "/v1/agents/preview", "PreviewAgent"),
        ("GET", "/v1/models", "ListModels"),
        ("GET", "/v1/models/{id}", "GetModel"),
        ("GET", "/v1/capabilities", "ListCapabilities"),
        ("GET", "/v1/capabilities/{id}", "GetCapability"),
    } <= routes
    assert all(rpc != "CreateAgent" for _, _, rpc in routes)


def _rpc(rule: HttpRule) -> MethodDescriptor:
    file = FileDescriptorProto(name="odd.proto", syntax="proto3")
    file.message_type.add(name="Odd")
    rpc = file.service.add(name="Odds").method.add(name="Do", input_type=".Odd", output_type=".Odd")
    rpc.options.Extensions[http].CopyFrom(rule)  # type: ignore[index]  # the stubs know no extensions
    pool = DescriptorPool()
    pool.Add(file)
    return pool.FindServiceByName("Odds").methods[0]


@pytest.mark.parametrize(
    "rule",
    [
        HttpRule(post="/v1/odds", body="*"),
        HttpRule(get="/v1/{name=odds/*}"),
        HttpRule(get="/v1/{name=*}"),
        HttpRule(get="/v1/*"),
        HttpRule(get="/v1/{Id"),
        HttpRule(get="v1/odds"),
        HttpRule(custom=CustomHttpPattern(kind="HEAD", path="/v1/odds")),
    ],
)
def test_a_form_that_cannot_be_served_is_refused_at_planning(rule: HttpRule) -> None:
    with pytest.raises(ValueError, match=r"the HTTP form of Odds\.Do"):
        bindings([_rpc(rule).containing_service])


class Named:
    """An endpoint that a test can tell from others."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, request: HttpRequest) -> Answer:
        raise NotImplementedError


TABLE = RouteTable(
    [
        ("GET", "/v1/agents", Named("list")),
        ("POST", "/v1/agents", Named("apply")),
        ("POST", "/v1/agents:preview", Named("preview")),
        ("GET", "/v1/agents/{id}", Named("get")),
        ("PUT", "/v1/agents/{agent.id}", Named("put")),
        ("GET", "/v1/agents/{id}/tools/{tool.name}", Named("tool")),
        ("GET", "/v1/models/{id=**}", Named("model")),
    ],
    elsewhere=["/v1/files", "/v1/files/{rest=**}", "/v1/agents/analyze", "/v1/agents/{id}/messages"],
)


@pytest.mark.parametrize(
    ("method", "path", "name", "values"),
    [
        ("GET", "/v1/agents", "list", ()),
        ("HEAD", "/v1/agents", "list", ()),
        ("POST", "/v1/agents", "apply", ()),
        ("POST", "/v1/agents:preview", "preview", ()),
        ("GET", "/v1/agents/a", "get", ("a",)),
        ("GET", "/v1/agents/a:preview", "get", ("a:preview",)),
        ("GET", "/v1/agents/é\n", "get", ("é\n",)),
        ("PUT", "/v1/agents/a", "put", ("a",)),
        ("GET", "/v1/agents/a/tools/b", "tool", ("a", "b")),
        ("GET", "/v1/models/a", "model", ("a",)),
        ("GET", "/v1/models/a/b:c/", "model", ("a/b:c/",)),
        ("GET", "/v1/models/a/\n", "model", ("a/\n",)),
    ],
)
def test_an_endpoint_is_found(method: str, path: str, name: str, values: tuple[str, ...]) -> None:
    endpoint, found = TABLE.find(method, path)
    assert isinstance(endpoint, Named)
    assert (endpoint.name, found) == (name, values)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "*",
        "/v1",
        "/v1/agents/",
        "/v1/agents/a/",
        "/v1/agents/a/tools",
        "//v1/agents",
        "/V1/agents",
        "/v1/agents:list",
        "/v1/agents/a/tools/b/c",
        "/v1/agents\n",
        "/v1/models/",
        "/v1/files/",
        "/v1/files2",
        "/v1/agents/a/messages/b",
    ],
)
@pytest.mark.parametrize("method", ["GET", "BREW"])
def test_an_unknown_path_is_not_found_whatever_the_method(method: str, path: str) -> None:
    with pytest.raises(Problem) as caught:
        TABLE.find(method, path)
    assert (caught.value.code, caught.value.status) == ("ROUTE_NOT_FOUND", 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/agents", b"GET, HEAD, POST"),
        ("OPTIONS", "/v1/agents/a", b"GET, HEAD, PUT"),
        ("GET", "/v1/agents:preview", b"POST"),
        ("HEAD", "/v1/agents:preview", b"POST"),
        ("get", "/v1/agents", b"GET, HEAD, POST"),
    ],
)
def test_an_unknown_method_is_refused_with_the_known_ones(method: str, path: str, allowed: bytes) -> None:
    with pytest.raises(Problem) as caught:
        TABLE.find(method, path)
    assert (caught.value.code, caught.value.status) == ("METHOD_NOT_ALLOWED", 405)
    assert caught.value.headers == ((b"allow", allowed),)


def test_a_route_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^GET /v1/a/\{y\} is there twice$"):
        RouteTable([("GET", "/v1/a/{x}", Named("one")), ("GET", "/v1/a/{y}", Named("two"))])


@pytest.mark.parametrize(
    "path", ["/v1/files", "/v1/files/a/b", "/v1/files/a\nb", "/v1/agents/analyze", "/v1/agents/a/messages"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "BREW"])
def test_a_path_of_the_wider_api_is_refused_as_such(method: str, path: str) -> None:
    with pytest.raises(Problem) as caught:
        TABLE.find(method, path)
    assert (caught.value.code, caught.value.status) == ("NOT_IN_THIS_SERVICE", 501)


def test_no_path_of_this_service_is_of_the_wider_api() -> None:
    table = RouteTable([], elsewhere.PATHS)
    for binding in bindings(service_descriptors()):
        with pytest.raises(Problem) as caught:
            table.find(binding.method, binding.path)
        assert caught.value.code == "ROUTE_NOT_FOUND", binding.path
