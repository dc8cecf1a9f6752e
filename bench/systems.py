"""What is measured, and how each of it is started."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from bench import seed
from bench.catalog import CAPABILITY_COUNTS, capabilities, write_catalog
from bench.check import CheckError, GrpcProbe, Probe, RestProbe
from bench.load import Transport
from bench.messages import AGENT_ID, FILTERS, Call, grpc_calls, grpc_create, grpc_list, rest_calls
from bench.postgres import Postgres
from bench.processes import Cores, Process, free_port, run

DEEP_PAGE = 1000
UVICORN = ("--loop=uvloop", "--http=httptools", "--no-access-log", "--log-level=warning")
_WARM_UP_CALLS = 100


@dataclass(frozen=True)
class Site:
    """Where a system runs: its own directory, and what ends with the round."""

    directory: Path
    cores: Cores
    stack: ExitStack
    postgres: Postgres | None

    def start(
        self,
        module: Sequence[str],
        settings: Mapping[str, str],
        port: int,
        cores: Collection[int] | None = None,
    ) -> Process:
        """A process that listens on the port; on the server core unless told otherwise."""
        log = self.directory / f"{module[0]}.log"
        process = Process(module, settings, cores or self.cores.server, log)
        self.stack.callback(process.stop)
        process.wait_for_port(port)
        return process

    def probe(self, probe: Probe) -> Probe:
        """The probe, closed at the end of the round."""
        self.stack.callback(probe.close)
        return probe

    def database(self) -> str:
        """A new PostgreSQL database."""
        assert self.postgres is not None, "a suite with PostgreSQL is run with one"
        return self.postgres.new_database()


@dataclass(frozen=True)
class Running:
    """A system that takes load. `stores` says whether a create leaves a row."""

    system: str
    transport: Transport
    port: int
    key: str
    probe: Probe
    calls: Mapping[str, Call]
    processes: Sequence[Process]
    stores: bool = True
    other_key: str = ""


class System(Protocol):
    """Something to measure. `kept`: its directory lasts for the whole run, so that its data is made once."""

    @property
    def name(self) -> str: ...

    @property
    def about(self) -> str: ...

    @property
    def kept(self) -> bool: ...

    def start(self, site: Site) -> Running:
        """Starts it. Raises `StartError`, or `CheckError` when it does not answer as it must."""


@dataclass(frozen=True)
class Service:
    """This service, behind its gateway or bare, on SQLite or PostgreSQL, with so many sessions at first."""

    name: str
    about: str
    gateway: bool = False
    postgres: bool = False
    workers: int = 1
    group_size: int | None = None
    sessions: int = 0
    many_capabilities: bool = False
    metrics: bool = False
    two_keys: bool = False

    @property
    def kept(self) -> bool:
        return self.sessions >= 100_000

    def start(self, site: Site) -> Running:
        port = free_port()
        settings = {
            "EVERRUNS_DATA_DIR": str(site.directory),
            "EVERRUNS_GRPC_PORT": str(port),
            "EVERRUNS_WORKERS": str(self.workers),
        }
        if self.group_size:
            settings["EVERRUNS_GROUP_SIZE"] = str(self.group_size)
        if self.postgres:
            settings["EVERRUNS_DATABASE_URL"] = self._database(site)
        if self.metrics:
            settings["EVERRUNS_METRICS_PORT"] = str(free_port())
        if self.many_capabilities:
            settings["EVERRUNS_CATALOG_DIR"] = str(write_catalog(site.directory))
        new = not (site.directory / "dev-key").exists()
        if new:
            run(["server", "migrate"], settings, site.cores.all)
            run(["server", "seed"], settings, site.cores.all)
        key = (site.directory / "dev-key").read_text().strip()
        other_key = ""
        if self.two_keys:
            other_key = run(
                ["server", "keys", "create", "--org=development"], settings, site.cores.all
            ).strip()
        if new and self.sessions:
            self._fill(site, settings, port, key)
        cores = site.cores.all if self.workers > 1 else site.cores.server
        server = site.start(["server", "serve"], settings, port, cores)
        probe = site.probe(GrpcProbe(port, key))
        if new and self.sessions and probe.total() != self.sessions:
            raise CheckError(f"{self.name} was filled to {probe.total()} sessions, not {self.sessions}")
        session_id = seed.few(probe, grpc_create())
        if self.gateway:
            http_port = free_port()
            settings |= {"EVERRUNS_HTTP_PORT": str(http_port)}
            gateway = site.start(["gateway"], settings, http_port)
            running = _rest(self.name, site, http_port, key, session_id, [gateway, server])
            return replace(running, other_key=other_key)
        calls = list(grpc_calls(session_id))
        if self.sessions:
            for filter in FILTERS:
                token = seed.deep_page(probe, DEEP_PAGE, filter)
                calls.append(grpc_list(filter, measure=f"list{filter.name}"))
                calls.append(grpc_list(filter, token, measure=f"list deep{filter.name}"))
        if self.many_capabilities:
            calls += [grpc_create(capabilities(count), f"create {count}") for count in CAPABILITY_COUNTS]
        calls_by_measure = _by_measure(calls)
        return Running(self.name, "grpc", port, key, probe, calls_by_measure, [server], other_key=other_key)

    def _fill(self, site: Site, settings: Mapping[str, str], port: int, key: str) -> None:
        with ExitStack() as stack:
            filling = Site(site.directory, site.cores, stack, site.postgres)
            filling.start(["server", "serve"], settings, port)
            seed.few(filling.probe(GrpcProbe(port, key)), grpc_create())
        if self.postgres:
            seed.many_in_postgres(settings["EVERRUNS_DATABASE_URL"], self.sessions)
        else:
            (database,) = site.directory.glob("*.db")
            seed.many(database, self.sessions)

    def _database(self, site: Site) -> str:
        """The PostgreSQL database of this system, the same for as long as its directory lasts."""
        file = site.directory / "database-url"
        if not file.exists():
            file.write_text(site.database())
        return file.read_text()


@dataclass(frozen=True)
class Peer:
    """The same sessions over FastAPI, SQLAlchemy and pydantic."""

    name: str
    about: str
    postgres: bool = False
    kept: bool = False

    def start(self, site: Site) -> Running:
        port, key = free_port(), secrets.token_hex(16)
        if self.postgres:
            url = site.database().replace("postgresql://", "postgresql+asyncpg://")
        else:
            url = f"sqlite+aiosqlite:///{site.directory / 'peer.sqlite3'}"
        package = "bench.peers.fastapi_sqlalchemy"
        # Two connections give SQLite's one writer its best rate: more wait for its lock, asleep.
        settings = {"PEER_DATABASE_URL": url, "PEER_POOL_SIZE": "10" if self.postgres else "2"}
        run([f"{package}.seed", key, AGENT_ID], settings, site.cores.all)
        process = site.start(
            ["uvicorn", f"{package}.app:app", f"--port={port}", *UVICORN],
            settings,
            port,
        )
        probe = RestProbe(port, key)
        (create, *_) = rest_calls("")
        session_id = seed.few(probe, create)
        probe.close()
        return _rest(self.name, site, port, key, session_id, [process])


@dataclass(frozen=True)
class Echo:
    """A gRPC server that keeps nothing: what grpcio itself leaves to a service."""

    name: str
    about: str
    module: str
    pinned: bool = True
    kept: bool = False

    def start(self, site: Site) -> Running:
        port = free_port()
        process = site.start([self.module, str(port)], {}, port, None if self.pinned else site.cores.all)
        calls = [call for call in grpc_calls("session_" + "0" * 32) if call.measure in ("create", "get")]
        probe = site.probe(GrpcProbe(port, "none"))
        return Running(self.name, "grpc", port, "none", probe, _by_measure(calls), [process], stores=False)


def _rest(
    name: str, site: Site, port: int, key: str, session_id: str, processes: Sequence[Process]
) -> Running:
    probe = site.probe(RestProbe(port, key))
    calls = rest_calls(session_id)
    for call in calls:
        for _ in range(_WARM_UP_CALLS):
            probe.answer(call)
    return Running(name, "rest", port, key, probe, _by_measure(calls), processes)


def _by_measure(calls: Sequence[Call]) -> dict[str, Call]:
    return {call.measure: call for call in calls}
