"""When keys were last used: noted as calls come, and written down together now and then."""

from __future__ import annotations

import time
from threading import Lock

from server.core.caller import Caller, KeyUse
from server.core.clock import Clock
from server.core.errors import ServiceError
from server.core.key_store import Keys

WRITTEN_EVERY = 60.0
"""The fewest seconds between two writes of one key's use by one process."""

_MOST_AT_ONCE = 200
_PATIENCE = 5.0


class KeyUses:
    """The uses of keys that are not written down yet. Thread-safe."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._waiting: dict[tuple[bytes, bytes], int] = {}
        self._written: dict[tuple[bytes, bytes], float] = {}
        self._lock = Lock()

    def note(self, caller: Caller) -> None:
        """Keeps in mind that a key was used now."""
        with self._lock:
            self._waiting[caller.organization_id, caller.key_id] = self._clock()

    def write(self) -> None:
        """Writes down the uses of keys of which none was written for a while, the longest waiting first;
        to be called every second or so. What cannot be written waits for the next time."""
        uses = self._due(time.monotonic())
        if not uses:
            return
        try:
            self._keys.note_uses(uses, time.monotonic() + _PATIENCE)
        except ServiceError:
            with self._lock:
                for use in uses:
                    key = use.organization_id, use.key_id
                    self._waiting.setdefault(key, use.at)
                    self._written.pop(key, None)

    def _due(self, now: float) -> list[KeyUse]:
        with self._lock:
            self._written = {key: at for key, at in self._written.items() if now - at < WRITTEN_EVERY}
            due = [key for key in self._waiting if key not in self._written][:_MOST_AT_ONCE]
            self._written.update(dict.fromkeys(due, now))
            return [KeyUse(*key, self._waiting.pop(key)) for key in due]
