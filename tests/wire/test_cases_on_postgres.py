"""The cases on PostgreSQL, over gRPC, since nothing before the store knows the database. Those that are
refused for their form alone do not get there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.core.store import Store
from tests.store.backends import PostgresBackend
from tests.wire.cases.case import Case, Refused
from tests.wire.cases.every import CASES
from tests.wire.harness.catalog import write_catalog
from tests.wire.harness.clients import Clients, connected
from tests.wire.harness.json_value import Json
from tests.wire.harness.server import running_server, settings_of
from tests.wire.test_cases import check


def reaches_the_store(case: Case) -> bool:
    """Whether a case is over gRPC, and more than a request that is no good whatever is kept."""
    expected = case.expected
    is_bad = isinstance(expected, Refused) and expected.code == "INVALID_ARGUMENT" and not case.before
    return "grpc" in case.over and not is_bad


@pytest.fixture(scope="module")
def _server(
    postgres: PostgresBackend, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, str]]:
    directory: Path = tmp_path_factory.mktemp("wire")
    catalog = write_catalog(directory / "catalog")
    on_postgres = {"EVERRUNS_DATABASE_URL": postgres.url, "EVERRUNS_CATALOG_DIR": str(catalog)}
    with running_server(settings_of(directory, **on_postgres)) as running:
        yield running


@pytest.fixture(scope="module")
def store(_server: tuple[Store, str]) -> Store:
    """The store of a server on PostgreSQL."""
    return _server[0]


@pytest.fixture(scope="module")
def clients(_server: tuple[Store, str]) -> Iterator[Clients]:
    """The clients of that server."""
    with connected(_server[1]) as all_of_them:
        yield all_of_them


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name) for case in CASES if reaches_the_store(case)]
)
def test_case(case: Case, names: dict[str, Json], clients: Clients) -> None:
    check(case, clients, "grpc", names)
