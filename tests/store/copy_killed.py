"""`python -m tests.store.copy_killed SOURCE TARGET MOMENT COMMIT`: a copy that kills itself half way.

MOMENT is `before` or `after` the transaction COMMIT, counted from 1, is committed in the target.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from server.store import table_rows
from server.store.copy import copy_store
from server.store.dialect import Dialect
from server.store.postgres import PostgresDialect
from server.store.sqlite import SqliteDialect

BATCH = 8


def die() -> NoReturn:
    """Leaves the process no moment to tidy up."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("it was killed")


def die_at(dialect: type[SqliteDialect] | type[PostgresDialect], moment: str, commit: int) -> None:
    """Makes the process die at a commit through this kind of dialect."""
    command = dialect.command
    begun = 0

    def counted(self: Dialect, sql: str) -> None:
        nonlocal begun
        begun += sql == "COMMIT"
        if moment == "before" and begun == commit:
            die()
        command(self, sql)  # type: ignore[arg-type]  # of the class that it is put into
        if moment == "after" and begun == commit:
            die()

    dialect.command = counted  # type: ignore[method-assign]  # the fault to force


if __name__ == "__main__":
    source, target, moment, commit = sys.argv[1:]
    table_rows.BATCH = BATCH
    for dialect in (SqliteDialect, PostgresDialect):
        die_at(dialect, moment, int(commit))
    copy_store(source, target, True, lambda *_: None)
