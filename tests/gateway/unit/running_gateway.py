"""The gateway, served by uvicorn on a free port in a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from gateway.app import build_app
from gateway.listen import listen
from gateway.settings import Settings


@contextmanager
def running_gateway(settings: Settings) -> Iterator[str]:
    """Yields the gateway's URL while it runs."""
    with listen("127.0.0.1", 0, 30) as listener:
        server = uvicorn.Server(
            uvicorn.Config(build_app(settings), http="h11", lifespan="on", log_config=None, ws="none")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
