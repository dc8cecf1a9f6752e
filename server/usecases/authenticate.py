"""Who calls: the key that came with a call, looked up by its digest."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from server.core.api_key import digest, is_well_formed
from server.core.caller import ApiKey, Caller, Scope
from server.core.errors import Reason, ServiceError, rate_limited
from server.core.token_buckets import TokenBuckets

REMEMBERED_FOR = 5.0
"""How long, in seconds from its beginning, a lookup is trusted; a key that was revoked works no longer
than that."""

UNKNOWN_RATE = 100
"""How many keys a second that there are not, and no mistyped ones, a process looks up after UNKNOWN_BURST."""

UNKNOWN_BURST = 1_000

_MOST_REMEMBERED = 10_000
_UNKNOWN = b""
_NEVER: tuple[float, Caller | None] = (0.0, None)


class FindsKeys(Protocol):
    """What authentication asks of core.key_store.Keys."""

    def find(self, sha256: bytes) -> ApiKey | None:
        """The key of a digest, whatever has become of it."""


class Authenticate:
    """Turns the text of a key into a caller. Thread-safe; remembers keys that were found.

    `used` is told of a key when it is looked up, which is every few seconds while it is used. A text without
    the form and checksum of a key is refused without a look; so that guesses with both do not keep the store
    busy, at most so many a second are looked up, and then only keys that were found before.
    """

    def __init__(self, keys: FindsKeys, used: Callable[[Caller], None] = lambda _: None) -> None:
        self._keys = keys
        self._used = used
        self._remembered: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._unknown = TokenBuckets(UNKNOWN_RATE, UNKNOWN_BURST)
        self._lock = Lock()

    def __call__(self, authorization: str | None) -> Caller:
        """The caller of `Bearer KEY`, `ApiKey KEY` or the bare key.

        Raises API_KEY_MISSING, API_KEY_INVALID for a key that is not one, unknown, expired or revoked,
        RATE_LIMITED for a new one while too many unknown ones come, or STORE_UNAVAILABLE when looking it up
        took too long to trust what was found.
        """
        text = (authorization or "").strip()
        scheme, _, rest = text.partition(" ")
        key = rest.strip() if scheme.lower() in ("bearer", "apikey") else text
        if not key:
            raise ServiceError(Reason.API_KEY_MISSING, "an API key is needed in authorization")
        sha256 = digest(key)
        until, caller = self._remembered.get(sha256, _NEVER)
        if caller is not None and time.monotonic() < until:
            return caller
        if not is_well_formed(key):
            raise _invalid()
        wait = 0.0 if caller is not None else self._unknown.wait(_UNKNOWN)
        if wait:
            raise rate_limited("too many API keys that there are not are tried just now", wait)
        return self._look_up(sha256)

    def _look_up(self, sha256: bytes) -> Caller:
        # The time before the question: what changes while it is answered counts from then.
        now = time.monotonic()
        found = self._keys.find(sha256)
        left = 0.0 if found is None else found.ends_at(sha256) / 1e6 - time.time()
        if left > 0 and time.monotonic() - now >= REMEMBERED_FOR:
            text = "it took too long to look up the API key"
            raise ServiceError(Reason.STORE_UNAVAILABLE, text, retry_after=1.0)
        with self._lock:
            self._remembered.pop(sha256, None)
            if found is None or left <= 0:
                self._unknown.take(_UNKNOWN)
                raise _invalid()
            caller = Caller(found.organization_id, found.id, found.scopes, found.name)
            self._remembered[sha256] = (now + min(REMEMBERED_FOR, left), caller)
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        self._used(caller)
        return caller


def _invalid() -> ServiceError:
    return ServiceError(Reason.API_KEY_INVALID, "the API key is not valid")


def require(caller: Caller, scope: Scope) -> None:
    """Raises SCOPE_MISSING unless the caller's key has the scope, or `admin`, which has them all."""
    if scope not in caller.scopes and Scope.ADMIN not in caller.scopes:
        raise ServiceError(Reason.SCOPE_MISSING, f"the API key has not the scope {scope}")
