"""What grpcio alone can do: a synchronous server that answers every create and get with one prebuilt session.

`python -m bench.echo PORT`
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import grpc

from bench.messages import sample_session
from everruns.v1 import session_pb2, session_service_pb2, session_service_pb2_grpc


class Echo(session_service_pb2_grpc.SessionServiceServicer):
    """Reads the request, as a service must, and answers."""

    def __init__(self) -> None:
        self._session = sample_session()

    def CreateSession(
        self, request: session_service_pb2.CreateSessionRequest, context: grpc.ServicerContext
    ) -> session_pb2.Session:
        return self._session

    def GetSession(
        self, request: session_service_pb2.GetSessionRequest, context: grpc.ServicerContext
    ) -> session_pb2.Session:
        return self._session


def main() -> None:
    server = grpc.server(ThreadPoolExecutor(max_workers=32), options=[("grpc.so_reuseport", 0)])
    session_service_pb2_grpc.add_SessionServiceServicer_to_server(Echo(), server)
    server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
