"""A client of each transport to one server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import grpc

from tests.wire.harness.call import Client, Transport
from tests.wire.harness.cli_client import CliClient
from tests.wire.harness.gateway import running_gateway
from tests.wire.harness.grpc_client import GrpcClient
from tests.wire.harness.rest_client import RestClient


@dataclass(frozen=True, slots=True)
class Clients:
    """The ways to one server, and its address."""

    target: str
    grpc: GrpcClient
    rest: RestClient
    cli: CliClient

    def of(self, transport: Transport) -> Client:
        """The client of a transport."""
        clients: dict[Transport, Client] = {"grpc": self.grpc, "rest": self.rest, "cli": self.cli}
        return clients[transport]


@contextmanager
def connected(target: str, *, described: bool = True) -> Iterator[Clients]:
    """Clients of the server at an address, one of them through a gateway of its own. `described` is whether
    that answers as its OpenAPI document says, whatever is done to the server."""
    with running_gateway(target) as http, grpc.insecure_channel(target) as channel:
        yield Clients(target, GrpcClient(channel), RestClient(http, described=described), CliClient(target))
