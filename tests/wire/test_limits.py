"""Every limit of the protos at its edge, over every transport: within it passes, beyond it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.message import Message

from gateway.proto_options import is_immutable
from gateway.transcode import rest_names
from server.rpc.proto_options import limits
from tests.unit.proto_fields import REQUESTS, Place
from tests.unit.test_limits import LIMITED, PROBES
from tests.wire.cases.case import bad
from tests.wire.harness.call import TRANSPORTS, Call, Transport
from tests.wire.harness.clients import Clients
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Failure, Outcome
from tests.wire.harness.render import render
from tests.wire.harness.rpc import METHODS, REST

RESOURCES = ("session", "agent", "key")
"""The fields of requests that are bodies in REST."""

REQUIRED = {"session": {"agent_name": "plain"}, "agent": {"name": "limited", "system_prompt": "Be brief."}}
"""What resources must have."""

OTHERWISE = {"INVALID_PAGE_TOKEN", "INVALID_RESUME_TOKEN", "UNKNOWN_CAPABILITY"}
"""What is wrong with a value that is within its limit and means nothing."""

RPCS = sorted(request.name.removesuffix("Request") for request in REQUESTS)


@pytest.mark.parametrize("rpc", RPCS)
def test_a_limit_is_kept(rpc: str, names: dict[str, Json], clients: Clients) -> None:
    for place, kind in LIMITED:
        if place.request.name != f"{rpc}Request" or (place.is_of_an_update and is_immutable(place.field)):
            continue
        probe = PROBES[kind](place, limits(place.field))
        for value, refused in ((probe.within[0], False), (probe.beyond[0], True)):
            request = place.request_with(value)
            fill_in(request, place)
            call = call_of(rpc, request).filled(names)
            for transport in TRANSPORTS:
                if transport == "rest" and rpc not in REST:
                    continue
                over_grpc = transport == "grpc"
                outcome = clients.grpc.send(call, request) if over_grpc else clients.of(transport).call(call)
                found = set(reasons(outcome, place, transport)) - OTHERWISE
                assert found == ({probe.reason} if refused else set()), (str(place), kind, transport, outcome)


def fill_in(request: Message, place: Place) -> None:
    """Gives a request what is looked at before the place."""
    for field in place.request.fields:
        if field is place.way[0]:
            continue
        if field.name in RESOURCES:
            getattr(request, field.name).SetInParent()
        elif (kind := limits(field).id_of) and not field.is_repeated:
            setattr(request, field.name, f"{kind}_{'0' * 32}")
        elif field.name == "version":
            request.version = 1  # type: ignore[attr-defined]  # which the field is of
    if place.field.name == "config":
        # It is looked at once all else has its form.
        resource = getattr(request, place.way[0].name)
        resource.capabilities[0].ref = "free_form"
        if "update_mask" not in place.request.fields_by_name:
            for name, value in REQUIRED[place.way[0].name].items():
                setattr(resource, name, value)


def call_of(rpc: str, request: Message) -> Call:
    """The call that this request is, with all that is set in it, by the administrator's key."""
    tree = render(request)
    fields = {field.name: value for field, value in request.ListFields()}
    body, document, key = None, None, fields.pop("request_id", "")
    names = rest_names(METHODS[rpc].input_type)
    query: JsonObject = {}
    for name, value in fields.items():
        if isinstance(value, HttpBody):
            document = value.data
        elif isinstance(value, Message) and name in RESOURCES:
            whole = render(value)
            body = {field.name: whole[field.name] for field, _ in value.ListFields()}
        elif name != "id":
            query[names.get(name, name)] = tree.get(name, value)
    return Call(rpc, body, str(fields.get("id", "")), query, key, "$keys.admin", document=document)


def reasons(outcome: Outcome, place: Place, transport: Transport) -> Iterator[str]:
    """The reasons for which the place, or a part of it, is refused; other fields may be, too."""
    if isinstance(outcome, Failure):
        [(path, _)] = bad("", place.path).violations(transport)
        for violation in outcome.violations:
            if re.fullmatch(re.escape(path) + r"([.\[].*)?", violation.field):
                yield violation.reason
