"""Calls that were refused since their key may not make them: noted as they come, and written together.

A caller may be refused a thousand times a second, so the same refusal is written at most once a minute, with
how often it came.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock

from server.core.audit import Actor, AuditEvent, Outcome
from server.core.clock import Clock
from server.core.errors import ServiceError
from server.core.event_store import Audit
from server.core.ids import new_id

WRITTEN_EVERY = 60.0
"""The fewest seconds between two events of one key's refusals at one method, of one process."""

_MOST_WAITING = 1_000
_MOST_AT_ONCE = 50
_PATIENCE = 5.0

_Key = tuple[bytes, bytes | None, str, str]


@dataclass(slots=True)
class _Denial:
    """Refusals of one kind that are not written down: the first of them, and how many."""

    actor: Actor
    attempts: int = 1


class Denials:
    """The refusals that are not written down yet. Thread-safe."""

    def __init__(self, audit: Audit, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._waiting: dict[_Key, _Denial] = {}
        self._written: dict[_Key, float] = {}
        self._lock = Lock()

    def note(self, organization_id: bytes, actor: Actor, reason: str) -> None:
        """Keeps in mind that a call was refused. Beyond a thousand kinds that wait, others are not."""
        key = organization_id, actor.key_id, actor.method, reason
        with self._lock:
            if key in self._waiting:
                self._waiting[key].attempts += 1
            elif len(self._waiting) < _MOST_WAITING:
                self._waiting[key] = _Denial(actor)

    def write(self) -> None:
        """Writes down refusals of which none was written for a while; to be called every second or so.
        What cannot be written waits for the next time."""
        due = self._due(time.monotonic())
        if not due:
            return
        try:
            self._audit.add([self._event(key, denial) for key, denial in due], time.monotonic() + _PATIENCE)
        except ServiceError:
            with self._lock:
                for key, denial in due:
                    denial.attempts += self._waiting[key].attempts if key in self._waiting else 0
                    self._waiting[key] = denial
                    self._written.pop(key, None)

    def _due(self, now: float) -> list[tuple[_Key, _Denial]]:
        with self._lock:
            self._written = {key: at for key, at in self._written.items() if now - at < WRITTEN_EVERY}
            due = [key for key in self._waiting if key not in self._written][:_MOST_AT_ONCE]
            self._written.update(dict.fromkeys(due, now))
            return [(key, self._waiting.pop(key)) for key in due]

    def _event(self, key: _Key, denial: _Denial) -> AuditEvent:
        organization_id, _, _, reason = key
        now = self._clock()
        id, attempts = new_id(now), denial.attempts
        return AuditEvent(organization_id, id, now, denial.actor, Outcome.DENIED, reason, attempts)
