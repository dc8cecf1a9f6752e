"""Keys: issued, listed, rotated and revoked."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import JsonObject

_ADMIN = "Bearer $keys.admin"
_SPEC: JsonObject = {"name": "ci", "scopes": ["write", "read"]}
_KEY: JsonObject = {
    "organization_id": "$org",
    "name": "ci",
    "scopes": ["read", "write"],
    "expires_at": None,
    "last_used_at": None,
    "revoked_at": None,
    "previous_expires_at": None,
}
_NEVER = "key_" + "0" * 32
_NO_KEY = Refused("NOT_FOUND", "KEY_NOT_FOUND")
_SCOPE = Refused("PERMISSION_DENIED", "SCOPE_MISSING")


def _call(rpc: str, body: JsonObject | None = None, id: str = "", **query: str | int | bool) -> Call:
    return Call(rpc, body, id, dict(query), authorization=_ADMIN)


_CREATE = _call("CreateKey", _SPEC)
_MADE = {"made": _CREATE}
_REVOKED = {**_MADE, "gone": _call("RevokeKey", id="$made.key.id")}
_THEIRS = {"theirs": replace(_CREATE, authorization="$other.keys.admin")}
_OF_NEW = replace(_CREATE, authorization="$made.secret")

_ISSUED = (
    Case("a key", _CREATE, Answered({"key": _KEY}, created=True)),
    Case(
        "a key with an expiry",
        _call("CreateKey", {**_SPEC, "expires_at": "2999-12-31T23:59:59.5+01:00"}),
        Answered({"key": {**_KEY, "expires_at": "2999-12-31T22:59:59.500000Z"}}, created=True),
    ),
    Case(
        "a key of each scope, some twice",
        _call("CreateKey", {**_SPEC, "scopes": ["admin", "worker", "read", "write", "read"]}),
        Answered({"key": {**_KEY, "scopes": ["read", "write", "worker", "admin"]}}, created=True),
    ),
    Case(
        "a key of the longest name", _call("CreateKey", {**_SPEC, "name": "é" * 200}), Answered(created=True)
    ),
    Case("a new key works", Call("ListAgents", authorization="$made.secret"), Answered(), _MADE),
    Case("a new key has its scopes only", _OF_NEW, _SCOPE, _MADE),
    Case("a key is answered", _call("GetKey", id="$made.key.id"), Answered(_KEY), _MADE),
    Case("a new key first", _call("ListKeys", limit=1), Answered({"data": [_KEY], "total": 7}), _MADE),
    Case(
        "the second page of keys",
        _call("ListKeys", limit=1, page_token="$first.next_page_token"),
        Answered({"data": [{"name": "expired"}], "total": 7, "limit": 1}),
        {**_MADE, "first": _call("ListKeys", limit=1)},
    ),
    Case("keys passed over", _call("ListKeys", offset=100), Answered({"data": [], "offset": 100})),
)

_CHANGED = (
    Case(
        "a rotated key",
        _call("RotateKey", id="$made.key.id"),
        Answered({"key": {"id": "$made.key.id"}}),
        _MADE,
    ),
    Case(
        "the new secret works",
        Call("ListAgents", authorization="$new.secret"),
        Answered(),
        {**_MADE, "new": _call("RotateKey", id="$made.key.id")},
    ),
    Case(
        "the secret before works for a while",
        Call("ListAgents", authorization="$made.secret"),
        Answered(),
        {**_MADE, "new": _call("RotateKey", id="$made.key.id")},
    ),
    Case(
        "the secret before does not without a grace",
        Call("ListAgents", authorization="$made.secret"),
        Refused("UNAUTHENTICATED", "API_KEY_INVALID"),
        {**_MADE, "new": _call("RotateKey", id="$made.key.id", grace_seconds=0)},
    ),
    Case(
        "the secret before the one before does not",
        Call("ListAgents", authorization="$made.secret"),
        Refused("UNAUTHENTICATED", "API_KEY_INVALID"),
        {
            **_MADE,
            "new": _call("RotateKey", id="$made.key.id"),
            "newer": _call("RotateKey", id="$made.key.id"),
        },
    ),
    Case("a revoked key", _call("RevokeKey", id="$made.key.id"), Answered(None), _MADE),
    Case(
        "a revoked key opens nothing",
        Call("ListAgents", authorization="$made.secret"),
        Refused("UNAUTHENTICATED", "API_KEY_INVALID"),
        _REVOKED,
    ),
    Case("a revoked key is in no list", _call("ListKeys"), Answered({"total": 6}), _REVOKED),
    Case(
        "a revoked key is in a list that asks for it",
        _call("ListKeys", include_revoked=True, limit=1),
        Answered({"data": [{"id": "$made.key.id"}], "total": 7}),
        _REVOKED,
    ),
    Case("a revoked key is still answered", _call("GetKey", id="$made.key.id"), Answered(), _REVOKED),
    Case("a key revoked twice", _call("RevokeKey", id="$made.key.id"), _NO_KEY, _REVOKED),
    Case("a revoked key rotated", _call("RotateKey", id="$made.key.id"), _NO_KEY, _REVOKED),
    Case(
        "a key that revokes itself",
        replace(_call("RevokeKey", id="$made.key.id"), authorization="$made.secret"),
        Refused("FAILED_PRECONDITION", "KEY_IN_USE"),
        {"made": _call("CreateKey", {**_SPEC, "scopes": ["admin"]})},
    ),
)

_REFUSED = (
    Case("keys with a key of a session's owner", Call("ListKeys"), _SCOPE),
    Case("a key with a worker's", replace(_CREATE, authorization="$keys.worker"), _SCOPE),
    Case("a look at a key with a reader's", Call("GetKey", id=_NEVER, authorization="$keys.reader"), _SCOPE),
    Case("a rotation with a writer's", Call("RotateKey", id=_NEVER, authorization="$keys.writer"), _SCOPE),
    Case("a revocation with a writer's", Call("RevokeKey", id=_NEVER, authorization="$keys.writer"), _SCOPE),
    Case(
        "a key without a name",
        _call("CreateKey", {"scopes": ["read"]}),
        bad("REQUIRED_FIELD_MISSING", "name"),
    ),
    Case("a key without scopes", _call("CreateKey", {"name": "n"}), bad("REQUIRED_FIELD_MISSING", "scopes")),
    Case(
        "a key of nothing at all",
        _call("CreateKey", {}),
        bad("REQUIRED_FIELD_MISSING", "name", "scopes"),
    ),
    Case(
        "a key of too long a name",
        _call("CreateKey", {**_SPEC, "name": "n" * 201}),
        bad("LIMIT_EXCEEDED", "name"),
    ),
    Case(
        "a key of too many scopes",
        _call("CreateKey", {**_SPEC, "scopes": ["read"] * 11}),
        bad("LIMIT_EXCEEDED", "scopes"),
    ),
    Case(
        "a key of a scope that there is not",
        _call("CreateKey", {**_SPEC, "scopes": ["read", "unspecified"]}),
        bad("INVALID_FIELD", "scopes[1]"),
    ),
    Case(
        "a key that has expired",
        _call("CreateKey", {**_SPEC, "expires_at": "2001-01-01T00:00:00Z"}),
        bad("INVALID_FIELD", "expires_at"),
    ),
    Case(
        "a key that expires before there was time",
        _call("CreateKey", {**_SPEC, "expires_at": "0001-01-01T00:00:00Z"}),
        bad("INVALID_FIELD", "expires_at"),
    ),
    Case(
        "a key that expires at some time",
        _call("CreateKey", {**_SPEC, "expires_at": "tomorrow"}),
        bad("INVALID_FIELD", "expires_at"),
        over=("rest", "cli"),
    ),
    Case(
        "a key with a secret of one's own",
        _call("CreateKey", {**_SPEC, "secret": "s"}),
        bad("UNKNOWN_FIELD", "secret"),
        over=("rest", "cli"),
    ),
    Case(
        "a key with an id of one's own",
        _call("CreateKey", {**_SPEC, "id": _NEVER}),
        bad("OUTPUT_ONLY_FIELD", "id"),
        over=("rest", "cli"),
    ),
    Case("a key of another kind of id", _call("GetKey", id="agent_" + "0" * 32), bad("INVALID_ID", "id")),
    Case(
        "a grace of less than nothing",
        _call("RotateKey", id=_NEVER, grace_seconds=-1),
        bad("INVALID_FIELD", "grace_seconds"),
    ),
    Case(
        "a grace of more than a month",
        _call("RotateKey", id=_NEVER, grace_seconds=2_592_001),
        bad("LIMIT_EXCEEDED", "grace_seconds"),
    ),
    Case(
        "a token of keys with another filter",
        _call("ListKeys", include_revoked=True, page_token="$first.next_page_token"),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {"first": _call("ListKeys", limit=1)},
    ),
    Case(
        "a token of another organization's keys",
        _call("ListKeys", page_token="$first.next_page_token"),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {"first": replace(_call("ListKeys", limit=1), authorization="$other.keys.admin")},
    ),
    Case("a key that never was", _call("GetKey", id=_NEVER), _NO_KEY),
    Case("a rotation of it", _call("RotateKey", id=_NEVER), _NO_KEY),
    Case("a revocation of it", _call("RevokeKey", id=_NEVER), _NO_KEY),
    Case("a key of another organization", _call("GetKey", id="$theirs.key.id"), _NO_KEY, _THEIRS),
    Case("a rotation of that", _call("RotateKey", id="$theirs.key.id"), _NO_KEY, _THEIRS),
    Case("a revocation of that", _call("RevokeKey", id="$theirs.key.id"), _NO_KEY, _THEIRS),
    Case(
        "the other organization's key as before",
        Call("ListAgents", authorization="$theirs.secret"),
        Answered(),
        _THEIRS,
    ),
)

KEYS = (*_ISSUED, *_CHANGED, *_REFUSED)
"""What becomes of keys, and who may do it."""
