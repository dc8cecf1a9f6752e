"""How the calls of an operation can fail, as the comments of its RPC and service say it.

Such a comment has a line for each gRPC code, which names the reasons: "NOT_FOUND `AGENT_NOT_FOUND`: …", or
refers to another RPC, "INVALID_ARGUMENT: as CreateSession". A service's comment names those of all its
RPCs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from google.protobuf.descriptor import MethodDescriptor
from google.rpc.code_pb2 import Code

from everruns.v1 import error_reason_pb2
from everruns.v1.error_reason_pb2 import ErrorReason
from gateway import proto_options
from gateway.openapi.comments import comments
from gateway.reasons import STATUS_OF_REASON
from gateway.routes import Binding

_ENUM = error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]
_CODES = re.compile(r"^([A-Z_]{4,}(?:, [A-Z_]{4,})*)(?=:| `)", re.MULTILINE)
_REASON = re.compile(r"`([A-Z][A-Z_]+)`")
_REFERENCE = re.compile(r"\bas ([A-Z][A-Za-z]+)\b")

_OF_EVERY_CALL = (
    ErrorReason.API_KEY_MISSING,
    ErrorReason.API_KEY_INVALID,
    ErrorReason.SCOPE_MISSING,
    ErrorReason.ORGANIZATION_MISMATCH,
    ErrorReason.UNKNOWN_FIELD,
    ErrorReason.INVALID_FIELD,
    ErrorReason.RATE_LIMITED,
    ErrorReason.QUEUE_FULL,
    ErrorReason.DEADLINE_EXCEEDED,
    ErrorReason.SERVER_UNAVAILABLE,
    ErrorReason.STORE_UNAVAILABLE,
    ErrorReason.INTERNAL,
)
_OF_BODIES = (
    ErrorReason.MALFORMED_BODY,
    ErrorReason.LIMIT_EXCEEDED,
    ErrorReason.NUMBER_NOT_REPRESENTABLE,
    ErrorReason.OUTPUT_ONLY_FIELD,
    ErrorReason.UNSUPPORTED_FIELD,
    ErrorReason.UNSUPPORTED_MEDIA_TYPE,
    ErrorReason.MESSAGE_TOO_LARGE,
)
"""What the gateway refuses by itself, besides what the comments say."""


def failures(binding: Binding) -> Mapping[int, list[str]]:
    """Returns the names of the reasons for which its calls can fail, by HTTP status in ascending order."""
    names = {*_of_rpc(binding.rpc), *_of_service(binding), *map(ErrorReason.Name, _OF_EVERY_CALL)}
    if binding.body:
        names.update(map(ErrorReason.Name, _OF_BODIES))
    if binding.variables:
        # A value with a slash is another path.
        names.add(ErrorReason.Name(ErrorReason.ROUTE_NOT_FOUND))
    return by_status(names)


def by_status(names: Iterable[str]) -> Mapping[int, list[str]]:
    """Returns these names of reasons by HTTP status, both in ascending order: names by number."""
    found: dict[int, list[str]] = defaultdict(list)
    for name in sorted(names, key=ErrorReason.Value):
        found[STATUS_OF_REASON[name]].append(name)
    return dict(sorted(found.items()))


def meaning(reason: str) -> str:
    """Returns what the reason of this name means."""
    return " ".join(comments()[f"{_ENUM.full_name}.{reason}"].split())


def _of_rpc(rpc: MethodDescriptor) -> Iterator[str]:
    for codes, clause in _clauses(comments().get(rpc.full_name, "")):
        yield from _reasons(clause)
        for name in _REFERENCE.findall(clause):
            if (other := _find(rpc, name)) is not None and other is not rpc:
                yield from (reason for reason in _of_rpc(other) if _code(reason) in codes)


def _of_service(binding: Binding) -> Iterator[str]:
    comment = comments().get(binding.rpc.containing_service.full_name, "")
    yield from _reasons(comment)


def _clauses(comment: str) -> Iterator[tuple[set[str], str]]:
    _, _, rest = comment.partition("\n\n")
    _, *parts = _CODES.split(rest)
    for codes, clause in zip(parts[::2], parts[1::2], strict=True):
        yield set(codes.split(", ")), clause


def _reasons(text: str) -> Iterator[str]:
    return (name for name in _REASON.findall(text) if name in STATUS_OF_REASON)


def _find(rpc: MethodDescriptor, name: str) -> MethodDescriptor | None:
    methods: Mapping[str, MethodDescriptor] = rpc.containing_service.methods_by_name
    return methods.get(name)


def _code(reason: str) -> str:
    return Code.Name(proto_options.grpc_code(_ENUM.values_by_name[reason]))
