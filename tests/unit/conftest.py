from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.app import open_store
from server.core.store import Store
from server.settings import read_settings
from tests.unit.capabilities import BUILT_IN
from tests.unit.testing_server import Client, Service


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite."""
    store = open_store(read_settings({"EVERRUNS_DATA_DIR": str(tmp_path)}))
    yield store
    store.close()


@pytest.fixture
def service(store: Store) -> Service:
    """The service over that store, with the built-in catalog."""
    return Service(store, BUILT_IN, default_model="server-model")


@pytest.fixture
def client(service: Service) -> Client:
    """A client of the service with a key that may read and write."""
    return service.client()
