"""How often a key may call."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.caller import Caller
from server.core.errors import rate_limited
from server.core.token_buckets import TokenBuckets


@dataclass(frozen=True, slots=True)
class KeyRate:
    """Admits a key's calls up to its rate, in this process. Thread-safe."""

    buckets: TokenBuckets

    def __call__(self, caller: Caller) -> None:
        """Raises RATE_LIMITED, with when there is room for one more."""
        wait = self.buckets.take(caller.key_id)
        if wait:
            raise rate_limited("this API key calls more often than it may", wait)
