"""ImportSessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from server.core.bulk_store import Put
from server.core.errors import ServiceError
from server.core.session import Session
from server.core.store import Store

GROUP = 200
"""The most sessions that are written in one transaction, which other writes wait for."""

GROUP_TEXT = 1024 * 1024
"""How many characters of capabilities end a group."""

MOST_TOLD = 100
"""How many lines that failed are told of."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its number, and its session or what is wrong with it."""

    number: int
    content: Session | ServiceError


@dataclass(slots=True)
class Imported:
    """What came of lines; `failures` are the first MOST_TOLD."""

    created: int = 0
    unchanged: int = 0
    failed: int = 0
    failures: list[tuple[int, ServiceError]] = field(default_factory=list)

    def fail(self, number: int, error: ServiceError) -> None:
        """Counts a line that failed."""
        self.failed += 1
        if len(self.failures) < MOST_TOLD:
            self.failures.append((number, error))


@dataclass(frozen=True, slots=True)
class ImportSessions:
    """Keeps sessions as they are. Thread-safe."""

    store: Store

    def __call__(
        self, organization_id: bytes, lines: Iterable[Line], deadline: Callable[[], float]
    ) -> Imported:
        """What came of the lines, whose sessions are of the organization. Lines are taken no faster than they
        are written; `deadline` says of each group by when that is to be.

        Raises what `core.bulk_store.BulkSessions.put_all` raises; earlier groups are kept then.
        """
        imported = Imported()
        group: list[Line] = []
        text = 0
        for line in lines:
            group.append(line)
            if isinstance(line.content, Session):
                text += len(line.content.capabilities.text)
            if len(group) == GROUP or text >= GROUP_TEXT:
                self._put(organization_id, group, imported, deadline())
                group, text = [], 0
        self._put(organization_id, group, imported, deadline())
        return imported

    def _put(self, organization_id: bytes, group: list[Line], imported: Imported, deadline: float) -> None:
        sessions = [line.content for line in group if isinstance(line.content, Session)]
        outcomes = iter(self.store.bulk.put_all(organization_id, sessions, deadline) if sessions else ())
        for line in group:
            outcome = next(outcomes) if isinstance(line.content, Session) else line.content
            if isinstance(outcome, ServiceError):
                imported.fail(line.number, outcome)
            else:
                imported.created += outcome is Put.CREATED
                imported.unchanged += outcome is Put.UNCHANGED
