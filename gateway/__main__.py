"""`python -m gateway`: serves REST until SIGTERM or SIGINT, finishes what it has begun, and exits 0.

Settings that are wrong, and an address that it cannot listen on, make one line each on stderr and exit 1.
"""

from __future__ import annotations

import logging
import signal
import sys

import uvicorn

from gateway.app import build_app
from gateway.listen import listen
from gateway.settings import SettingsError, from_environment


def main() -> int:
    """Returns the exit status."""
    try:
        settings = from_environment()
    except SettingsError as error:
        return _fail(str(error))
    try:
        listener = listen(settings.http_host, settings.http_port)
    except OSError as error:
        return _fail(f"cannot listen on {settings.http_host}:{settings.http_port}: {error.strerror}")
    # uvicorn has its own handlers while it runs, and sends itself the signal again once it has stopped.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    config = uvicorn.Config(
        build_app(settings),
        access_log=False,
        http="h11",
        lifespan="on",
        log_config=None,
        log_level="warning",
        loop="asyncio",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=int(settings.timeout_seconds) + 1,
        ws="none",
    )
    host, port = listener.getsockname()[:2]
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    print(f"listening on http://{authority}, for the server at {settings.grpc_target}", flush=True)
    with listener:
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _fail(message: str) -> int:
    for line in message.splitlines():
        print(f"gateway: {line}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
