"""Who calls: the spellings of a key, what refuses one, and how long a lookup is remembered."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field, replace

import pytest

from server.core.api_key import digest, new_key
from server.core.caller import ApiKey, Caller, Scope
from server.core.errors import Reason, ServiceError
from server.core.token_buckets import TokenBuckets
from server.usecases import authenticate
from server.usecases.authenticate import (
    REMEMBERED_FOR,
    UNKNOWN_BURST,
    UNKNOWN_RATE,
    Authenticate,
    require,
)

ORGANIZATION = b"o" * 16
KEY = new_key()


@dataclass
class KeysInMemory:
    """Keys that can be deleted, and that count how often they are asked."""

    kept: dict[bytes, ApiKey] = field(default_factory=dict)
    lookups: int = 0

    def create(self, key: ApiKey) -> None:
        self.kept[key.sha256] = key

    def find(self, sha256: bytes) -> ApiKey | None:
        self.lookups += 1
        return self.kept.get(sha256)


class Time:
    """The clocks that authentication reads, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.set_back = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now - self.set_back


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(authenticate, "time", clock)
    return clock


def api_key(key: str = KEY, expires_at: int | None = None) -> ApiKey:
    return ApiKey(ORGANIZATION, b"k" * 16, "test", digest(key), frozenset({Scope.READ}), 0, expires_at)


@pytest.fixture
def keys() -> KeysInMemory:
    keys = KeysInMemory()
    keys.create(api_key())
    return keys


def refusal(authenticate: Authenticate, text: str | None) -> Reason | None:
    try:
        authenticate(text)
    except ServiceError as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"Bearer {KEY}",
        f"bearer {KEY}",
        f"BEARER {KEY}",
        f"ApiKey {KEY}",
        f"apikey {KEY}",
        f"APIKEY {KEY}",
        f"  Bearer   {KEY}  ",
        f" {KEY} ",
    ],
    ids=itertools.count(),
)
def test_a_key_comes_with_a_scheme_in_any_case_or_bare(keys: KeysInMemory, text: str) -> None:
    assert Authenticate(keys)(text) == Caller(ORGANIZATION, b"k" * 16, frozenset({Scope.READ}))


@pytest.mark.parametrize("text", [None, "", " ", "Bearer", "Bearer ", "ApiKey  ", "bearer"])
def test_no_key_is_missing(keys: KeysInMemory, text: str | None) -> None:
    assert refusal(Authenticate(keys), text) is Reason.API_KEY_MISSING


@pytest.mark.parametrize(
    "text",
    [
        "Basic dXNlcjpwYXNz",
        f"Basic {KEY}",
        f"Token {KEY}",
        f"Bearer Bearer {KEY}",
        f"Bearer {KEY} {KEY}",
        f"Bearer{KEY}",
        f"{KEY}x",
        KEY[:-1],
        KEY.swapcase(),
        new_key(),
        "evr_",
        "é",
        "\x00",
        "x" * 100_000,
    ],
    # The keys differ from run to run; names of tests do not.
    ids=itertools.count(),
)
def test_a_key_that_is_not_one_or_is_unknown_is_invalid(keys: KeysInMemory, text: str) -> None:
    assert refusal(Authenticate(keys), text) is Reason.API_KEY_INVALID


def test_a_refusal_does_not_repeat_the_key(keys: KeysInMemory) -> None:
    unknown = new_key()
    with pytest.raises(ServiceError) as refused:
        Authenticate(keys)(unknown)
    assert unknown not in str(refused.value)


def test_a_mistyped_key_is_not_looked_up(keys: KeysInMemory) -> None:
    mistyped = KEY[:10] + ("a" if KEY[10] != "a" else "b") + KEY[11:]
    assert refusal(Authenticate(keys), mistyped) is Reason.API_KEY_INVALID
    assert keys.lookups == 0


def test_a_key_is_looked_up_once_while_it_is_remembered(keys: KeysInMemory, clock: Time) -> None:
    known = Authenticate(keys)
    for _ in range(3):
        assert refusal(known, KEY) is None
        clock.now += REMEMBERED_FOR / 4
    assert keys.lookups == 1


def test_a_deleted_key_works_no_longer_than_it_is_remembered(keys: KeysInMemory, clock: Time) -> None:
    known = Authenticate(keys)
    assert refusal(known, KEY) is None
    del keys.kept[digest(KEY)]
    clock.now += REMEMBERED_FOR - 0.125
    assert refusal(known, KEY) is None
    clock.now += 0.125
    assert refusal(known, KEY) is Reason.API_KEY_INVALID
    assert refusal(known, KEY) is Reason.API_KEY_INVALID


def test_a_revoked_key_works_no_longer_than_it_is_remembered(keys: KeysInMemory, clock: Time) -> None:
    known = Authenticate(keys)
    assert refusal(known, KEY) is None
    keys.create(replace(api_key(), revoked_at=1))
    clock.now += REMEMBERED_FOR - 0.125
    assert refusal(known, KEY) is None
    clock.now += 0.125
    assert refusal(known, KEY) is Reason.API_KEY_INVALID


@pytest.mark.parametrize(("took", "expected"), [(4.875, None), (5.0, Reason.STORE_UNAVAILABLE)])
def test_what_a_slow_lookup_found_counts_from_its_beginning(
    keys: KeysInMemory, clock: Time, took: float, expected: Reason | None
) -> None:
    class SlowKeys:
        def find(self, sha256: bytes) -> ApiKey | None:
            found = keys.find(sha256)
            # While it is on its way, the key is revoked.
            keys.create(replace(api_key(), revoked_at=1))
            clock.now += took
            return found

    known = Authenticate(SlowKeys())
    assert refusal(known, KEY) is expected
    clock.now += REMEMBERED_FOR - took if took < REMEMBERED_FOR else 0
    assert refusal(known, KEY) is Reason.API_KEY_INVALID


@pytest.mark.parametrize("grace", [0.5, 2 * REMEMBERED_FOR])
def test_the_secret_before_a_rotation_works_until_its_grace_ends(
    keys: KeysInMemory, clock: Time, grace: float
) -> None:
    new = new_key()
    until = int((clock.now + grace) * 1e6)
    rotated = replace(api_key(), sha256=digest(new), previous_sha256=digest(KEY), previous_expires_at=until)
    keys.kept = {digest(KEY): rotated, digest(new): rotated}
    known = Authenticate(keys)
    for moment, expected in ((0.0, None), (grace - 0.25, None), (0.25, Reason.API_KEY_INVALID)):
        clock.now += moment
        assert refusal(known, KEY) is expected
        assert refusal(known, new) is None
    expired = replace(rotated, expires_at=int(clock.now * 1e6), previous_expires_at=until + 10**9)
    keys.kept = {digest(KEY): expired}
    assert refusal(Authenticate(keys), KEY) is Reason.API_KEY_INVALID


def test_a_use_is_told_when_a_key_is_looked_up_and_lets_in(keys: KeysInMemory, clock: Time) -> None:
    told: list[Caller] = []
    known = Authenticate(keys, told.append)
    for _ in range(3):
        refusal(known, KEY)
        refusal(known, new_key())
    assert told == [Caller(ORGANIZATION, b"k" * 16, frozenset({Scope.READ}))]
    clock.now += REMEMBERED_FOR
    refusal(known, KEY)
    assert len(told) == 2


def test_use_does_not_prolong_what_is_remembered(keys: KeysInMemory, clock: Time) -> None:
    known = Authenticate(keys)
    assert refusal(known, KEY) is None
    del keys.kept[digest(KEY)]
    found = []
    for _ in range(10):
        clock.now += REMEMBERED_FOR / 10
        found.append(refusal(known, KEY))
    assert found == [None] * 9 + [Reason.API_KEY_INVALID]


def test_a_key_that_is_made_works_at_once(keys: KeysInMemory, clock: Time) -> None:
    known, later = Authenticate(keys), new_key()
    assert refusal(known, later) is Reason.API_KEY_INVALID
    keys.create(api_key(later))
    assert refusal(known, later) is None


def test_an_expired_key_is_invalid_also_when_it_is_remembered(keys: KeysInMemory, clock: Time) -> None:
    known = Authenticate(keys)
    keys.create(api_key(expires_at=int((clock.now + 1) * 1e6)))
    clock.now += 0.875
    assert refusal(known, KEY) is None
    clock.now += 0.125
    assert refusal(known, KEY) is Reason.API_KEY_INVALID


@pytest.mark.parametrize("step", [0.125, REMEMBERED_FOR, 1_000_000])
def test_a_clock_that_was_set_back_keeps_no_deleted_key_alive(
    keys: KeysInMemory, clock: Time, step: float
) -> None:
    known = Authenticate(keys)
    assert refusal(known, KEY) is None
    del keys.kept[digest(KEY)]
    clock.set_back = step
    clock.now += REMEMBERED_FOR
    assert refusal(known, KEY) is Reason.API_KEY_INVALID


def test_a_key_that_never_expires_does_not(keys: KeysInMemory, clock: Time) -> None:
    clock.now *= 10
    assert refusal(Authenticate(keys), KEY) is None


def test_the_oldest_lookup_is_forgotten_when_there_are_too_many(
    keys: KeysInMemory, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticate, "_MOST_REMEMBERED", 2)
    known, second, third = Authenticate(keys), new_key(), new_key()
    keys.create(api_key(second))
    keys.create(api_key(third))
    for key in (KEY, second, third, third, second):
        assert refusal(known, key) is None
    assert keys.lookups == 3
    assert refusal(known, KEY) is None
    assert keys.lookups == 4


def test_it_goes_by_the_systems_clocks(keys: KeysInMemory) -> None:
    keys.create(api_key(expires_at=int((time.time() + 3600) * 1e6)))
    assert refusal(Authenticate(keys), KEY) is None
    keys.create(api_key(expires_at=int((time.time() - 1) * 1e6)))
    assert refusal(Authenticate(keys), KEY) is Reason.API_KEY_INVALID


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_is_had_or_missing(scope: Scope) -> None:
    require(Caller(ORGANIZATION, b"", frozenset({scope})), scope)
    require(Caller(ORGANIZATION, b"", frozenset({Scope.ADMIN})), scope)
    others = frozenset(Scope) - {scope, Scope.ADMIN}
    with pytest.raises(ServiceError) as refused:
        require(Caller(ORGANIZATION, b"", others), scope)
    assert refused.value.reason is Reason.SCOPE_MISSING
    assert scope in str(refused.value)


def test_mistyped_keys_are_refused_without_a_lookup_however_many_come(keys: KeysInMemory) -> None:
    authenticate = Authenticate(keys)
    for number in range(3 * UNKNOWN_BURST):
        assert refusal(authenticate, f"evr_{number:049d}") is Reason.API_KEY_INVALID
    assert keys.lookups == 0


def test_unknown_keys_are_looked_up_at_a_bounded_rate(keys: KeysInMemory) -> None:
    authenticate = Authenticate(keys)
    authenticate(KEY)
    refusals = [refusal(authenticate, new_key()) for _ in range(2 * UNKNOWN_BURST)]
    assert refusals[:UNKNOWN_BURST] == [Reason.API_KEY_INVALID] * UNKNOWN_BURST
    assert refusals[-1] is Reason.RATE_LIMITED
    assert keys.lookups < 2 * UNKNOWN_BURST
    with pytest.raises(ServiceError) as limited:
        authenticate(new_key())
    assert 0 < (limited.value.retry_after or 0) <= 1 / UNKNOWN_RATE


def test_keys_that_are_known_work_on_while_unknown_ones_are_tried(
    keys: KeysInMemory, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = Authenticate(keys)
    trusting(KEY)
    monkeypatch.setattr(TokenBuckets, "wait", lambda *_: 1.0)
    clock.now += 2 * REMEMBERED_FOR
    assert trusting(KEY).organization_id == ORGANIZATION
    assert refusal(trusting, new_key()) is Reason.RATE_LIMITED
