"""The routes, as the `google.api.http` options of the protos have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from google.api.http_pb2 import HttpRule
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor

from everruns.v1 import (
    agent_service_pb2,
    audit_service_pb2,
    capability_service_pb2,
    key_service_pb2,
    model_service_pb2,
    session_service_pb2,
    turn_service_pb2,
)
from everruns.v1.error_reason_pb2 import METHOD_NOT_ALLOWED, NOT_IN_THIS_SERVICE, ROUTE_NOT_FOUND
from gateway import proto_options
from gateway.exchange import Endpoint
from gateway.problem import Problem, refusal

_FILES = (
    session_service_pb2.DESCRIPTOR,
    agent_service_pb2.DESCRIPTOR,
    capability_service_pb2.DESCRIPTOR,
    turn_service_pb2.DESCRIPTOR,
    key_service_pb2.DESCRIPTOR,
    audit_service_pb2.DESCRIPTOR,
    model_service_pb2.DESCRIPTOR,
)
_VARIABLE = re.compile(r"\{([a-z][a-z0-9_.]*)(=\*\*)?\}")

REQUEST_ID = "request_id"
UPDATE_MASK = "update_mask"
"""Fields of requests that REST has elsewhere: in a header, and in the keys of a body."""


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

    @property
    def variable_fields(self) -> list[FieldDescriptor]:
        """Those fields. Raises ValueError for one that is neither a string nor an integer."""
        return [_resolve(self.rpc.input_type, variable) for variable in self.variables]

    @property
    def body_message(self) -> Descriptor | None:
        """The message that the body is, None without one. Raises ValueError when it is something else."""
        return _message_of(self.rpc, self.rpc.input_type, self.body) if self.body else None

    @property
    def response_message(self) -> Descriptor:
        """The message that the answer is. Raises ValueError when it is something else."""
        response = self.rpc.output_type
        return _message_of(self.rpc, response, self.response_body) if self.response_body else response

    @property
    def changes_by_mask(self) -> bool:
        """Whether the body's keys are the fields to change."""
        return UPDATE_MASK in self.rpc.input_type.fields_by_name

    @property
    def idempotency_field(self) -> FieldDescriptor | None:
        """The field of the request that the header `Idempotency-Key` is, None for a call without one."""
        return self.rpc.input_type.fields_by_name.get(REQUEST_ID)

    @property
    def query_fields(self) -> list[FieldDescriptor]:
        """The fields of the request that are in the query string: those that are nowhere else."""
        in_path = {variable.partition(".")[0] for variable in self.variables}
        elsewhere = {self.body, REQUEST_ID, UPDATE_MASK, *in_path}
        return [field for field in self.rpc.input_type.fields if field.name not in elsewhere]


def is_document(message: Descriptor | None) -> bool:
    """Returns whether a message is handed on as it is, with its content type."""
    return message is not None and message.full_name == HttpBody.DESCRIPTOR.full_name


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
        self._template_of: dict[Endpoint, str] = {}
        for method, template, endpoint in endpoints:
            _, methods = routes.setdefault(_VARIABLE.sub("{}", template), (template, {}))
            if method in methods:
                raise ValueError(f"{method} {template} is there twice")
            methods[method] = endpoint
            self._template_of[endpoint] = template
        self._constant = {path: methods for path, (_, methods) in routes.items() if "{}" not in path}
        # A variable takes in what follows a colon, so a path that ends in a verb is looked for first.
        variable = sorted((path for path in routes if "{}" in path), key=lambda path: path.endswith("{}"))
        self._variable = [(_pattern(routes[path][0]), routes[path][1]) for path in variable]
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

    def template(self, endpoint: Endpoint) -> str:
        """Returns the path template of an endpoint that was found."""
        return self._template_of[endpoint]

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


def _resolve(request: Descriptor, variable: str) -> FieldDescriptor:
    *parents, name = variable.split(".")
    message: Descriptor | None = request
    for parent in parents:
        message = message.fields_by_name[parent].message_type if message is not None else None
    field = message.fields_by_name[name] if message is not None else None
    if field is None or field.type not in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_INT32):
        raise ValueError(f"{{{variable}}} is no string or integer of {request.full_name}")
    return field


def _message_of(rpc: MethodDescriptor, holder: Descriptor, name: str) -> Descriptor:
    message = holder.fields_by_name[name].message_type
    if message is None:
        raise ValueError(f"{name} of {rpc.full_name} is not a message")
    return message


def _binding(rpc: MethodDescriptor, rule: HttpRule) -> Binding:
    kind = rule.WhichOneof("pattern")
    path = getattr(rule, kind) if kind in ("get", "put", "post", "patch", "delete") else ""
    where = f"the HTTP form of {rpc.full_name}"
    if not path.startswith("/") or set(_VARIABLE.sub("", path)) & set("{}*"):
        raise ValueError(f"{where} is not a path of plain segments and variables: {path!r}")
    if rule.body == "*":
        raise ValueError(f"{where} takes its whole request as the body, which is not supported")
    return Binding(kind.upper(), path, rule.body, rule.response_body, rpc)
