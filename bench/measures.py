"""The suites: which systems are measured side by side, and at what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bench.messages import FILTERS
from bench.systems import Echo, Peer, Service, System


@dataclass(frozen=True)
class Suite:
    """Systems that take turns at the same measures. Rates are compared with those of `reference`.

    `commits`: the bare SQLite commit is measured too, in the same rounds. `turns`: so are turns that workers
    begin and end. `watches`: and events that as many watchers are told of as are in flight.
    `bulk`: and sessions that are created, read, exported and imported in bulk. `overload`: instead of all
    that, what becomes of a system that is asked far too much.
    """

    name: str
    title: str
    notes: str
    systems: Sequence[System]
    measures: Sequence[str]
    in_flight: Sequence[int]
    reference: str | None = None
    needs_postgres: bool = False
    commits: bool = False
    turns: bool = False
    watches: bool = False
    bulk: bool = False
    overload: bool = False


SERVICE = "service"
ECHO = Echo("echo", "grpc.server, 32 threads, one prebuilt session as every answer", "bench.echo")

GRPC = Suite(
    "grpc",
    "gRPC, SQLite",
    "Reads are of one session, lists of the newest 20. The echo is what grpcio itself leaves to a service.",
    (
        Service(SERVICE, "this service, one process, SQLite in WAL with synchronous=FULL"),
        ECHO,
        Echo("echo-unpinned", "the same echo, allowed both cores", "bench.echo", pinned=False),
        Echo("echo-aio", "the same echo on grpc.aio with uvloop", "bench.echo_aio"),
    ),
    ("get", "list", "preview", "runtime-agent", "create"),
    (1, 16, 128),
    reference=ECHO.name,
    commits=True,
)

REST = Suite(
    "rest",
    "REST, SQLite",
    "The service's gateway and server share the server core; so does all of the peer.",
    (
        Service("service-rest", "this service behind its gateway, a process each", gateway=True),
        Peer("peer", "FastAPI, SQLAlchemy 2 (async), pydantic, aiosqlite, uvicorn with uvloop and httptools"),
    ),
    ("get", "list", "create"),
    (1, 16, 128),
    reference="peer",
)

GROUP_COMMIT = Suite(
    "group-commit",
    "gRPC, SQLite, with and without group commit",
    "The same service, told to take one write into each commit (`EVERRUNS_GROUP_SIZE=1`), is the reference.",
    (
        Service("service-grouped", "this service as it is"),
        Service("service-commit-each", "this service with a commit for each write", group_size=1),
    ),
    ("create",),
    (16, 128),
    reference="service-commit-each",
)

POSTGRES = Suite(
    "postgres",
    "REST, PostgreSQL",
    "PostgreSQL runs on the load core for both, as a database on another machine would.",
    (
        Service("service-rest-postgres", "as above, on PostgreSQL", gateway=True, postgres=True),
        Peer("peer-postgres", "as above, with asyncpg", postgres=True),
    ),
    ("get", "create"),
    (16, 128),
    reference="peer-postgres",
    needs_postgres=True,
)

PROCESSES = Suite(
    "processes",
    "gRPC, PostgreSQL, one process and two",
    "PostgreSQL and the load run on the load core, which the second process has to share with them.",
    (
        ECHO,
        Service("service-postgres-1", "one process, on the server core", postgres=True),
        Service("service-postgres-2", "two processes, on both cores", postgres=True, workers=2),
    ),
    ("get", "create"),
    (128,),
    reference=ECHO.name,
    needs_postgres=True,
)

SIZES = {"1k": 1_000, "100k": 100_000, "1m": 1_000_000}

_PAGES = tuple(f"list{page}{filter.name}" for filter in FILTERS for page in ("", " deep"))
_ABOUT_PAGES = (
    "“list deep” is the 1,000th page by its token, or the last full one where there are fewer. All sessions "
    "are of one agent and one status, which is the hardest case of a filter by either."
)

GROWTH = Suite(
    "growth",
    "gRPC, SQLite, with more and more sessions",
    _ABOUT_PAGES,
    tuple(
        Service(f"service-{name}", f"this service with {count:,} sessions", sessions=count)
        for name, count in SIZES.items()
    ),
    ("get", *_PAGES, "create"),
    (16,),
    reference="service-1k",
)

GROWTH_POSTGRES = Suite(
    "growth-postgres",
    "gRPC, PostgreSQL, with more and more sessions",
    _ABOUT_PAGES,
    tuple(
        Service(
            f"service-postgres-{name}", f"this service with {count:,} sessions", postgres=True, sessions=count
        )
        # The connections that PostgreSQL has are enough for two at once.
        for name, count in SIZES.items()
        if name != "100k"
    ),
    ("get", *_PAGES, "create"),
    (16,),
    reference="service-postgres-1k",
    needs_postgres=True,
)

CAPABILITIES = Suite(
    "capabilities",
    "gRPC, SQLite, a session with more and more capabilities",
    "Creates that name 0, 10 and 100 capabilities; 100 is the most.",
    (Service("service-catalog", "this service with a catalog of 100 more", many_capabilities=True),),
    ("create 0", "create 10", "create 100"),
    (16,),
)

TURNS = Suite(
    "turns",
    "gRPC, SQLite, turns",
    "A request is a BeginTurn and the EndTurn after it, each on disk when it is answered. The load is a "
    "Python client with a thread and a session for each in flight.",
    (Service("service-turns", "this service, one process"),),
    (),
    (1, 16),
    turns=True,
)

WATCH = Suite(
    "watch",
    "gRPC, SQLite, watchers",
    "A request is an event that a watcher receives; each is told of every session that is created, and the "
    "next is created when all have been. The load is a Python client whose one thread receives everything. "
    "p50 and p99 are from the commit to the receipt.",
    (Service("service-watch", "this service, one process"),),
    (),
    (1_000,),
    watches=True,
)

BULK = Suite(
    "bulk",
    "gRPC, SQLite, many sessions at once",
    "A request is a session. “single creates” is CreateSession, 32 in flight; “batch create” and “batch get” "
    "are calls of 500, one after the other; “export” and “import” are whole streams. Times are of a call. "
    "The load is a Python client.",
    (Service("service-bulk", "this service, one process"),),
    (),
    (1,),
    bulk=True,
)

_ABOUT_OVERLOAD = (
    "“at its peak” is a closed loop of 128 in flight, half creates and half gets. “asked 4 × that” is "
    "h2load at a fixed rate, whatever becomes of the requests before; “answered” and “refused” are what "
    "came of it, with the times of both together. Another caller, with a key of its own, makes a call "
    "every 10 ms: “alone” has its answers before the load, “meanwhile” those during it, and “second N "
    "after” those after its end. Memory is the most at any time of the load."
)

OVERLOAD = Suite(
    "overload",
    "gRPC, SQLite, asked four times as much as it can do",
    f"{_ABOUT_OVERLOAD} The load comes over 2 × 32 connections of 100 streams.",
    (Service("service-overload", "this service, one process", two_keys=True),),
    (),
    (),
    reference="service-overload at its peak",
    overload=True,
)

OVERLOAD_REST = Suite(
    "overload-rest",
    "REST, SQLite, asked four times as much as it can do",
    f"{_ABOUT_OVERLOAD} The load comes over 2 × 400 connections.",
    (Service("service-rest-overload", "this service behind its gateway", gateway=True, two_keys=True),),
    (),
    (),
    reference="service-rest-overload at its peak",
    overload=True,
)

METRICS = Suite(
    "metrics",
    "gRPC, SQLite, with and without metrics",
    "The same service without `EVERRUNS_METRICS_PORT`, where nothing is counted, is the reference.",
    (
        Service("service-counted", "this service with a port for metrics", metrics=True),
        Service("service-uncounted", "this service as it is"),
    ),
    ("get", "create"),
    (128,),
    reference="service-uncounted",
)

SUITES = (GRPC, REST, GROUP_COMMIT, POSTGRES, PROCESSES, GROWTH, CAPABILITIES, TURNS, WATCH, BULK)
"""What is measured when nothing is named."""

ON_REQUEST = (GROWTH_POSTGRES, METRICS, OVERLOAD, OVERLOAD_REST)
"""What is measured only when it is named, for the time that it takes."""

QUICK_IN_FLIGHT = 16
QUICK_SESSIONS = 100_000


def quick(suites: Iterable[Suite]) -> list[Suite]:
    """The same without the largest stores, and at one load only where there are several."""
    shorter = []
    for suite in suites:
        systems = [system for system in suite.systems if getattr(system, "sessions", 0) <= QUICK_SESSIONS]
        in_flight = [QUICK_IN_FLIGHT] if QUICK_IN_FLIGHT in suite.in_flight else suite.in_flight
        shorter.append(replace(suite, systems=systems, in_flight=in_flight))
    return shorter


def only(names: Sequence[str]) -> list[Suite]:
    """The suites of these names, and of other suites the systems of these names.

    Raises `ValueError` for a name that nothing has.
    """
    suites = (*SUITES, *ON_REQUEST)
    known = {suite.name for suite in suites} | {system.name for suite in suites for system in suite.systems}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"no suite or system {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    chosen = []
    for suite in suites:
        named = [system for system in suite.systems if system.name in names]
        systems = suite.systems if suite.name in names else named
        if systems:
            chosen.append(replace(suite, systems=systems))
    return chosen
