"""The whole service in the foreground, for trying it out: a seeded store, gRPC, and the REST gateway."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping

from server.app import open_store
from server.seed import AGENT_ID, seed
from server.serve import serve
from server.settings import Settings, child_environment


class GatewayFailed(Exception):
    """The gateway did not start."""


def run_dev(settings: Settings, gateway_defaults: Mapping[str, str] | None = None) -> None:
    """Seeds an empty store and serves gRPC and REST until SIGTERM or SIGINT.

    The gateway is a process of its own, as it would be anywhere; it starts once gRPC is served, and
    ends with this one. `gateway_defaults` are variables for its environment where that has none of the
    name. Raises what `serve` raises, and GatewayFailed.
    """
    store = open_store(settings)
    seed(store, settings.dev_key_file)
    store.close()
    gateways: list[subprocess.Popen[bytes]] = []

    def start_gateway() -> None:
        environment = child_environment(gateway_defaults or {})
        command = [sys.executable, "-m", "gateway"]
        gateways.append(subprocess.Popen(command, env=environment, process_group=0))
        print(_examples(settings), flush=True)

    def gateway_runs() -> bool:
        return all(gateway.poll() is None for gateway in gateways)

    try:
        serve(settings, when_serving=start_gateway, while_true=gateway_runs)
        if not gateway_runs():
            raise GatewayFailed("the gateway has ended; its own message says why")
    finally:
        for gateway in gateways:
            gateway.send_signal(signal.SIGTERM)
            gateway.wait()


def _examples(settings: Settings) -> str:
    key = f"$(cat {settings.dev_key_file})"
    grpc, rest = (f"{settings.grpc_host}:{port}" for port in (settings.grpc_port, settings.http_port))
    return f"""
The session service is running; Ctrl-C stops it. Try:

curl -X POST http://{rest}/v1/sessions -H "Authorization: Bearer {key}" \\
  -H "Content-Type: application/json" \\
  -d '{{"agent_id": "{AGENT_ID}", "title": "Research Session"}}'

grpcurl -plaintext -H "authorization: Bearer {key}" \\
  -d '{{"session": {{"agent_id": "{AGENT_ID}"}}}}' \\
  {grpc} everruns.v1.SessionService/CreateSession

Or open http://{rest}/console in a browser; the key is in {settings.dev_key_file}.
"""
