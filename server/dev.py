"""The whole service in the foreground, for trying it out: a seeded store, gRPC, and the REST gateway."""

from __future__ import annotations

import subprocess
import sys
import threading

from server.app import open_store
from server.seed import AGENT_ID, seed
from server.serve import serve
from server.settings import Settings


def run_dev(settings: Settings) -> int:
    """Seeds an empty store and serves until SIGTERM or SIGINT; the exit code.

    The gateway is a process of its own, as it would be anywhere; it stops with this one.
    """
    store = open_store(settings)
    seed(store, settings.dev_key_file)
    store.close()
    gateway = subprocess.Popen([sys.executable, "-m", "gateway"])
    watch = threading.Thread(target=gateway.wait, daemon=True)
    watch.start()
    try:
        _print_examples(settings)
        serve(settings)
    finally:
        gateway.terminate()
        gateway.wait()
    return 0


def _print_examples(settings: Settings) -> None:
    print(f"{AGENT_ID} {settings.dev_key_file}")
