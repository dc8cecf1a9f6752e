"""An organization of a test's own, with keys and an agent."""

from __future__ import annotations

import uuid
from dataclasses import replace

from server.core.api_key import digest, new_key
from server.core.caller import ApiKey, Scope
from server.core.clock import SystemClock
from server.core.ids import format_id, new_id
from server.core.store import Store
from server.usecases.create_key import CreateKey, NewKey
from tests.wire.harness.call import Call, Client
from tests.wire.harness.json_value import Json
from tests.wire.harness.outcome import Answer

_clock = SystemClock()


def new_organization(store: Store) -> dict[str, Json]:
    """What the names in a call stand for: `org`, and `keys` with an `owner` (read, write and work), a
    `reader`, a `writer`, a `worker`, an `admin`, one that is `expired` and one that is `unknown`.
    """
    name = f"test {uuid.uuid4()}"
    scopes = {
        "owner": (Scope.READ, Scope.WRITE, Scope.WORKER),
        "reader": (Scope.READ,),
        "writer": (Scope.WRITE,),
        "worker": (Scope.WORKER,),
        "admin": (Scope.ADMIN,),
    }
    made = {role: CreateKey(store, _clock)(name, role, wanted) for role, wanted in scopes.items()}
    keys: dict[str, Json] = {role: key.key for role, key in made.items()}
    keys["expired"] = _expired_key(store, made["owner"])
    keys["unknown"] = new_key()
    return {"org": format_id("org", made["owner"].organization.id), "keys": keys}


def with_agent(names: dict[str, Json], client: Client) -> dict[str, Json]:
    """The names, and `agent`, a new agent of the organization that has no capabilities."""
    body: dict[str, Json] = {"name": "plain", "system_prompt": "Be plain."}
    made = client.call(Call("ApplyAgent", body).filled(names))
    assert isinstance(made, Answer), made
    return {**names, "agent": made.content}


def _expired_key(store: Store, of: NewKey) -> str:
    text, now = new_key(), _clock()
    key = ApiKey(of.organization.id, new_id(now), "expired", digest(text), frozenset(Scope), now)
    store.keys.create(replace(key, expires_at=now - 1))
    return text
