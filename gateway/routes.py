"""The routes, as the `google.api.http` options of the protos have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from everruns.v1 import agent_service_pb2, capability_service_pb2, model_service_pb2, session_service_pb2
from everruns.v1.error_reason_pb2 import METHOD_NOT_ALLOWED, NOT_IN_THIS_SERVICE, ROUTE_NOT_FOUND
from gateway import proto_options
from gateway.exchange import Endpoint
from gateway.problem import Problem, refusal

_FILES = (
    session_service_pb2.DESCRIPTOR,
    agent_service_pb2.DESCRIPTOR,
    capability_service_pb2.DESCRIPTOR,
    model_service_pb2.DESCRIPTOR,
)
_VARIABLE = re.compile(r"\{([a-z][a-z0-9_.]*)(=\*\*)?\}")


@dataclass(frozen=True, slots=True)
class Binding:
    """One HTTP form of an RPC. `template` is as the proto has it, `/v1/models/{id=**}`, where `=**` lets a
    variable hold slashes; `body` and `response_body` name fields of the request and of the response,
    and are empty for none."""

    method: str
    template: str
    body: str
    response_body: str
    rpc: MethodDescriptor

    @property
    def path(self) -> str:
        """The template with plain variables, `/v1/models/{id}`."""
        return self.template.replace("=**}", "}")

    @property
    def variables(self) -> list[str]:
        """The fields of the request that are in the path, in order: `agent.id`."""
        return [variable[1] for variable in _VARIABLE.finditer(self.template)]


def service_descriptors() -> list[ServiceDescriptor]:
    """Returns the services that REST has."""
    return [service for file in _FILES for service in file.services_by_name.values()]


def bindings(services: Iterable[ServiceDescriptor]) -> list[Binding]:
    """Returns the HTTP forms of the RPCs that have any.

    Raises ValueError for a form that this gateway cannot serve.
    """
    return [
        _binding(rpc, rule)
        for service in services
        for rpc in service.methods
        for rule in proto_options.http_rules(rpc)
    ]


class RouteTable:
    """Finds the endpoint of a request by its method and path. It may be used from any thread."""

    def __init__(self, endpoints: Iterable[tuple[str, str, Endpoint]], elsewhere: Iterable[str] = ()) -> None:
        """Takes method, path template and endpoint of each route, and the templates of the paths that are
        refused by their own reason. Raises ValueError for a route that is there twice."""
        routes: dict[str, tuple[str, dict[str, Endpoint]]] = {}
        for method, template, endpoint in endpoints:
            _, methods = routes.setdefault(_VARIABLE.sub("{}", template), (template, {}))
            if method in methods:
                raise ValueError(f"{method} {template} is there twice")
            methods[method] = endpoint
        self._constant = {path: methods for path, (_, methods) in routes.items() if "{}" not in path}
        self._variable = [
            (_pattern(template), methods) for path, (template, methods) in routes.items() if "{}" in path
        ]
        elsewhere = tuple(elsewhere)
        self._elsewhere_constant = frozenset(path for path in elsewhere if "{" not in path)
        self._elsewhere_variable = [_pattern(path) for path in elsewhere if "{" in path]

    def find(self, method: str, path: str) -> tuple[Endpoint, tuple[str, ...]]:
        """Returns the endpoint, and the values of the path's variables in order. HEAD finds what GET does.

        Raises Problem, reason ROUTE_NOT_FOUND, METHOD_NOT_ALLOWED or NOT_IN_THIS_SERVICE.
        """
        methods, values = self._find_path(path)
        endpoint = methods.get("GET" if method == "HEAD" else method)
        if endpoint is None:
            allowed = ", ".join(_allowed(methods))
            raise refusal(
                METHOD_NOT_ALLOWED,
                f"The path has the methods {allowed}.",
                headers=[(b"allow", allowed.encode())],
            )
        return endpoint, values

    def _find_path(self, path: str) -> tuple[dict[str, Endpoint], tuple[str, ...]]:
        if (methods := self._constant.get(path)) is not None:
            return methods, ()
        if path in self._elsewhere_constant:
            raise _not_in_this_service()
        for pattern, methods in self._variable:
            if match := pattern.fullmatch(path):
                return methods, match.groups()
        if any(pattern.fullmatch(path) for pattern in self._elsewhere_variable):
            raise _not_in_this_service()
        raise refusal(ROUTE_NOT_FOUND, "There is no such path.")


def _pattern(template: str) -> re.Pattern[str]:
    """A pattern of the paths of a template, with a group for each variable."""
    parts, end = [], 0
    for variable in _VARIABLE.finditer(template):
        parts += [re.escape(template[end : variable.start()]), "(.+)" if variable[2] else "([^/]+)"]
        end = variable.end()
    # A path may hold any character, a line's end among them.
    return re.compile("".join(parts) + re.escape(template[end:]), re.DOTALL)


def _not_in_this_service() -> Problem:
    return refusal(
        NOT_IN_THIS_SERVICE,
        "This path is of the wider API; this service has sessions, agents, capabilities and models only.",
    )


def _allowed(methods: Iterable[str]) -> Iterator[str]:
    for method in sorted(methods):
        yield method
        if method == "GET":
            yield "HEAD"


def _binding(rpc: MethodDescriptor, rule: HttpRule) -> Binding:
    kind = rule.WhichOneof("pattern")
    path = getattr(rule, kind) if kind in ("get", "put", "post", "patch", "delete") else ""
    where = f"the HTTP form of {rpc.full_name}"
    if not path.startswith("/") or set(_VARIABLE.sub("", path)) & set("{}*"):
        raise ValueError(f"{where} is not a path of plain segments and variables: {path!r}")
    if rule.body == "*":
        raise ValueError(f"{where} takes its whole request as the body, which is not supported")
    return Binding(kind.upper(), path, rule.body, rule.response_body, rpc)
