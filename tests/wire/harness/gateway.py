"""A real gateway in this process, served by uvicorn on a free port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from gateway.app import build_app
from gateway.settings import Settings


@contextmanager
def running_gateway(target: str) -> Iterator[httpx.Client]:
    """An HTTP client of a gateway to the server at an address, while it runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            build_app(Settings(grpc_target=target)),
            http="h11",
            lifespan="on",
            log_config=None,
            proxy_headers=False,
            ws="none",
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=url, trust_env=False) as http:
                yield http
        finally:
            server.should_exit = True
            thread.join()
