"""A store whose sessions fail, to force what no client can bring about."""

from __future__ import annotations

from typing import NoReturn

from server.core.agent_store import Agents, AgentVersions, Environments
from server.core.bulk_store import BulkSessions
from server.core.event_store import Audit, SessionEvents
from server.core.key_store import Keys
from server.core.session_store import Sessions
from server.core.store import Store
from server.core.turn_store import Turns


class _BrokenSessions:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def _fail(self, *_: object, **__: object) -> NoReturn:
        raise self._error

    get = list = counts = create = update = delete = pin = unpin = _fail
    undelete = hide_expired = purge = get_all = create_all = export = put_all = _fail


class BrokenStore:
    """The keys and agents of another store, and sessions that raise an error whatever is asked."""

    def __init__(self, store: Store, error: Exception) -> None:
        self._store = store
        self.sessions: Sessions = _BrokenSessions(error)
        self.bulk: BulkSessions = _BrokenSessions(error)

    @property
    def keys(self) -> Keys:
        """Those of the other store."""
        return self._store.keys

    @property
    def agents(self) -> Agents:
        """Those of the other store."""
        return self._store.agents

    @property
    def agent_versions(self) -> AgentVersions:
        """Those of the other store."""
        return self._store.agent_versions

    @property
    def environments(self) -> Environments:
        """Those of the other store."""
        return self._store.environments

    @property
    def turns(self) -> Turns:
        """Those of the other store."""
        return self._store.turns

    @property
    def audit(self) -> Audit:
        """That of the other store."""
        return self._store.audit

    @property
    def session_events(self) -> SessionEvents:
        """Those of the other store."""
        return self._store.session_events

    def shared_secret(self, name: str) -> bytes:
        """That of the other store."""
        return self._store.shared_secret(name)

    def is_healthy(self) -> bool:
        """Yes."""
        return True

    def close(self) -> None:
        """Nothing is held."""
