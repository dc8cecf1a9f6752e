"""The same echo as `bench.echo` on grpcio's asyncio server, with uvloop: `python -m bench.echo_aio PORT`."""

from __future__ import annotations

import sys
from typing import TypeAlias

import grpc
import uvloop

from bench.messages import sample_session
from everruns.v1 import session_pb2, session_service_pb2, session_service_pb2_grpc

CreateContext: TypeAlias = (
    "grpc.aio.ServicerContext[session_service_pb2.CreateSessionRequest, session_pb2.Session]"
)
GetContext: TypeAlias = "grpc.aio.ServicerContext[session_service_pb2.GetSessionRequest, session_pb2.Session]"


class Echo(session_service_pb2_grpc.SessionServiceServicer):
    """Reads the request, as a service must, and answers."""

    def __init__(self) -> None:
        self._session = sample_session()

    async def CreateSession(
        self, request: session_service_pb2.CreateSessionRequest, context: CreateContext
    ) -> session_pb2.Session:
        return self._session

    async def GetSession(
        self, request: session_service_pb2.GetSessionRequest, context: GetContext
    ) -> session_pb2.Session:
        return self._session


async def serve(port: str) -> None:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    session_service_pb2_grpc.add_SessionServiceServicer_to_server(Echo(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
