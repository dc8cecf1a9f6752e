"""A client of SessionTransferService, for the command line."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import grpc

from everruns.v1 import session_transfer_service_pb2 as pb
from everruns.v1.error_reason_pb2 import ErrorReason
from everruns.v1.session_transfer_service_pb2_grpc import SessionTransferServiceStub

_PART = 512 * 1024

Metadata = tuple[tuple[str, str], ...]
Watch = Callable[[str, int, int], None]
"""Is told again and again what is under way, how much of it is done, and how much there is."""


class TransferFailed(Exception):
    """An export or import ended before its end. The message says why."""


@contextlib.contextmanager
def connected(address: str, ca: Path | None) -> Iterator[grpc.Channel]:
    """A channel to a server, encrypted where the file of the authority to trust is given."""
    if ca is None:
        channel = grpc.insecure_channel(address)
    else:
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(ca.read_bytes()))
    with channel:
        yield channel


def export_sessions(channel: grpc.Channel, key: str, target: BinaryIO, watch: Watch) -> int:
    """Writes all sessions of the key's organization as lines; how many. Raises TransferFailed."""
    stub, exported = SessionTransferServiceStub(channel), 0
    try:
        for part in stub.ExportSessions(pb.ExportSessionsRequest(), metadata=_metadata(key)):
            target.write(part.data)
            exported = part.exported
            watch("exporting", exported, part.total)
    except grpc.RpcError as error:
        raise _failed("the export", error) from None
    return exported


def import_sessions(
    channel: grpc.Channel, key: str, source: BinaryIO, size: int, watch: Watch
) -> tuple[str, list[str]]:
    """Sends lines, of `size` bytes in all, to the key's organization; what came of them, and a line for each
    of the first that failed. Raises TransferFailed."""

    def parts() -> Iterator[pb.ImportSessionsRequest]:
        sent = 0
        while data := source.read(_PART):
            yield pb.ImportSessionsRequest(data=data)
            sent += len(data)
            watch("importing", sent, size)

    try:
        answer = SessionTransferServiceStub(channel).ImportSessions(parts(), metadata=_metadata(key))
    except grpc.RpcError as error:
        raise _failed("the import", error) from None
    told = f"{answer.created} created, {answer.unchanged} there already, {answer.failed} failed"
    return told, [_failure(failure) for failure in answer.failures]


def _failure(failure: pb.FailedLine) -> str:
    return f"line {failure.line}: {ErrorReason.Name(failure.reason)}: {failure.message}"


def _metadata(key: str) -> Metadata:
    return (("authorization", f"Bearer {key}"),)


def _failed(what: str, error: grpc.RpcError) -> TransferFailed:
    ended = cast(grpc.Call, error)
    return TransferFailed(f"{what} ended early: {ended.code().name}: {ended.details()}")
